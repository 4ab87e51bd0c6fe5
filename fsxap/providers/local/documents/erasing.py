"""A page's picture without its check boxes, which would be read as letters and hide where words begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from fsxap.documents import CheckBox
from fsxap.providers.local.documents.upright import straightened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]

AROUND = 0.45
"""Of its side, how far a mark may leave its box."""


def erased(picture: Picture, checkboxes: Sequence[CheckBox], skew: float) -> Picture:
    """A copy with paper where boxes and their marks are; their places are on the page turned by `skew`."""
    if not checkboxes:
        return picture
    height, width = picture.shape[:2]
    blank: Picture = picture.copy()
    for each in checkboxes:
        left, top, right, bottom = each.box
        middle = numpy.array(((left + right) / 2 * width, (top + bottom) / 2 * height))
        # Turned back, a few degrees move where a box is and hardly change its shape.
        x, y = straightened(middle[None], width, height, -skew)[0]
        _erase(blank, float(x), float(y), (right - left) * width, (bottom - top) * height)
    return blank


def _erase(picture: Picture, x: float, y: float, wide: float, tall: float) -> None:
    """Paint over what is in the box and what hangs together with it, as far as a mark may go."""
    import cv2

    side = max(wide, tall)
    reach = (0.5 + AROUND) * side
    left, top = max(0, round(x - reach)), max(0, round(y - reach))
    patch = picture[top : round(y + reach), left : round(x + reach)]
    if not patch.size:
        return
    grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY)
    limit, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    ink = (grey <= limit).astype(numpy.uint8)
    down, across = (numpy.arange(length, dtype=float) for length in grey.shape)
    near = (abs(down[:, None] + top - y) < 0.5 * tall + 2) & (abs(across[None, :] + left - x) < 0.5 * wide + 2)
    _, labels = cv2.connectedComponents(ink)
    connected = numpy.isin(labels, numpy.unique(labels[near & (ink > 0)]))
    covered = cv2.dilate((near | (connected & (ink > 0))).astype(numpy.uint8), numpy.ones((5, 5), numpy.uint8)) > 0
    patch[covered] = numpy.percentile(patch.reshape(-1, 3), 90, axis=0)
