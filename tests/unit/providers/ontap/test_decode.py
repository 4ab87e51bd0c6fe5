from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.acl.model import Entry, Share, ShareAce, Volume
from fsxap.errors import ServiceError
from fsxap.providers.ontap import decode

from .recordings import recording

FULL = 0x1F01FF


def test_an_ntfs_folder() -> None:
    found = decode.descriptor(recording("file_security_ntfs"), "/vol1/hr")
    assert (found.path, found.kind, found.style, found.volume_style) == ("/vol1/hr", "directory", "ntfs", "ntfs")
    assert (found.owner, found.group, found.control) == ("BUILTIN\\Administrators", "BUILTIN\\Administrators", 0x9514)
    assert found.protected
    assert (found.mode, found.uid, found.gid, found.inode, found.dos) == (0o777, 0, 0, 97, "10")
    entries = [(ace.trustee[-7:], ace.access, ace.mask, ace.inherited, ace.layer, ace.sid[:4]) for ace in found.aces]
    assert entries == [
        ("veryone", "allow", FULL, True, "file", ""),
        ("veryone", "allow", None, True, "file", ""),
        ("interns", "deny", 0x6, False, "file", ""),
        ("30-1107", "allow", 0x1200A9, False, "file", "S-1-"),
        ("\\claims", "other", 0, False, "file", ""),
        ("veryone", "audit", FULL, False, "file", ""),
        ("\\guards", "allow", 0x1200A9, False, "slag", ""),
    ]
    assert found.aces[4].raw == "access_allowed_callback"
    scopes = [(ace.this_folder, ace.sub_folders, ace.files) for ace in found.aces[:3]]
    assert scopes == [(True, False, False), (False, True, True), (True, True, True)]
    assert found.aces[1].inherit_only


def test_a_unix_folder_on_a_mixed_volume() -> None:
    found = decode.descriptor(recording("file_security_unix"), "/vol1/tmp")
    assert (found.style, found.volume_style, found.mode, found.uid, found.gid) == ("unix", "mixed", 0o1777, 65534, 100)
    assert (found.owner, found.control, found.aces) == ("", None, ())


@pytest.mark.parametrize(("name", "bit"), decode.RIGHTS.items())
def test_each_right_is_its_bit(name: str, bit: int) -> None:
    assert decode.mask({"advanced_rights": {name: True}}) == bit
    assert decode.mask({"advanced_rights": {name: False}}) == 0


@settings(deadline=None)
@given(st.sets(st.sampled_from(sorted(set(decode.RIGHTS) - {"full_control"}))))
def test_a_mask_is_the_sum_of_its_rights(names: set[str]) -> None:
    assert decode.mask({"advanced_rights": dict.fromkeys(names, True)}) == sum(decode.RIGHTS[name] for name in names)


@pytest.mark.parametrize(
    ("entry", "mask"),
    [
        ({}, None),
        ({"advanced_rights": None}, None),
        ({"advanced_rights": {}}, 0),
        ({"rights": "modify"}, 0x1301BF),
        ({"rights": "no_access"}, None),
        ({"rights": "modify", "advanced_rights": {"read_data": True}}, 1),
        ({"advanced_rights": {"full_control": True}}, FULL),
    ],
)
def test_missing_rights_are_not_no_rights(entry: dict[str, Any], mask: int | None) -> None:
    assert decode.mask(entry) == mask


@pytest.mark.parametrize(
    ("word", "access"),
    [
        ("access_allow", "allow"),
        ("access_deny", "deny"),
        ("audit_success", "audit"),
        ("audit_failure", "audit"),
        ("system_audit_callback", "other"),
        ("access_denied_callback_object", "other"),
        ("system_scoped_policy_id", "other"),
        ("something_new", "other"),
        ("", "other"),
    ],
)
def test_words_for_access(word: str, access: str) -> None:
    ace = decode.ace({"user": "x", "access": word})
    assert (ace.access, ace.raw) == (access, word)


@pytest.mark.parametrize("applies", [{}, None, {"this_folder": False}])
def test_an_entry_that_applies_nowhere_applies_here(applies: Any) -> None:
    assert decode.ace({"apply_to": applies}).this_folder


@pytest.mark.parametrize(
    ("sent", "bits"),
    [("0x8004", 0x8004), ("8014", 0x8014), ("0X9504", 0x9504), (33796, 33796), (None, None), ("0x0", 0)],
)
def test_control_flags(sent: Any, bits: int | None) -> None:
    assert decode.descriptor({"control_flags": sent}, "/x").control == bits


@pytest.mark.parametrize("sent", ["", "0xZZ", "none"])
def test_unreadable_control_flags_are_an_error(sent: str) -> None:
    with pytest.raises(ServiceError):
        decode.descriptor({"control_flags": sent}, "/x")


@pytest.mark.parametrize(
    ("bits", "text", "mode"),
    [
        (777, "", 0o777),
        (1777, "", 0o1777),
        (4755, "rwsr-xr-x", 0o4755),
        ("644", "rw-r--r--", 0o644),
        (0, "---------", 0),
        (7, "", 0o7),
        (493, "", 0o755),
        (493, "rwxr-xr-x", 0o755),
        (511, "rwxrwxrwx", 0o777),
        (511, "", 0o511),
        (420, "rw-r--r--", 0o644),
        (420, "r---w----", 0o420),
        (1023, "drwxrwxrwt", 0o1777),
        (40755, "", 0o755),
        (None, "rwxrwxrwx", None),
        (777, "odd", 0o777),
    ],
)
def test_mode_digits_are_octal_unless_they_cannot_be(bits: Any, text: str, mode: int | None) -> None:
    assert decode.mode(bits, text) == mode


@settings(deadline=None)
@given(st.integers(0, 0o7777))
def test_octal_digits_come_back(mode: int) -> None:
    letters = "".join(
        letter if mode >> place & 1 else "-" for place, letter in zip(range(8, -1, -1), "rwx" * 3, strict=True)
    )
    assert decode.mode(int(f"{mode:o}"), letters) == mode


@pytest.mark.parametrize("sent", ["rwx", -1, "", "٣", True])
def test_unreadable_mode_bits_are_an_error(sent: Any) -> None:
    with pytest.raises(ServiceError):
        decode.mode(sent)


@pytest.mark.parametrize(
    ("dos", "kind"),
    [("10", "directory"), ("30", "directory"), ("20", "file"), ("0", "file"), (None, "other"), ("", "other")],
)
def test_the_kind_in_the_dos_attributes(dos: str | None, kind: str) -> None:
    body = {} if dos is None else {"dos_attributes": dos}
    assert decode.descriptor(body, "/x").kind == kind


@pytest.mark.parametrize(
    ("sent", "identity"), [("0", 0), ("65534", 65534), (7, 7), ("root", None), (None, None), ("", None)]
)
def test_identities(sent: Any, identity: int | None) -> None:
    assert decode.descriptor({"user_id": sent}, "/x").uid == identity


@pytest.mark.parametrize(
    ("body", "styles"),
    [
        ({"effective_style": "unix", "security_style": "mixed"}, ("unix", "mixed")),
        ({"security_style": "ntfs"}, ("ntfs", "ntfs")),
        ({"effective_style": "new"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_styles(body: dict[str, str], styles: tuple[str, str]) -> None:
    found = decode.descriptor(body, "/x")
    assert (found.style, found.volume_style) == styles


def test_entries() -> None:
    records = {record["name"]: record for record in recording("directory_listing")["records"]}
    assert decode.entry(records["file1.txt"], "/vol1/d/file1.txt") == Entry(
        "/vol1/d/file1.txt",
        "file",
        inode=97,
        generation=214753547,
        links=2,
        size=200,
        modified="2019-06-13T01:27:28Z",
        changed="2019-06-13T01:27:29.125Z",
        accessed="2019-06-12T15:00:16Z",
    )
    kinds = {name: decode.kind(record) for name, record in records.items()}
    assert (kinds["sub"], kinds["mounted"], kinds["link"], kinds["pipe"]) == (
        "directory",
        "junction",
        "symlink",
        "other",
    )


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2019-06-12T21:27:28-04:00", "2019-06-13T01:27:28Z"),
        ("2019-06-12T15:00:16.000+0000", "2019-06-12T15:00:16Z"),
        ("2019-06-12T15:00:16.123456789+00:00", "2019-06-12T15:00:16.123456789Z"),
        ("2019-06-12T15:00:16.10Z", "2019-06-12T15:00:16.1Z"),
        ("2019-06-12T15:00:16", "2019-06-12T15:00:16Z"),
        ("2019-06-12T15:00:16.5+0930", "2019-06-12T05:30:16.5Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("last week", "last week"),
        ("2019-13-01T00:00:00+09:00", "2019-13-01T00:00:00+09:00"),
        ("0001-01-01T00:00:00+09:00", "0001-01-01T00:00:00+09:00"),
        (1560351616, "1560351616"),
        (None, ""),
    ],
)
def test_times(sent: Any, shown: str) -> None:
    assert decode.utc(sent) == shown


def test_volumes() -> None:
    record = recording("volumes")["records"][1]
    assert decode.volume(record) == Volume(
        name="vol1",
        uuid="u-vol1",
        path="/vol1",
        svm="svm1",
        svm_uuid="52d5f766-0000-11ef-9fb4-005056bb088a",
        style="ntfs",
        state="online",
        kind="rw",
        export_policy="default",
        files_used=1234,
    )
    assert decode.volume({"name": "x"}).path == ""


def test_shares() -> None:
    hr, admin, ipc = (decode.share(record) for record in recording("shares")["records"])
    assert hr == Share(
        "HR",
        "/vol1/hr",
        svm="svm1",
        volume="vol1",
        aces=(
            ShareAce("Everyone", "full_control", "windows", "S-1-1-0"),
            ShareAce("staff", "read", "unix_group", "100"),
        ),
        flags={
            "comment": "people",
            "home_directory": False,
            "access_based_enumeration": True,
            "encryption": False,
            "browsable": True,
            "show_snapshot": True,
            "offline_files": "manual",
        },
    )
    assert (admin.path, ipc.path, ipc.aces) == ("/", "", ())


@pytest.mark.parametrize(
    "body",
    [
        {"acls": "text"},
        {"acls": [1]},
        {"acls": [{"advanced_rights": 7}]},
        {"inode": "x"},
        {"acls": [{"apply_to": [1]}]},
    ],
)
def test_wrong_types_are_the_answers_fault(body: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught, decode.readable("the permissions of /x"):
        decode.descriptor(body, "/x")
    assert caught.value.code == "malformed-answer"
    assert "/x" in caught.value.message
