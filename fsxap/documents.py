"""The nouns of a read document: pages, lines, words and what stands on them, each with its place.

A place is a `Box` on the upright, straightened page: (left, top, right, bottom) as fractions of its width and height,
from the top left corner. Confidences are 0 to 1. Values are frozen; `record()` gives the JSON object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Box = tuple[float, float, float, float]
Source = Literal["text-layer", "ocr", "textract", "none"]
"""Where a page's words come from; "none" when it has none."""

Record = dict[str, Any]


def place(box: Box) -> list[float]:
    """A box for JSON: a ten-thousandth of a page is finer than a printed dot."""
    return [round(value, 4) for value in box]


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of them; no area at the corner when there are none."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True) if (boxes := list(boxes)) else ((0.0,),) * 4
    return min(lefts), min(tops), max(rights), max(bottoms)


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@dataclass(frozen=True, slots=True)
class Word:
    """`space` says whether a blank stands between it and the word before it in its line."""

    text: str
    box: Box
    confidence: float = 1.0
    space: bool = True

    def record(self) -> Record:
        return {"text": self.text, "box": place(self.box), "confidence": round(self.confidence, 3)}


@dataclass(frozen=True, slots=True)
class Line:
    """Words of one line of one column, in reading order."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return "".join([f" {word.text}" if word.space else word.text for word in self.words]).removeprefix(" ")

    @property
    def box(self) -> Box:
        return around(word.box for word in self.words)

    @property
    def confidence(self) -> float:
        """The mean of its words, longer ones weighing more."""
        weight = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / weight if weight else 0.0


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells from top to bottom. Every row has as many cells; an empty one has no text."""

    rows: tuple[tuple[Cell, ...], ...]
    box: Box

    def record(self) -> Record:
        return {"box": place(self.box), "rows": [[cell.text for cell in row] for row in self.rows]}


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and what is filled in for it; an empty value was left blank, and `value_box` is where it would stand."""

    label: str
    value: str
    label_box: Box
    value_box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class CheckBox:
    """`label` is empty where only the box was found."""

    checked: bool
    box: Box
    confidence: float = 1.0
    label: str = ""


Mark = Literal["handwritten", "seal", "digital", "empty"]
"""Strokes of a pen, a seal's print, a PDF's own signature, and a PDF's field that nobody has signed."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A mark in the place of a signature. Whose it is and whether it is genuine or valid, nobody has looked at."""

    box: Box
    confidence: float = 1.0
    kind: Mark = "handwritten"

    def record(self) -> Record:
        """The box is null where a PDF's signature shows nothing."""
        shown = self.box[2] > self.box[0]
        return {"kind": self.kind, "box": place(self.box) if shown else None, "confidence": round(self.confidence, 3)}


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it stands after turning and straightening.

    `width` and `height` are points for a PDF and pixels for a picture. `rotation` (0, 90, 180, 270) and `skew` are the
    degrees clockwise by which the stored page was turned to stand upright.
    """

    number: int
    width: float
    height: float
    source: Source = "none"
    rotation: int = 0
    skew: float = 0.0
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    pairs: tuple[Pair, ...] = ()
    checkboxes: tuple[CheckBox, ...] = ()
    signatures: tuple[Signature, ...] = ()
    rules: tuple[Box, ...] = ()
    """Ruling lines: boxes much longer than wide, or much higher."""

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    def record(self) -> Record:
        return {
            "number": self.number,
            "width": round(self.width, 2),
            "height": round(self.height, 2),
            "source": self.source,
            "rotation": self.rotation,
            "skew": round(self.skew, 2),
            "text": self.text,
            "words": [word.record() for word in self.words],
            "tables": [table.record() for table in self.tables],
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine itself says is a field: a query's answer, or a field of an expense analysis."""

    name: str
    value: str
    page: int
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Document:
    """`engine` names what read it, with versions. `language` is ISO 639-1, or empty when it cannot be told.

    `attachments` are files inside the document by name (the XML of an e-invoice); `notes` say what was left out and
    why; `usage` counts billable or scarce units.
    """

    pages: tuple[Page, ...]
    engine: str
    language: str = ""
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    notes: tuple[str, ...] = ()
    usage: Mapping[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n\n".join(page.text for page in self.pages)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read: limits, and which features are wanted where an engine charges for each.

    `max_pixels` is for one page. `languages` are what may occur, for telling the document's; none means any known.
    `features` are of text, forms, tables, expense, queries. `text_layer` False reads what is printed, as a scan.
    """

    max_pages: int = 500
    max_pixels: int = 120_000_000
    languages: tuple[str, ...] = ()
    features: tuple[str, ...] = ("text", "forms", "tables")
    text_layer: bool = True
