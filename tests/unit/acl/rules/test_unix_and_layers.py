from __future__ import annotations

import pytest

from fsxap.acl.rights import READ
from fsxap.acl.rules import Context, Subject
from tests.unit.acl.builders import ADMIN_FULL, ace, folder, unix
from tests.unit.acl.rules.cases import Case, at, below, check

WRITABLE, READABLE, SET_ID, UNKNOWN = (
    "unix-world-writable",
    "unix-world-readable",
    "setuid-setgid",
    "unix-unknown-owner",
)
NFS4 = Context(nfs4_acl=True)
KNOWN = Context(uids=frozenset({0, 1000}), gids=frozenset({0, 100}))
GUARD = ace("Everyone", READ, layer="slag")


def mode(bits: int, parent: int | None = None, context: Context | None = None, **more: object) -> Subject:
    above = None if parent is None else unix(parent, path="/vol1")
    return Subject(unix(bits, **more), above, context or Context())


CASES = [
    Case(WRITABLE, "folder", mode(0o777), ("",), "high", "certain", {"mode": "777"}),
    Case(WRITABLE, "write and pass", mode(0o703), ("",)),
    Case(WRITABLE, "file", mode(0o666, kind="file"), ("",)),
    Case(WRITABLE, "NFSv4 ACLs", mode(0o777, context=NFS4), ("",), "high", "likely"),
    Case(WRITABLE, "below a writable folder", mode(0o777, 0o777), ("",)),
    Case(WRITABLE, "a file with the sticky bit", mode(0o1666, kind="file"), ("",)),
    Case(WRITABLE, "sticky", mode(0o1777)),
    Case(WRITABLE, "no passing", mode(0o772)),
    Case(WRITABLE, "group", mode(0o775)),
    Case(WRITABLE, "symlink", mode(0o777, kind="symlink")),
    Case(WRITABLE, "ntfs decides", at(ADMIN_FULL, mode=0o777)),
    Case(READABLE, "folder", mode(0o755), ("",), "low", "certain"),
    Case(READABLE, "file in a closed folder", mode(0o644, 0o700, kind="file"), ("",)),
    Case(READABLE, "file in a readable folder", mode(0o644, 0o755, kind="file")),
    Case(READABLE, "closed", mode(0o750)),
    Case(READABLE, "pass only", mode(0o711)),
    Case(SET_ID, "setuid", mode(0o4755, kind="file"), ("",), "medium"),
    Case(SET_ID, "setuid root", mode(0o4755, kind="file", uid=0), ("",), "high"),
    Case(SET_ID, "setgid", mode(0o2755, kind="file"), ("",)),
    Case(SET_ID, "setgid root is not setuid root", mode(0o2755, kind="file", uid=0), ("",), "medium"),
    Case(SET_ID, "setgid folder", mode(0o2775)),
    Case(SET_ID, "nothing to run", mode(0o4644, kind="file")),
    Case(SET_ID, "mandatory locking", mode(0o2744, kind="file")),
    Case(SET_ID, "plain", mode(0o755, kind="file")),
    Case(UNKNOWN, "nobody", mode(0o700, uid=65534), ("uid 65534",), "low"),
    Case(UNKNOWN, "both", mode(0o700, uid=65534, gid=65534), ("uid 65534", "gid 65534")),
    Case(UNKNOWN, "no such account", mode(0o700, uid=1001, context=KNOWN), ("uid 1001",)),
    Case(UNKNOWN, "accounts not known", mode(0o700, uid=1001)),
    Case(UNKNOWN, "known", mode(0o700, context=KNOWN)),
    Case(UNKNOWN, "root", mode(0o700, uid=0, gid=0, context=Context(uids=frozenset({1}), gids=frozenset({1})))),
    Case(UNKNOWN, "ntfs has no mapping", at(ADMIN_FULL, uid=65534, gid=65534, mode=0o777)),
    Case(UNKNOWN, "as its folder", Subject(unix(0o700, uid=65534), unix(0o700, uid=65534))),
    Case("slag-present", "guard", at(ADMIN_FULL, GUARD), ("",), "info", "certain"),
    Case("slag-present", "the parent's", below(ADMIN_FULL, GUARD, parent=folder(ADMIN_FULL, GUARD))),
    Case(
        "slag-present",
        "another guard",
        below(ADMIN_FULL, GUARD, parent=folder(ADMIN_FULL, ace("A", layer="slag"))),
        ("",),
    ),
    Case("slag-present", "none", at(ADMIN_FULL)),
    Case("style-mismatch", "unix in ntfs", at(mode=0o755, style="unix", control=None), ("unix",), "low"),
    Case(
        "style-mismatch",
        "volume style from the context",
        at(volume_style="", context=Context(volume_style="unix")),
        ("ntfs",),
    ),
    Case("style-mismatch", "mixed volume", at(volume_style="mixed"), ("ntfs",)),
    Case("style-mismatch", "mixed, as above", below(volume_style="mixed", parent=folder(volume_style="mixed"))),
    Case(
        "style-mismatch",
        "mixed, other than above",
        Subject(unix(0o755, volume_style="mixed"), folder(volume_style="mixed")),
        ("unix",),
    ),
    Case("style-mismatch", "the same", at(ADMIN_FULL)),
    Case("style-mismatch", "unified", at(volume_style="unified")),
    Case("style-mismatch", "not known", at(volume_style="")),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)
