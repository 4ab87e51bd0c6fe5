from __future__ import annotations

import pytest

pytest.importorskip("cv2")

import numpy

from fsxap.documents import CheckBox
from fsxap.providers.local.documents.letters import without_letters
from fsxap.providers.local.documents.recognition import Read
from fsxap.providers.local.documents.upright import straightened
from tests.unit.providers.documents import made

STEP, LEFT, TOP, WIDTH, HEIGHT = 30, 60, 200, 900, 500


@pytest.mark.parametrize("skew", [0.0, 3.0])
@pytest.mark.parametrize(
    ("text", "place", "sure", "off", "is_letter"),
    [
        ("65.70", 4, 0.99, 0, True),
        ("ID", 1, 0.99, 3, True),
        ("B0X", 1, 0.99, 0, True),
        ("DATE", 0, 0.99, 0, False),
        ("Yes0", 3, 0.6, 0, False),
        ("Yes口", 3, 0.99, 0, False),
        ("NoX", 2, 0.99, 0, False),
        ("65.70", 4, 0.99, 15, False),
    ],
)
def test_what_is_read_as_part_of_a_word_is_no_box(
    text: str, place: int, sure: float, off: float, is_letter: bool, skew: float
) -> None:
    picture, pen = made.page(WIDTH, HEIGHT)
    places = range(len(text))
    for index in places:
        pen.rectangle((LEFT + index * STEP + 3, TOP + 5, LEFT + index * STEP + 26, TOP + 35), outline=0, width=2)
    right = LEFT + len(text) * STEP
    quad = numpy.array([[(LEFT, TOP), (right, TOP), (right, TOP + 40), (LEFT, TOP + 40)]], numpy.float32)
    middles = tuple((index + 0.5) * STEP for index in places)
    said = Read(text, tuple(places), middles, tuple(sure if index == place else 0.99 for index in places))
    at = numpy.array([[LEFT + middles[place] + off, TOP + 20]])
    ((x, y),) = straightened(at, WIDTH, HEIGHT, skew)
    box = CheckBox(False, ((x - 12) / WIDTH, (y - 12) / HEIGHT, (x + 12) / WIDTH, (y + 12) / HEIGHT))
    other = CheckBox(True, (0.8, 0.8, 0.83, 0.85))

    kept = without_letters(
        numpy.asarray(picture.convert("RGB")), quad, (box, other), skew, lambda crops: [said for _ in crops]
    )
    assert kept == ((other,) if is_letter else (box, other))


def test_a_page_without_boxes_is_not_read_again() -> None:
    blank = numpy.full((10, 10, 3), 255, numpy.uint8)
    assert without_letters(blank, numpy.zeros((0, 4, 2), numpy.float32), (), 0.0, lambda _: pytest.fail("read")) == ()
