"""What becomes of an item that changes while it is judged."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import pytest

pytest.importorskip("OpenEXR")
pytest.importorskip("cv2")

from fsxap.engine.cancel import Cancel
from fsxap.providers.local.folder import FolderStore
from fsxap.providers.local.frames import LocalFrames
from fsxap.usecases.media_vfx import USE_CASE, jobs, listing
from fsxap.usecases.media_vfx.sample import png

BAD = 3


class Sink(FolderStore):
    """While the first contact sheet is written, a job elsewhere renders the missing frame."""

    def __init__(self, root: Path, late: Path) -> None:
        super().__init__(root)
        self._late = late

    def put(self, key: str, body: bytes | BinaryIO) -> str:
        if key.endswith("sheet.png") and not self._late.exists():
            self._late.write_bytes(png(BAD))
        return super().put(key, body)


class NoFarm:
    engine = "none"

    def run(self, job: Any, *, wait: float) -> Any:
        raise AssertionError("frames that arrived meanwhile are not rendered again")


def a_kit(root: Path, sink: FolderStore, **params: Any) -> Any:
    return SimpleNamespace(
        params={param.name: param.default for param in USE_CASE.params} | params,
        source=FolderStore(root / "in"),
        sink=sink,
        frames=LocalFrames(),
        farm=NoFarm(),
        cancel=Cancel(),
    )


def test_a_frame_spelled_unlike_its_sequence_is_not_approved(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(1, 9):
        (tmp_path / "in" / ("A_0004.png" if number == 4 else f"a.{number:04d}.png")).write_bytes(png(number))
    kit = a_kit(tmp_path, FolderStore(tmp_path / "out"))
    found = {item.key: USE_CASE.process(item, kit) for item in listing.discover(kit)}
    rules = {key: {each.rule for each in result.findings} for key, result in found.items()}
    assert rules == {"A_####.png": {"frame-naming"}, "a.####.png": {"frame-missing"}}
    assert found["A_####.png"].item.attrs["like"] == "a.####.png"
    assert not list((tmp_path / "out").glob("*.png"))


def test_frames_that_arrived_while_they_were_judged_are_not_rendered_again(tmp_path: Path) -> None:
    shot = tmp_path / "in" / "shot"
    shot.mkdir(parents=True)
    for number in range(1, 9):
        if number != BAD:
            (shot / f"a.{number:04d}.png").write_bytes(png(number))
    sink = Sink(tmp_path / "out", shot / f"a.{BAD:04d}.png")
    kit = a_kit(tmp_path, sink, submit=True, template=jobs.load("sample"))
    (item,) = listing.discover(kit)
    result = USE_CASE.process(item, kit)
    assert result.data["decision"] == "approved" and "jobs" not in result.data
    assert len(list((tmp_path / "out" / "shot").glob("*.png"))) == 8
