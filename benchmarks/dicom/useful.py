"""Owns usefulness: what research needs of a de-identified study, checked on one study tree of two patients."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from benchmarks.dicom import made
from benchmarks.dicom.case import UNREADABLE
from benchmarks.dicom.draw import Draw

OPTIONS = ("retain=modified-dates,patient,safe-private",)
UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
SAFE = (0x2001, "Philips Imaging DD 001", 0x03, "FL", 7.25)
"""A private element of the published list of safe ones: the diffusion b-factor."""
KEPT = (
    "SOPClassUID", "Modality", "ImageType", "BodyPartExamined", "Rows", "Columns", "BitsAllocated", "BitsStored",
    "HighBit", "PixelRepresentation", "PhotometricInterpretation", "PixelSpacing", "SliceThickness",
    "ImagePositionPatient", "ImageOrientationPatient", "RescaleSlope", "RescaleIntercept", "WindowCenter",
    "WindowWidth", "KVP", "EchoTime", "RepetitionTime", "InstanceNumber", "SeriesNumber", "NumberOfFrames",
    "PatientSex", "PatientAge", "PatientWeight", "PatientSize", "StudyTime", "Units", "SpecificCharacterSet",
    "SegmentationType", "ImageLaterality", "ContinuityOfContent",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """A file before and after."""

    name: str
    old: Dataset
    new: Dataset


def study(seed: int) -> dict[str, bytes]:
    """Two studies of one patient a month apart and one of another: CT, MR, PET, enhanced CT, MG, SEG, RTSTRUCT."""
    draw = Draw(seed + 4000)
    files: dict[str, bytes] = {}
    for person, dates in (("a", ("20240611", "20240716")), ("b", ("20231102",))):
        who = made.common(made.BY_NAME["CT"], draw)
        for number, day in enumerate(dates):
            uid, frame = draw.uid(), draw.uid()
            first: Dataset | None = None
            for kind in ("CT", "CT", "MR", "PET", "enhanced CT", "MG", "SEG", "RTSTRUCT", "CR"):
                one = made.base(kind, draw)
                for keyword in ("PatientName", "PatientID", "PatientBirthDate", "ReferringPhysicianName"):
                    setattr(one, keyword, who[keyword].value)
                made.put(
                    one,
                    StudyInstanceUID=uid,
                    StudyDate=day,
                    SeriesDate=day,
                    ContentDate=day,
                    InstanceNumber=str(len(files) + 1),
                )
                if "FrameOfReferenceUID" in one:
                    one.FrameOfReferenceUID = frame
                if kind == "CT" and first is not None:
                    one.SeriesInstanceUID = first.SeriesInstanceUID
                    one.SourceImageSequence = made.sequence(_reference(first))
                if kind in ("SEG", "RTSTRUCT") and first is not None:
                    one.ReferencedImageSequence = made.sequence(_reference(first))
                if kind == "MR":
                    one.private_block(SAFE[0], SAFE[1], create=True).add_new(SAFE[2], SAFE[3], SAFE[4])
                first = first or one
                files[f"{person}{number}-{len(files):02d}-{kind.replace(' ', '-')}"] = made.stored(one)
    return files


def _reference(to: Dataset) -> Dataset:
    return made.item(ReferencedSOPClassUID=to.SOPClassUID, ReferencedSOPInstanceUID=to.SOPInstanceUID)


def pairs(given: Mapping[str, bytes], back: Mapping[str, bytes]) -> list[Pair]:
    """Files that came back and can be read."""
    found = []
    for name, body in given.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                new = pydicom.dcmread(io.BytesIO(back[name]), force=True)
                new.iterall()
                found.append(Pair(name, pydicom.dcmread(io.BytesIO(body)), new))
            except UNREADABLE:
                continue
    return found


def checks(given: Mapping[str, bytes], back: Mapping[str, bytes]) -> dict[str, bool]:
    """Every check by name. One that raises is one that failed."""
    some = pairs(given, back)
    out: dict[str, bool] = {"every file back and readable": len(some) == len(given)}
    for keyword in KEPT:
        out[f"{keyword} kept"] = bool(some) and all(_same(pair, keyword) for pair in some if keyword in pair.old)
    for name, check in _studies():
        try:
            out[name] = bool(some) and check(some)
        except UNREADABLE:
            out[name] = False
    return out


def _same(pair: Pair, keyword: str) -> bool:
    return keyword in pair.new and str(pair.old[keyword].value) == str(pair.new[keyword].value)


def _hash(read: Dataset) -> str:
    return hashlib.sha256(read.get("PixelData") or b"").hexdigest()


def _day(said: Any) -> datetime:
    return datetime.strptime(str(said)[:8], "%Y%m%d")


def _mapping(some: list[Pair], keyword: str) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for pair in some:
        if keyword in pair.old:
            out.setdefault(str(pair.old[keyword].value), set()).add(str(pair.new.get(keyword)))
    return out


def _one_to_one(some: list[Pair], keyword: str) -> bool:
    seen = _mapping(some, keyword)
    new = [next(iter(each)) for each in seen.values()]
    return all(len(each) == 1 for each in seen.values()) and len(set(new)) == len(new) and "None" not in new


def _uids(read: Dataset) -> Iterator[str]:
    for element in read.iterall():
        if element.VR == "UI" and element.value:
            yield from [str(element.value)] if isinstance(element.value, str) else map(str, element.value)


def _resolve(some: list[Pair], keyword: str) -> bool:
    named = {str(pair.old.SOPInstanceUID): str(pair.new.SOPInstanceUID) for pair in some}
    return all(
        named[str(pair.old[keyword].value[0].ReferencedSOPInstanceUID)]
        == str(pair.new[keyword].value[0].ReferencedSOPInstanceUID)
        for pair in some
        if keyword in pair.old
    )


def _intervals(some: list[Pair], keyword: str) -> bool:
    shifts = {
        (str(p.old.PatientID), _day(p.new[keyword].value) - _day(p.old[keyword].value))
        for p in some
        if keyword in p.old
    }
    return len(shifts) == len({who for who, _ in shifts}) and all(by.days for _, by in shifts)


def _within(some: list[Pair]) -> bool:
    return all(_day(pair.new.StudyDate) == _day(pair.new.ContentDate) == _day(pair.new.SeriesDate) for pair in some)


def _meta(pair: Pair) -> bool:
    meta = pair.new.file_meta
    return bool(
        pair.new.preamble
        and meta.MediaStorageSOPInstanceUID == pair.new.SOPInstanceUID
        and meta.MediaStorageSOPClassUID == pair.new.SOPClassUID
    )


def _private(pair: Pair) -> bool:
    return float(pair.new.private_block(SAFE[0], SAFE[1])[SAFE[2]].value) == SAFE[4]


def _kind(some: list[Pair], kind: str) -> list[Pair]:
    return [pair for pair in some if pair.name.endswith(kind)]


def _studies() -> tuple[tuple[str, Callable[[list[Pair]], bool]], ...]:
    return (
        ("pixel data unchanged", lambda some: all(_hash(each.old) == _hash(each.new) for each in some)),
        ("file meta agrees", lambda some: all(map(_meta, some))),
        (
            "transfer syntax kept",
            lambda some: all(p.old.file_meta.TransferSyntaxUID == p.new.file_meta.TransferSyntaxUID for p in some),
        ),
        ("study UIDs consistent", lambda some: _one_to_one(some, "StudyInstanceUID")),
        ("series UIDs consistent", lambda some: _one_to_one(some, "SeriesInstanceUID")),
        ("instance UIDs unique", lambda some: _one_to_one(some, "SOPInstanceUID")),
        ("frames of reference consistent", lambda some: _one_to_one(some, "FrameOfReferenceUID")),
        ("UIDs replaced", lambda some: all(p.old.SOPInstanceUID != p.new.SOPInstanceUID for p in some)),
        (
            "UIDs valid",
            lambda some: all(UID.fullmatch(u) and len(u) < 65 and u[0] in "012" for p in some for u in _uids(p.new)),
        ),
        ("source images resolve", lambda some: _resolve(some, "SourceImageSequence")),
        ("referenced images resolve", lambda some: _resolve(some, "ReferencedImageSequence")),
        ("patients consistent", lambda some: _one_to_one(some, "PatientID")),
        (
            "patient's name consistent",
            lambda some: all(len(each) == 1 for each in _mapping(some, "PatientName").values()),
        ),
        ("intervals between studies", lambda some: _intervals(some, "StudyDate")),
        ("content dates shifted alike", lambda some: _intervals(some, "ContentDate")),
        ("dates of one study agree", _within),
        (
            "PET dose and half-life",
            lambda some: all(
                str(p.new.RadiopharmaceuticalInformationSequence[0][k].value)
                == str(p.old.RadiopharmaceuticalInformationSequence[0][k].value)
                for p in _kind(some, "PET")
                for k in ("RadionuclideTotalDose", "RadionuclideHalfLife", "RadiopharmaceuticalStartTime")
            ),
        ),
        (
            "positions of frames",
            lambda some: all(
                len(p.new.PerFrameFunctionalGroupsSequence) == 3
                and p.new.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence[0].ImagePositionPatient == [0, 0, 1]
                for p in _kind(some, "enhanced-CT")
            ),
        ),
        ("view code", lambda some: all(p.new.ViewCodeSequence[0].CodeValue == "R-10226" for p in _kind(some, "MG"))),
        (
            "segment label and code",
            lambda some: all(
                p.new.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Liver"
                for p in _kind(some, "SEG")
            ),
        ),
        (
            "contour data",
            lambda some: all(
                p.new.ROIContourSequence[0].ContourSequence[0].ContourData == [1, 2, 3] for p in _kind(some, "RTSTRUCT")
            ),
        ),
        ("safe private element", lambda some: all(map(_private, _kind(some, "MR")))),
        ("says that it was de-identified", lambda some: all(p.new.PatientIdentityRemoved == "YES" for p in some)),
        ("says by what", lambda some: all(p.new.get("DeidentificationMethodCodeSequence") for p in some)),
        (
            "says that dates were moved",
            lambda some: all(p.new.get("LongitudinalTemporalInformationModified") == "MODIFIED" for p in some),
        ),
    )
