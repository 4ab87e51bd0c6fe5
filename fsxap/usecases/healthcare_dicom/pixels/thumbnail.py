"""Owns small pictures of what was painted, for people who check a run: after painting only, never before."""

from __future__ import annotations

import imagecodecs
import numpy

from fsxap.usecases.healthcare_dicom.parse import BIG
from fsxap.usecases.healthcare_dicom.pixels.decode import picture_of, viewed
from fsxap.usecases.healthcare_dicom.pixels.examine import Examined

SIDE = 160


def thumbnail(examined: Examined) -> bytes:
    """The first painted frame as a PNG of at most 160 pixels a side, its whole range of values shown."""
    picture = picture_of(examined.elements, syntax=examined.syntax, big=examined.syntax == BIG)
    if picture is None:
        raise ValueError("nothing was examined")
    layout = picture.layout
    frame = viewed(picture, min(examined.boxes))
    step = max(1, -(-max(frame.shape[:2]) // SIDE))
    small = numpy.nan_to_num(frame[::step, ::step]).astype(numpy.float64, order="C")
    if small.ndim == 2:
        low, high = float(small.min()), float(small.max())
        small = (small - low) * (255 / ((high - low) or 1))
        if (layout.photometric == "MONOCHROME1") != (layout.slope < 0):
            small = 255 - small
    elif frame.dtype != numpy.uint8:
        small = small / 257
    return bytes(imagecodecs.png_encode(numpy.clip(small, 0, 255).astype(numpy.uint8)))
