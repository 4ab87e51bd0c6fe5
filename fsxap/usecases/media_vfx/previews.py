"""Makes of a frame what people and services for pictures look at: 8 bits, as bright as a screen, of moderate size."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy
from numpy.typing import NDArray

from fsxap.errors import ItemError
from fsxap.rendering import Frame, Frames
from fsxap.usecases.media_vfx.inspect import Limits, unchanged
from fsxap.usecases.media_vfx.measure import beauty
from fsxap.usecases.media_vfx.table import Row

Picture = NDArray[numpy.uint8]

LONGEST = 1024
"""Pixels of the longer side: burnt-in letters of 1080 lines are still ten pixels high, and one call sees all of it."""
HIGHLIGHTS = 99.5
"""Percentile that becomes white where a float picture is brighter than a screen."""


def of_row(row: Row, read: Callable[[str], bytes], frames: Frames, limits: Limits) -> Picture:
    """The preview of a frame that was measured before; ItemError when it is another one now."""
    frame = frames.read(unchanged(row, read), row.key.rpartition("/")[2], most_pixels=limits.pixels)
    return preview(frame)


def preview(frame: Frame) -> Picture:
    """(H, W, 3) RGB of the display window; what lies outside of the data window is black."""
    if frame.width < 1 or frame.height < 1:
        raise ItemError("a picture without a display window has no preview", code="unsupported")
    names = beauty(frame)
    down = min(1.0, LONGEST / max(frame.width, frame.height))
    colour = [_smaller(numpy.asarray(frame.planes[name], numpy.float32), down) for name in names]
    shown = numpy.stack((colour * 3)[:3], axis=2)
    numpy.nan_to_num(shown, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    if frame.full:
        shown /= frame.full
    else:
        white = max(1.0, float(numpy.percentile(shown, HIGHLIGHTS)))
        shown = numpy.clip(shown / white, 0.0, 1.0) ** (1 / 2.2)
    pixels = numpy.rint(numpy.clip(shown, 0.0, 1.0) * 255).astype(numpy.uint8)
    return _in_display_window(pixels, frame, down)


def _smaller(plane: NDArray[numpy.float32], down: float) -> NDArray[numpy.float32]:
    if down == 1.0:
        return plane
    size = tuple(max(1, round(side * down)) for side in plane.shape[::-1])
    return numpy.asarray(cv2.resize(numpy.ascontiguousarray(plane), size, interpolation=cv2.INTER_AREA), numpy.float32)


def _in_display_window(pixels: Picture, frame: Frame, down: float) -> Picture:
    width, height = max(1, round(frame.width * down)), max(1, round(frame.height * down))
    left, top = round(frame.window[0] * down), round(frame.window[1] * down)
    if (left, top) == (0, 0) and pixels.shape[:2] == (height, width):
        return pixels
    canvas: Picture = numpy.zeros((height, width, 3), numpy.uint8)
    inside = pixels[max(0, -top) : max(0, height - top), max(0, -left) : max(0, width - left)]
    canvas[max(0, top) : max(0, top) + inside.shape[0], max(0, left) : max(0, left) + inside.shape[1]] = inside
    return canvas
