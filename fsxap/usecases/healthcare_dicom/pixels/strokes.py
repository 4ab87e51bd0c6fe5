"""Owns how close a box is drawn around the strokes of a line: detectors leave room, and room is picture."""

from __future__ import annotations

import numpy
from numpy.typing import NDArray

from fsxap.usecases.healthcare_dicom.pixels.layout import Box

View = NDArray[numpy.uint8]

FAINTEST = 0.25
"""Of what the strokes of a line differ from their surroundings, what still counts as one."""

CONTRAST = 8
"""Grey levels below which strokes cannot be told from grain, and the box stays."""

LEAST = 0.35
"""Of a box's height is text at least; where less is found, something else was seen."""

MORE, ACCENT = 2, 0.4
"""Where grain is as distinct as strokes: pixels that a row of letters has more of it than the rows at the sides, and
how far beyond such rows, as a share of their height, accents and descenders are let be."""

EDGE = 1
"""Pixels around the outermost strokes: their blurred rim."""


def tightened(picture: View, box: Box) -> Box:
    """The box without the rows and columns at its sides that have nothing thin and distinct in them.

    `picture` is (rows, columns, views). Where grain is as distinct as strokes nothing is taken off.
    """
    left, top, right, bottom = box
    part = picture[top:bottom, left:right]
    if part.shape[0] > part.shape[1]:
        turned = _cut(part.transpose(1, 0, 2))
        above, below, before, after = turned[2], turned[3], turned[0], turned[1]
    else:
        above, below, before, after = _cut(part)
    return left + before, top + above, right - after, bottom - below


def _cut(part: View) -> tuple[int, int, int, int]:
    """Rows to take off above and below a line that runs from left to right, and columns before and after it."""
    high = part.shape[0]
    strokes, strength = _strokes(part)
    if high < 6 or strength < CONTRAST:
        return 0, 0, 0, 0
    seen = strokes > FAINTEST * strength
    rows, columns = numpy.flatnonzero(seen.any(axis=1)), numpy.flatnonzero(seen.any(axis=0))
    dense, reach = _dense(seen)
    above = max(int(rows[0]) - EDGE, int(dense[0]) - reach, 0)
    below = max(high - 1 - int(rows[-1]) - EDGE, high - 1 - int(dense[-1]) - reach, 0)
    if high - above - below < LEAST * high:
        return 0, 0, 0, 0
    # A line may go on fainter than it began: at its ends no more is taken off than a detector leaves around it.
    room = max(above, below)
    before = min(room, max(0, int(columns[0]) - EDGE))
    after = min(room, max(0, part.shape[1] - 1 - int(columns[-1]) - EDGE))
    return above, below, before, after


def _dense(seen: NDArray[numpy.bool_]) -> tuple[NDArray[numpy.intp], int]:
    """Rows with more strokes than grain, and how far beyond them accents and descenders may reach."""
    count = seen.sum(axis=1)
    found = numpy.flatnonzero(count > max(count[:2].max(), count[-2:].max()) + MORE)
    if not len(found) or found[-1] - found[0] < LEAST * len(count):
        return numpy.array((0, len(count) - 1)), 0
    return found, EDGE + round(ACCENT * int(found[-1] - found[0] + 1))


def _strokes(part: View) -> tuple[NDArray[numpy.uint8], float]:
    """How far each pixel differs from its surroundings, in the view that shows the line best, and the line itself."""
    import cv2

    high = part.shape[0]
    width = max(3, high // 4 | 1)
    kernel = numpy.ones((width, width), numpy.uint8)
    best, chosen, most = numpy.zeros(part.shape[:2], numpy.uint8), 0.0, -1.0
    for index in range(part.shape[2]):
        view = numpy.ascontiguousarray(part[:, :, index])
        apart = cv2.max(
            cv2.morphologyEx(view, cv2.MORPH_TOPHAT, kernel), cv2.morphologyEx(view, cv2.MORPH_BLACKHAT, kernel)
        )
        strength = float(numpy.percentile(apart[high // 4 : high - high // 4], 95))
        grain = float(numpy.percentile(numpy.concatenate((apart[:2], apart[-2:])), 95))
        if strength / (grain + 4) > most:
            best, chosen, most = numpy.asarray(apart, numpy.uint8), strength, strength / (grain + 4)
    return best, chosen
