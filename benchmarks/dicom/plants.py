"""Plants unique identifiers into made and given DICOM files, one kind at a time, and counts what fsxap lets out.

    python benchmarks/dicom/plants.py [FOLDER_OF_DICOM_FILES]

Files are made, planted and searched with pydicom and plain bytes; only `release` is the code under examination.
"""

from __future__ import annotations

import copy
import io
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.datadict import DicomDictionary, dictionary_VR
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.sequence import Sequence

from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom import profile
from fsxap.usecases.healthcare_dicom.parse import read
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms
from fsxap.usecases.healthcare_dicom.release import release

TEXTS = {"AE": 16, "CS": 16, "LO": 60, "LT": 60, "PN": 60, "SH": 16, "ST": 60, "UC": 60, "UR": 60, "UT": 60}
CT = "1.2.840.10008.5.1.4.1.1.2"
OPTIONS: dict[str, tuple[str, ...]] = {
    "basic": (),
    "tcia": ("modified-dates", "patient", "device", "safe-private", "descriptors"),
    "long": ("modified-dates", "patient"),
}
SURNAMES = ("Vanterpool", "Oyelaran", "Szczepanik", "Brzezina", "Tirunelveli", "Quackenbush", "Nakagomi")

OWN = ("Ravensworth", "Ottoline Ravensworth", "OWN-5518273", "19430917", "RAVENSWORTH^OTTOLINE")
OTHERS = ("Dr. Nakagomi", "Vanterpool^Selwyn", "Selwyn Vanterpool", "MRN 99120043", "14.02.1961", "Oyelaran, B.")


def token(draw: random.Random, vr: str) -> str:
    number = draw.randrange(10**7, 10**8)
    if vr == "PN":
        return f"{draw.choice(SURNAMES)}{number % 1000}^Q{number}"
    if vr == "UI":
        return f"1.2.826.0.1.{number}.{number}"
    if vr in ("DA", "DT"):
        return f"{1920 + number % 80}{1 + number % 12:02d}{1 + number % 28:02d}" + ("101112" if vr == "DT" else "")
    if vr == "TM":
        return f"{number % 24:02d}{number % 60:02d}{number % 59:02d}.{number % 999983:06d}"
    if vr == "AS":
        return f"{number % 90:03d}Y"
    if vr in ("CS", "SH", "AE"):
        return f"Q{number}"
    return f"{draw.choice(SURNAMES)} {number}"


def slice_() -> Dataset:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = CT, "1.2.826.0.1.9.3"
    for keyword, value in {
        "SpecificCharacterSet": "ISO_IR 192",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "SOPClassUID": CT,
        "SOPInstanceUID": "1.2.826.0.1.9.3",
        "Modality": "CT",
        "PatientName": "Ravensworth^Ottoline",
        "PatientID": "OWN-5518273",
        "PatientBirthDate": "19430917",
        "StudyInstanceUID": "1.2.826.0.1.9.1",
        "SeriesInstanceUID": "1.2.826.0.1.9.2",
        "BitsAllocated": 8,
        "PixelData": b"\0\1",
    }.items():
        setattr(made, keyword, value)
    return made


def stored(made: Dataset) -> bytes:
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, made, enforce_file_format=True)
    return stream.getvalue()


def searched(body: bytes, plant: str) -> bool:
    plain = body.lower()
    parts = [plant.lower(), *plant.lower().replace("^", " ").split()]
    return any(part.encode(name) in plain for part in parts if len(part) > 4 for name in ("utf-8", "utf-16-le"))


def planted(made: Dataset, tag: int, vr: str, plant: Any) -> Dataset:
    made.add_new(tag, vr, Sequence([item_of("TextValue", plant)]) if vr == "SQ" else plant)
    return made


def item_of(keyword: str, plant: Any) -> Dataset:
    made = Dataset()
    setattr(made, keyword, plant)
    return made


def cases(draw: random.Random) -> Iterator[tuple[str, str, Dataset]]:
    """Kind, plant and file: one plant a file, so that one find does not hide another."""
    listed = profile.tables().listed
    for tag in sorted(listed):
        try:
            vr = dictionary_VR(tag)
        except KeyError:
            vr = "LO"
        if tag < 0x00080000 or vr not in (*TEXTS, "UI", "DA", "DT", "SQ", "OB") or tag == 0xFFFCFFFC:
            continue
        plant = token(draw, "LO" if vr in ("SQ", "OB") else vr)
        value = plant.encode() + b" " * (len(plant) % 2) if vr == "OB" else plant
        yield "listed", plant, planted(slice_(), tag, vr, value)
        outer = slice_()
        outer.AnatomicRegionSequence = Sequence([planted(Dataset(), tag, vr, value)])
        yield "nested", plant, outer
    unlisted = [
        tag
        for tag, (vr, *_rest) in DicomDictionary.items()
        if 0x00080000 <= tag < 0x7FE00000 and tag not in listed and vr in TEXTS and tag & 0xFFFF
    ]
    for kind, plants in (("own echo", OWN), ("others", OTHERS)):
        for tag in draw.sample(unlisted, 120):
            plant, vr = draw.choice(plants), dictionary_VR(tag)
            if tag != 0x00080005 and len(plant) <= TEXTS[vr]:
                yield kind, plant, planted(slice_(), tag, vr, plant)
    for tag in draw.sample(range(0x00182000, 0x00188000, 2), 60):
        if tag not in DicomDictionary:
            plant = token(draw, "LO")
            yield "unknown even", plant, planted(slice_(), tag, "LO", plant)


def corpus(folder: Path, draw: random.Random) -> Iterator[tuple[str, str, Dataset]]:
    for path in sorted(folder.iterdir()):
        try:
            original = pydicom.dcmread(path, force=True)
            original.file_meta.TransferSyntaxUID  # noqa: B018 - files without one cannot be written back by pydicom
        except (AttributeError, InvalidDicomError, ValueError, OSError):
            continue
        for keyword in ("PatientComments", "OperatorsName", "DeviceSerialNumber", "CodeMeaning", "TextValue"):
            made = copy.deepcopy(original)
            plant = token(draw, dictionary_VR(keyword))
            setattr(made, keyword, plant)
            yield "public files", plant, made


def main() -> None:
    warnings.simplefilter("ignore")
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    draw, key = random.Random(7), Pseudonyms(b"the key of this examination only")
    found = list(cases(draw))
    if len(sys.argv) > 1:
        found += list(corpus(Path(sys.argv[1]), draw))
    print("options\tkind\tplants\tleaked\twithheld\tcpu_s")
    for name, options in OPTIONS.items():
        chosen = Profile(profile.tables(), frozenset(options), {})
        counts: dict[str, Counter[str]] = {}
        for kind, plant, made in found:
            count = counts.setdefault(kind, Counter())
            try:
                body = stored(made)
            except (AttributeError, TypeError, ValueError, KeyError):
                # pydicom cannot write every file back that it can read.
                continue
            count["plants"] += 1
            started = time.process_time()
            try:
                out = release(read(body, chosen.tables.dictionary), body, chosen, key).body
            except ItemError as error:
                count["withheld"] += 1
                where = [f"{each.tag:08x} {each.VR}" for each in chosen_new(made)]
                print(f"# withheld {name} {kind} {plant!r} {where[:3]} {error.message}", file=sys.stderr)
                continue
            count["cpu"] += int(1000 * (time.process_time() - started))
            if searched(out, plant):
                count["leaked"] += 1
                where = [f"{each.tag:08x}" for each in chosen_new(made)]
                print(f"# {name} {kind} {plant!r} {where[:3]}", file=sys.stderr)
        for kind, count in counts.items():
            numbers = (count["plants"], count["leaked"], count["withheld"], f"{count['cpu'] / 1000:.1f}")
            print(name, kind, *numbers, sep="\t")


def chosen_new(made: Dataset) -> list[Any]:
    base = slice_()
    return [each for each in made if each.tag not in base]


if __name__ == "__main__":
    main()
