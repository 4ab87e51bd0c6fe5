"""A line as read, cut into words: at blanks, at gaps that the model took for none, and where the script changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy

from fsxap.providers.local.documents.layout import CJK
from fsxap.providers.local.documents.recognition import Read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]

IS_CJK = re.compile(f"[{CJK}]")

WIDER = 0.25
"""A gap this much wider than the line's others, in heights of the line, is a blank between two letters or digits ..."""
FURTHER = 1.2
"""... if their middles are this many times further apart, too. Both from 40 receipts, checked on 40 others."""


APART = 0.6
"""A gap this much wider, in heights of the line, is a blank whatever stands beside it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A word of a line: its left and right edge are pixels of the crop."""

    text: str
    left: float
    right: float
    confidence: float
    space: bool


def parts(read: Read, crop: Picture) -> Iterator[Part]:
    """The words of a line from left to right."""
    if not read.places:
        return
    edges = _blanks(crop, read.middles)
    breaks, spaced = _breaks(read, edges[1:-1], crop.shape[0])
    starts = [0, *breaks]
    for start, end in zip(starts, [*breaks, len(read.places)], strict=True):
        text = "".join(read.text[place] for place in read.places[start:end])
        confidence = sum(read.sure[start:end]) / (end - start)
        yield Part(text, edges[start][1], edges[end][0], confidence, start in spaced or start == 0)


def _breaks(read: Read, blanks: list[tuple[int, int]], height: int) -> tuple[list[int], set[int]]:
    """Characters that begin a word, and which of these stand after a blank."""
    steps = [right - left for left, right in pairwise(read.middles)]
    gaps = [(end - start) / height for start, end in blanks]
    said = [right - left > 1 for left, right in pairwise(read.places)]
    inner = [index for index, blank in enumerate(said) if not blank] or range(len(said))
    usual_gap = median(gaps[index] for index in inner) if gaps else 0.0
    usual_step = median(steps[index] for index in inner) if steps else 0.0
    breaks, spaced = [], set()
    for index, blank in enumerate(said):
        before, after = read.text[read.places[index]], read.text[read.places[index + 1]]
        both = bool(IS_CJK.match(before)) + bool(IS_CJK.match(after))
        wide = gaps[index] - usual_gap >= WIDER and steps[index] >= FURTHER * usual_step
        apart = gaps[index] - usual_gap >= APART
        if blank or apart or (wide and not both and before.isalnum() and after.isalnum()):
            spaced.add(index + 1)
            breaks.append(index + 1)
        elif both == 1:
            breaks.append(index + 1)
    return breaks, spaced


def _blanks(crop: Picture, middles: tuple[float, ...]) -> list[tuple[int, int]]:
    """The widest stretch without ink before each character and after the last; none, midway, where two touch."""
    import cv2

    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    _, ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    if ink.mean() > 0.5:
        ink = 1 - ink
    margin = crop.shape[0] // 8
    columns = numpy.asarray(ink[margin : crop.shape[0] - margin].max(axis=0) > 0)
    # Something else may stand at the ends of a line, such as a check box.
    step = max(middles[-1] - middles[0], 1.0) / max(len(middles) - 1, 1) if len(middles) > 1 else crop.shape[1] / 2
    around = (middles[0] - 1.6 * step, *middles, middles[-1] + 1.6 * step)
    found = [_widest(columns, max(0, int(left)), int(right) + 1) for left, right in pairwise(around)]
    if found[0][0] == found[0][1]:
        found[0] = (0, 0)
    if found[-1][0] == found[-1][1]:
        found[-1] = (crop.shape[1], crop.shape[1])
    return found


def _widest(columns: NDArray[numpy.bool_], left: int, right: int) -> tuple[int, int]:
    best = start = (left + right) // 2
    length = 0
    run = 0
    for index in range(left, min(right, len(columns))):
        run = 0 if columns[index] else run + 1
        if run > length:
            length, start = run, index + 1 - run
    return (start, start + length) if length else (best, best)
