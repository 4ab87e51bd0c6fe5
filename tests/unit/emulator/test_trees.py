from __future__ import annotations

from pathlib import Path

import pytest

from fsxap.emulator.site import build
from fsxap.emulator.synthetic import Synthetic
from fsxap.emulator.trees import Folder, in_directory_order
from fsxap.errors import ConfigurationError
from tests.unit.emulator.world import World, description


def walked(tree: Synthetic) -> list[str]:
    waiting, found = [""], []
    while waiting:
        path = waiting.pop()
        found.append(path)
        for name in tree.names(path):
            child = f"{path}/{name}" if path else name
            node = tree.node(child)
            assert node is not None
            if node.type == "directory":
                waiting.append(child)
            else:
                found.append(child)
    return found


@pytest.mark.parametrize(("folders", "files", "fanout"), [(1, 0, 10), (1, 3, 2), (10, 0, 3), (500, 2, 7), (37, 1, 1)])
def test_a_computed_tree_has_as_many_folders_as_said(folders: int, files: int, fanout: int) -> None:
    tree = Synthetic(folders, files, fanout)
    found = walked(tree)
    assert len(found) == len(set(found)) == folders * (1 + files) == tree.usage()[0]
    nodes = [tree.node(path) for path in found]
    assert len({node.inode for node in nodes if node}) == len(found), "every object has an inode of its own"


@pytest.mark.parametrize(
    "path",
    [
        *("d0", "d12", "d1/d2", "d1/d11/d1", "d01", "d1/d011", "x", "d", "d-1", "f0.txt", "f2.txt", "f01.txt", "f0"),
        *("d1/f0.txt/x", "d٣", "d1 ", "f.txt", "d" + "9" * 50, "/d1", "d1/"),
    ],
)
def test_what_is_not_in_the_computed_tree(path: str) -> None:
    present = Synthetic(500, 2).node(path)
    assert (present is not None) == (path == "f0.txt")


def test_denies_are_spread_over_the_computed_tree() -> None:
    tree = Synthetic(1000)
    denied = []
    for path in walked(tree):
        node = tree.node(path)
        assert node is not None
        descriptor = tree.descriptor(node)
        if descriptor.aces[0].access == "deny":
            denied.append(path)
            assert not descriptor.aces[0].inheritable, "children have nothing of it"
        else:
            assert len(descriptor.aces) >= 5
    assert len(denied) == 1000 // 97


def test_directory_order_is_fixed_and_not_alphabetical() -> None:
    names = [f"file {number}" for number in range(50)]
    assert in_directory_order(names) == in_directory_order(reversed(names)) != names


def test_a_folder_shows_what_lies_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("x")
    plain = Folder(tmp_path)
    assert plain.description.volume.style == "unix"
    assert plain.description.volume.name == tmp_path.name
    assert plain.usage()[0] == 3
    (tmp_path / ".fsxap-acl.yaml").write_text("version: 1\nvolume: {name: said}\n")
    said = Folder(tmp_path)
    assert said.description.volume.name == "said"
    assert said.names("") == ["a"]
    assert said.node(".fsxap-acl.yaml") is None


def test_what_cannot_be_served(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not a folder"):
        build([Folder(tmp_path / "nowhere")], "9.17.1")
    (tmp_path / ".fsxap-acl.yaml").write_text("version: 9\n")
    with pytest.raises(ConfigurationError, match="does not describe"):
        build([Folder(tmp_path)], "9.17.1")
    with pytest.raises(ValueError, match="two volumes"):
        build([Synthetic(1), Synthetic(2)], "9.17.1")


def test_volumes_of_one_svm_share_it(tmp_path: Path) -> None:
    world = World(build([Folder(tmp_path, description()), Synthetic(5)], "9.17.1"))
    assert len(world.site.domains) == 1, "the same SVM, named the same"
    assert {volume.name for volume in world.site.volumes} >= {"vol1", "synthetic"}
    assert {share.name for share in world.site.shares} == {"HR", "c$"}
    root = world.ask(f"/storage/volumes/{world.volume['svm1_root']}/files")
    assert {record["name"] for record in root["records"]} == {".", "..", "vol1", "synthetic"}
