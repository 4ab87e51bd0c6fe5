"""Planted faults are found, and only they; shots without faults are left alone."""

from __future__ import annotations

import pytest

pytest.importorskip("OpenEXR")
pytest.importorskip("cv2")

from benchmarks.render_qc import found_in
from benchmarks.render_sequences import FILES, PIXELS, SCENES, Size, make
from fsxap.providers.local.frames import LocalFrames
from fsxap.usecases.media_vfx.catalogue import RULES

SMALL = Size(240, 136, 38)


@pytest.fixture(scope="module")
def frames() -> LocalFrames:
    return LocalFrames()


@pytest.mark.parametrize("scene", ["pan", "grain_hold"])
def test_every_planted_fault_is_found(scene: str, frames: LocalFrames) -> None:
    shot = make(scene, SMALL, 11, ".exr", (*PIXELS, *FILES))
    found = found_in(shot, frames)
    planted = set().union(*shot.planted.values())
    for rule, numbers in shot.planted.items():
        assert numbers <= found.get(rule, set()), rule
    for rule, numbers in found.items():
        assert numbers <= planted or RULES[rule].severity == "low", rule


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_a_clean_shot_has_no_findings(scene: str, frames: LocalFrames) -> None:
    found = found_in(make(scene, Size(192, 108, 16), 12, ".exr"), frames)
    assert not {rule for rule in found if RULES[rule].severity != "low"}


def test_black_that_is_not_allowed_is_found(frames: LocalFrames) -> None:
    shot = make("fade", Size(96, 64, 20), 13, ".png")
    assert "frame-black" not in found_in(shot, frames)
    shot.allow_black = "no"
    assert found_in(shot, frames)["frame-black"] == {1, 20}
    shot.allow_black = "1-3"
    assert found_in(shot, frames)["frame-black"] == {20}
