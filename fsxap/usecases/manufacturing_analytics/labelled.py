"""A picture judged by what a model calls it: good labels, and all others as defects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fsxap.ports import Label
from fsxap.usecases.manufacturing_analytics.compare import Box, Compared

if TYPE_CHECKING:
    from fsxap.usecases.manufacturing_analytics.pixels import Grey


@dataclass(frozen=True, slots=True)
class Called:
    """`why` says what the model saw; `unmatched` that it saw no good label where one is needed for a pass."""

    compared: Compared
    why: str
    unmatched: bool


def judge(picture: Grey, labels: Sequence[Label], good: Sequence[str], sure: float) -> Called:
    """A good label counts from `sure` on. Without good labels the model knows defects alone, and none is a pass."""
    import numpy

    height, width = picture.shape
    wanted = {name.casefold() for name in good}
    defects = [label for label in labels if label.name.casefold() not in wanted]
    unmatched = bool(good) and not any(label.name.casefold() in wanted and label.confidence >= sure for label in labels)
    heat = numpy.zeros((height, width), numpy.uint8)
    boxes = []
    for label in defects:
        left, top, wide, high = label.box or (0.0, 0.0, 1.0, 1.0)
        x, y = max(0, round(left * width)), max(0, round(top * height))
        box = Box(x, y, min(width - x, round(wide * width)), min(height - y, round(high * height)), label.confidence)
        place = (slice(box.y, box.y + box.height), slice(box.x, box.x + box.width))
        heat[place] = numpy.maximum(heat[place], round(255 * label.confidence))
        boxes.append(box)
    why = f"the model calls it {', '.join(f'{label.name} ({label.confidence})' for label in defects)}"
    if not defects:
        why = f"the model gives it none of the good labels ({', '.join(good)}) from {sure} on"
    boxes.sort(key=lambda box: -box.score)
    return Called(Compared(tuple(boxes), 1.0, 0.0, heat), why, unmatched)


def record(labels: Sequence[Label]) -> list[dict[str, Any]]:
    return [
        {"name": label.name, "confidence": label.confidence} | ({"box": list(label.box)} if label.box else {})
        for label in labels
    ]
