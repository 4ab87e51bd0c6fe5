from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cv2")

from fsxap.engine.cancel import Cancel
from fsxap.errors import ItemError
from fsxap.model import Finding
from fsxap.providers.local.folder import FolderStore
from fsxap.usecases.media_vfx import deliver, sheet
from fsxap.usecases.media_vfx.sequences import Group, group
from fsxap.usecases.media_vfx.table import Row

NAMES = [f"shot/a.{number:04d}.exr" for number in (1, 2, 3)]


@dataclass
class FakeKit:
    source: FolderStore
    sink: FolderStore
    cancel: Cancel = field(default_factory=Cancel)


@pytest.fixture
def kit(tmp_path: Path) -> Any:
    (tmp_path / "in" / "shot").mkdir(parents=True)
    for name in NAMES:
        (tmp_path / "in" / name).write_text(name)
    return FakeKit(FolderStore(tmp_path / "in"), FolderStore(tmp_path / "out"))


def judged(kit: Any) -> tuple[Group, list[Row]]:
    (made,) = group(item for item in kit.source.list())
    rows = [
        Row(member.frame, "", member.item.key, member.item.size, sha256=sha256(member.item.key.encode()).hexdigest())
        for member in made.members
    ]
    return made, rows


def written(kit: Any) -> set[str]:
    return {item.key for item in kit.sink.list()}


def test_the_manifest_vouches_for_every_file(kit: Any) -> None:
    made, rows = judged(kit)
    outputs = list(deliver.approve(made, rows, kit, {"decision": "approved"}))
    assert written(kit) == {*NAMES, "shot/a.####.exr.manifest.json"} and len(outputs) == 4
    manifest = json.loads(kit.sink.read(deliver.manifest_key(made)))
    assert [each["key"] for each in manifest["files"]] == NAMES
    assert outputs == list(deliver.approve(made, rows, kit, {"decision": "approved"}))


def test_what_changed_since_it_was_judged_is_not_copied(kit: Any, tmp_path: Path) -> None:
    made, rows = judged(kit)
    (tmp_path / "in" / NAMES[1]).write_text("another picture")
    with pytest.raises(ItemError, match="changed after it was judged") as caught:
        list(deliver.approve(made, rows, kit, {}))
    assert caught.value.retryable
    assert deliver.manifest_key(made) not in written(kit) and NAMES[1] not in written(kit)


def test_a_rejection_takes_back_what_was_approved_and_nothing_else(kit: Any) -> None:
    made, rows = judged(kit)
    list(deliver.approve(made, rows, kit, {}))
    key = deliver.manifest_key(made)
    manifest = json.loads(kit.sink.read(key))
    kit.sink.put("shot/notes.txt", b"mine")
    kit.sink.put("other/a.0001.exr", b"mine")
    manifest["files"] += [{"key": name} for name in ("shot/notes.txt", "other/a.0001.exr", "../in/shot/a.0001.exr")]
    kit.sink.put(key, json.dumps(manifest).encode())
    list(deliver.reject(made, kit, {"sheet.png": b"png"}))
    assert written(kit) == {"shot/notes.txt", "other/a.0001.exr", "_review/shot/a.####.exr/sheet.png"}
    assert {item.key for item in kit.source.list()} == set(NAMES)


def test_what_is_no_manifest_stops_before_anything_is_removed(kit: Any) -> None:
    made, rows = judged(kit)
    list(deliver.approve(made, rows, kit, {}))
    kit.sink.put(deliver.manifest_key(made), b"[]")
    with pytest.raises(ItemError, match="not a manifest"):
        list(deliver.reject(made, kit, {}))
    assert set(NAMES) <= written(kit)


def test_a_sheet_of_frames_that_could_not_be_decoded() -> None:
    rows = [Row(number, "", name, 1, problem=("truncated", "cut")) for number, name in enumerate(NAMES)]
    body = sheet.sheet(rows, {NAMES[0]: ["frame-truncated"]})
    assert body.startswith(b"\x89PNG") and len(body) < 300_000


def test_a_page_says_what_was_found_and_runs_nothing() -> None:
    finding = Finding("frame-black", "high", "<script>alert(1)</script>", "shot/a.####.exr")
    page = sheet.page("<b>shot", "rejected", [finding], {"frames": "1-3", "<i>": ["<u>"]}).decode()
    assert "<script>" not in page and "<b>shot" not in page and "<i>" not in page and "<u>" not in page
    assert "frame-black" in page and "script-src" not in page and "default-src 'none'" in page
