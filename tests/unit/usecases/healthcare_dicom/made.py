"""Makes DICOM files with pydicom, another implementation than the one under test, and plants identifiers in them."""

from __future__ import annotations

import io
from typing import Any

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from fsxap.usecases.healthcare_dicom import profile
from fsxap.usecases.healthcare_dicom.parse import File, read
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms
from fsxap.usecases.healthcare_dicom.release import release

CT = "1.2.840.10008.5.1.4.1.1.2"
ROOT = "1.2.826.0.1.3680043.9.7777"
NAME, MRN, BORN = "Quarrington^Zebulon", "MRN-4471923", "19510327"
PLANTS = ("quarrington", "zebulon", "4471923", BORN, ROOT, "Fennimore", "Ostrava", "20240611")
"""What must be in no output made with the defaults."""


def dataset(**changes: Any) -> Dataset:
    """A CT slice of a patient with a telling header; `changes` set attributes by keyword, None deletes them."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = CT
    made.file_meta.MediaStorageSOPInstanceUID = f"{ROOT}.3"
    made.file_meta.SourceApplicationEntityTitle = "OSTRAVA_CT"
    values: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 100",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "SOPClassUID": CT,
        "SOPInstanceUID": f"{ROOT}.3",
        "StudyDate": "20240611",
        "ContentDate": "20240611",
        "AcquisitionDateTime": "20240611091500.000000",
        "StudyTime": "091500",
        "ContentTime": "091500",
        "AccessionNumber": "ACC9912345",
        "Modality": "CT",
        "Manufacturer": "SIEMENS",
        "InstitutionName": "Ostrava General Hospital",
        "ReferringPhysicianName": "Fennimore^Ada",
        "StudyDescription": "CT CHEST for Quarrington",
        "PatientName": NAME,
        "PatientID": MRN,
        "PatientBirthDate": BORN,
        "PatientSex": "M",
        "PatientAge": "073Y",
        "BodyPartExamined": "CHEST",
        "SliceThickness": "1.25",
        "KVP": "120",
        "StudyInstanceUID": f"{ROOT}.1",
        "SeriesInstanceUID": f"{ROOT}.2",
        "FrameOfReferenceUID": f"{ROOT}.4",
        "InstanceNumber": "7",
        "ImagePositionPatient": ["-10.5", "20.25", "-300"],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": 8,
        "Columns": 8,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "PixelData": bytes(range(128)).replace(b"\xff", b"\0"),
    }
    values["PixelData"] = b"".join((each * 16 % 4096).to_bytes(2, "little") for each in range(64))
    for keyword, value in (values | changes).items():
        if value is not None:
            setattr(made, keyword, value)
    return made


def item(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def sequence(**values: Any) -> Sequence:
    return Sequence([item(**values)])


def stored(made: Dataset, **options: Any) -> bytes:
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, made, enforce_file_format=True, **options)
    return stream.getvalue()


def parsed(body: bytes) -> File:
    return read(body, profile.tables().dictionary)


def chosen(*options: str, **overrides: Any) -> Profile:
    return Profile(profile.tables(), frozenset(options), overrides.get("overrides", {}))


KEY = Pseudonyms(b"a key that is long enough for a test")


def given_back(body: bytes, *options: str, key: Pseudonyms = KEY) -> tuple[Dataset, bytes]:
    """The output, as pydicom reads it and as bytes."""
    made = release(parsed(body), body, chosen(*options), key)
    return pydicom.dcmread(io.BytesIO(made.body)), made.body


def said(body: bytes) -> str:
    """Everything a file says, without case, for a search."""
    return body.decode("latin-1").lower()
