from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fsxap.emulator.refusal import Refusal
from tests.unit.emulator.world import DOMAIN, World, site

RIGHTS = (
    *("append_data", "delete", "delete_child", "execute_file", "full_control", "read_attr", "read_data", "read_ea"),
    *("read_perm", "synchronize", "write_attr", "write_data", "write_ea", "write_owner", "write_perm"),
)


def test_a_folder(world: World) -> None:
    body = world.security("/vol1")
    assert body["svm"]["name"] == "svm1"
    assert (body["path"], body["owner"], body["control_flags"]) == ("/vol1", "BUILTIN\\Administrators", "0x8004")
    assert (body["security_style"], body["effective_style"]) == ("ntfs", "ntfs")
    assert (body["mode_bits"], body["text_mode_bits"], body["user_id"]) == (777, "rwxrwxrwx", "0")
    assert (body["dos_attributes"], body["text_dos_attr"]) == ("10", "----D---")
    full = body["acls"][0]
    assert set(full["advanced_rights"]) == set(RIGHTS)
    assert all(full["advanced_rights"].values())
    assert full["apply_to"] == {"files": True, "sub_folders": True, "this_folder": True}
    assert (full["access"], full["access_control"]) == ("access_allow", "file_directory")
    assert body["_links"]["self"]["href"].endswith("/%2Fvol1")


def test_a_file(world: World) -> None:
    body = world.security("/vol1/hr/a b")
    assert (body["dos_attributes"], body["text_dos_attr"]) == ("20", "---A----")
    assert all(ace["apply_to"] == {"this_folder": True} for ace in body["acls"])


def walk(value: Any) -> Any:
    if isinstance(value, dict):
        yield from value.items()
        for one in value.values():
            yield from walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from walk(one)


@pytest.mark.parametrize("path", ["/vol1", "/vol1/hr", "/vol1/hr/x", "/vol1/hr/a b"])
def test_false_is_left_out(world: World, path: str) -> None:
    assert not [name for name, value in walk(world.security(path)["acls"]) if value is False]


def test_generic_entries_have_no_rights(world: World) -> None:
    """As recorded: the inherit-only entry of a generic mask comes without the key, which is not an empty one."""
    creator = world.security("/vol1")["acls"][2]
    assert (creator["user"], creator["apply_to"]) == ("CREATOR OWNER", {"files": True, "sub_folders": True})
    assert "advanced_rights" not in creator
    assert "inherited" not in creator
    below = [ace for ace in world.security("/vol1/many")["acls"] if ace["user"] == "CREATOR OWNER"]
    assert below == [
        {
            "user": "CREATOR OWNER",
            "access": "access_allow",
            "apply_to": {"files": True, "sub_folders": True},
            "inherited": True,
            "access_control": "file_directory",
        }
    ]


def test_audit_and_guard_entries_are_in_the_same_list(world: World) -> None:
    body = world.security("/vol1/hr")
    assert body["control_flags"] == "0x8014"
    assert [(ace["access"], ace["access_control"]) for ace in body["acls"] if not ace.get("inherited")] == [
        ("access_deny", "file_directory"),
        ("access_allow", "file_directory"),
        ("audit_success", "file_directory"),
        ("access_allow", "slag"),
        ("access_allow", "slag"),
    ]


def test_null_and_empty_lists(world: World) -> None:
    null, empty = world.security("/vol1/null"), world.security("/vol1/nobody")
    assert "acls" not in null
    assert "acls" not in empty
    assert (null["control_flags"], empty["control_flags"]) == ("0x8000", "0x9004")


def test_unix_objects_have_neither_list_nor_owner(world: World) -> None:
    body = world.security("/vol1/unix")
    assert not {"acls", "owner", "group", "control_flags"} & set(body)
    assert (body["effective_style"], body["mode_bits"], body["text_mode_bits"]) == ("unix", 1770, "rwxrwx--T")
    assert (body["user_id"], body["group_id"]) == ("1001", "100"), "ids are text"


def test_sids_on_request(world: World) -> None:
    body = world.security("/vol1/hr", "?lookup_names=False")
    assert body["owner"] == f"{DOMAIN}-1203"
    assert {ace["user"] for ace in body["acls"]} == {
        *(f"{DOMAIN}-{number}" for number in (1100, 1101, 1202, 1203)),
        *("S-1-1-0", "S-1-3-0", "S-1-5-32-544"),
    }


def test_older_releases_do_not_know_lookup_names(root: Path) -> None:
    older = World(site(root, "9.16.1"))
    with pytest.raises(Refusal) as caught:
        older.security("/vol1", "?lookup_names=true")
    assert caught.value.code == "262179"
    assert older.security("/vol1")["acls"]
    assert older.ask("/cluster")["version"]["major"] == 16


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/vol1/nowhere", 400, "655865"),
        ("/vol1/bad", 400, "655865"),
        ("/vol1/gone", 404, "4"),
        ("/vol1/shut", 403, "6"),
        ("/vol1/link/x", 400, "655865"),
        ("/vol1/inner", 400, "655865"),
        ("/vol10", 400, "655865"),
        ("vol1", 400, "655865"),
        ("/vol1/../etc/passwd", 400, "655865"),
        ("/vol1/.fsxap-acl.yaml", 400, "655865"),
    ],
)
def test_refusals(world: World, path: str, status: int, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        world.security(path)
    assert (caught.value.status, caught.value.code) == (status, code)


def test_the_svm_is_named_by_uuid_only(world: World) -> None:
    base = "/protocols/file-security/permissions"
    assert world.refused(f"{base}/svm1/%2Fvol1") == (404, "1260882")
    assert world.refused(f"{base}/{world.svm}/vol1/hr") == (404, "262179")


def test_fields(world: World) -> None:
    assert set(world.security("/vol1", "?fields=owner")) == {"svm", "path", "owner", "_links"}
    assert set(world.security("/vol1", "?fields=*")) == set(world.security("/vol1"))
    with pytest.raises(Refusal):
        world.security("/vol1", "?fields=colour")


def test_the_root_of_the_svm(world: World) -> None:
    body = world.security("/")
    assert (body["effective_style"], body["mode_bits"]) == ("unix", 755)
