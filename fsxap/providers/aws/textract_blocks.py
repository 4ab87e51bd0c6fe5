"""Owns the meaning of Textract's blocks: what each page of an answer says, in the nouns of documents.py."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fsxap.documents import Answer, Box, Cell, CheckBox, Line, Pair, Signature, Table, Word, around
from fsxap.errors import ServiceError

Block = Mapping[str, Any]

USED = (
    "BlockType",
    "Confidence",
    "Text",
    "RowIndex",
    "ColumnIndex",
    "Id",
    "Relationships",
    "EntityTypes",
    "SelectionStatus",
    "Query",
)
NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)
"""The place of what has none, such as the answer to a question about the whole page."""


@dataclass(frozen=True, slots=True)
class Content:
    """What stands on one page, on the page as it is upright; `rotation` is what turns the stored page so."""

    rotation: int = 0
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    pairs: tuple[Pair, ...] = ()
    checkboxes: tuple[CheckBox, ...] = ()
    signatures: tuple[Signature, ...] = ()
    answers: tuple[Answer, ...] = ()


def contents(blocks: Iterable[Block]) -> dict[int, Content]:
    """Content by page, from 1. Blocks may come in any order and from any number of answers of one job."""
    pages: dict[int, list[Block]] = defaultdict(list)
    try:
        for block in blocks:
            pages[int(block.get("Page") or 1)].append(slim(block))
        return {number: _Blocks(number, found).content() for number, found in sorted(pages.items())}
    except (LookupError, TypeError, ValueError) as error:
        raise ServiceError("Textract answered blocks without places or relations", code="unexpected-answer") from error


@dataclass
class _Blocks:
    """The blocks of one page, by id and by kind."""

    number: int
    blocks: Sequence[Block]
    by_id: dict[str, Block] = field(init=False)
    rotation: int = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {str(block["Id"]): block for block in self.blocks if "Id" in block}
        self.rotation = rotation(self.of("WORD"))

    def of(self, kind: str) -> Iterator[Block]:
        return (block for block in self.blocks if block.get("BlockType") == kind)

    def related(self, block: Block, relation: str) -> list[Block]:
        """What a block refers to. A reference to nothing would lose text in silence, so it is an error."""
        return [
            self.by_id[each]
            for related in block.get("Relationships") or ()
            if related["Type"] == relation
            for each in related.get("Ids") or ()
        ]

    def content(self) -> Content:
        tables = tuple(table for block in self.of("TABLE") if (table := self._table(block)))
        pairs, boxes = self._form()
        return Content(
            self.rotation,
            tuple(line for block in self.of("LINE") if (line := self._line(block)).words),
            tables,
            pairs,
            boxes,
            tuple(Signature(self.box(block), confidence(block)) for block in self.of("SIGNATURE")),
            tuple(self._answers()),
        )

    def box(self, block: Block) -> Box:
        return turned(block["Box"], self.rotation)

    def text(self, block: Block) -> str:
        """The words below a block; a ticked box reads X."""
        parts = []
        for child in self.related(block, "CHILD"):
            if child["BlockType"] == "WORD":
                parts.append(str(child["Text"]))
            elif child["BlockType"] == "SELECTION_ELEMENT" and child.get("SelectionStatus") == "SELECTED":
                parts.append("X")
        return " ".join(parts)

    def _line(self, block: Block) -> Line:
        words = [child for child in self.related(block, "CHILD") if child["BlockType"] == "WORD"]
        return Line(tuple(Word(str(word["Text"]), self.box(word), confidence(word)) for word in words or [block]))

    def _table(self, block: Block) -> Table | None:
        cells = [child for child in self.related(block, "CHILD") if child["BlockType"] == "CELL"]
        if not cells:
            return None
        across = max(int(cell["ColumnIndex"]) for cell in cells)
        down = max(int(cell["RowIndex"]) for cell in cells)
        grid = [[Cell("", NOWHERE, 0.0)] * across for _ in range(down)]
        for cell in cells:
            grid[int(cell["RowIndex"]) - 1][int(cell["ColumnIndex"]) - 1] = self._cell(cell, self.text(cell))
        for merged in self.related(block, "MERGED_CELL"):
            inner = self.related(merged, "CHILD")
            text = " ".join(part for cell in inner if (part := self.text(cell)))
            for cell in inner:
                row, column = int(cell["RowIndex"]) - 1, int(cell["ColumnIndex"]) - 1
                grid[row][column] = self._cell(cell, "")
            grid[int(merged["RowIndex"]) - 1][int(merged["ColumnIndex"]) - 1] = self._cell(merged, text)
        return Table(tuple(map(tuple, grid)), self.box(block))

    def _cell(self, block: Block, text: str) -> Cell:
        return Cell(text, self.box(block), confidence(block))

    def _form(self) -> tuple[tuple[Pair, ...], tuple[CheckBox, ...]]:
        """Pairs of label and value, and boxes to tick with their labels; boxes of no pair come without one."""
        pairs: list[Pair] = []
        boxes: list[CheckBox] = []
        labelled: set[str] = set()
        for key in self.of("KEY_VALUE_SET"):
            if "KEY" not in (key.get("EntityTypes") or ()):
                continue
            label = self.text(key).strip().rstrip(":：").rstrip()
            values = self.related(key, "VALUE")
            ticks = [
                each
                for value in values
                for each in self.related(value, "CHILD")
                if each["BlockType"] == "SELECTION_ELEMENT"
            ]
            if ticks:
                labelled |= {str(tick["Id"]) for tick in ticks}
                boxes += [self._tick(tick, label) for tick in ticks]
            elif label:
                value = " ".join(part for each in values if (part := self.text(each)))
                sure = min([confidence(key), *map(confidence, values)])
                pairs.append(Pair(label, value, self.box(key), around(map(self.box, values)), sure))
        boxes += [self._tick(tick, "") for tick in self.of("SELECTION_ELEMENT") if tick.get("Id") not in labelled]
        return tuple(pairs), tuple(boxes)

    def _tick(self, block: Block, label: str) -> CheckBox:
        return CheckBox(block["SelectionStatus"] == "SELECTED", self.box(block), confidence(block), label)

    def _answers(self) -> Iterator[Answer]:
        for query in self.of("QUERY"):
            name = str(query["Query"].get("Alias") or query["Query"]["Text"])
            for result in self.related(query, "ANSWER"):
                box = self.box(result) if "Box" in result else NOWHERE
                yield Answer(name, str(result["Text"]), self.number, box, confidence(result))


def confidence(block: Block) -> float:
    """0 to 1, of Textract's percent."""
    return float(block.get("Confidence", 0.0)) / 100


def bounding(geometry: Mapping[str, Any]) -> Box:
    """A place on the stored page."""
    box = geometry["BoundingBox"]
    left, top = float(box["Left"]), float(box["Top"])
    return left, top, left + float(box["Width"]), top + float(box["Height"])


def slim(block: Block) -> Block:
    """What is used of a block, its geometry as a box and a turn: whole ones of a long document take gigabytes."""
    kept = {name: block[name] for name in USED if name in block}
    if geometry := block.get("Geometry"):
        kept["Box"], kept["Turn"] = bounding(geometry), _turn(geometry.get("Polygon") or ())
    return kept


def _turn(corners: Sequence[Mapping[str, float]]) -> int:
    """Degrees clockwise that turn it upright. A polygon begins at the top left of the first letter as it is read."""
    if len(corners) != 4:
        return 0
    x, y = corners[1]["X"] - corners[0]["X"], corners[1]["Y"] - corners[0]["Y"]
    if abs(x) >= abs(y):
        return 0 if x >= 0 else 180
    return 270 if y > 0 else 90


def rotation(words: Iterable[Block]) -> int:
    """Degrees clockwise that turn the stored page upright, as most of its slim words say: 0, 90, 180 or 270."""
    votes: Counter[int] = Counter()
    for word in words:
        votes[word["Turn"]] += len(str(word.get("Text", "")))
    return votes.most_common(1)[0][0] if votes else 0


def turned(box: Box, degrees: int) -> Box:
    """A box in fractions of a page after that page was turned clockwise."""
    left, top, right, bottom = box
    match degrees:
        case 90:
            return 1 - bottom, left, 1 - top, right
        case 180:
            return 1 - right, 1 - bottom, 1 - left, 1 - top
        case 270:
            return top, 1 - right, bottom, 1 - left
    return box
