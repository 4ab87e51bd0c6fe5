from __future__ import annotations

import pytest

pytest.importorskip("cv2")

import numpy
from PIL import Image, ImageFont

from fsxap.documents import CheckBox
from fsxap.providers.local.documents.erasing import erased
from fsxap.providers.local.documents.marks import marks, no_letters
from tests.unit.providers.documents import made

TALL = 30 / 500


def found(picture: Image.Image) -> tuple[CheckBox, ...]:
    return marks(numpy.asarray(picture.convert("RGB")), TALL)[1]


def boxed(mark: str, width: int = 2) -> Image.Image:
    picture, pen = made.page()
    pen.rectangle((100, 100, 124, 124), outline=0, width=width)
    pen.text((150, 96), "Married", font=ImageFont.load_default(30), fill=0)
    if mark == "cross":
        pen.line((103, 103, 121, 121), fill=0, width=3)
        pen.line((103, 121, 121, 103), fill=0, width=3)
    elif mark == "tick":
        pen.line((104, 112, 110, 120, 132, 92), fill=0, width=4)
    elif mark == "fill":
        pen.rectangle((105, 105, 119, 119), fill=0)
    return picture


@pytest.mark.parametrize(
    ("mark", "width"), [("", 1), ("", 3), ("cross", 2), ("tick", 2), ("fill", 1), ("fill", 3), ("tick", 3)]
)
def test_a_check_box_is_found_and_judged(mark: str, width: int) -> None:
    (box,) = found(boxed(mark, width))
    assert box.checked is bool(mark)
    assert box.box == pytest.approx((100 / 900, 100 / 500, 125 / 900, 125 / 500), abs=0.012)


def test_letters_and_cells_are_no_check_boxes() -> None:
    picture = made.printed((60, 40, "DO B0X OQD"), (60, 100, "0.00 D"))
    assert found(picture) == ()
    sun, pen = made.page()
    pen.rectangle((100, 100, 124, 124), outline=0, width=3)
    pen.line((100, 112, 124, 112), fill=0, width=3)
    assert found(sun) == ()
    comb, pen = made.page()
    for step in range(6):
        pen.rectangle((100 + 24 * step, 100, 124 + 24 * step, 124), outline=0, width=2)
    assert found(comb) == ()


@pytest.mark.parametrize("mark", ["", "cross", "tick", "fill"])
def test_an_erased_box_leaves_its_label(mark: str) -> None:
    picture = numpy.asarray(boxed(mark).convert("RGB"))
    bare = erased(picture, found(boxed(mark)), 0.0)
    assert (bare[80:140, 80:140] > 200).all()
    assert (bare[:, 148:] == picture[:, 148:]).all()


def test_nothing_is_copied_where_there_is_nothing_to_erase() -> None:
    picture = numpy.full((10, 10, 3), 255, numpy.uint8)
    assert erased(picture, (), 0.0) is picture


def test_ruling_lines_are_found_and_strokes_of_letters_are_not() -> None:
    picture, pen = made.page()
    pen.line((100, 200, 700, 200), fill=0, width=2)
    pen.line((100, 300, 100, 420), fill=0, width=2)
    rules, _ = marks(numpy.asarray(picture.convert("RGB")), TALL)
    assert rules[0] == pytest.approx((100 / 900, 200 / 500, 701 / 900, 202 / 500), abs=0.008)
    assert len(no_letters(rules, [(0.05, 0.55, 0.3, 0.9)])) == 1


def test_a_box_filled_on_a_fax_has_no_bars() -> None:
    picture = numpy.asarray(boxed("fill", 2).convert("L")).copy()
    inside = picture[105:120, 105:120]
    inside[numpy.random.default_rng(1).random(inside.shape) < 0.08] = 255
    (box,) = found(Image.fromarray(picture))
    assert box.checked


def test_a_letter_of_a_heading_is_smaller_than_the_boxes_of_its_page() -> None:
    picture, pen = made.page()
    for step in range(4):
        pen.rectangle((100, 100 + 60 * step, 124, 124 + 60 * step), outline=0, width=2)
    pen.rectangle((400, 40, 416, 56), outline=0, width=2)
    assert len(found(picture)) == 5
    pen.line((420, 40, 420, 45), fill=0, width=3)
    assert len(found(picture)) == 4
