from __future__ import annotations

from pathlib import Path

import pytest

from fsxap.errors import ConfigurationError
from fsxap.usecases.media_vfx import jobs, spec
from fsxap.usecases.media_vfx.table import median, stands_out


def test_a_specification_reads_as_written(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(
        "resolution: 1920x1080\naspect: 1\nchannels: [R, G, B, depth.Z]\ndepth: float16\nrange: [0, 65504]\n"
        "frames: 1001-1003\ncolor_space: ACEScg\n"
    )
    assert spec.load(spec.specification(str(path))) == spec.Spec(
        resolution=(1920, 1080),
        aspect=1.0,
        channels=("R", "G", "B", "depth.Z"),
        depth="half",
        colour="ACEScg",
        range=(0.0, 65504.0),
        frames=(1001, 1002, 1003),
    )
    assert spec.load(spec.specification("")) == spec.Spec()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("resolution: wide", "resolution"),
        ("resolution: [0, 10]", "resolution"),
        ("range: [1, 0]", "range"),
        ("range: [0, .nan]", "range"),
        ("frames: 9-1", "frames"),
        ("naming: 'a('", "naming"),
        ("quality: 80", "unknown key"),
        ("- a\n- b", "no keys"),
        ("a: [", "neither YAML nor JSON"),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=says) as caught:
        spec.load(spec.specification(str(path)))
    assert caught.value.exit == 2


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        spec.specification("/nowhere/spec.yaml")


@pytest.mark.parametrize(("text", "allowed"), [("yes", {1, 2, 3}), ("no", set()), ("2-3", {2, 3})])
def test_black_frames_that_are_meant(text: str, allowed: set[int]) -> None:
    made = spec.Spec(black=spec.yes_or_frames(text))
    assert {frame for frame in (1, 2, 3) if made.allows_black(frame)} == allowed


@pytest.mark.parametrize("text", ["", "version: 1", "specificationVersion: environment-2023-09", "[", "- a"])
def test_what_is_no_job_template(text: str, tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="the template"):
        jobs.load(str(path))


@pytest.mark.parametrize(
    ("value", "before", "after", "expected"),
    [
        (9.0, [1.0, 1.0], [1.0, 1.0], True),
        (9.0, [1.0, 1.0], [9.0, 9.0], False),  # a cut
        (3.0, [2.0, 1.0], [4.0, 5.0], False),  # a fade
        (9.0, [], [1.0, 1.0], False),
        (9.0, [9.0], [], False),
    ],
)
def test_what_stands_out(value: float, before: list[float], after: list[float], expected: bool) -> None:
    assert stands_out(value, before, after, lambda usual: 2 * usual + 1, ends=False) is expected


def test_the_median_of_nothing() -> None:
    assert (median([]), median([3.0]), median([1.0, 2.0])) == (0.0, 3.0, 1.5)
