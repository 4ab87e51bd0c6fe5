"""How a page stands: which side is up, how far it leans, and the page put right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy

from fsxap.providers.local.documents.recognition import ordered, sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]
    Quads = NDArray[numpy.float32]

LEVEL = 0.15
"""Degrees of lean that are left alone."""


def is_sideways(quads: Quads) -> bool:
    """Whether most of the length of the lines runs down the page."""
    wide, tall = sides(quads)
    return bool(tall[tall > 2 * wide].sum() > wide[wide > 2 * tall].sum())


def lean(picture: Picture, quads: Quads) -> float:
    """Degrees clockwise by which lines fall to the right; 0 when there are too few to tell.

    The lines' corners tell it to half a degree; within a degree of that, the turn is taken that parts inked rows
    from blank ones most sharply.
    """
    import cv2

    guess = _roughly(quads)
    if guess is None:
        return 0.0
    scale = min(1.0, 1000 / max(picture.shape[:2]))
    small = cv2.resize(
        cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    dark = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, numpy.ones((15, 15), numpy.uint8)).astype(numpy.float32)

    def sharpness(degrees: float) -> float:
        height, width = dark.shape
        rows = cv2.warpAffine(dark, _about_middle(width, height, -degrees), (width, height)).sum(axis=1)
        return float(numpy.square(numpy.diff(rows)).sum())

    coarse = max((guess + step * 0.2 for step in range(-5, 6)), key=sharpness)
    best = max((coarse + step * 0.05 for step in range(-3, 4)), key=sharpness)
    return round(best, 2) if abs(best) >= LEVEL else 0.0


def _roughly(quads: Quads) -> float | None:
    """The middle of the lines' own angles, longer ones weighing more."""
    wide, tall = sides(quads)
    long = quads[wide > 4 * tall]
    if len(long) < 3:
        return None
    across = long[:, 1] - long[:, 0] + long[:, 2] - long[:, 3]
    angles = numpy.degrees(numpy.arctan2(across[:, 1], across[:, 0]))
    order = numpy.argsort(angles)
    weight = numpy.cumsum(wide[wide > 4 * tall][order])
    return float(angles[order][numpy.searchsorted(weight, weight[-1] / 2)])


def righted(picture: Picture, rotation: int, skew: float) -> Picture:
    """A picture turned clockwise by a quarter, and then by a few degrees about its middle; its corners are white."""
    quarter = numpy.ascontiguousarray(numpy.rot90(picture, -rotation // 90))
    if not skew:
        return quarter
    import cv2

    height, width = quarter.shape[:2]
    straight: Picture = cv2.warpAffine(
        quarter, _about_middle(width, height, skew), (width, height),
        flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(255, 255, 255),
    )  # fmt: skip
    return straight


def quarter_turned(quads: Quads, width: int, height: int, rotation: int) -> Quads:
    """Corners on a picture of that size after it was turned clockwise."""
    x, y = quads[:, :, 0], quads[:, :, 1]
    turned = {0: (x, y), 90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}[rotation]
    return ordered(numpy.stack(turned, 2).astype(numpy.float32))


def straightened(points: NDArray[Any], width: int, height: int, skew: float) -> NDArray[Any]:
    """Points (N, 2) on a picture of that size after it was turned by so many degrees."""
    return points @ _about_middle(width, height, skew)[:, :2].T + _about_middle(width, height, skew)[:, 2]


def _about_middle(width: int, height: int, skew: float) -> NDArray[numpy.float64]:
    cosine, sine = math.cos(math.radians(skew)), math.sin(math.radians(skew))
    x, y = width / 2, height / 2
    return numpy.array(
        ((cosine, -sine, x - cosine * x + sine * y), (sine, cosine, y - sine * x - cosine * y)), numpy.float64
    )
