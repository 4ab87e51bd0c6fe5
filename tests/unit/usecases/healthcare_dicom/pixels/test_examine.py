from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import imagecodecs
import numpy
import pydicom
import pytest

from fsxap.errors import MissingExtra, Throttled
from fsxap.usecases.healthcare_dicom.parse import Elements
from fsxap.usecases.healthcare_dicom.pixels import burned_in, examine, proof
from fsxap.usecases.healthcare_dicom.pixels.burned_in import Region
from fsxap.usecases.healthcare_dicom.pixels.examine import DetectorFailed, Examined, own_texts, require
from fsxap.usecases.healthcare_dicom.release import NotProved, release
from fsxap.usecases.healthcare_dicom.text import Identity
from tests.unit.usecases.healthcare_dicom.made import KEY, chosen, parsed, said, stored
from tests.unit.usecases.healthcare_dicom.pictures import ROOT, Finder, compressed, encapsulated, noise, picture, told

BOX = (10, 20, 40, 30)
FRAMES = noise(3, 60, 80)


def examined(find_regions: Any, monkeypatch: pytest.MonkeyPatch, made: pydicom.Dataset | None = None) -> Examined:
    monkeypatch.setattr(burned_in, "find_regions", find_regions)
    elements: Elements = parsed(stored(made or picture(FRAMES))).elements
    found = examine.examine(elements, syntax=f"{ROOT}.1", big=False, own={"quarrington"}, finder=Finder)
    assert found is not None
    return found


def looks(*found: tuple[Region, ...]) -> Any:
    """A finder of regions that finds these, one look after the other."""
    rest = list(found)

    def find_regions(frames: Any, _own: Iterable[str], _finder: Any) -> tuple[Region, ...]:
        shown.append(frames.values.shape)
        return rest.pop(0) if len(rest) > 1 else rest[0]

    shown: list[tuple[int, ...]] = []
    find_regions.shown = shown  # type: ignore[attr-defined]
    return find_regions


def test_what_is_found_beside_a_box_is_painted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    # The cut begins at (0, 10): two and one heights of the box away from it.
    finder = looks((Region(BOX, (1,), "identifier"),), (Region((38, 9, 45, 19), None, "identifier"),), ())
    made = examined(finder, monkeypatch)
    assert made.boxes == {1: (BOX, (38, 19, 45, 29))}
    assert finder.shown[0] == (3, 60, 80)
    assert all(len(each) == 3 and each[0] == 1 for each in finder.shown[1:])
    assert made.regions == 2


@pytest.mark.parametrize(
    ("box", "reason", "painted"),
    [
        ((44, 12, 60, 20), "not a known label", True),
        ((44, 12, 60, 20), "unread", False),
        ((10, 0, 40, 6), "not a known label", False),
    ],
)
def test_the_rest_of_an_identifier_in_its_row_is_painted_too(
    box: Any, reason: str, painted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = looks((Region(BOX, (1,), "identifier"),), (Region(box, None, reason),), ())
    made = examined(finder, monkeypatch)
    rest = (box[0], box[1] + 10, box[2], box[3] + 10)
    assert made.boxes == {1: (BOX, rest) if painted else (BOX,)}


def test_a_picture_that_is_never_clean_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DetectorFailed):
        examined(looks((Region(BOX, None, "identifier"),)), monkeypatch)


def test_nothing_found_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = examined(looks(()), monkeypatch)
    assert made.boxes == {}
    assert made.elements == parsed(stored(picture(FRAMES))).elements
    assert made.engine == Finder.engine


def test_a_failing_detector_holds_the_file_back_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> Any:
        raise RuntimeError("saw Quarrington")

    with pytest.raises(DetectorFailed) as caught:
        examined(failing, monkeypatch)
    assert "Quarrington" not in str(caught.value)


def test_what_a_service_answers_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(*_: Any) -> Any:
        raise Throttled("slow down")

    with pytest.raises(Throttled):
        examined(throttled, monkeypatch)


def test_without_codecs_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "find_spec", lambda name: None if name == "imagecodecs" else object())
    with pytest.raises(MissingExtra) as caught:
        require()
    assert caught.value.extra == "dicom"


def test_words_of_descriptions_that_are_everybodys_are_not_looked_for() -> None:
    identity = Identity(
        phrases=frozenset({"ct chest for quarrington"}),
        tokens=frozenset({"zebulon"}),
        dates=frozenset({"19510327"}),
        persons=frozenset({frozenset({"long", "mary"})}),
    )
    assert own_texts(identity, {"ct", "chest", "for"}) == {"quarrington", "zebulon", "19510327", "long mary"}


def statements(made: pydicom.Dataset) -> tuple[Any, list[str]]:
    return made.get("BurnedInAnnotation"), [code.CodeValue for code in made.DeidentificationMethodCodeSequence]


@pytest.mark.parametrize("boxes", [(), (BOX,)])
def test_clean_pixels_are_said_only_of_what_was_looked_at(boxes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burned_in, "find_regions", told(*boxes))
    body = stored(picture(FRAMES, SmallestImagePixelValue=1, LargestImagePixelValue=255))
    looked = release(parsed(body), body, chosen("pixels"), KEY, Finder)
    data = pydicom.dcmread(io.BytesIO(looked.body))
    assert statements(data) == ("NO", ["113100", "113101"])
    assert ("LargestImagePixelValue" in data) is not bool(boxes)
    unseen = release(parsed(body), body, chosen("pixels"), KEY)
    assert statements(pydicom.dcmread(io.BytesIO(unseen.body))) == (None, ["113100"])
    assert unseen.pixels_untouched
    assert bool(looked.thumbnail) is bool(boxes)
    if boxes:
        small = imagecodecs.png_decode(looked.thumbnail)
        assert max(small.shape) <= 160
        assert (small[22:28, 12:38] == small[22, 12]).all()


def test_an_output_with_other_pixels_is_not_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burned_in, "find_regions", told(BOX))
    monkeypatch.setattr(proof, "flaws", lambda *_: iter(("a box that was not painted",)))
    body = stored(picture(FRAMES))
    with pytest.raises(NotProved):
        release(parsed(body), body, chosen(), KEY, Finder)


def flaws_of(made: Examined, **changes: Any) -> set[str]:
    after = picture(FRAMES, **changes)
    return set(proof.flaws(stored(after), made))


def test_the_proof_sees_every_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    made = examined(looks((Region(BOX, (1,), "identifier"),), ()), monkeypatch)
    value = next(each.value for each in made.elements if each.tag == 0x7FE00010)
    assert flaws_of(made, PixelData=value) == set()
    assert flaws_of(made) == {"a box that was not painted"}
    other = bytearray(value)
    other[0] ^= 1
    assert flaws_of(made, PixelData=bytes(other)) == {"other pixels outside the boxes than the input's"}
    assert flaws_of(made, Rows=59, PixelData=value[: 59 * 80 * 3]) == {"another size than the input"}


def test_the_proof_sees_changed_bytes_of_frames_that_were_not_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [compressed(frame, f"{ROOT}.4.90") for frame in FRAMES]
    original = encapsulated(picture(FRAMES), streams, f"{ROOT}.4.90")
    elements = parsed(stored(original)).elements
    monkeypatch.setattr(burned_in, "find_regions", told(BOX, frames=(1,)))
    made = examine.examine(elements, syntax=f"{ROOT}.4.90", big=False, own=(), finder=Finder)
    assert made is not None
    other = stored(encapsulated(picture(FRAMES), [streams[1], *streams[1:]], f"{ROOT}.4.90"))
    assert "another frame than the input's" in set(proof.flaws(other, made))


def test_a_thumbnail_of_sixteen_bits_shows_its_whole_range(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = numpy.linspace(-1000, 3000, 400 * 500).reshape(1, 400, 500).astype(numpy.int16)
    monkeypatch.setattr(burned_in, "find_regions", told(BOX))
    body = stored(picture(frame, bits=16))
    small = imagecodecs.png_decode(release(parsed(body), body, chosen(), KEY, Finder).thumbnail)
    assert small.shape == (100, 125)
    assert (small.min(), small.max()) == (0, 255)
    assert "quarrington" not in said(small.tobytes())
