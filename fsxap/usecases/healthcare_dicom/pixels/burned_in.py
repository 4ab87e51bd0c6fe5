"""Owns the finding of burned-in text over all frames of a picture: where it is, and what of it has to go."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from fsxap.ports import TextInImage, TextLine
from fsxap.usecases.healthcare_dicom.pixels.decide import Own, own_of, reasons
from fsxap.usecases.healthcare_dicom.pixels.layout import Box
from fsxap.usecases.healthcare_dicom.pixels.strokes import grown, tightened
from fsxap.usecases.healthcare_dicom.pixels.views import Grey, looks, looks_at, monochrome

if TYPE_CHECKING:
    from fsxap.usecases.healthcare_dicom.pixels.decode import Frames

Line = tuple[Box, str, Box]
"""Where a detector saw a line, why it has to go (empty when it stays), and the box around its strokes."""

MARGIN = 0.02
"""Of a line's height, added all around with one pixel more: detectors cut off the ends of strokes."""

SAMPLED, SLIGHT, BLOCK = 15, 0.02, 16
"""How changes are found: frames the median is taken of, the share of its range that counts, pixels of a block."""

MOST_READ = 8
"""Different lines of a clip that are read where they move or come and go."""

STILL, AGAIN, SAME = 0.5, 0.7, 0.9
"""Correlation from which a line is one that most frames show, is one that was taken away before, is one that stayed."""


@dataclass(frozen=True, slots=True)
class Region:
    """What has to be masked: in the frames named, or in all."""

    box: Box
    frames: tuple[int, ...] | None
    reason: str


def find_regions(frames: Frames, own: Iterable[str], finder: TextInImage) -> tuple[Region, ...]:
    """Regions with text that is not wholly clinical. `own` are the header's values; what `finder` raises goes on."""
    known = own_of(own)
    values = frames.values
    if len(values) == 1 or not (values[1:] != values[:1]).any():
        return tuple(_regions(_look(looks(frames, 0), known, finder)))
    return _over_time(frames, known, finder)


def _look(pictures: Sequence[NDArray[numpy.uint8]], own: Own, finder: TextInImage) -> list[Line]:
    """Every line in a frame that these pictures show."""
    found: list[Line] = []
    for picture in pictures:
        lines = finder.find(picture)
        boxes, said = [box_of(line, picture.shape[1], picture.shape[0]) for line in lines], reasons(lines, own)
        kept = [box for box, why in zip(boxes, said, strict=True) if not why]
        for box, why in zip(boxes, said, strict=True):
            found.append((box, why, grown(picture, tightened(picture, box), kept) if why else box))
    return found


def _regions(found: Iterable[Line], frames: tuple[int, ...] | None = None) -> Iterator[Region]:
    return (Region(tight, frames, why) for _, why, tight in found if why)


def _over_time(frames: Frames, own: Own, finder: TextInImage) -> tuple[Region, ...]:
    """Text that stays shows in the brightest or the darkest values over time; what moves or comes and goes is looked
    for where a frame differs from what most show. It is read once, and goes unread where there is much of it."""
    usual = monochrome(frames, numpy.median(frames.values[:: -(-len(frames.values) // SAMPLED)], axis=0))
    changes = list(_changes(frames, usual))
    stays = [
        line
        for values in (frames.values.max(axis=0), frames.values.min(axis=0))
        for line in _look(looks_at(frames, values), own, finder)
        if not _smeared(line[0], monochrome(frames, values), usual, changes)
    ]
    regions = list(_regions(stays))
    read: list[tuple[Grey, str]] = []
    for index, (x, y, right, bottom) in changes:
        for picture in looks_at(frames, frames.values[index][y:bottom, x:right]):
            for line in finder.find(picture, read=False):
                near = box_of(line, picture.shape[1], picture.shape[0])
                box = (near[0] + x, near[1] + y, near[2] + x, near[3] + y)
                if any(_within(box, known) and (why or _within(known, box)) for known, why, _ in stays):
                    continue
                left, above, right_, below = tightened(picture, near)
                tight = (left + x, above + y, right_ + x, below + y)
                why = _known(monochrome(frames, _cut(frames.values[index], tight)), read)
                if why is None and len(read) < MOST_READ:
                    why = _read(frames, index, box, own, finder)
                    read.append((monochrome(frames, _cut(frames.values[index], box)), why))
                regions += _regions([(box, "moves" if why is None else why, tight)], (index,))
    return tuple(regions)


def _smeared(box: Box, extreme: Grey, usual: Grey, changes: Sequence[tuple[int, Box]]) -> bool:
    """Whether a line of an extreme over time is the trace of what moves; that is looked for in each frame."""
    if not any(_within(box, changed) for _, changed in changes):
        return False
    return _likeness(_cut(extreme, box), _cut(usual, box)) < STILL


def _known(line: Grey, read: Sequence[tuple[Grey, str]]) -> str | None:
    """What became of the same line in a frame before; None when it was not there. To let it stay takes more."""
    for before, why in read:
        high, wide = before.shape
        if not (line.shape[0] <= high <= 2.5 * line.shape[0] and line.shape[1] <= wide):
            continue
        if wide <= line.shape[1] + 2 * high and _likeness(before, line) >= (AGAIN if why else SAME):
            return why
    return None


def _likeness(picture: Grey, part: Grey) -> float:
    """The best correlation of a part with any place in a picture, -1 to 1."""
    import cv2

    found = cv2.matchTemplate(picture, part, cv2.TM_CCOEFF_NORMED)
    return float(numpy.nan_to_num(found, posinf=0.0, neginf=0.0).max())


def _cut(values: NDArray[Any], box: Box) -> NDArray[Any]:
    return values[box[1] : box[3], box[0] : box[2]]


def _changes(frames: Frames, usual: Grey) -> Iterator[tuple[int, Box]]:
    """Frames that differ from what most show by more than noise, and the box around all that does."""
    import cv2

    values = frames.values
    rows, columns = values.shape[1:3]
    least = SLIGHT * float(numpy.ptp(usual))
    for index in range(len(values)):
        apart = cv2.GaussianBlur(cv2.absdiff(monochrome(frames, values[index]), usual), (0, 0), 1.5)
        changed = (apart > 4 * float(numpy.median(apart)) + least).astype(numpy.float32)
        blocks = cv2.resize(changed, (-(-columns // BLOCK), -(-rows // BLOCK)), interpolation=cv2.INTER_AREA) > 0.1
        if blocks.any():
            ys, xs = (numpy.flatnonzero(blocks.any(axis=axis)) for axis in (1, 0))
            around = (int(xs[0]) * BLOCK, int(ys[0]) * BLOCK, int(xs[-1] + 1) * BLOCK, int(ys[-1] + 1) * BLOCK)
            yield index, _wider(around, rows, columns)


def _read(frames: Frames, index: int, box: Box, own: Own, finder: TextInImage) -> str:
    """Why what stands in a frame's box has to go; empty when all of it may stay."""
    left, top, right, bottom = _wider(box, *frames.values.shape[1:3])
    found = _look(looks_at(frames, frames.values[index][top:bottom, left:right]), own, finder)
    return next((why for _, why, _ in found if why), "") if found else "unread"


def box_of(line: TextLine, columns: int, rows: int) -> Box:
    """The upright box around a line, with its margin, inside the picture."""
    xs, ys = [x for x, _ in line.quad], [y for _, y in line.quad]
    margin = 1 + MARGIN * min(max(xs) - min(xs), max(ys) - min(ys))
    left, top = max(0, math.floor(min(xs) - margin)), max(0, math.floor(min(ys) - margin))
    return left, top, min(columns, math.ceil(max(xs) + margin) + 1), min(rows, math.ceil(max(ys) + margin) + 1)


def _wider(box: Box, rows: int, columns: int) -> Box:
    """With room around it: detectors want to see where a line ends."""
    left, top, right, bottom = box
    room = max(12, min(32, (bottom - top) // 2))
    return max(0, left - room), max(0, top - room), min(columns, right + room), min(rows, bottom + room)


def _within(box: Box, other: Box) -> bool:
    """Whether at least nine tenths of a box lie in another."""
    wide = min(box[2], other[2]) - max(box[0], other[0])
    high = min(box[3], other[3]) - max(box[1], other[1])
    return wide > 0 and high > 0 and wide * high >= 0.9 * (box[2] - box[0]) * (box[3] - box[1])
