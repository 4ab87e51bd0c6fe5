"""What is printed on a page besides text: ruling lines and check boxes, found by OpenCV on an upright picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy

from fsxap.documents import Box, CheckBox

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]

Outline = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""
SMALLEST, LARGEST = 0.006, 0.032
"""Sides of a check box as shares of the page's width: 1.3 to 7 mm on A4."""
SHORTEST = 0.03
"""A ruling line is at least this share of the page's width."""
STRAIGHT = 0.72
"""How much of each side of a check box must be inked."""
FILLED = 0.07
"""Ink in more than this share of its inside makes a box checked; half of it less or more is called doubtful."""
THICKEST = 5
"""Pixels of a check box's line."""
TIGHT, LOOSE = 0.06, 0.15
"""Of a check box's side is blank at three of its corners at most, and at the fourth."""
BLURRED = 2.3
"""Pixels that a blur takes from a corner, however small the box."""
NEAREST, FARTHEST = 0.25, 0.8
"""Of a check box's side is blank on one side and on the other, at least."""
SIBLINGS, ODD = 4, 0.2
"""Check boxes that show how large they are on a page, and of that size how much others differ."""
COARSEST = 13
"""Pixels of a check box's side: letters as small have corners, too."""
SPECKLE = 2.5
"""Mean difference between a picture and itself without speckle, in steps of grey."""
MOST = 400
"""Marks of a kind on one page: more is a pattern, not a form."""


def marks(picture: Picture, tall: float) -> tuple[tuple[Box, ...], tuple[CheckBox, ...]]:
    """Ruling lines and check boxes, from top to bottom; `tall` is how high print is, as a share of the page."""
    import cv2

    grey = calmed(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    height, width = grey.shape
    ink = inked(grey)
    boxes = _checkboxes(ink, grey, max(SMALLEST * width, 0.45 * tall * height, COARSEST))
    return _rules(ink, width, height), boxes


def no_letters(rules: Sequence[Box], words: Sequence[Box]) -> tuple[Box, ...]:
    """Ruling lines without the strokes of large letters."""
    return tuple(rule for rule in rules if not any(_within(rule, word) for word in words))


def calmed(grey: Picture) -> Picture:
    """Without speckle, if there is any: the same would wipe out hairlines."""
    import cv2

    smooth = cv2.medianBlur(grey, 3)
    return smooth if float(cv2.absdiff(grey, smooth).mean()) > SPECKLE else grey


def inked(grey: Picture) -> Picture:
    """1 where there is ink: darker than around it, or much darker than paper."""
    import cv2

    height, width = grey.shape
    around = max(15, width // 60 * 2 + 1)
    ink = cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, around, 18)
    small = cv2.resize(grey, (max(1, width // 8), max(1, height // 8)), interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.dilate(small, numpy.ones((9, 9), numpy.uint8)), (width, height))
    # The outline of a box that is filled is no darker than what is around it.
    return cv2.bitwise_or(ink, (grey < 0.6 * paper).astype(numpy.uint8))


def _rules(ink: Picture, width: int, height: int) -> tuple[Box, ...]:
    import cv2

    length = max(20, round(SHORTEST * width))
    found = []
    for size in ((length, 1), (1, length)):
        across = size[0] > 1
        # A scan breaks and bends thin lines.
        bridged = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, numpy.ones((1, 3) if across else (3, 1), numpy.uint8))
        lines = cv2.morphologyEx(bridged, cv2.MORPH_OPEN, numpy.ones(size[::-1], numpy.uint8))
        lines = cv2.dilate(lines, numpy.ones((3, 1) if across else (1, 3), numpy.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(lines)
        for left, top, wide, tall, _area in stats[1:count]:
            thick, long = (tall, wide) if across else (wide, tall)
            if thick <= max(8, width // 150) and long > 4 * thick:
                found.append((left / width, top / height, (left + wide) / width, (top + tall) / height))
    return tuple(sorted((tuple(map(float, box)) for box in found[:MOST]), key=lambda box: (box[1], box[0])))  # type: ignore[misc]


def _within(rule: Box, word: Box) -> bool:
    """Whether a line is part of a word: the strokes of its letters, joined by a blur."""
    middle = (rule[0] + rule[2]) / 2, (rule[1] + rule[3]) / 2
    inside = word[0] <= middle[0] <= word[2] and word[1] <= middle[1] <= word[3]
    return inside and rule[2] - rule[0] < 1.1 * (word[2] - word[0]) and rule[3] - rule[1] < 1.1 * (word[3] - word[1])


def _checkboxes(ink: Picture, grey: Picture, least: float) -> tuple[CheckBox, ...]:
    import cv2

    height, width = grey.shape
    most = max(2 * least, LARGEST * width)
    side = max(5, round(0.75 * least))
    # Ticks and letters have few straight pieces as long as the side of a box.
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, numpy.ones((1, side), numpy.uint8))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, numpy.ones((side, 1), numpy.uint8))
    frame = cv2.morphologyEx(cv2.bitwise_or(across, down), cv2.MORPH_CLOSE, numpy.ones((3, 3), numpy.uint8))
    found: list[Outline] = []
    for box in _outlines(frame, least, most):
        if any(_same(each, box) for each in found):
            continue
        if not _is_framed(frame, *box) or not _has_corners(ink, *box) or _has_bars(ink, *box):
            continue
        if _stands_alone(ink, *box):
            found.append(box)
    boxes = [_judged(grey, each, width, height) for each in _alike(ink, found)[:MOST]]
    return tuple(sorted(boxes, key=lambda each: (round(each.box[1], 2), each.box[0])))


def _alike(ink: Picture, found: Sequence[Outline]) -> list[Outline]:
    """Without those of another size than most of the page's, if anything is near: they are letters of a heading."""
    if len(found) < SIBLINGS:
        return list(found)
    usual = median(each[2] for each in found)
    return [each for each in found if abs(each[2] - usual) < ODD * usual or _stands_alone(ink, *each, below=0.0)]


def _outlines(picture: Picture, least: float, most: float) -> Iterator[Outline]:
    """What is about a square, the outline before the hole in it: a box filled to its edge has no hole."""
    import cv2

    contours, _ = cv2.findContours(picture, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for left, top, wide, tall in sorted(map(cv2.boundingRect, contours), key=lambda each: -each[2] * each[3]):
        if least <= wide <= most and least <= tall <= most and 0.75 < wide / tall < 1.34:
            yield _grown(picture, left, top, wide, tall)


def _grown(ink: Picture, left: int, top: int, wide: int, tall: int) -> Outline:
    """From the hole in a box to its outline: each side moves as long as it is inked."""
    right, bottom = left + wide, top + tall
    for _ in range(THICKEST):
        left -= bool(left and ink[top:bottom, left - 1].mean() > 0.6)
        top -= bool(top and ink[top - 1, left:right].mean() > 0.6)
        right += bool(right < ink.shape[1] and ink[top:bottom, right].mean() > 0.6)
        bottom += bool(bottom < ink.shape[0] and ink[bottom, left:right].mean() > 0.6)
    return left, top, right - left, bottom - top


def _is_framed(frame: Picture, left: int, top: int, wide: int, tall: int) -> bool:
    """Whether each of the four sides is there: a hole in a letter lacks one or is round."""
    reach = max(2, wide // 6)
    height, width = frame.shape
    low, high = max(0, top - reach), min(height, top + tall + reach)
    first, last = max(0, left - reach), min(width, left + wide + reach)
    sides = (
        frame[low : top + reach, left : left + wide].any(axis=0),
        frame[top + tall - reach : high, left : left + wide].any(axis=0),
        frame[top : top + tall, first : left + reach].any(axis=1),
        frame[top : top + tall, left + wide - reach : last].any(axis=1),
    )
    return all(side.size and side.mean() >= STRAIGHT for side in sides)


def _has_corners(ink: Picture, left: int, top: int, wide: int, tall: int) -> bool:
    """Whether ink reaches into three of the four corners: most of a letter's are round, and a tick may blur one."""
    side = min(wide, tall)
    reach = max(3, round(0.3 * side))
    piece = ink[top : top + tall, left : left + wide]
    above, below = piece[:reach], piece[-reach:][::-1]
    corners = (above[:, :reach], above[:, ::-1][:, :reach], below[:, :reach], below[:, ::-1][:, :reach])
    gaps = sorted(_from_corner(corner) for corner in corners)
    return gaps[2] <= max(BLURRED, TIGHT * side) and gaps[3] <= LOOSE * side


def _from_corner(corner: Picture) -> float:
    """Pixels from a corner to the nearest ink."""
    down, across = numpy.nonzero(corner)
    return float(numpy.hypot(down, across).min()) if len(down) else float("inf")


def _has_bars(ink: Picture, left: int, top: int, wide: int, tall: int) -> bool:
    """Whether bars go from side to side, as in 日 and 目: what fills a box leaves no white between bars."""
    rows = ink[top + tall // 5 : top + tall - tall // 5, left : left + wide].mean(axis=1)
    return bool((rows > 0.9).any() and (rows < 0.5).mean() > 0.25)


def _stands_alone(ink: Picture, left: int, top: int, wide: int, tall: int, *, below: float = 0.5) -> bool:
    """Whether one side is blank for about a box's width, and the other a little: letters stand closer.

    Only `below` its middle, since a tick may leave a box.
    """
    line, reach = max(2, wide // 12), wide
    band = ink[top + round(below * tall) : top + tall].mean(axis=0) > 0.04
    before = band[max(0, left - line - reach) : max(0, left - line)][::-1]
    after = band[left + wide + line : left + wide + line + reach]
    near, far = sorted(int(side.argmax()) if side.any() else wide for side in (before, after))
    return near >= max(3, NEAREST * wide) and far >= FARTHEST * wide


def _same(one: Outline, other: Outline) -> bool:
    return abs(one[0] - other[0]) < one[2] and abs(one[1] - other[1]) < one[3]


def _judged(grey: Picture, outline: Outline, width: int, height: int) -> CheckBox:
    left, top, wide, tall = outline
    margin = max(3, round(0.22 * min(wide, tall)))
    inside = grey[top + margin : top + tall - margin, left + margin : left + wide - margin]
    outside = grey[max(0, top - tall) : top + 2 * tall, max(0, left - wide) : left + 2 * wide]
    paper, black = float(numpy.percentile(outside, 90)), float(numpy.percentile(outside, 2))
    share = float((inside < (paper + black) / 2 + 0.1 * (paper - black)).mean()) if inside.size else 0.0
    checked = share > FILLED
    sure = min(1.0, 0.5 + 0.5 * (share - FILLED) / FILLED if checked else 0.5 + 0.5 * (FILLED - share) / FILLED)
    box = (left / width, top / height, (left + wide) / width, (top + tall) / height)
    return CheckBox(checked, box, sure)
