from __future__ import annotations

import pytest

from fsxap.acl.model import Share, ShareAce
from fsxap.acl.rights import FULL, MODIFY, READ
from fsxap.acl.rules import ShareSubject
from tests.unit.acl.builders import ADMIN_FULL, ADMINS, SALES, C, F, T, ace, deny, folder, unix
from tests.unit.acl.rules.cases import Case, check, shared

EVERYONE, GAP, NESTED = "Everyone", "share-ntfs-gap", "nested-share"
EVERYONE_FULL, OPENED = "share-everyone-full", ("svm1\\data: Everyone",)
ALL = (EVERYONE, "full_control")
CLOSED = folder(ADMIN_FULL, ace(SALES, MODIFY))
NAME = ("svm1\\data",)


def flagged(name: str = "data", **flags: object) -> ShareSubject:
    return shared(name=name, flags=flags)


def at(path: str, name: str = "outer", svm: str = "svm1", **flags: object) -> Share:
    return Share(name, path, svm, flags=flags)


def inner(*others: Share, **more: object) -> ShareSubject:
    return shared(others=others, **more)


CASES = [
    Case(EVERYONE_FULL, "closed folder", shared(ALL, root=CLOSED), OPENED, "low", "certain"),
    Case(EVERYONE_FULL, "open folder", shared(ALL, root=folder(ace(EVERYONE))), OPENED, "high"),
    Case(
        EVERYONE_FULL,
        "open to another big group",
        shared(ALL, root=folder(ace("CORP\\Domain Users", MODIFY))),
        OPENED,
        "high",
    ),
    Case(EVERYONE_FULL, "open below", shared(ALL, root=folder(ace(EVERYONE, FULL, (C, F)))), OPENED, "high"),
    Case(EVERYONE_FULL, "null dacl", shared(ALL, root=folder(control=0x8000)), OPENED, "high"),
    Case(EVERYONE_FULL, "world-writable", shared(ALL, root=unix(0o777)), OPENED, "high"),
    Case(EVERYONE_FULL, "readable folder", shared(ALL, root=folder(ace(EVERYONE, READ))), OPENED, "medium"),
    Case(EVERYONE_FULL, "folder not known", shared(ALL), OPENED, "low", "unknown"),
    Case(EVERYONE_FULL, "by SID", shared(("S-1-1-0", "full_control"), root=CLOSED), OPENED),
    Case(
        EVERYONE_FULL,
        "authenticated users",
        shared(("NT AUTHORITY\\Authenticated Users", "full_control")),
        ("svm1\\data: NT AUTHORITY\\Authenticated Users",),
    ),
    Case(
        EVERYONE_FULL, "home directories", shared(ALL, path="/vol1/%w", flags={"home_directory": True}), OPENED, "low"
    ),
    Case(EVERYONE_FULL, "change", shared((EVERYONE, "change"), root=folder(ace(EVERYONE)))),
    Case(EVERYONE_FULL, "a group", shared((SALES, "full_control"), root=CLOSED)),
    Case(EVERYONE_FULL, "refused first", shared((EVERYONE, "no_access"), ALL, root=CLOSED)),
    Case(
        EVERYONE_FULL,
        "a UNIX user called so",
        ShareSubject(Share("s", "/", aces=(ShareAce(EVERYONE, "full_control", "unix_user"),))),
    ),
    Case(GAP, "share looser", shared((SALES, "full_control"), root=folder(ace(SALES, READ))), NAME, "info"),
    Case(GAP, "share stricter", shared((SALES, "read"), root=folder(ace(SALES, MODIFY))), NAME),
    Case(
        GAP,
        "only in the folder",
        shared(("CORP\\HR", "change"), root=folder(ace("CORP\\HR", MODIFY), ace(SALES, READ))),
        NAME,
    ),
    Case(GAP, "same", shared((SALES, "change"), root=folder(ace(SALES, MODIFY)))),
    Case(GAP, "folder not known", shared((SALES, "change"))),
    Case(GAP, "no share list", shared(root=CLOSED)),
    Case(GAP, "undecoded", shared((SALES, "change"), root=folder(ace(SALES, None)))),
    Case(GAP, "unix folder", shared((SALES, "change"), root=unix(0o700))),
    Case(GAP, "admin share", shared((ADMINS, "full_control"), root=folder(ace(ADMINS, READ)), name="C$")),
    Case(NESTED, "inside", inner(at("/vol1")), NAME, "low", "certain", {"inside": ["outer"]}),
    Case(NESTED, "inside the root", inner(at("/")), NAME),
    Case(NESTED, "case does not matter", inner(at("/VOL1")), NAME),
    Case(NESTED, "several", inner(at("/"), at("/vol1", "mid")), NAME, facts={"inside": ["mid", "outer"]}),
    Case(NESTED, "same path", inner(at("/vol1/data"))),
    Case(NESTED, "a longer name", inner(at("/vol1/dat"))),
    Case(NESTED, "outside", inner(at("/vol1/data/x"))),
    Case(NESTED, "another SVM", inner(at("/vol1", svm="svm2"))),
    Case(NESTED, "the admin share", inner(at("/", "c$"))),
    Case(NESTED, "ipc$ has no path", inner(at("", "nopath"))),
    Case(NESTED, "home directories", inner(at("/vol1", home_directory=True))),
    Case("share-abe-off", "off", flagged(access_based_enumeration=False), NAME, "info"),
    Case("share-abe-off", "on", flagged(access_based_enumeration=True)),
    Case("share-abe-off", "not reported", flagged()),
    Case("share-abe-off", "admin share", flagged("ADMIN$", access_based_enumeration=False)),
    Case("share-unencrypted", "off", flagged(encryption=False), NAME, "low"),
    Case("share-unencrypted", "on, with exceptions", flagged(encryption=True, allow_unencrypted_access=True), NAME),
    Case("share-unencrypted", "on", flagged(encryption=True, allow_unencrypted_access=False)),
    Case("share-unencrypted", "not reported", flagged(allow_unencrypted_access=True)),
    Case("share-show-snapshot", "shown", flagged(show_snapshot=True), NAME, "info"),
    Case("share-show-snapshot", "hidden", flagged(show_snapshot=False)),
    Case(
        "share-show-snapshot",
        "a hidden share is no admin share",
        flagged("backup$", show_snapshot=True),
        ("svm1\\backup$",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)


def test_gaps_say_which_list_is_stricter() -> None:
    subject = shared(
        (SALES, "read"), ("CORP\\HR", "change"), root=folder(ace(SALES, MODIFY), deny("CORP\\HR"), ADMIN_FULL)
    )
    gaps = Case(GAP, "", subject).findings()[0].evidence["gaps"]
    assert gaps == [
        {"trustee": SALES, "share": "read", "folder": "modify", "stricter": "share"},
        {"trustee": "CORP\\HR", "share": "modify", "folder": "none", "stricter": "folder"},
        {"trustee": ADMINS, "share": "none", "folder": "full", "stricter": "share"},
    ]


def test_what_a_creator_would_get_is_no_gap() -> None:
    subject = shared((SALES, "change"), root=folder(ace(SALES, MODIFY), ace("CREATOR OWNER", FULL, (T,))))
    assert Case(GAP, "", subject).findings() == []
