"""Marks in one frame that may be faults: bright pixels that stand alone, and rectangles of one exact colour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy
from numpy.typing import NDArray

Plane = NDArray[numpy.float32]

WINDOW = 7
"""Pixels a bright spot may lie in the middle of; wider ones are things, not accidents."""
MOST_SPARKS = 2000
"""More than this is texture."""
STEP, PER_BLOCK = 4, 4
SIDE = STEP * PER_BLOCK
"""Rectangles of less than this on a side are not looked for."""
MOST_COLOURS = 64


class Spark(NamedTuple):
    """A spot far brighter than all around it, in pixels of the data window."""

    x: int
    y: int
    value: float


class Cells(NamedTuple):
    """By rows and columns of SIDE pixels."""

    even: NDArray[numpy.bool_]
    value: Plane


class Block(NamedTuple):
    """A rectangle in which all pixels are equal and around which they are not."""

    x: int
    y: int
    width: int
    height: int
    value: float


def isolated(luma: Plane, bright: float) -> tuple[Spark, ...]:
    """Spots above `bright`, four times brighter than the median around them, with nothing bright around them."""
    if float(luma.max()) <= bright:
        return ()
    mean = numpy.asarray(cv2.blur(luma, (WINDOW, WINDOW)), numpy.float32)
    candidates = (luma > bright) & (luma > numpy.multiply(mean, 3.0, out=mean))
    if not 0 < numpy.count_nonzero(candidates) <= MOST_SPARKS * 9:
        return ()
    rows, columns = numpy.nonzero(candidates)
    half = WINDOW // 2
    padded = cv2.copyMakeBorder(luma, half, half, half, half, cv2.BORDER_REPLICATE)
    windows = numpy.lib.stride_tricks.sliding_window_view(padded, (WINDOW, WINDOW))[rows, columns]
    ring = numpy.concatenate([windows[:, 0], windows[:, -1], windows[:, 1:-1, 0], windows[:, 1:-1, -1]], axis=1)
    value = windows[:, half, half]
    # Of the pixels of one spot only the brightest counts.
    alone = (value >= windows.max(axis=(1, 2))) & (ring.max(axis=1) < value / 3)
    alone &= value > 4 * (numpy.median(ring, axis=1) + 0.05)
    found = [Spark(int(x), int(y), float(v)) for x, y, v in zip(columns[alone], rows[alone], value[alone], strict=True)]
    return tuple(found) if len(found) <= MOST_SPARKS else ()


def flat_blocks(luma: Plane, colour: list[Plane], cells: Cells) -> tuple[Block, ...]:
    """Rectangles with sides of 16 pixels and more that fill less than half of the frame."""
    return tuple(block for block in _rectangles(luma, cells) if _is_flat(block, colour))


def _is_flat(block: Block, colour: list[Plane]) -> bool:
    x, y, width, height, _value = block
    return all(
        float(numpy.ptp(plane[y : y + height, x : x + width])) == 0.0
        for plane in colour
        if plane.shape == colour[0].shape
    )


def cells_of(luma: Plane) -> Cells:
    """Which cells of 16 by 16 pixels are of one value, by a sixteenth of their pixels, and the value."""
    sample = numpy.ascontiguousarray(luma[::STEP, ::STEP])
    rows, columns = sample.shape[0] // PER_BLOCK, sample.shape[1] // PER_BLOCK
    cells = sample[: rows * PER_BLOCK, : columns * PER_BLOCK].reshape(rows, PER_BLOCK, columns, PER_BLOCK)
    high = cells.max(axis=1).max(axis=2)
    return Cells(high == cells.min(axis=1).min(axis=2), high)


def _rectangles(luma: Plane, cells: Cells) -> Iterator[Block]:
    even, high = cells
    if not even.any():
        return
    values, counts = numpy.unique(high[even], return_counts=True)
    for value in values[numpy.argsort(-counts)[:MOST_COLOURS]]:
        mask = (even & (high == value)).astype(numpy.uint8)
        _number, _labels, stats, _centres = cv2.connectedComponentsWithStats(mask, connectivity=4)
        for x, y, width, height, area in stats[1:].tolist():
            if area >= 0.8 * width * height:
                block = _exact(luma, float(value), (x * SIDE, y * SIDE, width * SIDE, height * SIDE))
                if block:
                    yield block


def _exact(luma: Plane, value: float, near: tuple[int, int, int, int]) -> Block | None:
    """The rectangle of `value` around `near`, None when it is no rectangle or fills half of the frame."""
    x, y, width, height = near
    left, top = max(0, x - SIDE), max(0, y - SIDE)
    crop = luma[top : y + height + SIDE, left : x + width + SIDE]
    mask = (crop == value).astype(numpy.uint8)
    _number, labels, stats, _centres = cv2.connectedComponentsWithStats(mask, connectivity=4)
    label = int(labels[y + height // 2 - top, x + width // 2 - left])
    if label == 0:
        return None
    at_x, at_y, wide, high, area = stats[label].tolist()
    cut_off = (
        (at_x == 0 and left > 0)
        or (at_y == 0 and top > 0)
        or (at_x + wide == crop.shape[1] and left + crop.shape[1] < luma.shape[1])
        or (at_y + high == crop.shape[0] and top + crop.shape[0] < luma.shape[0])
    )
    if cut_off or min(wide, high) < SIDE or area < 0.995 * wide * high or 2 * area > luma.size:
        return None
    return Block(left + at_x, top + at_y, wide, high, value)
