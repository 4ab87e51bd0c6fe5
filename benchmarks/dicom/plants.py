"""Owns where identifiers are planted by attribute: what the profile lists, nested, private, and echoes elsewhere."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from benchmarks.dicom import made
from benchmarks.dicom.case import DATE, Case, Plant
from benchmarks.dicom.draw import LIMITS, Draw

EDITIONS = ("2024b", "2025b")
OUTER = ("AnatomicRegionSequence", "DerivationImageSequence", "ModalityLUTSequence", "ViewCodeSequence")
"""Sequences that the profile does not list."""
UNUSABLE = ("US", "SS", "AT", "OV", "SV", "UV", "OL", "OD", "OF")
"""Representations too short, or too regular, for a value that is found again."""
ECHOED = (
    "WindowCenterWidthExplanation", "ReceiveCoilName", "TransmitCoilName", "ModalityLUTType", "RescaleType",
    "LUTExplanation", "ConvolutionKernel", "PulseSequenceName", "SequenceName", "FilterMaterial", "ScanOptions",
    "BodyPartExamined", "ImageType", "ViewPosition", "PatientPosition", "AnatomicalOrientationType", "FilterType",
    "GridAbsorbingMaterial", "DetectorActiveShape", "ExposureControlMode", "CollimatorType", "DoseType",
    "TypeOfFilters",
    "PatientOrientation",
)  # fmt: skip
CREATORS = ("SIEMENS CSA HEADER", "GEMS_IDEN_01", "Philips Imaging DD 001", "SIEMENS MED", "ACME PRIVATE 3.1")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of Table E.1-1: its tag, and the edition that has it first."""

    tag: int
    edition: str


def table(folder: Path) -> list[Row]:
    """Rows with a tag of their own: 2024b, then what 2025b added. Patterns of tags (50xx, 60xx) are other kinds."""
    rows = [
        Row(int(each["id"], 16), EDITIONS[0])
        for each in json.loads((folder / "ps3.15-table-E.1-1.json").read_text())
        if re.fullmatch("[0-9a-f]{8}", each["id"])
    ]
    known = {row.tag for row in rows}
    with (folder / "ps3.15-table-2025b-with-tcia-actions.csv").open(encoding="utf-8-sig", newline="") as stream:
        for each in csv.DictReader(stream):
            digits = each["Group"] + each["Element"]
            if re.fullmatch("[0-9A-Fa-f]{8}", digits) and int(digits, 16) not in known:
                rows.append(Row(int(digits, 16), EDITIONS[1]))
    return rows


def representation(tag: int) -> str:
    try:
        return dictionary_VR(tag).split(" or ")[0]
    except KeyError:
        return "LO"


def spelt(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def planted(target: Dataset, tag: int, draw: Draw, kind: str, where: str = "") -> list[Plant]:
    """Puts an identifier into an attribute; a sequence gets an item of a name, a number, a text and a UID."""
    vr, where = representation(tag), where + spelt(tag)
    if vr != "SQ":
        value, token, form = draw.of(vr)
        target.add_new(tag, vr, value)
        return [Plant(kind, where, token, form)]
    inner = Dataset()
    plants = []
    for keyword in ("PersonName", "TextValue", "UID", "Date"):
        vr = dictionary_VR(keyword)
        value, token, form = draw.of(vr)
        setattr(inner, keyword, value)
        plants.append(Plant(kind, f"{where} > {keyword}", token, form))
    target.add_new(tag, "SQ", Sequence([inner]))
    return plants


def usable(tag: int) -> bool:
    return tag >> 16 >= 8 and representation(tag) not in UNUSABLE and tag not in (0x00080016, 0xFFFCFFFC)


def listed(rows: list[Row], draw: Draw, per_file: int) -> Iterator[Case]:
    """Every row at the top level and, in the next file, nested."""
    bases = cycle(made.PLAIN)
    for edition in EDITIONS:
        tags = [row.tag for row in rows if row.edition == edition and usable(row.tag)]
        for at in range(0, len(tags), per_file):
            some, iod = tags[at : at + per_file], next(bases)
            top, plants = made.base(iod.name, draw), []
            for tag in some:
                plants += planted(top, tag, draw, f"listed {edition}")
            yield Case(f"listed-{edition}-{at:04d}", made.stored(top), tuple(plants), iod.name)
            yield nested(some, iod, draw, f"nested-{edition}-{at:04d}")


def nested(tags: list[int], iod: made.Iod, draw: Draw, name: str) -> Case:
    outer, plants = made.base(iod.name, draw), []
    for number, tag in enumerate(tags):
        depth = (1, 2, 3, 7)[number % 4]
        inner = Dataset()
        plants += planted(inner, tag, draw, "nested", f"{depth} deep ")
        for keyword in [*cycle_of(OUTER, depth - 1)]:
            shell = Dataset()
            setattr(shell, keyword, Sequence([inner]))
            inner = shell
        keyword = OUTER[number % len(OUTER)]
        setattr(outer, keyword, Sequence([*(outer.get(keyword) or ()), inner]))
    return Case(name, made.stored(outer), tuple(plants), iod.name)


def cycle_of(values: tuple[str, ...], number: int) -> Iterator[str]:
    for index in range(number):
        yield values[index % len(values)]


def own(header: Dataset) -> list[str]:
    """Ways to say who the patient of a header is."""
    family, given = str(header.PatientName).split("^")
    born = str(header.PatientBirthDate)
    return [
        f"{given} {family}", f"{family}, {given}", family, family.upper(), f"{given[0]}. {family}", f"{family}^{given}",
        str(header.PatientID), f"ID {header.PatientID}", str(header.PatientID)[3:], born,
        f"{born[6:]}.{born[4:6]}.{born[:4]}", f"{born[:4]}-{born[4:6]}-{born[6:]}",
        str(header.AccessionNumber), str(header.ReferringPhysicianName).replace("^", " "),
        str(header.InstitutionName), str(header.DeviceSerialNumber),
    ]  # fmt: skip


def others(draw: Draw) -> list[tuple[str, tuple[str, ...], str]]:
    """Somebody who is not in the header: what is written, what must go, and its form."""
    family, given, number = draw.word(), draw.word(), draw.digits(8)
    day = draw.day()
    real = draw.random.choice(("Nakagomi", "Szczepanik", "Oyelaran", "Vanterpool", "Brzezina", "Quackenbush"))
    return [
        (f"Dr. {family}", (family,), "text"),
        (f"{family}^{given}", (family, given), "text"),
        (f"{given} {family}", (family, given), "text"),
        (f"seen by {real}", (real,), "text"),
        (f"{real}, {given[0]}.", (real,), "text"),
        (f"MRN {number}", (number,), "text"),
        (f"pat. no. {number[:4]}-{number[4:]}", (f"{number[:4]}-{number[4:]}",), "text"),
        (f"dob {day:%d.%m.%Y}", (f"{day:%Y%m%d}",), DATE),
        (f"born {day:%Y-%m-%d}", (f"{day:%Y%m%d}",), DATE),
        (f"tel 555-{number[:7]}", (number[:7],), "text"),
        (f"{given.lower()}@{family.lower()}.org", (family, given), "text"),
        (f"12 {family} Street", (family,), "text"),
    ]


def unlisted(rows: list[Row], draw: Draw, number: int) -> list[int]:
    """Attributes of words that the standard has and the profile does not list: the known two dozen, and some more."""
    named = {row.tag for row in rows}
    first = [int(tag) for tag in map(_tag, ECHOED) if tag not in named]
    rest = [
        tag
        for tag, (vr, *_) in DicomDictionary.items()
        if 0x00080000 < tag < 0x7FE00000 and tag & 0xFFFF and tag not in named and vr in LIMITS and tag != 0x00080005
    ]
    return first + draw.random.sample(sorted(rest), number)


def _tag(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword

    return tag_for_keyword(keyword) or 0


def echoes(rows: list[Row], draw: Draw, number: int, per_file: int) -> Iterator[Case]:
    """Identifiers of the header's own patient, then of other people, where the profile does not look."""
    tags = unlisted(rows, draw, number)
    bases = cycle(made.PLAIN)
    for at in range(0, len(tags), per_file):
        iod = next(bases)
        header = made.base(iod.name, draw)
        plants: list[Plant] = []
        for index, tag in enumerate(tags[at : at + per_file]):
            said = own(header)[(at + index) % 16]
            dated = (at + index) % 16 in (9, 10, 11)
            token = str(header.PatientBirthDate) if dated else said
            plants += _said(header, tag, said, (token,), DATE if dated else "text", "own echo")
        header.AnatomicRegionSequence = made.sequence(made.code("T-D3000", "SRT", said := own(header)[at % 16]))
        plants.append(Plant("own echo", "AnatomicRegionSequence > CodeMeaning", said))
        yield Case(f"own-{at:04d}", made.stored(header), tuple(plants), iod.name)
        header, plants = made.base(iod.name, draw), []
        for index, tag in enumerate(tags[at : at + per_file]):
            said, tokens, form = others(draw)[(at + index) % 12]
            plants += _said(header, tag, said, tokens, form, "others' echo")
        yield Case(f"others-{at:04d}", made.stored(header), tuple(plants), iod.name)


def _said(target: Dataset, tag: int, said: str, tokens: tuple[str, ...], form: str, kind: str) -> list[Plant]:
    vr = representation(tag)
    said = said.upper().replace(",", "").replace(".", " ") if vr == "CS" else said
    if len(said) > LIMITS.get(vr, 0):
        said, tokens, form = (
            tokens[0][: LIMITS[vr]],
            (tokens[0][: LIMITS[vr]],),
            "text" if len(tokens[0]) != 8 else form,
        )
    target.add_new(tag, vr, said)
    return [Plant(kind, f"{spelt(tag)} {keyword_for_tag(tag)} {said!r}", token, form) for token in tokens]


def privates(draw: Draw) -> Iterator[Case]:
    """Private elements: of known and unknown creators, nested, in sequences, without a creator, and in its name."""
    for number, creator in enumerate(CREATORS):
        header = made.base("MR", draw)
        plants = []
        for group in (0x0009, 0x0019, 0x0029, 0x2001, 0x7053):
            block = header.private_block(group, creator, create=True)
            for element, vr in enumerate(("LO", "PN", "DA", "UI", "OB", "UN", "LT", "SH", "DS", "UL"), 0x10):
                value, token, form = draw.of(vr)
                block.add_new(element, vr, value)
                plants.append(Plant("private", f"{creator} ({group:04X},xx{element:02X}) {vr}", token, form))
            inner = Dataset()
            plants += planted(inner, 0x00100010, draw, "private", f"{creator} sequence > ")
            inside = inner.private_block(group, creator, create=True)
            value, token, form = draw.of("LO")
            inside.add_new(0x20, "LO", value)
            plants.append(Plant("private", f"{creator} sequence > private", token, form))
            block.add_new(0x40, "SQ", Sequence([inner]))
        word = draw.word()
        header.private_block(0x0011, f"{word} LAB", create=True).add_new(1, "LO", "x")
        plants.append(Plant("private", "creator's name", word))
        yield Case(f"private-{number}", made.stored(header), tuple(plants), "MR")


def by_iod(draw: Draw) -> Iterator[Case]:
    """Each IOD as it is, searched for what its own header says, and for a text in each kind of element it has."""
    for iod in made.IODS:
        header = made.base(iod.name, draw)
        plants = [Plant("by IOD", f"{iod.name} header", each) for each in own(header)[:8:7]]
        plants += [
            Plant("by IOD", f"{iod.name} {each.keyword}", str(each.value), "uid")
            for each in header
            if each.VR == "UI" and str(each.value).startswith("1.2.826.0.1.") and each.keyword not in SKIPPED
        ]
        for keyword in ("ImageComments", "ContentDescription", "OperatorsName", "TextComments"):
            plants += planted(header, _tag(keyword), draw, "by IOD", f"{iod.name} ")
        yield Case(f"iod-{iod.name.replace(' ', '-')}", made.stored(header), tuple(plants), iod.name)


SKIPPED = ("SOPClassUID", "TransferSyntaxUID")


def cases(rows: list[Row], seed: int, per_file: int, unlisted_number: int) -> list[Case]:
    draw = Draw(seed)
    found: list[Case] = []
    for some in (
        listed(rows, draw, per_file), echoes(rows, draw, unlisted_number, 12), privates(draw), by_iod(draw),
    ):  # fmt: skip
        found += some
    return found
