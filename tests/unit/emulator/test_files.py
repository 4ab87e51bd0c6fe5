from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.emulator.world import NAMES, World, folder, segment, site


def test_a_listing(world: World) -> None:
    body = world.files("hr")
    records = body["records"]
    assert [(record["name"], record["path"], record["type"]) for record in records[:2]] == [
        (".", "hr", "directory"),
        ("..", "hr", "directory"),
    ]
    assert {record["name"] for record in records[2:]} == {"x", *NAMES}
    assert [record["name"] for record in records[2:]] != sorted(record["name"] for record in records[2:])
    assert body["num_records"] == len(records)
    file = next(record for record in records if record["name"] == "a b")
    assert set(file) == {"name", "path", "type", "_links"}, "only keys without fields"
    base = f"/api/storage/volumes/{world.volume['vol1']}/files"
    assert file["_links"] == {"metadata": {"href": f"{base}/hr%2Fa%20b?return_metadata=true"}}
    assert records[0]["_links"]["self"]["href"] == f"{base}/hr%2F%2E", "only directories have a link to themselves"


@pytest.mark.parametrize("path", ["", "/", "%2F", "/%2F", "/%2E", "/%2E%2E", "/hr%2F%2E%2E", "/%2Fhr%2F..%2F%2E%2E%2F"])
def test_the_root_has_many_names(world: World, path: str) -> None:
    path = path if path.startswith("/") or not path else f"/{path}"
    body = world.ask(f"/storage/volumes/{world.volume['vol1']}/files{path}")
    assert {"hr", "many", "link", "twin"} <= {record["name"] for record in body["records"]}
    assert ".fsxap-acl.yaml" not in {record["name"] for record in body["records"]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("space", ["%20", "+"])
def test_hostile_names(world: World, name: str, space: str) -> None:
    place = segment(f"hr/{name}").replace("%20", space)
    body = world.ask(f"/storage/volumes/{world.volume['vol1']}/files/{place}?return_metadata=true")
    (record,) = body["records"]
    assert (record["path"], record["type"], record["size"]) == (f"hr/{name}", "file", len(name.encode()))
    assert "name" not in record
    assert world.security(f"/vol1/hr/{name}")["path"] == f"/vol1/hr/{name}"


def test_every_field(world: World) -> None:
    by_name = {record["name"]: record for record in world.files("", "?fields=**")["records"]}
    twin = by_name["twin"]
    found = os.lstat(world.site.mounted[world.volume["vol1"]].tree.path / "twin")  # type: ignore[union-attr]
    assert (twin["inode_number"], twin["hard_links_count"], twin["size"]) == (found.st_ino, 2, 3)
    assert datetime.fromisoformat(twin["changed_time"]).timestamp() == int(found.st_ctime)
    assert twin["unix_permissions"] == 777, "digits that read as octal; NTFS objects show 777"
    assert by_name["unix"]["unix_permissions"] == 1770
    assert (by_name["unix"]["owner_id"], by_name["unix"]["group_id"]) == (1001, 100)
    assert (by_name["link"]["type"], by_name["link"]["target"]) == ("symlink", "hr")
    assert by_name["pipe"]["type"] == "fifo"
    assert (by_name["empty"]["is_empty"], by_name["hr"]["is_empty"]) == (True, False)
    assert {name for name, record in by_name.items() if record["is_junction"]} == {"inner"}
    assert by_name["hr"]["volume"]["name"] == "vol1"
    assert isinstance(twin["inode_generation"], int)


def test_cheap_fields_leave_out_what_costs(world: World) -> None:
    records = world.files("", "?fields=*")["records"]
    assert not any("is_empty" in record or "target" in record for record in records)
    assert all("inode_number" in record and "unix_permissions" in record for record in records)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?type=file|symlink", {"twin", "link"}),
        ("?type=!directory", {"twin", "link", "pipe"}),
        ("?name=n*", {"null", "nobody"}),
        ("?is_junction=True", {"inner"}),
        ("?hard_links_count=2&type=file", {"twin"}),
    ],
)
def test_filters(world: World, query: str, expected: set[str]) -> None:
    assert {record["name"] for record in world.files("", query)["records"]} == expected


def test_metadata_takes_fields(world: World) -> None:
    (record,) = world.files("link", "?return_metadata=True&fields=target")["records"]
    assert (record["target"], record["type"]) == ("hr", "symlink")
    assert "size" not in record


@pytest.mark.parametrize("path", ["nowhere", "hr/nowhere", "link/x", "twin/x", "hr/a b/x", "a\0b", "x" * 300])
def test_what_is_not_there(world: World, path: str) -> None:
    """A link on the way leads nowhere: the API does not follow them."""
    assert world.refused(f"/storage/volumes/{world.volume['vol1']}/files/{segment(path)}") == (404, "6684674")


def test_refusals(world: World) -> None:
    base = "/storage/volumes"
    assert world.refused(f"{base}/{world.volume['away']}/files") == (400, "917752")
    assert world.refused(f"{base}/00000000-0000-0000-0000-000000000000/files") == (404, "918235")
    assert world.refused(f"{base}/{world.volume['vol1']}/files/twin") == (400, "3"), "file data is not emulated"
    assert world.refused(f"{base}/{world.volume['vol1']}/files/hr/x") == (404, "262179"), "the slash is not encoded"
    assert world.refused(f"{base}/{world.volume['vol1']}/files?fields=colour") == (400, "262197")


def test_the_svm_root_holds_junctions(world: World) -> None:
    body = world.ask(f"/storage/volumes/{world.volume['svm1_root']}/files?fields=is_junction")
    assert [(record["name"], record["is_junction"]) for record in body["records"][2:]] == [("vol1", True)]
    assert world.ask("/storage/volumes?is_svm_root=true")["records"][0]["name"] == "svm1_root"


def test_names_that_are_not_utf8_arrive_altered(tmp_path: Path) -> None:
    world = World(site(folder(tmp_path / "v")))
    with open(os.fsencode(tmp_path / "v" / "hr") + b"/bad\xff", "w"):
        pass
    (name,) = [record["name"] for record in world.files("hr")["records"] if record["name"].startswith("bad")]
    assert name == "bad\N{REPLACEMENT CHARACTER}"
    assert world.refused(f"/storage/volumes/{world.volume['vol1']}/files/{segment('hr/' + name)}") == (404, "6684674")
