from __future__ import annotations

import pytest

from fsxap.acl.model import Descriptor
from fsxap.acl.rights import FULL, MODIFY, READ
from fsxap.acl.rules import Context, Subject
from tests.unit.acl.builders import ADMIN_FULL, ALICE, ORPHAN, SALES, C, F, T, ace, deny, file, folder, unix
from tests.unit.acl.rules.cases import Case, at, below, check

HEALTHY = Context(ad="healthy")
UID = "S-1-5-21-2038298172-1297133386-11111-1003"
STAFF = Context(users=frozenset({"corp\\ALICE"}))
CREATOR = ace("CREATOR OWNER", FULL, (C, F))


def top(owner: str, depth: int | None = 1, **more: object) -> Subject:
    users = frozenset({ALICE})
    privileged = frozenset({"CORP\\Storage"})
    context = Context(depth=depth, users=users, privileged=privileged)
    parent: Descriptor | None = folder(ADMIN_FULL, path="/vol1")
    return Subject(folder(ADMIN_FULL, owner=owner, **more), parent, context)


CASES = [
    Case("unresolved-sid", "healthy", at(ace(ORPHAN, READ), context=HEALTHY), (ORPHAN,), "medium", "certain"),
    Case("unresolved-sid", "a deny", at(deny(ORPHAN, READ), context=HEALTHY), (ORPHAN,)),
    Case(
        "unresolved-sid", "two entries, one finding", at(ace(ORPHAN, READ, (T,)), ace(ORPHAN, READ, (C, F))), (ORPHAN,)
    ),
    Case(
        "unresolved-sid", "no answer", at(ace(ORPHAN), context=Context(ad="unreachable")), (ORPHAN,), "info", "unknown"
    ),
    Case("unresolved-sid", "not known", at(ace(ORPHAN)), (ORPHAN,), "info", "unknown"),
    Case("unresolved-sid", "no domain", at(ace(ORPHAN), context=Context(ad="none")), (ORPHAN,), "low", "likely"),
    Case(
        "unresolved-sid",
        "well-known RID of a lost domain",
        at(ace("S-1-5-21-1-2-3-512"), context=HEALTHY),
        ("S-1-5-21-1-2-3-512",),
    ),
    Case("unresolved-sid", "names were not asked for", at(ace(ORPHAN), context=Context(ad="healthy", lookup=False))),
    Case("unresolved-sid", "a UNIX user", at(ace(UID), context=HEALTHY)),
    Case("unresolved-sid", "a name", at(ace(SALES, sid=ORPHAN), context=HEALTHY)),
    Case("unresolved-sid", "an audit entry", at(ace(ORPHAN, access="audit"), context=HEALTHY)),
    Case("unresolved-sid", "the parent's", below(ace(ORPHAN, inherited=True), parent=folder(ace(ORPHAN)))),
    Case("direct-user-ace", "known user", at(ace(ALICE, READ), context=STAFF), (ALICE,), "low", "certain"),
    Case("direct-user-ace", "UNIX user", at(ace("UNIXPermUid\\bob", READ)), ("UNIXPermUid\\bob",)),
    Case("direct-user-ace", "UNIX uid as SID", at(ace("CORP\\bob", READ, sid=UID)), ("CORP\\bob",)),
    Case("direct-user-ace", "Administrator", at(ace("CORP\\Administrator")), ("CORP\\Administrator",)),
    Case("direct-user-ace", "not known to be a user", at(ace(ALICE, READ))),
    Case("direct-user-ace", "UNIX group", at(ace("UNIXPermGid\\staff", READ))),
    Case("direct-user-ace", "Domain Admins", at(ace("CORP\\Domain Admins"))),
    Case(
        "direct-user-ace",
        "what CREATOR OWNER made",
        Subject(folder(ace(ALICE, FULL, (T,), inherited=True), owner=ALICE), folder(CREATOR), STAFF),
    ),
    Case(
        "direct-user-ace",
        "set on one's own folder",
        Subject(folder(ace(ALICE, FULL, (T,)), owner=ALICE), folder(CREATOR), STAFF),
        (ALICE,),
    ),
    Case("owner-unresolved", "healthy", at(ADMIN_FULL, owner=ORPHAN, context=HEALTHY), (ORPHAN,), "medium", "certain"),
    Case("owner-unresolved", "a file", Subject(file(ADMIN_FULL, owner=ORPHAN), folder(ADMIN_FULL), HEALTHY), (ORPHAN,)),
    Case("owner-unresolved", "no answer", at(owner=ORPHAN, context=Context(ad="unreachable")), (ORPHAN,), "info"),
    Case("owner-unresolved", "as its folder", below(owner=ORPHAN, parent=folder(owner=ORPHAN))),
    Case("owner-unresolved", "a name", at(owner=ALICE, context=HEALTHY)),
    Case("owner-user", "a top-level folder", top(ALICE), (ALICE,), "low"),
    Case("owner-user", "the root", top(ALICE, depth=0), (ALICE,)),
    Case("owner-user", "UNIX user", top("UNIXPermUid\\bob"), ("UNIXPermUid\\bob",)),
    Case("owner-user", "further down", top(ALICE, depth=2)),
    Case("owner-user", "a file", top(ALICE, kind="file")),
    Case("owner-user", "depth unknown and not the start", top(ALICE, depth=None)),
    Case("owner-user", "an administrator", top("CORP\\Administrator")),
    Case(
        "owner-user", "unix style", Subject(unix(0o755, owner=ALICE), None, Context(depth=1, users=frozenset({ALICE})))
    ),
    Case("owner-nonadmin-toplevel", "a group", top(SALES), (SALES,), "low", "likely"),
    Case("owner-nonadmin-toplevel", "everyone", top("Everyone"), ("Everyone",)),
    Case("owner-nonadmin-toplevel", "depth unknown, at the start", at(owner=SALES), (SALES,)),
    Case("owner-nonadmin-toplevel", "administrators", top("BUILTIN\\Administrators")),
    Case("owner-nonadmin-toplevel", "the site's own administrators", top("corp\\storage")),
    Case("owner-nonadmin-toplevel", "a user is another rule", top(ALICE)),
    Case("owner-nonadmin-toplevel", "an orphan is another rule", top(ORPHAN)),
    Case("owner-nonadmin-toplevel", "further down", top(SALES, depth=2)),
    Case("owner-nonadmin-toplevel", "no owner reported", top("")),
    Case("owner-nonadmin-toplevel", "unix style", Subject(unix(0o755, owner="alice"))),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)


def test_entries_of_one_trustee_are_shown_together() -> None:
    case = Case("unresolved-sid", "", at(ace(ORPHAN, READ, (T,)), ADMIN_FULL, ace(ORPHAN, MODIFY, (F,))))
    assert [one["level"] for one in case.findings()[0].evidence["aces"]] == ["read", "modify"]
