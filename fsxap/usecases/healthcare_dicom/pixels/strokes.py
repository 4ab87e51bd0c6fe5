"""Owns how a box is drawn around the strokes of a line: detectors leave room, which is picture, and cut lines short."""

from __future__ import annotations

from collections.abc import Iterable

import numpy
from numpy.typing import NDArray

from fsxap.usecases.healthcare_dicom.pixels.layout import Box, turned

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

SOLID, GAP, REACH, RESTLESS = 0.35, 0.8, 8, 0.2
"""How a line goes on: its strokes' share of the contrast it has so far, the widest gap and the farthest way in its
heights, and the share of columns that may have such strokes above or below the line, too."""

EDGE = 1
"""Pixels around the outermost strokes: their blurred rim."""


def tightened(picture: View, box: Box) -> Box:
    """The box without the rows and columns at its sides that have nothing thin and distinct in them.

    `picture` is (rows, columns, views). Where grain is as distinct as strokes nothing is taken off.
    """
    left, top, right, bottom = box
    part = picture[top:bottom, left:right]
    if part.shape[0] > part.shape[1]:
        before, after, above, below = _cut(part.transpose(1, 0, 2))
    else:
        above, below, before, after = _cut(part)
    return left + before, top + above, right - after, bottom - below


def grown(picture: View, box: Box, stops: Iterable[Box] = ()) -> Box:
    """A tight box, longer where the strokes go on in its row; it does not run into any of `stops`.

    Where the ground has strokes as distinct as the line's, nobody can say that they are its own.
    """
    left, top, right, bottom = box
    if bottom - top > right - left:
        made = grown(picture.transpose(1, 0, 2), turned(box), [turned(stop) for stop in stops])
        return turned(made)
    high = bottom - top
    _, strength, view = _strokes(picture[top:bottom, left:right])
    if high < 6 or strength < 2 * CONTRAST:
        return box
    beside = [stop for stop in stops if stop[1] < bottom and top < stop[3]]
    start = max([0, left - REACH * high, *(stop[2] for stop in beside if stop[2] <= left)])
    end = min([picture.shape[1], right + REACH * high, *(stop[0] for stop in beside if stop[0] >= right)])
    above = min(top, high)
    strip = picture[top - above : bottom + high, start:end, view]
    seen = _apart(strip, high) > SOLID * strength
    line, around = seen[above : above + high].any(axis=0), numpy.delete(seen, slice(above, above + high), 0).any(axis=0)
    if around.mean() > RESTLESS:
        return box
    found = numpy.flatnonzero(line & ~around) + start
    for column in found[found >= right]:
        right = int(column) + 1 + EDGE if column - right <= GAP * high else right
    for column in found[found < left][::-1]:
        left = int(column) - EDGE if left - column <= GAP * high else left
    return max(left, start), top, min(right, end), bottom


def _cut(part: View) -> tuple[int, int, int, int]:
    """Rows to take off above and below a line that runs from left to right, and columns before and after it."""
    high = part.shape[0]
    strokes, strength, _ = _strokes(part)
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


def _apart(view: View, high: int) -> View:
    """How far each pixel differs from its surroundings, where lines are so many pixels high."""
    import cv2

    width = max(3, high // 4 | 1)
    kernel = numpy.ones((width, width), numpy.uint8)
    view = numpy.ascontiguousarray(view)
    bright, dark = (cv2.morphologyEx(view, kind, kernel) for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT))
    return numpy.asarray(cv2.max(bright, dark), numpy.uint8)


def _strokes(part: View) -> tuple[View, float, int]:
    """How far each pixel differs from its surroundings, in the view that shows the line best; the line itself; and
    which view that is."""
    high = part.shape[0]
    best, chosen, most, shown = numpy.zeros(part.shape[:2], numpy.uint8), 0.0, -1.0, 0
    for index in range(part.shape[2]):
        apart = _apart(part[:, :, index], high)
        strength = float(numpy.percentile(apart[high // 4 : high - high // 4], 95))
        grain = float(numpy.percentile(numpy.concatenate((apart[:2], apart[-2:])), 95))
        if strength / (grain + 4) > most:
            best, chosen, most, shown = apart, strength, strength / (grain + 4), index
    return best, chosen, shown
