from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fsxap.model import Item, Unlisted
from fsxap.providers.local.folder import FolderStore
from fsxap.usecases.media_vfx import listing, scenes

MAYA = """//Maya ASCII 2024 scene
file -rdi 1 -ns "rig" -rfn "rigRN" -typ "mayaAscii" "D:/show/assets/rig.ma";
file -r -ns "rig" -dr 1 -rfn "rigRN" -typ "mayaAscii" "D:/show/assets/rig.ma";
setAttr ".ftn" -type "string" "textures/wood.<UDIM>.tif";
setAttr ".ftn" -type "string" "textures/gone.tif";
"""
NUKE = """Read {
 inputs 0
 file "plates/sky with space.%04d.exr"
 first 1
}
Write {
 file renders/out.####.exr
}
Read {
 file elements/smoke.####.exr
}
"""
USDA = """#usda 1.0
( subLayers = [ @./layout.usda@ ] )
def "a" ( references = @assets/chair.usd@</chair> ) { asset file = @https://example.com/x.png@ }
"""


@dataclass
class FakeKit:
    source: FolderStore
    params: dict[str, Any] = field(default_factory=lambda: {"submit": False})


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("a.ma", MAYA, ["textures/wood.<UDIM>.tif", "textures/gone.tif", "D:/show/assets/rig.ma"]),
        ("a.nk", NUKE, ["plates/sky with space.%04d.exr", "elements/smoke.####.exr"]),
        ("a.usda", USDA, ["./layout.usda", "assets/chair.usd"]),
    ],
)
def test_what_a_scene_reads(name: str, text: str, wanted: list[str]) -> None:
    assert scenes.dependencies(name, text) == wanted


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "shot" / "textures").mkdir(parents=True)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "rig.ma").write_text("")
    (tmp_path / "shot" / "textures" / "wood.1001.tif").write_text("")
    (tmp_path / "shot" / "a.ma").write_text(MAYA)
    kit: Any = FakeKit(FolderStore(tmp_path))
    result = scenes.process(kit.source.head("shot/a.ma"), kit)
    assert result.data["decision"] == "rejected"
    assert result.findings[0].evidence["missing"] == ["textures/gone.tif"]
    (tmp_path / "shot" / "textures" / "gone.tif").write_text("")
    assert scenes.process(kit.source.head("shot/a.ma"), kit).data["decision"] == "approved"


def test_a_binary_scene_is_skipped_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a.blend").write_bytes(b"BLENDER-v300")
    (tmp_path / "b.usd").write_bytes(b"PXR-USDC")
    kit: Any = FakeKit(FolderStore(tmp_path))
    for key in ("a.blend", "b.usd"):
        result = scenes.process(kit.source.head(key), kit)
        assert result.status == "skipped" and "text" in result.data["reason"]


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd", "..\\..\\x"])
def test_paths_do_not_lead_out_of_the_source(path: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.usda").write_text(f"#usda 1.0\n( subLayers = [ @{path}@ ] )\n")
    kit: Any = FakeKit(FolderStore(source))
    assert scenes.process(kit.source.head("a.usda"), kit).data["decision"] == "rejected"


def test_folders_are_grouped_while_they_stream() -> None:
    keys = ["a/x.0001.exr", "a/x.0002.exr", "a-b/y.exr", "a/sub/z.1.png", "_fsxap/old.0001.exr", "b.png", "b/b.txt"]
    entries = [*(Item(key, 1, "t", key) for key in sorted(keys)), Unlisted("c", None)]  # type: ignore[arg-type]
    found = list(listing.folders(entries))
    groups = {tuple(item.key for item in each) for each in found if not isinstance(each, Unlisted)}
    assert groups - {()} == {
        ("a/x.0001.exr", "a/x.0002.exr"),
        ("a-b/y.exr",),
        ("a/sub/z.1.png",),
        ("b.png",),
    }
    assert sum(isinstance(each, Unlisted) for each in found) == 1
