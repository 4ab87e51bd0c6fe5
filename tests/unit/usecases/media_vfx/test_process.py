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


def test_frames_that_arrived_while_they_were_judged_are_not_rendered_again(tmp_path: Path) -> None:
    shot = tmp_path / "in" / "shot"
    shot.mkdir(parents=True)
    for number in range(1, 9):
        if number != BAD:
            (shot / f"a.{number:04d}.png").write_bytes(png(number))
    params = {param.name: param.default for param in USE_CASE.params}
    kit: Any = SimpleNamespace(
        params=params | {"submit": True, "template": jobs.load("sample")},
        source=FolderStore(tmp_path / "in"),
        sink=Sink(tmp_path / "out", shot / f"a.{BAD:04d}.png"),
        frames=LocalFrames(),
        farm=NoFarm(),
        cancel=Cancel(),
    )
    (item,) = listing.discover(kit)
    result = USE_CASE.process(item, kit)  # type: ignore[arg-type]
    assert result.data["decision"] == "approved" and "jobs" not in result.data
    assert len(list((tmp_path / "out" / "shot").glob("*.png"))) == 8
