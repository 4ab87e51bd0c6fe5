"""Tells missing tiles from flat things that belong to the picture: by their grid, and by how long they last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy

from fsxap.usecases.media_vfx.marks import SIDE, Block
from fsxap.usecases.media_vfx.measure import Look
from fsxap.usecases.media_vfx.table import Fault, Row

SHORT = 3
"""Frames that a rectangle may last and still be a fault rather than a thing."""
GRID = 8
FILLED = 0.7
"""How much of a rectangle a tile must have emptied."""
FLATS = 0.005
FASTEST = 96
"""Pixels that a flat thing may move between two frames, beside its own width."""


def missing_tiles(rows: Sequence[Row]) -> Iterator[Fault]:
    """Rectangles of one colour that last a few frames and lie on a grid, or come and go while all else stays."""
    looks = [(row, row.look) for row in rows if row.look is not None]
    for at, (row, look) in enumerate(looks):
        found = [block for block in look.blocks if _is_missing(looks, at, block)]
        if not found and 0 < at < len(looks) - 1:
            found = list(_emptied(looks[at - 1][1], look, looks[at + 1][1]))
        if found:
            boxes = [[block.x, block.y, block.width, block.height] for block in found[:20]]
            yield Fault("frame-missing-tile", row, {"boxes": boxes})


def _is_missing(looks: Sequence[tuple[Row, Look]], at: int, block: Block) -> bool:
    if len(looks) < 3:
        return False
    earlier, later = _lasts(looks, at, block, -1), _lasts(looks, at, block, 1)
    if earlier + later + 1 > SHORT:
        return False
    look = looks[at][1]
    left, top, right, bottom = block.x, block.y, block.x + block.width, block.y + block.height
    at_border = [left == 0, top == 0, right == look.width, bottom == look.height]
    edges = zip((left, top, right, bottom), at_border, strict=True)
    if all(edge % GRID == 0 or border for edge, border in edges):
        return True
    if at - earlier == 0 or at + later == len(looks) - 1 or any(at_border):
        return False
    before, after = looks[at - earlier - 1][1], looks[at + later + 1][1]
    return _comes_and_goes(before, look, after, block) or not (_has_flats(before) or _has_flats(after))


def _has_flats(look: Look) -> bool:
    """Where there is grain everywhere, nothing is of one value by nature."""
    return look.even is None or float(look.even.mean()) > FLATS


def _emptied(before: Look, look: Look, after: Look) -> Iterator[Block]:
    """Rectangles of cells that hold one value now and a picture before and after: a tile that is missing at the edge
    of something may be of one colour with what is beside it."""
    if before.even is None or look.even is None or after.even is None:
        return
    if not before.even.shape == look.even.shape == after.even.shape:
        return
    emptied = (look.even & ~before.even & ~after.even).astype(numpy.uint8)
    _number, _labels, stats, _centres = cv2.connectedComponentsWithStats(emptied, connectivity=4)
    for x, y, width, height, area in stats[1:].tolist():
        block = Block(x * SIDE, y * SIDE, width * SIDE, height * SIDE, 0.0)
        if min(width, height) >= 2 and area >= FILLED * width * height and _comes_and_goes(before, look, after, block):
            yield block


def _lasts(looks: Sequence[tuple[Row, Look]], at: int, block: Block, way: int) -> int:
    """Through how many further frames the same thing can be followed."""
    number = 0
    while 0 <= at + way < len(looks) and number <= SHORT:
        at += way
        following = next((each for each in looks[at][1].blocks if _same_thing(block, each)), None)
        if following is None:
            return number
        block, number = following, number + 1
    return number


def _same_thing(one: Block, other: Block) -> bool:
    """Of one colour, alike in width or height, and not far away."""
    if abs(one.value - other.value) > 1e-5 + 1e-3 * abs(one.value):
        return False
    alike = abs(one.width - other.width) <= 0.25 * one.width or abs(one.height - other.height) <= 0.25 * one.height
    across = abs(2 * one.x + one.width - 2 * other.x - other.width) / 2
    down = abs(2 * one.y + one.height - 2 * other.y - other.height) / 2
    return alike and across <= FASTEST + one.width and down <= FASTEST + one.height


def _comes_and_goes(before: Look, look: Look, after: Look, block: Block) -> bool:
    """Whether the place looks alike before and after, and otherwise in between."""
    if not before.table.shape == look.table.shape == after.table.shape:
        return False
    rows, columns = look.table.shape
    top, bottom = block.y * rows // look.height, -(-(block.y + block.height) * rows // look.height)
    left, right = block.x * columns // look.width, -(-(block.x + block.width) * columns // look.width)
    place = (slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1)))
    steady = float(numpy.mean(numpy.abs(before.table[place] - after.table[place])))
    changed = float(numpy.mean(numpy.abs(look.table[place] - (before.table[place] + after.table[place]) / 2)))
    return changed > 3 * steady + 1e-3
