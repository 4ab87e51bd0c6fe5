"""Owns what several readings of one picture say together: every line, without those another already says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fsxap.ports import Quad, TextInImage, TextLine

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

JITTER = 1.0
"""Pixels by which two readings of the same picture place the same line differently."""

Box = tuple[float, float, float, float]


class BothReadings:
    """Two engines, one answer: all that the first finds, and what only the second finds."""

    def __init__(self, first: TextInImage, second: TextInImage) -> None:
        self._first, self._second = first, second

    @property
    def engine(self) -> str:
        return f"{self._first.engine} + {self._second.engine}"

    def find(self, picture: NDArray[numpy.uint8], *, read: bool = True) -> Sequence[TextLine]:
        return united(self._first.find(picture, read=read), self._second.find(picture, read=read))


def united(first: Sequence[TextLine], second: Iterable[TextLine]) -> list[TextLine]:
    """`first` whole, then what `second` adds in place or in words, from top to bottom."""
    lines = list(first)
    for line in second:
        if not any(_says(known, line) for known in lines):
            lines.append(line)
    return downwards(lines)


def distinct(lines: Iterable[TextLine]) -> list[TextLine]:
    """Lines of overlapping parts of one picture, without the pieces of those that another part shows whole."""
    kept: list[TextLine] = []
    for line in sorted(lines, key=_area, reverse=True):
        if not any(_says(known, line) for known in kept):
            kept.append(line)
    return downwards(kept)


def downwards(lines: Iterable[TextLine]) -> list[TextLine]:
    return sorted(lines, key=lambda line: bounds(line.quad)[1])


def _says(known: TextLine, line: TextLine) -> bool:
    """Whether `line` lies inside `known` and reads nothing else: then it hides nothing and names nobody new."""
    left, top, right, bottom = bounds(known.quad)
    inner = bounds(line.quad)
    inside = left - JITTER <= inner[0] and top - JITTER <= inner[1] and inner[2] <= right + JITTER
    return inside and inner[3] <= bottom + JITTER and _letters(line.text) in _letters(known.text)


def bounds(quad: Quad) -> Box:
    """Left, top, right, bottom."""
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return min(xs), min(ys), max(xs), max(ys)


def _area(line: TextLine) -> float:
    left, top, right, bottom = bounds(line.quad)
    return (right - left) * (bottom - top)


def _letters(text: str) -> str:
    return "".join(text.casefold().split())
