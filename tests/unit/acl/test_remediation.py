from __future__ import annotations

from typing import Any

import pytest

from fsxap.acl import rights
from fsxap.acl.model import Ace, Descriptor, Share, ShareAce
from fsxap.acl.records import acl_record
from fsxap.acl.remediation import MODES, REMOVES_ENTRIES, SHARE_FLAGS, Sites, steps
from fsxap.acl.rules import RULES, ShareSubject, Subject, audit, audit_share
from fsxap.model import Finding

SITES = Sites(lambda _path: "svm-1", lambda name: f"uuid-of-{name}", lambda path: ("vol-1", path.removeprefix("/vol/")))


def plan(descriptor: Descriptor, rule: str) -> list[dict[str, Any]]:
    found = [each for each in audit(Subject(descriptor)) if each.rule == rule]
    assert found
    return [step.record() for finding in found for step in steps(finding, acl_record(descriptor), SITES)]


def ntfs(*aces: Ace) -> Descriptor:
    return Descriptor("/vol/a b", "directory", "ntfs", "ntfs", "BUILTIN\\Administrators", control=0x8004, aces=aces)


def test_an_open_entry_is_removed_and_can_be_put_back() -> None:
    everyone = Ace("Everyone", "allow", rights.FULL, sub_folders=True, files=True, raw="access_allow")
    (step,) = plan(ntfs(everyone), "open-access-full")
    base = "/api/protocols/file-security/permissions/svm-1/%2Fvol%2Fa%20b/acl"
    assert step["call"]["method"] == "DELETE"
    assert step["call"]["path"] == f"{base}/Everyone"
    assert (step["undo"]["method"], step["undo"]["path"]) == ("POST", base)
    body = step["undo"]["body"]
    assert rights.mask_of(body["advanced_rights"]) == rights.FULL
    assert body["apply_to"] == {"this_folder": True, "sub_folders": True, "files": True}
    assert (body["user"], body["access"]) == ("Everyone", "access_allow")


def test_an_inherited_entry_is_left_to_where_it_is_set() -> None:
    (step,) = plan(ntfs(Ace("Everyone", "allow", rights.FULL, inherited=True)), "open-access-full")
    assert "call" not in step
    assert "inherited" in step["manual"]


@pytest.mark.parametrize(
    ("mode", "rule", "fixed"), [(0o777, "unix-world-writable", 775), (0o4755, "setuid-setgid", 755)]
)
def test_modes(mode: int, rule: str, fixed: int) -> None:
    kind = "directory" if rule == "unix-world-writable" else "file"
    descriptor = Descriptor("/vol/x.y", kind, "unix", "unix", mode=mode, uid=1, gid=1)  # type: ignore[arg-type]
    (step,) = plan(descriptor, rule)
    assert step["call"]["path"] == "/api/storage/volumes/vol-1/files/x%2Ey"
    assert step["call"]["body"] == {"unix_permissions": fixed}
    assert step["undo"]["body"] == {"unix_permissions": int(f"{mode:o}")}


def test_shares() -> None:
    flags = {"access_based_enumeration": False, "encryption": False, "show_snapshot": True}
    share = Share("HR", "/vol/hr", "svm1", aces=(ShareAce("Everyone", "full_control"),), flags=flags)
    found = {finding.rule: steps(finding, None, SITES)[0].record() for finding in audit_share(ShareSubject(share))}
    assert (
        found["share-everyone-full"]["call"]["path"]
        == "/api/protocols/cifs/shares/uuid-of-svm1/HR/acls/Everyone/windows"
    )
    for rule, (name, value) in SHARE_FLAGS.items():
        assert found[rule]["call"]["body"] == {name: value}
        assert found[rule]["undo"]["body"] == {name: not value}


def test_what_needs_a_choice_says_so() -> None:
    finding = Finding("null-dacl", "critical", "m", "/vol/a", remediation="Set an access list.")
    (step,) = [each.record() for each in steps(finding, None, SITES)]
    assert step["manual"] == "Set an access list."


def test_every_rule_named_here_exists() -> None:
    known = {rule.id for rule in RULES}
    assert {*REMOVES_ENTRIES, *MODES, *SHARE_FLAGS, "share-everyone-full"} <= known
