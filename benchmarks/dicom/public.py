"""Owns the public files: identifiers planted into them, and what their own listed attributes say (natural)."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from benchmarks.dicom.case import DATE, UID, UNREADABLE, WHOLE, Case, Plant
from benchmarks.dicom.draw import LIMITS, Draw
from benchmarks.dicom.plants import Row, planted, spelt, usable

NEW = (0x00104000, 0x00204000, 0x00081070, 0x00181000, 0x00281055, 0x00081032, 0x00400275, 0x0040A730)
EXISTING = ("LO", "SH", "PN", "LT", "ST", "UT", "DA", "UI", "DT")
KEPT_WORDS = 24
"""Existing values that get an identifier, in each file."""


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name != "INDEX.tsv")


def opened(path: Path) -> Dataset | None:
    """None where pydicom cannot read it, or cannot write back what it read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read = pydicom.dcmread(path, force=True)
            return read if len(read) and written(read) else None
        except UNREADABLE:
            return None


def written(made: Dataset) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(stream, made)
    return stream.getvalue()


def cases(folder: Path, rows: list[Row], seed: int, per_file: int) -> Iterator[Case]:
    """Each public file with identifiers in its own values, and in attributes it did not have."""
    draw = Draw(seed + 3000)
    tags = [row.tag for row in rows if usable(row.tag)]
    for path in files(folder):
        read = opened(path)
        if read is None:
            continue
        plants: list[Plant] = []
        plants += _existing(read, draw)
        for tag in draw.random.sample(tags, min(per_file, len(tags))):
            if tag not in (0x00080018, 0x0020000D):
                plants += planted(read, tag, draw, "public files, planted")
        try:
            body = written(read)
        except UNREADABLE:
            continue
        yield Case(f"planted-{path.name}", body, tuple(plants), path.name)


def _existing(read: Dataset, draw: Draw) -> list[Plant]:
    found = [
        each for each in read.iterall() if each.VR in EXISTING and each.tag.group >= 8 and _ordinary(int(each.tag))
    ]
    plants = []
    for element in draw.random.sample(found, min(KEPT_WORDS, len(found))):
        value, token, form = draw.of(element.VR)
        if element.VR in LIMITS and element.VR not in ("PN", "UI"):
            value = token = draw.word()
        element.value = value
        kind = "public files, private" if element.tag.is_private else "public files, planted"
        plants.append(Plant(kind, f"{spelt(int(element.tag))} {element.keyword}", token, form))
    return plants


def _ordinary(tag: int) -> bool:
    """Not what says how to read the file, nor a coding scheme's own words."""
    return tag not in (0x00080005, 0x00080016, 0x00081150, 0x00080018, 0x00080102, 0x00080103) and (
        not tag >> 16 & 1 or tag & 0xFFFF > 0xFF
    )


def natural(folder: Path, rows: list[Row]) -> Iterator[Case]:
    """Unmodified files, and what their listed attributes say: words, dates and UIDs that the Basic Profile takes."""
    taken = {row.tag for row in rows}
    for path in files(folder):
        body = path.read_bytes()
        plants: dict[tuple[str, str], Plant] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                read = pydicom.dcmread(io.BytesIO(body), force=True)
                for element in read.iterall():
                    if int(element.tag) in taken and element.VR in (*LIMITS, "DA", "DT", "UI"):
                        for value in _values(element):
                            form = {"DA": DATE, "DT": DATE, "UI": UID}.get(element.VR, WHOLE)
                            plants.setdefault(
                                (value, form),
                                Plant(
                                    "public files, natural", f"{spelt(int(element.tag))} {element.keyword}", value, form
                                ),
                            )
            except UNREADABLE:
                # What was read before it broke is searched; such a file is held back or cut by every tool.
                plants = dict(plants)
        yield Case(path.name, body, tuple(plants.values()), path.name)


def _values(element: pydicom.DataElement) -> Iterator[str]:
    several = element.value if isinstance(element.value, pydicom.multival.MultiValue) else [element.value]
    for value in several:
        said = str(value).strip().strip("\0")
        if element.VR in ("DA", "DT"):
            said = said[:8]
            if not (said.isdigit() and len(said) == 8 and said > "1900"):
                continue
        if (element.VR == "UI" and said.startswith("1.2.840.10008.")) or len(said) < 4:
            continue
        yield said
