"""Reference differences on printed circuit boards: recall and precision of the marked places, and the time of each."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from fsxap.usecases.manufacturing_analytics.compare import compare
from fsxap.usecases.manufacturing_analytics.pixels import decode

PAIRS = Path(__file__).resolve().parents[2] / "shared" / "data" / "inspection" / "pcb"
"""NAME_temp.jpg, NAME_test.jpg and NAME.txt (x1 y1 x2 y2 type a line), as DeepPCB has them (MIT licence)."""
OVERLAP = 0.33
Square = tuple[int, ...]


def main() -> dict[str, Any]:
    names = sorted(path.stem for path in PAIRS.glob("*.txt"))
    if not names:
        raise SystemExit(f"no pairs in {PAIRS}")
    planted, seconds = 0, 0.0
    hits: list[float] = []
    scores: list[float] = []
    for name in names:
        reference, picture = (decode((PAIRS / f"{name}_{kind}.jpg").read_bytes(), 10**8) for kind in ("temp", "test"))
        begun = time.process_time()
        found = compare(reference, picture).boxes
        seconds += time.process_time() - begun
        wanted = _wanted(name)
        planted += len(wanted)
        scores += [box.score for box in found]
        left = [((box.x, box.y, box.x + box.width, box.y + box.height), box.score) for box in found]
        for square in wanted:
            best = max(left, key=lambda each: _overlap(square, each[0]), default=None)
            if best and _overlap(square, best[0]) > OVERLAP:
                left.remove(best)
                hits.append(best[1])
    rows = [_row(threshold, hits, scores, planted) for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)]
    return {
        "rows": rows,
        "pairs": len(names),
        "defects": planted,
        "overlap": OVERLAP,
        "cpu ms a pair": round(1000 * seconds / len(names)),
    }


def _row(threshold: float, hits: list[float], scores: list[float], planted: int) -> dict[str, Any]:
    right = sum(1 for score in hits if score >= threshold)
    told = sum(1 for score in scores if score >= threshold)
    recall, precision = right / planted, right / told if told else 1.0
    return {"score from": threshold, "recall": round(recall, 3), "precision": round(precision, 3)}


def _wanted(name: str) -> list[Square]:
    lines = (PAIRS / f"{name}.txt").read_text().replace(",", " ").splitlines()
    return [tuple(map(int, line.split()[:4])) for line in lines if line.strip()]


def _overlap(one: Square, other: Square) -> float:
    """Intersection over union."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0, wide) * max(0, high)
    return both / (_area(one) + _area(other) - both)


def _area(square: Square) -> int:
    return (square[2] - square[0]) * (square[3] - square[1])
