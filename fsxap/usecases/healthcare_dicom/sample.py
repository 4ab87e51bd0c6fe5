"""A made-up study for the demo: nobody's pictures of nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CT, SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.7"
ROOT = "1.2.826.0.1.3680043.9.7777.20"
SIDE = 64

HEADER: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 192",
    "PatientName": "Sample^Sally",
    "PatientID": "MRN-0042",
    "PatientBirthDate": "19700101",
    "PatientSex": "F",
    "StudyDate": "20260105",
    "StudyTime": "081500",
    "AccessionNumber": "ACC-7",
    "InstitutionName": "Brightwater Hospital",
    "ReferringPhysicianName": "Horvath^Dora",
    "StudyDescription": "CT chest of Sally Sample",
    "StudyInstanceUID": f"{ROOT}.1",
    "SeriesInstanceUID": f"{ROOT}.2",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "Rows": SIDE,
    "Columns": SIDE,
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
}


def write_sample(folder: Path) -> None:
    """Three slices that can be released, a screen capture that cannot, and a file that only looks like DICOM."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, 4):
        _write(folder / f"IM{number:04d}", CT, "CT", number, ["ORIGINAL", "PRIMARY", "AXIAL"])
    _write(folder / "screen.dcm", SECONDARY_CAPTURE, "OT", 9, ["DERIVED", "SECONDARY"])
    (folder / "notes.dcm").write_text("not a DICOM file\n", encoding="utf-8")


def _write(path: Path, sop_class: str, modality: str, number: int, kind: list[str]) -> None:
    from pydicom import dcmwrite
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pixels = b"".join(
        (column * row * number % 4096).to_bytes(2, "little") for row in range(SIDE) for column in range(SIDE)
    )
    own = {"SOPClassUID": sop_class, "Modality": modality, "ImageType": kind, "InstanceNumber": number}
    for keyword, value in (HEADER | own | {"SOPInstanceUID": f"{ROOT}.3.{number}", "PixelData": pixels}).items():
        setattr(made, keyword, value)
    dcmwrite(path, made, enforce_file_format=True)
