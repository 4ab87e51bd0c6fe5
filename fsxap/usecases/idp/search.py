"""Where labels stand in a document, and where their values may stand: behind, to the right, or below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from fsxap.documents import Document
from fsxap.usecases.idp.labels import lexicon
from fsxap.usecases.idp.layout import Row, Segment, overlap, rows

SPACED = ("fr", "sv", "nb", "no", "fi", "pl", "cs")
"""Languages whose numbers have blanks between thousands."""
BELOW = 3
"""How many rows below a label its value may stand."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document as rows, with what reading it depends on. `languages` begins with the document's own."""

    rows: tuple[Row, ...]
    languages: tuple[str, ...]
    pages: int
    aspect: float = 1.4
    """Height of the first page by its width."""
    headings: frozenset[tuple[int, int]] = frozenset()
    """Row and place in it of segments that are nothing but a label."""
    known: dict[str, tuple[Hit, ...]] = field(default_factory=dict, compare=False, repr=False)
    """Places of labels that were looked for before."""

    @property
    def folded(self) -> str:
        return "\n".join(row.folded for row in self.rows)


@dataclass(frozen=True, slots=True)
class Hit:
    """A label: in which row and segment, where in its text, and how telling it is."""

    name: str
    weight: float
    row: int
    at: int
    segment: Segment
    start: int
    end: int

    @property
    def before(self) -> str:
        return self.segment.folded[: self.start]

    @property
    def after(self) -> str:
        return self.segment.folded[self.end :]


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of text from `start` on where a label's value may stand; `nearness` is 0 to 1."""

    segment: Segment
    start: int
    nearness: float
    row: int


def text_of(document: Document, pages: int = 20) -> Text:
    """Rows of the first pages, and of the last: what is asked for stands there."""
    chosen = [page for page in document.pages if page.number <= pages or page.number == len(document.pages)]
    made = tuple(row for page in chosen for row in rows(page, document.language in SPACED))
    first = document.pages[0] if document.pages else None
    aspect = first.height / first.width if first and first.width else 1.4
    languages = (document.language,) if document.language else ()
    plain = Text(made, languages, len(document.pages), aspect)
    return replace(plain, headings=frozenset(_headings(plain)))


def _headings(text: Text) -> Iterator[tuple[int, int]]:
    for name in lexicon():
        for hit in hits(text, name):
            if not re.search(r"[^\W_]", hit.before + hit.after):
                yield hit.row, hit.at


def hits(text: Text, name: str) -> tuple[Hit, ...]:
    """Every place of a field's labels; where labels overlap, the longer one."""
    if name not in text.known:
        text.known[name] = tuple(_hits(text, name))
    return text.known[name]


def _hits(text: Text, name: str) -> Iterator[Hit]:
    labels = lexicon()[name]
    for number, row in enumerate(text.rows):
        for at, segment in enumerate(row.segments):
            taken: list[tuple[int, int]] = []
            for label in labels:
                for match in label.pattern.finditer(segment.folded):
                    low, high = match.span()
                    if any(low < end and start < high for start, end in taken):
                        continue
                    taken.append((low, high))
                    yield Hit(name, label.weight, number, at, segment, low, high)


def zones(text: Text, hit: Hit, below: int = BELOW) -> Iterator[Zone]:
    """Nearest first."""
    yield Zone(hit.segment, hit.end, 1.0, hit.row)
    for at, segment in enumerate(text.rows[hit.row].segments[hit.at + 1 :], hit.at + 1):
        if (hit.row, at) in text.headings:
            # A row of labels has its values below.
            break
        distance = at - hit.at - 1
        yield Zone(segment, 0, max(0.6, 0.97 - 0.06 * distance), hit.row)
    yield from _under(text, hit, below)


def _under(text: Text, hit: Hit, below: int) -> Iterator[Zone]:
    label = hit.segment.part(hit.start, hit.end).box
    height = hit.segment.height
    for distance, row in enumerate(text.rows[hit.row + 1 : hit.row + 1 + below], 1):
        if row.page != hit.segment.page or row.box[1] - label[3] > 4 * height * distance:
            return
        for segment in row.segments:
            if overlap(segment.box, label) > 0.3:
                yield Zone(segment, 0, 0.88 - 0.1 * distance, hit.row + distance)


def band(rows_: Sequence[Row], page: int = 1) -> tuple[float, float]:
    """From where to where rows reach on a page."""
    tops = [row.box for row in rows_ if row.page == page]
    return (min(box[1] for box in tops), max(box[3] for box in tops)) if tops else (0.0, 1.0)
