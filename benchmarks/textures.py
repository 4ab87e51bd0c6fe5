"""Textures judged by good pictures alone: how often a defect ranks above a good picture (AUROC), by kind of defect."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from fsxap.providers.local.features import DetectorFeatures
from fsxap.usecases.manufacturing_analytics.texture import judge, learn

GOOD = int(os.environ.get("BENCH_GOOD", "16"))
EACH = int(os.environ.get("BENCH_EACH", "8"))
SIDE = 256
Picture = Any
Rng = np.random.Generator


def main() -> dict[str, Any]:
    cv2.setNumThreads(1)
    features = DetectorFeatures()
    rows = []
    for at, (name, weave) in enumerate(TEXTURES.items()):
        rng = np.random.default_rng([7, at])
        learnt = learn([_seen(weave(rng)) for _ in range(GOOD)], features)
        good = [_far(judge(_seen(weave(rng)), learnt, features).heat) for _ in range(2 * EACH)]
        row: dict[str, Any] = {"texture": name}
        for defect, spoil in DEFECTS.items():
            bad = [_far(judge(_seen(spoil(weave(rng), rng)), learnt, features).heat) for _ in range(EACH)]
            row[defect] = round(_auroc(good, bad), 2)
        rows.append(row | {"mean": round(float(np.mean([row[defect] for defect in DEFECTS])), 3)})
    means = {name: round(float(np.mean([row[name] for row in rows])), 3) for name in (*DEFECTS, "mean")}
    return {
        "rows": [*rows, {"texture": "all", **means}],
        "learnt from": GOOD,
        "pictures a defect": EACH * len(TEXTURES),
    }


def _far(heat: Picture) -> float:
    return float(heat.max())


def _auroc(good: Sequence[float], bad: Sequence[float]) -> float:
    wins = [(low < high) + 0.5 * (low == high) for low in good for high in bad]
    return sum(wins) / len(wins)


def _seen(level: Picture) -> Picture:
    return np.clip(level, 0, 255).astype(np.uint8)


def _blurred(rng: Rng, size: float, deep: float) -> Picture:
    made = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), size)
    return made / made.std() * deep + rng.uniform(-8, 8)


def _brushed(rng: Rng) -> Picture:
    made = cv2.blur(rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (61, 1))
    return 130 + made / made.std() * 12 + rng.normal(0, 3, (SIDE, SIDE)) + rng.uniform(-8, 8)


def _grain(rng: Rng) -> Picture:
    return 120 + _blurred(rng, 1.5, 15)


def _cloud(rng: Rng) -> Picture:
    return 120 + _blurred(rng, 1, 5) + _blurred(rng, 4, 9) + _blurred(rng, 16, 9)


def _cloth(rng: Rng) -> Picture:
    y, x = np.mgrid[:SIDE, :SIDE]
    waves = 25 * np.sin(x * 0.8 + rng.uniform(0, 6)) * np.sin(y * 0.8 + rng.uniform(0, 6))
    return 120 + waves + rng.normal(0, 6, (SIDE, SIDE)) + rng.uniform(-8, 8)


def _cast(rng: Rng) -> Picture:
    return 100 + _blurred(rng, 0.8, 18) + rng.uniform(-15, 15) * np.linspace(-1, 1, SIDE)[None]


TEXTURES: dict[str, Callable[[Rng], Picture]] = {
    "brushed": _brushed,
    "grain": _grain,
    "cloud": _cloud,
    "cloth": _cloth,
    "cast": _cast,
}


def _with(level: Picture, mask: Picture, deep: float) -> Picture:
    return level + mask * deep


def _centre(rng: Rng) -> tuple[int, int]:
    x, y = rng.integers(50, SIDE - 50, 2)
    return int(x), int(y)


def _hole(level: Picture, rng: Rng) -> Picture:
    mask = cv2.circle(np.zeros((SIDE, SIDE), np.float32), _centre(rng), int(rng.integers(4, 9)), 1, -1)
    return _with(level, mask, -60)


def _scratch(level: Picture, rng: Rng) -> Picture:
    x, y = _centre(rng)
    end = (x + int(rng.integers(-60, 60)), y + int(rng.integers(-60, 60)))
    mask = cv2.line(np.zeros((SIDE, SIDE), np.float32), (x, y), end, 1, int(rng.integers(2, 4)))
    return _with(level, mask, 50)


def _crack(level: Picture, rng: Rng) -> Picture:
    """One pixel wide."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    place, angle = np.array(_centre(rng), float), rng.uniform(0, 2 * np.pi)
    for _ in range(12):
        angle += rng.normal(0, 0.4)
        end = place + 7 * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(mask, tuple(map(int, place)), tuple(map(int, end)), 1, 1)
        place = end
    return _with(level, mask, -35)


def _stain(level: Picture, rng: Rng) -> Picture:
    axes = (int(rng.integers(18, 40)), int(rng.integers(18, 40)))
    mask = cv2.ellipse(np.zeros((SIDE, SIDE), np.float32), _centre(rng), axes, 30, 0, 360, 1, -1)
    return _with(level, cv2.GaussianBlur(mask, (0, 0), 4), -25)


def _fray(level: Picture, rng: Rng) -> Picture:
    x, y = _centre(rng)
    wide = int(rng.integers(20, 40))
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[y : y + wide, x : x + wide] = rng.random((wide, wide)) > 0.6
    return _with(level, mask, 45)


DEFECTS: dict[str, Callable[[Picture, Rng], Picture]] = {
    "hole": _hole,
    "scratch": _scratch,
    "crack": _crack,
    "stain": _stain,
    "fray": _fray,
}
