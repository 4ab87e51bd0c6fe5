"""Words in rows: what stands side by side on a page, cut where a gap is wider than a blank."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from fsxap.documents import Box, Page, Word, around

GAP = 1.4
"""A gap between words wider than this many line heights parts two segments."""


_GROUP_BEFORE = re.compile(r"^[-–−(]?\d{1,3}$", re.ASCII)
_GROUP = re.compile(r"\d{3}(?:[.,]\d{2})?(?![\d.,/])", re.ASCII)

# One reader for Chinese and Japanese takes a character of the one for its twin in the other.
_VARIANTS = dict(zip("费稅请单號额发领书约图计", "費税請単号額発領書約図計", strict=True))


@dataclass(frozen=True, slots=True)
class Place:
    """Words of one segment that say one thing."""

    text: str
    page: int
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Segment:
    """Words that stand together. `folded` has as many characters as `text`: without case, accents and widths."""

    words: tuple[Word, ...]
    page: int
    text: str
    folded: str
    box: Box
    starts: tuple[int, ...]
    """Where in `text` each word begins."""

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2

    def part(self, start: int, end: int) -> Place:
        """The place of a stretch of the text: whole words where it covers them, shares of their width elsewhere."""
        boxes, weights = [], []
        for word, begin in zip(self.words, self.starts, strict=True):
            finish = begin + len(word.text)
            low, high = max(start, begin), min(end, finish)
            if low >= high:
                continue
            left, top, right, bottom = word.box
            step = (right - left) / len(word.text)
            boxes.append((left + step * (low - begin), top, left + step * (high - begin), bottom))
            weights.append((word.confidence, high - low))
        total = sum(weight for _, weight in weights)
        sure = sum(value * weight for value, weight in weights) / total if total else 0.0
        return Place(self.text[start:end], self.page, around(boxes) if boxes else self.box, sure)

    def whole(self) -> Place:
        return self.part(0, len(self.text))


@dataclass(frozen=True, slots=True)
class Row:
    """Segments side by side, from left to right."""

    segments: tuple[Segment, ...]

    @property
    def page(self) -> int:
        return self.segments[0].page

    @property
    def box(self) -> Box:
        return around(segment.box for segment in self.segments)

    @property
    def text(self) -> str:
        return "  ".join(segment.text for segment in self.segments)

    @property
    def folded(self) -> str:
        return "  ".join(segment.folded for segment in self.segments)


def fold(text: str) -> str:
    """As many characters as before, each without case, accent and width, for comparing."""
    return "".join(map(_fold, text))


@lru_cache(8192)
def _fold(character: str) -> str:
    character = _VARIANTS.get(character, character)
    if "\u3041" <= character <= "\u30ff":
        # Taking a voice mark from kana makes other words: "until" would read as "wait".
        return character
    plain = unicodedata.normalize("NFKD", character)[:1].casefold()[:1]
    return plain if plain.strip() else " "


def segments(page: Page, spaced: bool = False) -> Iterator[Segment]:
    """`spaced` says that blanks group the thousands of this language's numbers."""
    for line in page.lines:
        words = [word for word in line.words if word.text.strip()]
        if not words:
            continue
        begun = [words[0]]
        for before, word in pairwise(words):
            height = max(before.box[3] - before.box[1], word.box[3] - word.box[1]) * page.height
            if (word.box[0] - before.box[2]) * page.width > GAP * height:
                yield _segment(begun, page, spaced)
                begun = []
            begun.append(word)
        yield _segment(begun, page, spaced)


def _segment(words: Sequence[Word], page: Page, spaced: bool) -> Segment:
    text, starts = "", []
    for index, word in enumerate(words):
        text += " " if index and word.space else ""
        starts.append(len(text))
        text += word.text
    folded = fold(text)
    if spaced:
        for start, (before, word) in zip(starts[1:], pairwise(words), strict=True):
            if word.space and _groups(before, word, page):
                folded = f"{folded[: start - 1]}'{folded[start:]}"
    return Segment(tuple(words), page.number, text, folded, around(word.box for word in words), tuple(starts))


def _groups(before: Word, word: Word, page: Page) -> bool:
    """Whether a narrow blank between digits groups thousands: a wider one parts two columns."""
    narrow = (word.box[0] - before.box[2]) * page.width < 0.6 * (word.box[3] - word.box[1]) * page.height
    return narrow and bool(_GROUP_BEFORE.search(before.text) and _GROUP.match(word.text))


def rows(page: Page, spaced: bool = False) -> tuple[Row, ...]:
    """Top to bottom. A segment joins a row by its neighbour in it, so that rows may lean a little."""
    made: list[list[Segment]] = []
    for segment in sorted(segments(page, spaced), key=lambda each: each.middle):
        home = next((row for row in reversed(made[-8:]) if _belongs(segment, row)), None)
        if home is None:
            made.append([segment])
        else:
            home.append(segment)
    made.sort(key=lambda row: sum(each.middle for each in row) / len(row))
    return tuple(Row(tuple(sorted(row, key=lambda each: each.box[0]))) for row in made)


def _belongs(segment: Segment, row: Sequence[Segment]) -> bool:
    near = min(row, key=lambda each: max(each.box[0] - segment.box[2], segment.box[0] - each.box[2]))
    low, high = max(near.box[1], segment.box[1]), min(near.box[3], segment.box[3])
    beside = all(overlap(each.box, segment.box) < 0.3 for each in row)
    return beside and high - low > 0.5 * min(near.height, segment.height)


def overlap(one: Box, other: Box) -> float:
    """How much of the narrower box the other covers from left to right, 0 to 1."""
    narrow = min(one[2] - one[0], other[2] - other[0])
    shared = min(one[2], other[2]) - max(one[0], other[0])
    return max(0.0, shared) / narrow if narrow > 0 else 0.0
