"""Owns a score by the ten actions of the MIDI-B challenge's validator, on files and an answer key of our own.

Rules as its validator has them: text is compared without case, a number with a number, else the whole answer inside the
value; a missing file passes what must be removed, changed or hidden, and fails what must be retained or consistent.
`pixels_hidden` is judged by what is left of the letters inside their box, not by reading it.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset

from benchmarks.dicom import made
from benchmarks.dicom.case import UNREADABLE
from benchmarks.dicom.draw import Draw

OPTIONS = ("preset=tcia", "clean=descriptors,pixels")
RETAINED = (
    "SOPClassUID",
    "Modality",
    "ImageType",
    "Rows",
    "Columns",
    "StudyDescription",
    "SeriesDescription",
    "BodyPartExamined",
)
TEXTS = (
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "PatientSex",
    "PatientAge",
    "SoftwareVersions",
    "KVP",
    "EchoTime",
    "StudyTime",
)
NOT_NULL = ("SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID", "Modality")
DATES = ("StudyDate", "SeriesDate", "ContentDate")
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
DESCRIBED = (
    ("CT CHEST W CONTRAST {}", "CHEST"), ("Thorax lung window for {}", "lung window"), ("{} follow-up liver", "liver"),
    ("MR brain axial T1 Dr. {}", "brain axial"), ("seen by Dr {}, no fracture", "no fracture"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """One required action: on which file, which attribute (or box), and what must go or stay."""

    file: str
    action: str
    keyword: str = ""
    text: str = ""
    box: tuple[int, int, int, int] = (0, 0, 0, 0)


def key(seed: int, subjects: int) -> tuple[dict[str, bytes], list[Answer]]:
    draw, files, answers = Draw(seed + 5000), {}, []
    for subject in range(subjects):
        who = made.common(made.BY_NAME["CT"], draw)
        study = draw.uid()
        for kind in ("CT", "MR", "DX", "PET", "MG"):
            name = f"subject{subject:02d}-{kind}"
            one = made.base(kind, draw)
            made.put(
                one,
                PatientName=who.PatientName,
                PatientID=who.PatientID,
                StudyInstanceUID=study,
                PatientBirthDate=who.PatientBirthDate,
            )
            answers += _described(name, one, draw) + _asked(name, one)
            if kind == "DX":
                box = _burn(one, str(who.PatientName).replace("^", " "))
                answers.append(Answer(name, "pixels_hidden", box=box))
            else:
                answers.append(Answer(name, "pixels_retained"))
            files[name] = made.stored(one)
    return files, answers


def _described(name: str, one: Dataset, draw: Draw) -> list[Answer]:
    """Identifiers among words that must stay."""
    answers = []
    for keyword in ("StudyDescription", "SeriesDescription", "ImageComments", "ProtocolName"):
        told, stays = draw.random.choice(DESCRIBED)
        who = draw.random.choice((str(one.PatientName).split("^")[0], draw.word()))
        setattr(one, keyword, told.format(who))
        answers += [Answer(name, "text_removed", keyword, who), Answer(name, "text_retained", keyword, stays)]
    one.PatientAddress = f"12 {draw.word()} Street"
    answers.append(Answer(name, "text_removed", "PatientAddress", one.PatientAddress))
    one.PatientTelephoneNumbers = "555-0182736"
    answers.append(Answer(name, "text_removed", "PatientTelephoneNumbers", "555-0182736"))
    word = draw.word()
    one.private_block(0x0033, "ACME NOTES", create=True).add_new(1, "LO", word)
    answers.append(Answer(name, "text_removed", "", word))
    return answers


def _asked(name: str, one: Dataset) -> list[Answer]:
    out = [Answer(name, "tag_retained", each) for each in RETAINED if each in one]
    out += [Answer(name, "text_retained", each, str(one[each].value)) for each in TEXTS if one.get(each)]
    out += [Answer(name, "text_notnull", each) for each in NOT_NULL]
    out += [
        Answer(name, "text_removed", each, str(one[each].value))
        for each in ("PatientName", "PatientID", "AccessionNumber", "InstitutionName")
    ]
    out += [Answer(name, "date_shifted", each) for each in DATES]
    out += [Answer(name, action, each) for each in UIDS if each in one for action in ("uid_changed", "uid_consistent")]
    return [*out, Answer(name, "patid_consistent", "PatientID")]


def _burn(one: Dataset, said: str) -> tuple[int, int, int, int]:
    """Writes a name into a picture of 400 by 300, white on grey."""
    picture = Image.new("L", (400, 300), 90)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=20)
    box = draw.textbbox((12, 14), said, font=font)
    draw.text((12, 14), said, fill=240, font=font)
    values = (np.asarray(picture).astype("<u2") * 8).tobytes()
    made.put(one, Rows=300, Columns=400)
    one.add_new(0x7FE00010, "OW", values)
    del one.BurnedInAnnotation
    left, top, right, bottom = (int(each) for each in box)
    return left, top, right, bottom


def score(
    given: Mapping[str, bytes], back: Mapping[str, bytes], answers: list[Answer], crosswalk: Path | None
) -> tuple[Counter[str], Counter[str]]:
    """Passed and required, by action. `crosswalk` holds uid_map.csv and patid_map.csv."""
    old = {name: pydicom.dcmread(io.BytesIO(body)) for name, body in given.items()}
    new = {name: _read(body) for name, body in back.items()}
    maps = {name: _map(crosswalk, name) for name in ("uid_map.csv", "patid_map.csv")}
    seen: dict[tuple[str, str], set[str]] = {}
    for name, read in new.items():
        if read is not None:
            for keyword in (*UIDS, "PatientID"):
                if keyword in old[name]:
                    seen.setdefault((keyword, str(old[name][keyword].value)), set()).add(str(read.get(keyword)))
    passed: Counter[str] = Counter()
    required: Counter[str] = Counter()
    for answer in answers:
        required[answer.action] += 1
        passed[answer.action] += _passes(answer, old[answer.file], new.get(answer.file), seen, maps)
    return passed, required


def _read(body: bytes) -> Dataset | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read = pydicom.dcmread(io.BytesIO(body), force=True)
            return read if len(read) else None
        except UNREADABLE:
            return None


def _map(folder: Path | None, name: str) -> dict[str, str]:
    if folder is None or not (folder / name).exists():
        return {}
    with (folder / name).open(newline="") as stream:
        return {row["id_old"]: row["id_new"] for row in csv.DictReader(stream)}


def _passes(
    answer: Answer,
    old: Dataset,
    new: Dataset | None,
    seen: Mapping[tuple[str, str], set[str]],
    maps: Mapping[str, Mapping[str, str]],
) -> bool:
    if new is None:
        return answer.action in ("text_removed", "date_shifted", "uid_changed", "pixels_hidden")
    value = str(new.get(answer.keyword) or "")
    was = str(old.get(answer.keyword) or "")
    match answer.action:
        case "tag_retained":
            return answer.keyword in new
        case "text_notnull":
            return bool(value)
        case "text_retained":
            return answer.text.casefold() in value.casefold()
        case "text_removed":
            return answer.text.casefold() not in (value if answer.keyword else str(new)).casefold()
        case "date_shifted":
            return bool(value) and value != was
        case "uid_changed":
            return value != was
        case "uid_consistent" | "patid_consistent":
            mapped = maps["uid_map.csv" if answer.action == "uid_consistent" else "patid_map.csv"].get(was)
            return bool(value) and len(seen[answer.keyword, was]) == 1 and mapped in (None, value)
        case "pixels_retained":
            return bool(old.PixelData == new.get("PixelData"))
    return _hidden(answer, old, new)


def _hidden(answer: Answer, old: Dataset, new: Dataset) -> bool:
    """Whether letters and what is between them have become alike."""
    left, top, right, bottom = answer.box
    try:
        before, after = (each.pixel_array[top:bottom, left:right].astype(float) for each in (old, new))
    except (AttributeError, ValueError, RuntimeError):
        return False
    letters = before > before.mean()
    was, left_over = (abs(_mean(each, letters) - _mean(each, ~letters)) for each in (before, after))
    return left_over < 0.02 * was


def _mean(values: Any, where: Any) -> float:
    return float(values[where].mean()) if where.any() else 0.0
