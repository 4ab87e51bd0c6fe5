"""Owns the 8-bit pictures in which text is looked for: one that shows a frame in several ways at once.

Each of the three channels of a look is another view: text that only one window, only the local contrast or only the
inverse shows is found in a single pass of a detector.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fsxap.usecases.healthcare_dicom.pixels.decode import Frames

Grey = NDArray[numpy.float32]
View = NDArray[numpy.uint8]

REACH = 12
"""Standard deviation in pixels of what counts as local: about the height of a line."""

NOISE = 0.04
"""Local contrast below this share of the picture's range is not blown up further."""

ALIKE = 3.0
"""Grey levels by which two views differ on average and still count as one."""

ENOUGH = 2
"""Plain views after which the range of all values, and that without its extremes, add nothing to local contrast."""

GRAIN, GRAINS = 6, 0.08
"""Grey levels between a pixel and its neighbours that count as grain, and the share of pixels that makes it noise."""

LUMINANCE = (0.299, 0.587, 0.114)


def looks(frames: Frames, index: int) -> list[View]:
    """RGB pictures (rows, columns, 3) to look for text in one frame: one, more where windows differ much."""
    return looks_at(frames, frames.values[index])


def looks_at(frames: Frames, values: NDArray[Any]) -> list[View]:
    """The same for any picture in the frames' scale, such as the brightest values over time."""
    grey, plain = _views(frames, values)
    follows = [*plain[1:], plain[-1]]
    local = local_contrast(grey)
    return [numpy.dstack((plain[at], local, 255 - follows[at])) for at in range(0, len(plain), 2)]


def monochrome(frames: Frames, values: NDArray[Any]) -> Grey:
    """Luminance, or grey values in the scale of the header's windows."""
    if values.ndim == 3:
        return numpy.asarray(values @ numpy.array(LUMINANCE), numpy.float32)
    grey = values.astype(numpy.float32) * numpy.float32(frames.slope) + numpy.float32(frames.intercept)
    return numpy.asarray(numpy.nan_to_num(grey, nan=0.0, posinf=0.0, neginf=0.0), numpy.float32)


def _views(frames: Frames, values: NDArray[Any]) -> tuple[Grey, list[View]]:
    """What the local contrast is taken of, and the distinct plain views."""
    grey = monochrome(frames, values)
    if values.ndim == 3:
        # Pure colours differ from black in their brightest channel more than in luminance.
        return grey, _distinct([_stretched(values.max(2)), _stretched(values.min(2))])
    plain = [_scaled(grey, centre - width / 2, centre + width / 2) for centre, width in frames.windows]
    plain = [view for view in plain if _shows(view)]
    if len(plain) < ENOUGH:
        plain.append(_stretched(grey))
    if len(plain) < ENOUGH:
        low, high = (float(value) for value in numpy.percentile(grey[::2, ::2], (0.5, 99.5)))
        plain += [view for view in (_scaled(grey, low, high),) if not _grainy(view)]
    return grey, _distinct(plain)


def local_contrast(grey: Grey) -> View:
    """Each pixel against its surroundings, in units of their spread: faint strokes and glaring ones look alike."""
    import cv2

    mean = cv2.GaussianBlur(grey, (0, 0), REACH)
    apart = grey - mean
    spread = numpy.sqrt(cv2.GaussianBlur(apart * apart, (0, 0), REACH))
    low, high = (float(value) for value in numpy.percentile(grey[::2, ::2], (0.5, 99.5)))
    floor = NOISE * ((high - low) or float(numpy.ptp(grey)) or 1.0)
    return _scaled(numpy.asarray(apart / (spread + floor), numpy.float32), -3, 3)


def _scaled(grey: Grey, low: float, high: float) -> View:
    scaled = (grey - numpy.float32(low)) * numpy.float32(255 / max(high - low, 1e-6))
    return numpy.asarray(numpy.clip(scaled, 0, 255), numpy.uint8)


def _stretched(grey: NDArray[Any]) -> View:
    return _scaled(grey.astype(numpy.float32), float(grey.min()), float(grey.max()))


def _shows(view: View) -> bool:
    """Whether a window lets anything be told apart; headers hold windows of other pictures."""
    return int(view.min()) != int(view.max())


def _grainy(view: View) -> bool:
    """Whether a view shows little but grain: an almost empty picture, stretched."""
    import cv2

    return float((cv2.absdiff(view, cv2.blur(view, (3, 3))) > GRAIN).mean()) > GRAINS


def _distinct(views: Sequence[View]) -> list[View]:
    kept: list[View] = []
    for view in views:
        thin = view[::3, ::3].astype(numpy.int16)
        if all(float(numpy.abs(thin - other[::3, ::3]).mean()) > ALIKE for other in kept):
            kept.append(view)
    return kept
