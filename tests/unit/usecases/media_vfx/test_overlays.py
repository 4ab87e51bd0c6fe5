"""Slates and burn-ins are found where they are, and words of the picture are left alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("OpenEXR")
pytest.importorskip("cv2")
pytest.importorskip("PIL")

import numpy

from benchmarks.render_overlays import seen, shot
from benchmarks.render_sequences import Size
from fsxap.engine.cancel import Cancel
from fsxap.errors import ItemError, MissingExtra
from fsxap.model import Item
from fsxap.ports import TextInImage, TextLine
from fsxap.providers.local.frames import LocalFrames
from fsxap.rendering import Frame, ModerationLabel
from fsxap.usecases.media_vfx import USE_CASE, overlays, previews, sequences, units, verdict
from fsxap.usecases.media_vfx.inspect import Limits, rows_of
from fsxap.usecases.media_vfx.spec import LOOKS, Spec

SIZE = Size(480, 270, 8)
LIMITS = Limits(1 << 30, 1 << 24)


@pytest.fixture(scope="module")
def finder() -> TextInImage:
    pytest.importorskip("rapidocr")
    from fsxap.providers.local.ocr import RapidOcr

    return RapidOcr()


def test_what_is_laid_over_a_shot_is_found(finder: TextInImage) -> None:
    made = shot("grain_hold", 5, ".exr", begins=True, burn=0, size=SIZE)
    found = seen(made, finder, slate="forbidden", burnin="forbidden")
    assert found == {"slate-unexpected", "burn-in-unexpected"}


@pytest.mark.parametrize("begins", [True, False])
def test_a_first_frame_that_may_be_a_slate_is_said_to_be_one(begins: bool) -> None:
    made = shot("pan", 5, ".png", begins=begins, burn=None, size=SIZE)
    bodies = {f"a.{number:04d}.png": body for number, body in made.files.items()}
    (group,) = sequences.group(Item(key, len(body)) for key, body in sorted(bodies.items()))
    rows = rows_of(group.members, bodies.__getitem__, LocalFrames(), LIMITS, lambda: None)
    findings = verdict.reach(group, rows, Spec(), overlays.Overlays()).findings
    hints = [detail["perhaps"] for finding in findings for detail in finding.evidence["details"]]
    assert hints == (["a slate: -P slate=required looks for its text"] if begins else [])


def test_words_in_the_picture_are_neither(finder: TextInImage) -> None:
    made = shot("street", 6, ".png", begins=False, burn=None, size=SIZE)
    assert seen(made, finder, slate="required", burnin="required") == {"slate-missing", "burn-in-missing"}


class Silent:
    """Finds nothing, and counts what it is shown."""

    engine = "silent"

    def __init__(self) -> None:
        self.shown = 0

    def find(self, picture: Any, *, read: bool = True) -> list[TextLine]:
        self.shown += 1
        assert picture.dtype == numpy.uint8 and max(picture.shape) <= previews.LONGEST
        return []


class Censor:
    engine = "censor"

    def labels(self, picture: Any) -> list[ModerationLabel]:
        return [ModerationLabel("Smoking", "Drugs & Tobacco", 0.8125)]


def kit_of(made: Any, **given: Any) -> Any:
    bodies = {f"a.{number:04d}{made.suffix}": body for number, body in made.files.items()}
    (group,) = sequences.group(Item(key, len(body)) for key, body in sorted(bodies.items()))
    kit = SimpleNamespace(
        params={"slate": "any", "burnin": "any", "moderation": False},
        source=SimpleNamespace(read=bodies.__getitem__),
        frames=LocalFrames(),
        cancel=Cancel(),
        bodies=bodies,
        group=group,
        moderation=None,
    )
    kit.rows = rows_of(group.members, bodies.__getitem__, kit.frames, LIMITS, lambda: None)
    kit.params |= given
    return kit


@pytest.fixture(scope="module")
def plain() -> Any:
    return shot("pan", 7, ".png", begins=False, burn=None, size=Size(96, 64, 9))


def test_only_so_many_frames_are_looked_at(plain: Any) -> None:
    kit = kit_of(plain, burnin="required", slate="forbidden")
    kit.text_on_frames = Silent()
    made = overlays.look(kit.group, kit.rows, LIMITS, kit)
    assert kit.text_on_frames.shown == LOOKS
    assert [(fault.rule, fault.row.frame) for fault in made.faults] == [
        ("burn-in-missing", number) for number in (1001, 1003, 1005, 1007, 1009)
    ]
    assert made.facts == {"slate": "absent", "burn_in": "absent", "text_engine": "silent"}


def test_nothing_is_looked_at_unasked(plain: Any) -> None:
    assert overlays.look(*(lambda kit: (kit.group, kit.rows, LIMITS, kit))(kit_of(plain))) == overlays.Overlays()


def test_moderation_labels_ask_for_a_person_and_reject_nothing(plain: Any) -> None:
    kit = kit_of(plain, moderation=True)
    kit.moderation = Censor()
    made = verdict.reach(kit.group, kit.rows, Spec(), overlays.look(kit.group, kit.rows, LIMITS, kit))
    (finding,) = made.findings
    assert (made.decision, made.again, finding.rule) == ("review", (), "moderation-label")
    assert finding.evidence["details"][0] == {
        "frame": 1001,
        "label": "Smoking",
        "parent": "Drugs & Tobacco",
        "confidence": 0.812,
    }
    assert made.facts["moderated"] == LOOKS and made.facts["moderation_engine"] == "censor"


def test_what_cannot_be_looked_at_is_said_and_not_approved(plain: Any) -> None:
    class Bare(SimpleNamespace):
        @property
        def text_on_frames(self) -> TextInImage:
            raise MissingExtra("ocr", "the OCR engine")

    kit = Bare(**vars(kit_of(plain, slate="required", moderation=True)))
    made = verdict.reach(kit.group, kit.rows, Spec(), overlays.look(kit.group, kit.rows, LIMITS, kit))
    assert made.decision == "review" and made.findings == ()
    text, moderation = made.facts["not_looked_at"]
    assert "fsxap[ocr]" in text and "moderation=aws" in moderation


def test_a_frame_that_changed_meanwhile_is_not_looked_at(plain: Any) -> None:
    kit = kit_of(plain, burnin="required")
    kit.text_on_frames = Silent()
    kit.bodies["a.1005.png"] = kit.bodies["a.1004.png"]
    with pytest.raises(ItemError) as caught:
        overlays.look(kit.group, kit.rows, LIMITS, kit)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("boxes", "common"),
    [
        ([[(0.1, 0.1, 0.3, 0.2)], [(0.1, 0.1, 0.32, 0.2)]], True),
        ([[(0.1, 0.1, 0.3, 0.2)], [(0.3, 0.1, 0.5, 0.2)]], False),
        ([[(0.1, 0.1, 0.3, 0.2)], []], False),
        ([[], [(0.1, 0.1, 0.3, 0.2)]], False),
    ],
)
def test_in_the_same_place(boxes: list[overlays.Boxes], common: bool) -> None:
    assert bool(overlays.in_all(boxes)) == common


def test_previews_are_as_bright_as_a_screen_and_lie_in_the_display_window() -> None:
    plane = numpy.full((100, 300), 40.0, numpy.float16)
    plane[50, 150] = numpy.nan
    shown = previews.preview(Frame(400, 200, {"Y": plane}, "half", window=(50, 50)))
    assert shown.shape == (200, 400, 3)
    assert shown[100, 100].tolist() == [255, 255, 255] and shown[10, 10].tolist() == [0, 0, 0]
    half = previews.preview(Frame(4096, 2048, {"R": numpy.full((2048, 4096), 512, numpy.uint16)}, "10", full=1023))
    assert half.shape == (512, 1024, 3) and abs(int(half[0, 0, 0]) - 128) <= 1
    cropped = previews.preview(Frame(40, 20, {"Y": numpy.ones((90, 90), numpy.float32)}, "float", window=(-30, -30)))
    assert cropped.shape == (20, 40, 3) and cropped.min() == 255


@pytest.mark.parametrize(
    ("attrs", "given", "expected"),
    [
        ({"kind": "sequence", "files": 40}, {}, {}),
        ({"kind": "sequence", "files": 40}, {"slate": "required"}, {"rekognition_images": 1}),
        ({"kind": "sequence", "files": 40}, {"burnin": "forbidden"}, {"rekognition_images": LOOKS}),
        (
            {"kind": "sequence", "files": 80, "views": ["left", "right"]},
            {"burnin": "required", "moderation": True},
            {"rekognition_images": 2 * LOOKS, "moderation_images": 2 * LOOKS},
        ),
        ({"kind": "still"}, {"burnin": "required", "moderation": True}, {"moderation_images": 1}),
        ({"kind": "scene"}, {"burnin": "required", "moderation": True}, {}),
    ],
)
def test_what_an_item_consumes_at_most(attrs: dict[str, Any], given: dict[str, Any], expected: dict[str, int]) -> None:
    params = {param.name: param.default for param in USE_CASE.params} | given
    assert units(Item("a.####.exr", attrs=attrs), params) == expected
