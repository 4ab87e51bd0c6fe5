"""A picture against a golden one: laid over each other, what differs beyond edge jitter, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fsxap.usecases.manufacturing_analytics.pixels import opencv

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Grey = NDArray[numpy.uint8]

BAND = 2
"""Pixels that an edge may lie off after registration."""
SHIFT = 5
"""Pixels by which a place may have moved on its own, as printed or bent parts do."""
EXPLAINED = 0.4
"""When a small shift leaves less than this share of a difference, the place moved and is no defect."""
CLOSE = 9
MARGIN = 6
LEAST = 4
"""Pixels beyond the band that a difference needs."""
ALIGNED = 0.5
"""Correlation after registration below which both do not show the same thing."""
MOVED = 0.1
"""Of the picture's side; a part that lies further off is not framed as the reference."""


@dataclass(frozen=True, slots=True)
class Box:
    """In pixels of the picture. `score` is 0 to 1."""

    x: int
    y: int
    width: int
    height: int
    score: float

    def record(self) -> list[float]:
        return [self.x, self.y, self.width, self.height, self.score]


@dataclass(frozen=True, slots=True)
class Compared:
    """`heat` is how far each pixel lies beyond the band, in grey levels."""

    boxes: tuple[Box, ...]
    correlation: float
    shift: float
    heat: Grey

    @property
    def score(self) -> float:
        return max((box.score for box in self.boxes), default=0.0)

    @property
    def framed(self) -> bool:
        return self.correlation >= ALIGNED and self.shift <= MOVED


def compare(reference: Grey, picture: Grey) -> Compared:
    import numpy

    cv2 = opencv()
    height, width = picture.shape
    if reference.shape != picture.shape:
        reference = cv2.resize(reference, (width, height), interpolation=cv2.INTER_AREA)
    reference, seen, correlation, shift = _aligned(reference, picture)
    reference = _levelled(reference, picture)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND + 1, 2 * BAND + 1))
    heat = cv2.max(
        cv2.subtract(picture, cv2.dilate(reference, disk)), cv2.subtract(cv2.erode(reference, disk), picture)
    )
    heat = cv2.bitwise_and(heat, heat, mask=seen)
    tolerance = _tolerance(reference)
    strict = (heat > tolerance).astype(numpy.uint8)
    # Grown back to the whole difference, which the band had made smaller.
    loose = (cv2.absdiff(reference, picture) > tolerance).astype(numpy.uint8)
    mask = cv2.dilate(strict, numpy.ones((2 * BAND + 1, 2 * BAND + 1), numpy.uint8)) & loose
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, numpy.ones((CLOSE, CLOSE), numpy.uint8))
    return Compared(tuple(_boxes(mask, strict, reference, picture)), correlation, shift, heat)


def _aligned(reference: Grey, picture: Grey) -> tuple[Grey, Grey, float, float]:
    """The reference laid over the picture by an affine transform, where it covers it, correlation and shift."""
    import numpy

    cv2 = opencv()
    height, width = picture.shape
    scale = min(1.0, 320 / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small, target = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (reference, picture))
    (dx, dy), _ = cv2.phaseCorrelate(small.astype(numpy.float32), target.astype(numpy.float32))
    best: tuple[float, Any] = (_correlation(small, target), numpy.eye(2, 3, dtype=numpy.float32))
    for start in ((0.0, 0.0), (dx, dy)):
        matrix = numpy.array([[1, 0, start[0]], [0, 1, start[1]]], dtype=numpy.float32)
        criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
        try:
            found, matrix = cv2.findTransformECC(small, target, matrix, cv2.MOTION_AFFINE, criteria, None, 5)
        except cv2.error:
            # It did not converge from here: flat pictures, or nothing in common.
            continue
        if found > best[0]:
            best = (float(found), matrix)
        if found > 0.9:
            break
    correlation, matrix = best
    matrix = matrix.copy()
    matrix[:, 2] *= (width / size[0], height / size[1])
    flags = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    moved = cv2.warpAffine(reference, matrix, (width, height), **flags)
    seen = cv2.warpAffine(numpy.full_like(reference, 255), matrix, (width, height), flags=cv2.INTER_NEAREST)
    centre = matrix @ numpy.array([width / 2, height / 2, 1]) - numpy.array([width / 2, height / 2])
    return moved, seen, round(correlation, 4), round(float(max(abs(centre[0]) / width, abs(centre[1]) / height)), 4)


def _correlation(one: Grey, other: Grey) -> float:
    import numpy

    if one.std() < 1 or other.std() < 1:
        return 1.0 if abs(float(one.mean()) - float(other.mean())) < 30 else 0.0
    return float(numpy.corrcoef(one.ravel(), other.ravel())[0, 1])


def _levelled(reference: Grey, picture: Grey) -> Grey:
    """The reference in the picture's light: equal quartiles-to-quartiles range, by percentiles a defect cannot move."""
    import numpy

    low, high = (float(value) for value in numpy.percentile(reference, (5, 95)))
    dark, light = (float(value) for value in numpy.percentile(picture, (5, 95)))
    if high - low < 8 or light - dark < 8:
        return reference
    gain = min(1.5, max(0.67, (light - dark) / (high - low)))
    made = (reference.astype(numpy.float32) - (low + high) / 2) * gain + (dark + light) / 2
    levelled: Grey = numpy.clip(made, 0, 255).astype(numpy.uint8)
    return levelled


def _tolerance(reference: Grey) -> float:
    """Grey levels: a quarter of the part's own contrast, and more than a camera's noise."""
    import numpy

    low, high = numpy.percentile(reference, (1, 99))
    return max(24.0, float(high - low) / 4)


def _boxes(mask: Grey, strict: Grey, reference: Grey, picture: Grey) -> list[Box]:
    cv2 = opencv()
    height, width = mask.shape
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = []
    for at in range(1, count):
        x, y, wide, high = (int(value) for value in stats[at][:4])
        place = (slice(y, y + high), slice(x, x + wide))
        beyond = int(strict[place][labels[place] == at].sum())
        if beyond < LEAST:
            continue
        left = _unexplained(reference, picture, x, y, wide, high)
        if left < EXPLAINED:
            continue
        x0, y0 = max(0, x - MARGIN), max(0, y - MARGIN)
        x1, y1 = min(width, x + wide + MARGIN), min(height, y + high + MARGIN)
        found.append(Box(x0, y0, x1 - x0, y1 - y0, round(min(1.0, left) * beyond / (beyond + LEAST), 3)))
    return sorted(found, key=lambda box: (-box.score, box.y, box.x))


def _unexplained(reference: Grey, picture: Grey, x: int, y: int, wide: int, high: int) -> float:
    """The share of the squared difference around a place that the best small shift leaves."""
    cv2 = opencv()
    height, width = picture.shape
    around = 10
    x0, y0, x1, y1 = (
        max(0, x - around),
        max(0, y - around),
        min(width, x + wide + around),
        min(height, y + high + around),
    )
    # Not the whole reference is padded: only what the search can reach.
    rx0, ry0, rx1, ry1 = max(0, x0 - SHIFT), max(0, y0 - SHIFT), min(width, x1 + SHIFT), min(height, y1 + SHIFT)
    searched = cv2.copyMakeBorder(
        reference[ry0:ry1, rx0:rx1],
        SHIFT - (y0 - ry0),
        SHIFT - (ry1 - y1),
        SHIFT - (x0 - rx0),
        SHIFT - (rx1 - x1),
        cv2.BORDER_REPLICATE,
    )
    distances = cv2.matchTemplate(searched, picture[y0:y1, x0:x1], cv2.TM_SQDIFF)
    return float(distances.min()) / max(1.0, float(distances[SHIFT, SHIFT]))
