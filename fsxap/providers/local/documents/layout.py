"""From words with places to lines in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from statistics import median

from fsxap.documents import Line, Word

CJK = "\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
WORD = re.compile(rf"[{CJK}]+|[^\s{CJK}]+")
"""A run of one kind of script: Japanese writes no blanks, and an amount among it needs a place of its own."""

COLUMN_GAP = 1.3
"""A gap this many times the height of the text begins another line: more than a blank in justified text."""


def lines_of(words: Iterable[Word], aspect: float) -> tuple[Line, ...]:
    """Words grouped into rows by height, cut where a wide gap is, from top to bottom and left to right.

    `aspect` is the page's width by its height.
    """
    return tuple(line for row in rows(words) for line in _segments(row, aspect))


def rows(words: Iterable[Word]) -> list[list[Word]]:
    """Words that stand beside each other, each row from left to right."""
    found: list[list[Word]] = []
    row: list[Word] = []
    centre = height = 0.0
    for word in sorted(words, key=_twice_middle):
        _, top, _, bottom = word.box
        middle, tall = (top + bottom) / 2, bottom - top
        if row and abs(middle - centre) < 0.5 * min(tall, height):
            row.append(word)
            centre += (middle - centre) / len(row)
            height += (tall - height) / len(row)
        else:
            row = [word]
            found.append(row)
            centre, height = middle, tall
    for each in found:
        each.sort(key=_left)
    return found


def _twice_middle(word: Word) -> float:
    return word.box[1] + word.box[3]


def _left(word: Word) -> float:
    return word.box[0]


def _segments(row: Sequence[Word], aspect: float) -> Iterable[Line]:
    wide = COLUMN_GAP * median(word.box[3] - word.box[1] for word in row) / aspect if len(row) > 1 else 0.0
    start = 0
    for index in range(1, len(row) + 1):
        if index == len(row) or row[index].box[0] - row[index - 1].box[2] > wide:
            yield Line(tuple(row[start:index]))
            start = index


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Whole lines from top to bottom, those beside each other from left to right."""
    kept = [line for line in lines if line.words]
    stand_ins = [Word(str(index), line.box) for index, line in enumerate(kept)]
    return tuple(kept[int(word.text)] for row in rows(stand_ins) for word in row)
