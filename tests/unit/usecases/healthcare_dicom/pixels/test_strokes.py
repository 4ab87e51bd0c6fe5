from __future__ import annotations

from typing import Any

import cv2
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fsxap.usecases.healthcare_dicom.pixels.strokes import grown, tightened

SHAPE = (120, 300)


def line(text: str, scale: float, ground: Any, level: int) -> tuple[Any, tuple[int, int, int, int], Any]:
    """A picture of three views, the box a detector would draw, and where the strokes are."""
    ink = numpy.zeros(SHAPE, numpy.uint8)
    cv2.putText(ink, text, (40, 70), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    ys, xs = numpy.nonzero(ink)
    room = (ys.max() - ys.min()) // 2 + 2
    box = (int(xs.min() - room), int(ys.min() - room), int(xs.max() + 1 + room), int(ys.max() + 1 + room))
    share = ink / 255.0
    made = (ground * (1 - share) + level * share).astype(numpy.uint8)
    return numpy.dstack((made, numpy.full(SHAPE, 7, numpy.uint8), 255 - made)), box, ink > 100


def left_over(box: tuple[int, int, int, int], strokes: Any) -> int:
    outside = strokes.copy()
    outside[box[1] : box[3], box[0] : box[2]] = False
    return int(outside.sum())


GROUNDS = {
    "black": numpy.zeros(SHAPE),
    "white": numpy.full(SHAPE, 250.0),
    "slope": numpy.broadcast_to(numpy.linspace(0, 120, SHAPE[1]), SHAPE),
    "steps": numpy.where(numpy.arange(SHAPE[1]) < 90, 20.0, 110.0) * numpy.ones(SHAPE),
}


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
@pytest.mark.parametrize("turned", [False, True])
def test_little_is_left_around_the_strokes(ground: Any, turned: bool) -> None:
    picture, box, strokes = line("Quarrington, Jp", 0.6, ground, 180)
    if turned:
        picture, strokes = picture.transpose(1, 0, 2), strokes.T
        box = (box[1], box[0], box[3], box[2])
    tight = tightened(picture, box)
    assert left_over(tight, strokes) == 0
    ys, xs = numpy.nonzero(strokes)
    assert all(
        abs(one - other) <= 4 for one, other in zip(tight, (xs.min(), ys.min(), xs.max(), ys.max()), strict=True)
    )


@settings(max_examples=60, deadline=None)
@given(
    some.sampled_from(["RAVENSWORTH", "Quarrington, Jp", "19.09.1943", "glyph", "-- A --"]),
    some.floats(0.35, 1.2),
    some.integers(30, 230),
    some.floats(0, 30),
    some.integers(0, 99),
)
def test_strokes_that_can_be_told_from_grain_are_inside(
    text: str, scale: float, contrast: int, grain: float, seed: int
) -> None:
    ground = numpy.clip(numpy.random.default_rng(seed).normal(10, min(grain, contrast / 6), SHAPE), 0, 255)
    picture, box, strokes = line(text, scale, ground, 10 + contrast)
    assert left_over(tightened(picture, box), strokes) == 0


def test_a_box_without_strokes_stays() -> None:
    flat = numpy.full((*SHAPE, 3), 90, numpy.uint8)
    assert tightened(flat, (10, 20, 60, 44)) == (10, 20, 60, 44)
    assert tightened(flat, (10, 20, 14, 23)) == (10, 20, 14, 23)


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("start", "end"), [(0.0, 0.6), (0.3, 1.0), (0.3, 0.7)])
def test_a_line_cut_short_is_followed_to_its_ends(ground: Any, turned: bool, start: float, end: float) -> None:
    picture, box, strokes = line("Quarrington, Jp", 0.6, ground, 180)
    left, wide = box[0], box[2] - box[0]
    short = (left + int(start * wide), box[1], left + int(end * wide), box[3])
    if turned:
        picture, strokes = picture.transpose(1, 0, 2), strokes.T
        short = (short[1], short[0], short[3], short[2])
    assert left_over(tightened(picture, short), strokes) > 0
    assert left_over(grown(picture, tightened(picture, short)), strokes) == 0


def test_a_line_does_not_grow_into_a_label_nor_over_a_quiet_gap() -> None:
    ground = numpy.zeros(SHAPE, numpy.uint8)
    cv2.putText(ground, "MI", (200, 70), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 180, 1)
    picture, box, _ = line("Quarry", 0.6, ground, 180)
    tight = tightened(picture, box)
    assert grown(picture, tight) == tight
    beside = (tight[2] - 12, tight[1], tight[2], tight[3])
    cut = (tight[0], tight[1], tight[2] - 20, tight[3])
    assert grown(picture, cut, [beside])[2] <= beside[0]


def test_in_strong_grain_a_line_does_not_grow() -> None:
    ground = numpy.random.default_rng(3).normal(90, 40, SHAPE).clip(0, 255)
    picture, box, _ = line("Quarrington", 0.6, ground, 250)
    assert grown(picture, box) == box
