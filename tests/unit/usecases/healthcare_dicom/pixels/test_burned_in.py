from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy
import pytest

from fsxap.ports import TextInImage, TextLine
from fsxap.usecases.healthcare_dicom.pixels.burned_in import Region, box_of, find_regions
from fsxap.usecases.healthcare_dicom.pixels.decode import Frames
from fsxap.usecases.healthcare_dicom.pixels.views import looks

OWN = ("RAVENSWORTH^OTTOLINE", "5518273", "19430917")


@pytest.fixture(scope="module")
def finder() -> TextInImage:
    pytest.importorskip("rapidocr")
    from fsxap.providers.local.ocr import RapidOcr

    return RapidOcr()


def written(text: str, at: tuple[int, int], level: int, ground: Any, scale: float = 0.6) -> Any:
    made = ground.copy()
    cv2.putText(made, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, level, 1, cv2.LINE_AA)
    return made


def covers(regions: Sequence[Region], x: int, y: int, frame: int = 0) -> bool:
    return any(
        region.box[0] <= x < region.box[2] and region.box[1] <= y < region.box[3]
        for region in regions
        if region.frames is None or frame in region.frames
    )


def black(height: int = 240, width: int = 400) -> Any:
    return numpy.zeros((height, width), numpy.uint8)


def test_the_name_goes_and_the_label_stays(finder: TextInImage) -> None:
    picture = written("120 kV", (250, 200), 220, written("RAVENSWORTH", (40, 60), 220, black()))
    regions = find_regions(Frames(picture[None], "MONOCHROME2"), OWN, finder)
    assert covers(regions, 100, 55)
    assert not covers(regions, 270, 195)


def test_text_under_one_window_is_found(finder: TextInImage) -> None:
    # Bright spots stretch the range, so that the text is less than one grey level of it.
    stored = numpy.full((240, 400), 1000, numpy.uint16)
    stored[written("RAVENSWORTH", (40, 60), 255, black()) > 100] = 1040
    stored[200:210, 300:310] = 60000
    frames = Frames(stored[None], "MONOCHROME2", ((0.0, 100.0),), intercept=-1000.0)
    assert covers(find_regions(frames, OWN, finder), 100, 55)
    without = Frames(stored[None], "MONOCHROME2")
    assert covers(find_regions(without, OWN, finder), 100, 55)


def test_turned_text_is_found_and_a_turned_label_read(finder: TextInImage) -> None:
    picture = written("SUPINE", (250, 200), 220, written("RAVENSWORTH", (40, 60), 220, black()))
    turned = numpy.ascontiguousarray(numpy.rot90(picture))
    regions = find_regions(Frames(turned[None], "MONOCHROME2"), OWN, finder)
    assert covers(regions, 55, 400 - 100)
    assert not covers(regions, 195, 400 - 280)


def test_coloured_text_of_equal_brightness_is_found(finder: TextInImage) -> None:
    picture = numpy.zeros((240, 400, 3), numpy.uint8)
    picture[..., 2] = 180
    ink = written("RAVENSWORTH", (40, 60), 255, black()) > 100
    picture[ink] = (180, 0, 0)
    assert covers(find_regions(Frames(picture[None], "RGB"), OWN, finder), 100, 55)


def test_text_that_moves_is_masked_where_it_is_and_a_still_label_stays(finder: TextInImage) -> None:
    frames = [
        written("120 kV", (250, 200), 220, written("RAVENSWORTH", (20 + 12 * n, 60 + 8 * n), 220, black()))
        for n in range(6)
    ]
    regions = find_regions(Frames(numpy.stack(frames), "MONOCHROME2"), OWN, finder)
    for n in range(6):
        assert covers(regions, 100 + 12 * n, 55 + 8 * n, n)
        assert not covers(regions, 270, 195, n)


class Counting:
    """What reads is counted: lines read, not lines found."""

    def __init__(self, finder: TextInImage) -> None:
        self.finder, self.read = finder, 0
        self.engine = finder.engine

    def find(self, picture: Any, *, read: bool = True) -> Sequence[TextLine]:
        found = self.finder.find(picture, read=read)
        self.read += len(found) if read else 0
        return found


def test_a_label_that_moves_is_read_once_and_stays_in_every_frame(finder: TextInImage) -> None:
    frames = [written("120 kV", (20 + 9 * n, 60 + 6 * n), 220, black()) for n in range(12)]
    counting = Counting(finder)
    assert find_regions(Frames(numpy.stack(frames), "MONOCHROME2"), OWN, counting) == ()
    assert counting.read < 6


def test_other_text_of_the_same_size_is_not_taken_for_a_label(finder: TextInImage) -> None:
    frames = [written("120 kV" if n % 2 else "120 Ng", (20 + 9 * n, 60 + 6 * n), 220, black()) for n in range(8)]
    regions = find_regions(Frames(numpy.stack(frames), "MONOCHROME2"), OWN, finder)
    for n in range(8):
        assert covers(regions, 50 + 9 * n, 55 + 6 * n, n) is (n % 2 == 0)


def test_an_empty_picture_is_left_alone(finder: TextInImage) -> None:
    assert find_regions(Frames(black()[None], "MONOCHROME2"), OWN, finder) == ()


class Broken:
    engine = "broken"

    def find(self, picture: Any, *, read: bool = True) -> Sequence[TextLine]:
        raise RuntimeError("out of memory")


@pytest.mark.parametrize("count", [1, 3])
def test_what_the_finder_raises_is_not_swallowed(count: int) -> None:
    stack = numpy.arange(count * 240 * 400, dtype=numpy.uint16).reshape(count, 240, 400)
    with pytest.raises(RuntimeError):
        find_regions(Frames(stack, "MONOCHROME2"), (), Broken())


def test_boxes_stay_inside_the_picture() -> None:
    outside = TextLine(((-5, -5), (50, -5), (50, 20), (-5, 20)), "x", 1.0)
    assert box_of(outside, 40, 10) == (0, 0, 40, 10)


def test_one_look_serves_where_windows_agree_and_more_where_they_do_not() -> None:
    ramp = numpy.tile(numpy.arange(400, dtype=numpy.int16) * 10, (240, 1))[None]
    agreeing = ((2000.0, 4000.0), (2000.0, 4010.0))
    apart = ((200.0, 100.0), (2000.0, 100.0), (3500.0, 100.0))
    assert len(looks(Frames(ramp, "MONOCHROME2", agreeing), 0)) == 1
    assert len(looks(Frames(ramp, "MONOCHROME2", apart), 0)) == 2
    for picture in looks(Frames(ramp, "MONOCHROME2", apart), 0):
        assert picture.shape == (240, 400, 3) and picture.dtype == numpy.uint8
