"""Textures that never repeat: each place of a picture against every place of good ones (nearest neighbours)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsxap.errors import ConfigurationError
from fsxap.ports import Features
from fsxap.usecases.manufacturing_analytics.compare import Box, Compared
from fsxap.usecases.manufacturing_analytics.pixels import opencv

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from fsxap.usecases.manufacturing_analytics.pixels import Grey

    Places = NDArray[numpy.float32]

SIDE = 256
GRID = 32
LEAST = 8
MOST = 60
"""Good pictures a texture is learnt from."""
KEPT = 8000
"""Places kept of them."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """`usual` is the largest distance of a good picture from the others."""

    means: tuple[Places, ...]
    scales: tuple[Places, ...]
    bank: Places
    usual: float


def learn(pictures: Sequence[Grey], features: Features) -> Learnt:
    """From good pictures alone. Each is then judged by the others, which says how far a good one may lie."""
    import numpy

    if len(pictures) < LEAST:
        raise ConfigurationError(
            f"a texture is learnt from at least {LEAST} good pictures, and its folder has {len(pictures)}",
            code="usage",
            exit=2,
            hint="add good pictures, or use method=reference where parts repeat",
        )
    seen = [_layers(picture, features) for picture in pictures]
    stacked = [numpy.concatenate(each) for each in zip(*seen, strict=True)]
    means = tuple(each.mean(axis=0) for each in stacked)
    # Each layer counts alike, whatever its number of channels.
    scales = tuple((each.std(axis=0) + 1e-6) * numpy.sqrt(each.shape[1]) for each in stacked)
    places = numpy.concatenate([(s - m) / d for s, m, d in zip(stacked, means, scales, strict=True)], axis=1)
    chosen = numpy.sort(numpy.random.default_rng(0).permutation(len(places))[:KEPT])
    bank, owners = places[chosen], chosen // (GRID * GRID)
    usual = 0.0
    for at in range(len(pictures)):
        mine = places[at * GRID * GRID : (at + 1) * GRID * GRID]
        usual = max(usual, float(_distances(mine, bank[owners != at]).max()))
    return Learnt(means, scales, bank, usual)


def judge(picture: Grey, learnt: Learnt, features: Features) -> Compared:
    """Scores from .3 where a place lies farther off than any good picture's, from .6 at a third more."""
    import numpy

    cv2 = opencv()
    layers = zip(_layers(picture, features), learnt.means, learnt.scales, strict=True)
    places = numpy.concatenate([(seen - mean) / scale for seen, mean, scale in layers], axis=1)
    off = (_distances(places, learnt.bank) / max(learnt.usual, 1e-6)).reshape(GRID, GRID).astype(numpy.float32)
    height, width = picture.shape
    heat = cv2.resize(numpy.clip((off - 0.7) * 255, 0, 255).astype(numpy.uint8), (width, height))
    count, labels, stats, _ = cv2.connectedComponentsWithStats((off > 1).astype(numpy.uint8), connectivity=8)
    boxes = []
    for at in range(1, count):
        x, y, wide, high = (int(value) for value in stats[at][:4])
        score = min(1.0, float(off[labels == at].max()) - 0.7)
        x0, y0 = x * width // GRID, y * height // GRID
        x1, y1 = (x + wide) * width // GRID, (y + high) * height // GRID
        boxes.append(Box(x0, y0, x1 - x0, y1 - y0, round(score, 3)))
    return Compared(tuple(sorted(boxes, key=lambda box: (-box.score, box.y, box.x))), 1.0, 0.0, heat)


def _layers(picture: Grey, features: Features) -> list[Places]:
    """What the network sees, and beside it plain brightness and roughness at three sizes, which it looks past."""
    import numpy

    cv2 = opencv()
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    level = small.astype(numpy.float32) - float(numpy.median(small))
    plain = []
    for size in (4, 8, 16):
        mean = cv2.GaussianBlur(level, (0, 0), size)
        square = cv2.GaussianBlur(level * level, (0, 0), size)
        plain += [mean, numpy.sqrt(numpy.maximum(square - mean * mean, 0))]
    cell = SIDE // GRID
    cells = [each.reshape(GRID, cell, GRID, cell).mean(axis=(1, 3)) for each in plain]
    return [layer.reshape(GRID * GRID, -1) for layer in (*features.layers(small), numpy.stack(cells, axis=-1))]


def _distances(places: Places, bank: Places) -> NDArray[numpy.float32]:
    """Of each place from the nearest of the bank."""
    import numpy

    squares = (places**2).sum(axis=1)[:, None] + (bank**2).sum(axis=1)[None] - 2 * places @ bank.T
    nearest: NDArray[numpy.float32] = numpy.sqrt(numpy.maximum(squares.min(axis=1), 0))
    return nearest
