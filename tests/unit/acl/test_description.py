from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl import inheritance
from fsxap.acl.description import ACCESS_WORDS, Description, parse, plain
from fsxap.acl.model import DACL_PRESENT, SACL_PRESENT, Ace, Descriptor, Kind
from fsxap.acl.rights import FULL, GENERIC_ALL, MODIFY, READ_AND_EXECUTE

ADMINS = {"trustee": "BUILTIN\\Administrators", "rights": "full_control"}
STAFF = {"trustee": "CORP\\Staff", "rights": "modify"}
SID = "S-1-5-21-1-2-3-1104"


def document(permissions: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"version": 1, "volume": {"name": "vol1"}, "permissions": permissions or {}, **more}


def described(permissions: dict[str, Any] | None = None, **more: Any) -> Description:
    return parse(document(permissions, **more))


def look(description: Description, path: str, kind: Kind = "directory", mode: int = 0o640) -> Descriptor:
    return description.descriptor(path, kind, mode=mode, uid=7, gid=8, inode=99, dos="20")


def test_what_is_not_said_has_a_default() -> None:
    description = described()
    assert (description.svm.name, description.svm.ad, description.svm.server) == ("svm1", "healthy", "SVM1")
    assert (description.volume.path, description.volume.style, description.volume.kind) == ("/vol1", "ntfs", "rw")
    assert description.volume.uuid == described().volume.uuid != described(svm={"name": "other"}).volume.uuid
    root = look(description, "")
    assert [(ace.trustee, ace.mask) for ace in root.aces] == [("Everyone", FULL)], "a new NTFS volume starts open"


def test_a_plain_folder_shows_its_modes() -> None:
    found = look(plain("pictures"), "a/b", "file", 0o100644)
    assert found == Descriptor(
        path="/a/b", kind="file", style="unix", volume_style="unix", mode=0o644, uid=7, gid=8, inode=99, dos="20"
    )


@pytest.mark.parametrize(
    ("rights", "mask"),
    [
        ("full_control", FULL),
        ("modify", MODIFY),
        ("read_and_execute", READ_AND_EXECUTE),
        ("read", 0x120089),
        ("write", 0x100116),
        ("no_access", 0),
        (["read_data", "write_perm"], 0x40001),
        ([], 0),
        ("0x1200a9", READ_AND_EXECUTE),
        ("0X80", 0x80),
        ("generic_all", None),
        ("0x10000000", None),
        ("0x80000001", None),
    ],
)
def test_rights(rights: Any, mask: int | None) -> None:
    root = look(described({".": {"acl": [{"trustee": "X\\y", "rights": rights}]}}), "")
    assert root.aces[0].mask == mask


@pytest.mark.parametrize(("word", "access"), [*ACCESS_WORDS.items(), ("allow", "allow"), ("deny", "deny")])
def test_access_words(word: str, access: str) -> None:
    root = look(described({".": {"acl": [{**STAFF, "access": word}]}}), "")
    assert root.aces[0].access == access
    assert root.aces[0].raw in (word, f"access_{word}")


def test_everything_about_one_place() -> None:
    hr = {
        "owner": "CORP\\Boss",
        "group": "BUILTIN\\Users",
        "protected": True,
        "acl": [
            {**STAFF, "access": "deny", "apply_to": ["files"]},
            {"trustee": "Everyone", "rights": "read", "access": "audit_success", "layer": "slag"},
        ],
    }
    description = described({"hr": hr}, trustees={"CORP\\Staff": SID})
    found = look(description, "hr")
    assert (found.path, found.owner, found.group) == ("/vol1/hr", "CORP\\Boss", "BUILTIN\\Users")
    assert found.protected
    assert found.control == 0x8000 | 0x1000 | DACL_PRESENT | SACL_PRESENT
    assert (found.mode, found.uid, found.gid) == (0o777, 0, 0), "ONTAP makes these up for NTFS objects"
    assert found.aces == (
        Ace("CORP\\Staff", "deny", MODIFY, False, False, False, True, "file", SID, "access_deny"),
        Ace("Everyone", "audit", 0x120089, False, True, True, True, "slag", "S-1-1-0", "audit_success"),
    )


def test_in_a_mixed_volume_a_list_makes_a_place_ntfs() -> None:
    volume = {"name": "v", "path": "/data/v", "style": "mixed"}
    description = described({"hr": {"acl": [STAFF]}, "hr/build": {"style": "unix"}}, volume=volume)
    assert [look(description, path).style for path in ("", "x", "hr", "hr/x", "hr/build", "hr/build/x")] == [
        *("unix", "unix", "ntfs", "ntfs", "unix", "unix")
    ]
    assert {look(description, path).volume_style for path in ("", "hr")} == {"mixed"}


def test_null_and_empty_lists_differ_in_the_control_flags_only() -> None:
    description = described({"null": {"null_dacl": True}, "empty": {"protected": True, "acl": []}})
    null, empty = look(description, "null"), look(description, "empty")
    assert (null.aces, empty.aces) == ((), ())
    assert not (null.control or 0) & DACL_PRESENT
    assert (empty.control or 0) & DACL_PRESENT


def test_unix_places() -> None:
    description = described({"build": {"style": "unix", "uid": 1001, "mode": "1777"}})
    found = look(description, "build")
    assert (found.style, found.mode, found.uid, found.gid, found.control) == ("unix", 0o1777, 1001, 8, None)
    assert (found.aces, found.owner, found.group) == ((), "", "")
    below = look(description, "build/log/x.txt", "file", 0o100600)
    assert (below.style, below.mode, below.uid) == ("unix", 0o600, 1001), "style and owner go down, modes do not"


def test_planted_errors_are_for_one_path_and_do_not_stop_inheritance() -> None:
    description = described({".": {"acl": [STAFF]}, "a": {"error": "655865"}})
    assert [description.error(path) for path in ("", "a", "a/b")] == ["", "655865", ""]
    assert [ace.trustee for ace in look(description, "a/b").aces] == ["CORP\\Staff"]


def test_explicit_entries_come_before_inherited_ones() -> None:
    description = described({".": {"acl": [ADMINS]}, "a": {"acl": [STAFF]}, "a/b/c": {"acl": [{**STAFF}]}})
    found = look(description, "a/b/c").aces
    assert [(ace.trustee, ace.inherited) for ace in found] == [
        ("CORP\\Staff", False),
        ("CORP\\Staff", True),
        ("BUILTIN\\Administrators", True),
    ]


def test_a_complete_list_is_taken_as_it_stands() -> None:
    moved = {"acl": [{**STAFF, "inherited": True}, {**ADMINS}]}
    found = look(described({".": {"acl": [ADMINS]}, "moved": moved}), "moved").aces
    assert [(ace.trustee, ace.inherited) for ace in found] == [
        ("CORP\\Staff", True),
        ("BUILTIN\\Administrators", False),
    ]
    none = look(described({".": {"acl": [ADMINS]}, "moved": {"acl": [STAFF], "complete": True}}), "moved")
    assert [ace.trustee for ace in none.aces] == ["CORP\\Staff"]
    assert not none.protected


def test_a_file_has_entries_for_itself_only() -> None:
    description = described({".": {"acl": [ADMINS]}, "a.txt": {"acl": [STAFF, {**STAFF, "apply_to": ["files"]}]}})
    assert [
        (ace.trustee, ace.this_folder, ace.sub_folders, ace.files) for ace in look(description, "a.txt", "file").aces
    ] == [("CORP\\Staff", True, False, False), ("BUILTIN\\Administrators", True, False, False)]


@pytest.mark.parametrize(
    ("apply_to", "folder", "file"),
    [
        (["this_folder"], None, None),
        (["this_folder", "sub_folders", "files"], (True, True, True), (True, False, False)),
        (["this_folder", "sub_folders"], (True, True, False), None),
        (["this_folder", "files"], (False, False, True), (True, False, False)),
        (["sub_folders", "files"], (True, True, True), (True, False, False)),
        (["sub_folders"], (True, True, False), None),
        (["files"], (False, False, True), (True, False, False)),
    ],
)
def test_what_children_inherit(
    apply_to: list[str], folder: tuple[bool, ...] | None, file: tuple[bool, ...] | None
) -> None:
    """The seven choices of Windows' dialog."""
    description = described({".": {"acl": [{**STAFF, "apply_to": apply_to}]}})
    for kind, expected in (("directory", folder), ("file", file)):
        for path in ("a", "a/b/c"):
            found = [(ace.this_folder, ace.sub_folders, ace.files) for ace in look(description, path, kind).aces]  # type: ignore[arg-type]
            assert found == ([] if expected is None else [expected]), (path, kind)


def test_creator_owner_becomes_the_owner_and_travels_on() -> None:
    creator = {"trustee": "CREATOR OWNER", "rights": "generic_all", "apply_to": ["sub_folders", "files"]}
    description = described({".": {"owner": "CORP\\Ann", "acl": [creator]}}, trustees={"CORP\\Ann": SID})
    folder = look(description, "a").aces
    assert [(ace.trustee, ace.sid, ace.mask, ace.this_folder, ace.inheritable) for ace in folder] == [
        ("CORP\\Ann", SID, FULL, True, False),
        ("CREATOR OWNER", "S-1-3-0", None, False, True),
    ]
    (file,) = look(description, "a/b.txt", "file").aces
    assert (file.trustee, file.mask, file.inherited) == ("CORP\\Ann", FULL, True)


def test_generic_rights_split_on_a_child_folder() -> None:
    """As recorded: a decoded entry for the folder, an undecoded one for what is below."""
    description = described({".": {"acl": [{"trustee": "Everyone", "rights": "generic_all"}]}})
    assert [(ace.mask, ace.this_folder, ace.sub_folders, ace.files) for ace in look(description, "a").aces] == [
        (FULL, True, False, False),
        (None, False, True, True),
    ]
    assert [ace.mask for ace in description.stored("a", "directory")] == [FULL, GENERIC_ALL]


def test_junctions_and_namespace_paths() -> None:
    description = described(
        volume={"name": "v", "path": "/a/v"}, other_volumes=[{"name": "w", "path": "/a/v/w"}, {"name": "u"}]
    )
    assert [description.is_junction(path) for path in ("", "w", "w/x", "u")] == [False, True, False, False]
    assert look(description, "w/x").path == "/a/v/w/x"
    assert look(described(volume={"name": "r", "path": "/"}), "x").path == "/x"


def test_shares_know_their_volume_and_defaults() -> None:
    shares = [
        {"name": "in", "path": "/vol1/hr", "acl": [{"trustee": "Everyone", "permission": "read"}]},
        {"name": "deep", "path": "/vol1/w/x", "flags": {"encryption": True}, "comment": "hidden"},
        {"name": "c$", "path": "/"},
        {"name": "near", "path": "/vol10"},
    ]
    found = described(shares=shares, other_volumes=[{"name": "w", "path": "/vol1/w"}]).shares
    assert [share.volume for share in found] == ["vol1", "w", "", ""]
    assert found[0].aces[0].sid == "S-1-1-0"
    assert "comment" not in found[0].flags
    assert (found[1].flags["encryption"], found[1].flags["browsable"], found[1].flags["comment"]) == (
        True,
        True,
        "hidden",
    )


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ([], "description"),
        ({}, "version is missing"),
        ({"version": 2, "volume": {"name": "v"}}, "version"),
        ({"version": True, "volume": {"name": "v"}}, "version"),
        (document(extra=1), "unknown key 'extra'"),
        (document(volume={}), "volume: name is missing"),
        (document(volume={"name": " "}), "volume.name"),
        (document(volume={"name": "v", "path": "v"}), "volume.path"),
        (document(volume={"name": "v", "path": "/a/../b"}), "volume.path"),
        (document(volume={"name": "v", "uuid": "abc"}), "volume.uuid"),
        (document(volume={"name": "v", "style": "fat"}), "volume.style"),
        (document(svm={"ad": "well"}), "svm.ad"),
        (document(svm={"cifs": "yes"}), "svm.cifs"),
        (document(shares=[{"name": "s"}]), "shares[0]: path"),
        (document(shares=[{"name": "s", "path": "/", "flags": {"colour": True}}]), "shares[0].flags"),
        (
            document(shares=[{"name": "s", "path": "/", "acl": [{"trustee": "x", "permission": None}]}]),
            "shares[0].acl[0].permission",
        ),
        (document(shares={"name": "s"}), "shares: a list"),
        (document(trustees={"x": "S-1-x"}), "trustees.x"),
        (document(trustees={5: SID}), "trustees: the key 5"),
        (document(users=[{"name": "x", "sid": SID}], trustees={"X": SID}), "there twice"),
        (document(unix_users={"x": {"uid": -1, "gid": 0}}), "unix_users.x.uid"),
        (document(privileges={"x": ["sefly"]}), "privileges.x"),
        (document(name_mappings=[{"direction": "up", "pattern": "a", "replacement": "b"}]), "name_mappings[0]"),
        (document(export_policies={"p": [{}]}), "export_policies.p[0]: clients"),
        (document(services={"smb_signing": 1}), "services.smb_signing"),
        (document({"../x": {}}), "permissions: '../x'"),
        (document({"/x": {}}), "permissions: '/x'"),
        (document({"x/": {}}), "permissions: 'x/'"),
        (document({"": {}}), "permissions: ''"),
        (document({"a\0b": {}}), "permissions"),
        (document({"x": {"acls": []}}), "permissions[x]: unknown key 'acls'"),
        (document({"x": {"mode": 755}}), "permissions[x].mode"),
        (document({"x": {"mode": "0789"}}), "permissions[x].mode"),
        (document({"x": {"protected": True}}), "protected needs an acl"),
        (document({"x": {"null_dacl": True, "acl": [STAFF]}}), "null_dacl"),
        (document({"x": {"style": "unix", "acl": [STAFF]}}), "has a mode, not an acl"),
        (document({"x": {"error": 655865}}), "permissions[x].error"),
        (document({"x": {"acl": [{"trustee": "y"}]}}), "permissions[x].acl[0]: rights"),
        (document({"x": {"acl": [STAFF, {**STAFF, "rights": "modfy"}]}}), "permissions[x].acl[1].rights"),
        (document({"x": {"acl": [{**STAFF, "rights": ["fly"]}]}}), "unknown right 'fly'"),
        (document({"x": {"acl": [{**STAFF, "rights": 5}]}}), "permissions[x].acl[0].rights"),
        (document({"x": {"acl": [{**STAFF, "access": ["allow"]}]}}), "permissions[x].acl[0].access"),
        (document({"x": {"acl": [{**STAFF, "apply_to": ["here"]}]}}), "permissions[x].acl[0].apply_to"),
        (document({"x": {"acl": [{**STAFF, "apply_to": "files"}]}}), "a list is expected"),
        (document({"x": {"acl": [{**STAFF, "layer": "share"}]}}), "permissions[x].acl[0].layer"),
    ],
)
def test_mistakes_are_named_with_their_place(broken: Any, place: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(broken)
    assert place in str(caught.value)


TRUSTEES = ("CORP\\A", "CORP\\B", "Everyone", "CREATOR OWNER", "CREATOR GROUP", SID)
ENTRIES = st.fixed_dictionaries(
    {
        "trustee": st.sampled_from(TRUSTEES),
        "access": st.sampled_from(("allow", "deny", "audit_success", "access_allowed_callback")),
        "rights": st.sampled_from(("full_control", "modify", "read", "generic_all", "generic_read", ["read_data"])),
        "apply_to": st.sets(st.sampled_from(("this_folder", "sub_folders", "files")), min_size=1).map(sorted),
    }
)
LISTS = st.lists(ENTRIES, max_size=5)
KINDS = st.sampled_from(("directory", "file"))


@given(LISTS, LISTS, KINDS)
def test_protected_stops_inheritance(above: list[Any], here: list[Any], kind: Kind) -> None:
    description = described({".": {"acl": above}, "a": {"protected": True, "acl": here}})
    assert not any(ace.inherited for ace in look(description, "a", kind).aces)
    for path in ("a/b", "a/b/c"):
        names = {ace.trustee for ace in look(description, path, kind).aces}
        assert names <= {entry["trustee"] for entry in here} | {"BUILTIN\\Administrators"}, "owner and group included"


@given(LISTS, LISTS, KINDS, st.sampled_from(("a/b", "a/b/c/d")))
def test_inherited_entries_are_the_parents_inheritable_ones(
    above: list[Any], here: list[Any], kind: Kind, path: str
) -> None:
    """Each inheritable entry of the folder arrives as one or, when resolved for the object, as two."""
    description = described({".": {"acl": above, "owner": "CORP\\Own", "group": "CORP\\Grp"}, "a": {"acl": here}})
    parent = description.stored(path.rpartition("/")[0], "directory")
    child = description.stored(path, kind)
    assert all(ace.inherited for ace in child)
    given_down = inheritance.inheritable(parent, directory=kind == "directory")
    resolved = {"CREATOR OWNER": "CORP\\Own", "CREATOR GROUP": "CORP\\Grp"}
    for ace in given_down:
        assert any(
            one.access == ace.access and one.trustee in (ace.trustee, resolved.get(ace.trustee, "")) for one in child
        )
    sources = {(ace.access, name) for ace in given_down for name in (ace.trustee, resolved.get(ace.trustee, ""))}
    assert {(ace.access, ace.trustee) for ace in child} <= sources
    assert len(given_down) <= len(child) <= 2 * len(given_down)
    if kind == "file":
        assert all(ace.this_folder and not ace.inheritable for ace in child)
        assert not any((ace.mask or 0) & 0xF0000000 for ace in child)


@given(LISTS, st.integers(1, 6))
def test_depth_does_not_change_what_an_undescribed_folder_has(above: list[Any], depth: int) -> None:
    """Step by step or in one go: what is worked out once holds at every level."""
    description = described({".": {"acl": above, "owner": "CORP\\Own", "group": "CORP\\Grp"}})
    aces = description.stored("", "directory")
    own = inheritance.Account("CORP\\Own")
    for level in range(1, depth + 1):
        aces = inheritance.inherited(aces, directory=True, owner=own, group=inheritance.Account("CORP\\Grp"))
        assert sorted(aces, key=repr) == sorted(description.stored("/".join("x" * level), "directory"), key=repr)


@given(st.text(min_size=1, max_size=8))
def test_any_name_finds_its_nearest_place(name: str) -> None:
    description = described({"a": {"protected": True, "acl": [STAFF]}})
    assert description.nearest(f"a/{name}")[0] == "a"
    assert description.nearest(f"b/{name}")[0] in ("", "b")


def test_a_message_does_not_unfold_what_aliases_fold() -> None:
    """Ten lists of ten lists of … fit in a few lines of YAML, and in no memory."""
    bomb: list[Any] = ["x"]
    for _ in range(40):
        bomb = [bomb] * 10
    for place in ({"mode": bomb}, {"acl": bomb}, {"acl": [{**STAFF, "rights": bomb}]}, {"owner": bomb}, {"uid": bomb}):
        with pytest.raises(ValueError) as caught:
            parse(document({"x": place}))
        assert len(str(caught.value)) < 300
    with pytest.raises(ValueError) as caught:
        parse(document({"x": {"error": 10**100}}))
    assert len(str(caught.value)) < 300
