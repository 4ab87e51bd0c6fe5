"""Owns the painting of boxes: which value is black to whoever looks at it, and nothing changed outside a box."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy
from numpy.typing import NDArray

from fsxap.usecases.healthcare_dicom.pixels.decode import Frames, containers, native
from fsxap.usecases.healthcare_dicom.pixels.layout import PALETTE, Box, Layout


def fitted(box: Box, layout: Layout) -> Box | None:
    """The box inside the picture; None when it lies outside. Halved colours are shared by two columns."""
    left, above, right, below = box
    if layout.halved:
        left, right = left // 2 * 2, (right + 1) // 2 * 2
    left, above, right, below = max(left, 0), max(above, 0), min(right, layout.columns), min(below, layout.rows)
    return (left, above, right, below) if left < right and above < below else None


def black(samples: NDArray[Any], stored: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """The sample, or three, that looks black. `samples` are as in the file, `stored` the values they stand for.

    Grey pictures have a black of their own, the darkest value that is in the frame: 0 may be grey, or not stored.
    """
    if samples.ndim == 3 and samples.shape[2] == 3:
        half = 128 << layout.bits[1] - 8 if layout.bits[1] >= 8 else 1 << layout.bits[1] - 1
        luminance = layout.photometric.startswith(("YBR_FULL", "YBR_PARTIAL"))
        dark = 16 if layout.photometric.startswith("YBR_PARTIAL") else 0
        return numpy.array([dark, half, half] if luminance else [0, 0, 0]).astype(samples.dtype)
    if layout.photometric == PALETTE:
        return numpy.array(_darkest_entry(layout)).astype(samples.dtype)
    values = numpy.nan_to_num(stored) if layout.floating else stored
    bright = (layout.photometric == "MONOCHROME1") != (layout.slope < 0)
    at = int(values.argmax() if bright else values.argmin())
    found: NDArray[Any] = samples.reshape(-1)[at]
    return found


def _darkest_entry(layout: Layout) -> int:
    size = min(len(entries) for _first, _bits, entries in layout.palette)
    first = layout.palette[0][0]
    reach = range(max(0, -first), min(size, max(1, (1 << layout.bits[1]) - first)))
    return first + min(reach, key=lambda at: sum(entries[at] for _first, _bits, entries in layout.palette))


def paint(samples: NDArray[Any], boxes: Iterable[Box], value: NDArray[Any]) -> None:
    """Fill boxes of (rows, columns) or (rows, columns, 3) in place."""
    for left, above, right, below in boxes:
        samples[above:below, left:right] = value


def paint_native(data: bytearray, layout: Layout, index: int, boxes: Iterable[Box]) -> None:
    """Fill boxes of one uncompressed frame inside the file's own bytes."""
    if layout.bits[0] == 1:
        _paint_bits(data, layout, index, boxes)
        return
    frame = containers(data, layout, index)
    stored = native(data, layout, index)
    rows, columns = layout.rows, layout.columns
    if layout.halved:
        value = black(stored, stored, layout)
        pairs = frame.reshape(rows, columns // 2, 4)
        for left, above, right, below in boxes:
            pairs[above:below, left // 2 : right // 2] = value[[0, 0, 1, 2]]
        return
    shaped: NDArray[Any] = frame.reshape(rows, columns, -1)
    if layout.samples == 1:
        shaped = shaped[:, :, 0]
    elif layout.planar:
        shaped = frame.reshape(3, rows, columns).transpose(1, 2, 0)
    paint(shaped, boxes, black(shaped, stored, layout))


def _paint_bits(data: bytearray, layout: Layout, index: int, boxes: Iterable[Box]) -> None:
    """Frames of single bits follow one another without a gap, inside a byte."""
    first = layout.frame_bits * index
    whole = numpy.frombuffer(data, numpy.uint8)[first // 8 : (first + layout.frame_bits + 7) // 8]
    bits = numpy.unpackbits(whole, bitorder="little")
    stored = native(data, layout, index).copy()
    paint(stored, boxes, black(stored, stored, layout))
    bits[first % 8 : first % 8 + layout.frame_bits] = stored.reshape(-1)
    whole[:] = numpy.packbits(bits, bitorder="little")


def black_of(frame: NDArray[Any], frames: Frames) -> NDArray[Any]:
    """What a painted box looks like in a decoded frame."""
    if frame.ndim == 3:
        return numpy.zeros(3, frame.dtype)
    bright = (frames.photometric == "MONOCHROME1") != (frames.slope < 0)
    made: NDArray[Any] = frame.max() if bright else frame.min()
    return made
