"""Marks in the places of signatures on a picture of a page: strokes of a pen by their label, and seals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy

from fsxap.documents import Box, Line, Signature, Word, around, overlap
from fsxap.providers.local.documents.marks import calmed, inked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]

ASKS = re.compile(
    r"\b(?:signatures?|signatory|signed|sign here|unterschrift(?:en)?|unterzeichner|lu et approuvé|firmas?"
    r"|firmado|fdo)\b|^by\b|\bby[:：]?$|署名|サイン|[捺押]印|㊞|印$|^印|代表取締役|代表者",
    re.IGNORECASE,
)
"""What is printed where somebody is to sign."""
OTHER = re.compile(
    r"\b(?:date|dated|datum|fecha|name|print(?:ed)?|title|titel|titre|position|place|ort|lieu|lugar|nom|nombre|cargo"
    r"|telephone|phone|address)\b|日付|年月日|氏名|住所|役職|[:：]$",
    re.IGNORECASE,
)
"""What is printed where something else is to be written."""
EASTERN = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
LONGEST = 45
"""Characters of a label: longer lines are sentences."""
LEGIBLE, LARGE = 0.55, 0.93
"""Words read with more confidence than this are print; the second is for words much higher than the page's print."""
REACH = 4.5
"""Heights of print between the middles of a label and of its signature."""
FARTHEST = 0.3
"""Of the page's width between a label and its signature."""
SEAL = (0.028, 0.15)
"""Sides of a seal as shares of the page's width: 6 to 31 mm on A4."""
RED = 40
"""Steps of grey by which red ink is redder than green and blue."""
CLOSED = 0.75
"""Of the directions from a seal's middle have its ring."""


@dataclass(frozen=True, slots=True)
class Ink:
    """Something that is no print: its sides in pixels, the mask between them, and how many of its pieces are large."""

    left: int
    top: int
    right: int
    bottom: int
    mask: Picture

    @property
    def middle(self) -> float:
        """Where most of its ink is, down the page."""
        return self.top + float(numpy.nonzero(self.mask)[0].mean())

    def box(self, width: int, height: int) -> Box:
        return self.left / width, self.top / height, self.right / width, self.bottom / height


def asks(text: str) -> bool:
    return len(text) <= LONGEST and bool(ASKS.search(text.strip(" ()_.")))


def wanted(lines: Sequence[Line]) -> bool:
    """Whether a page with these lines has a place to sign, or is Japanese, where a seal needs no label."""
    return any(asks(line.text) or EASTERN.search(line.text) for line in lines)


def signatures(picture: Picture, lines: Sequence[Line], rules: Sequence[Box]) -> tuple[Signature, ...]:
    """Marks on an upright picture (H, W, 3) with these lines of text and ruling lines, from top to bottom."""
    import cv2

    height, width = picture.shape[:2]
    words = [word for line in lines for word in line.words]
    if not words:
        return ()
    tall = max(8.0, median((word.box[3] - word.box[1]) * height for word in words))
    eastern = any(EASTERN.search(word.text) for word in words)
    found = list(_red_seals(picture, tall)) if eastern else []
    labels = [label for line in lines if asks(line.text) and (label := _legible(line))]
    if labels:
        rivals = [
            label for line in lines if not asks(line.text) and OTHER.search(line.text) and (label := _legible(line))
        ]
        ink = inked(calmed(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)))
        across = [rule for rule in rules if (rule[2] - rule[0]) * width > 4 * (rule[3] - rule[1]) * height]
        _clear(ink, words, [*across, *(each.box for each in found)], tall)
        for each in _pieces(ink, tall):
            sure = _handwriting(each, tall, width)
            if sure and _is_asked_for(each, labels, rivals, tall, width, height):
                found.append(Signature(each.box(width, height), sure))
    return tuple(sorted(found, key=lambda each: (each.box[1], each.box[0])))


def _legible(line: Line) -> Box | None:
    """Where a label stands, without strokes that were read as its last words."""
    boxes = [word.box for word in line.words if word.confidence >= LEGIBLE]
    return around(boxes) if boxes else None


def _clear(ink: Picture, words: Sequence[Word], others: Sequence[Box], tall: float) -> None:
    """Take away what is print, ruling lines, and what was found already."""
    import cv2

    height = ink.shape[0]
    for word in words:
        high = (word.box[3] - word.box[1]) * height
        if word.confidence >= (LEGIBLE if high < 1.5 * tall else LARGE):
            _wipe(ink, word.box, round(0.1 * tall))
    for box in others:
        _wipe(ink, box, 2)
    # A line that strokes cross was not told from them.
    line = cv2.morphologyEx(ink, cv2.MORPH_OPEN, numpy.ones((1, round(5 * tall)), numpy.uint8))
    ink[cv2.dilate(line, numpy.ones((5, 1), numpy.uint8)) > 0] = 0
    # A signature goes on below the line it stands on.
    ink[:] = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, numpy.ones((max(3, round(0.35 * tall)), 3), numpy.uint8))


def _wipe(ink: Picture, box: Box, margin: int) -> None:
    height, width = ink.shape
    top, bottom = round(box[1] * height) - margin, round(box[3] * height) + margin
    ink[max(0, top) : max(0, bottom), max(0, round(box[0] * width) - margin) : round(box[2] * width) + margin] = 0


def _pieces(ink: Picture, tall: float) -> Iterator[Ink]:
    """What hangs together or nearly, without specks."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink)
    small = numpy.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) < 0.35 * tall
    small[0] = True
    kept = (~small)[labels].astype(numpy.uint8)
    near = cv2.dilate(kept, numpy.ones((round(0.5 * tall), round(0.9 * tall)), numpy.uint8))
    count, groups, stats, _ = cv2.connectedComponentsWithStats(near)
    for group, (left, top, wide, high, _area) in enumerate(stats[1:count].tolist(), 1):
        mask = kept[top : top + high, left : left + wide] * (groups[top : top + high, left : left + wide] == group)
        first, upper, last, lower = _sides(mask)
        yield Ink(left + first, top + upper, left + last, top + lower, mask[upper:lower, first:last])


def _sides(mask: Picture) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is in a mask that is not empty."""
    down, across = numpy.nonzero(mask)
    return int(across.min()), int(down.min()), int(across.max()) + 1, int(down.max()) + 1


def _handwriting(ink: Ink, tall: float, width: int) -> float:
    """How sure it is that strokes are a pen's: 0 for what is too small, too thick, too straight or too much."""
    import cv2

    wide, high = ink.right - ink.left, ink.bottom - ink.top
    if not (1.8 * tall <= wide <= 0.5 * width and 0.8 * tall <= high <= 9 * tall):
        return 0.0
    if _is_ring(ink.mask) and wide < SEAL[1] * width:
        return 0.8
    area = int(ink.mask.sum())
    outlines, _ = cv2.findContours(ink.mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    thick = 2 * area / max(1.0, sum(cv2.arcLength(each, True) for each in outlines))
    if thick > 0.4 * tall or area > 0.45 * wide * high:
        return 0.0
    length = round(1.3 * tall)
    straight = cv2.bitwise_or(
        cv2.morphologyEx(ink.mask, cv2.MORPH_OPEN, numpy.ones((1, length), numpy.uint8)),
        cv2.morphologyEx(ink.mask, cv2.MORPH_OPEN, numpy.ones((length, 1), numpy.uint8)),
    )
    if int(straight.sum()) > 0.5 * area:
        return 0.0
    longest = max(max(cv2.boundingRect(each)[2:]) for each in outlines)
    if longest < 1.2 * tall:
        return 0.0
    return 0.92 if longest >= 2.5 * tall and high >= 1.3 * tall else 0.75


def _is_asked_for(ink: Ink, labels: Sequence[Box], rivals: Sequence[Box], tall: float, width: int, height: int) -> bool:
    """Whether the nearest label asks for a signature and is near."""

    def far(label: Box) -> float:
        left, right = label[0] * width, label[2] * width
        gap = max(0.0, ink.left - right, left - ink.right)
        if gap > FARTHEST * width:
            return float("inf")
        return abs((label[1] + label[3]) / 2 * height - ink.middle) + 0.3 * gap

    nearest = min(map(far, labels))
    limit = REACH * tall + (ink.bottom - ink.top) / 2
    return nearest <= limit and nearest < min(map(far, rivals), default=float("inf"))


def _red_seals(picture: Picture, tall: float) -> Iterator[Signature]:
    """Rings and frames in red, as Japanese seals are."""
    import cv2

    height, width = picture.shape[:2]
    red, green, blue = (picture[:, :, at].astype(numpy.int16) for at in range(3))
    mask = (red - numpy.maximum(green, blue) > RED).astype(numpy.uint8)
    if not mask.any():
        return
    near = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, numpy.ones((5, 5), numpy.uint8))
    near = cv2.dilate(near, numpy.ones((round(0.25 * tall),) * 2, numpy.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(near)
    found: list[Box] = []
    # What is inside a seal may be rings itself.
    for left, top, wide, high, _area in sorted(stats[1:count].tolist(), key=lambda each: -each[2]):
        piece = mask[top : top + high, left : left + wide]
        first, upper, last, lower = _sides(piece)
        box = (left + first) / width, (top + upper) / height, (left + last) / width, (top + lower) / height
        if any(overlap(box, each) for each in found):
            continue
        if SEAL[0] * width <= last - first <= SEAL[1] * width and _is_ring(piece[upper:lower, first:last]):
            found.append(box)
            yield Signature(box, 0.9, "seal")


def _is_ring(mask: Picture) -> bool:
    """Whether ink closes a circle or a frame around its middle and does not fill it."""
    high, wide = mask.shape
    if not 0.75 < wide / high < 1.33 or not 0.08 < float(mask.mean()) < 0.7:
        return False
    down, across = numpy.nonzero(mask)
    x, y = (across + 0.5) / wide * 2 - 1, (down + 0.5) / high * 2 - 1
    sectors = (numpy.arctan2(y, x) / (2 * numpy.pi) * 36).astype(int) % 36
    shares = []
    for radius in (numpy.hypot(x, y), numpy.maximum(abs(x), abs(y))):
        on_it = abs(radius - 0.92) < 0.13
        shares.append(len(numpy.unique(sectors[on_it])) / 36)
    return max(shares) >= CLOSED
