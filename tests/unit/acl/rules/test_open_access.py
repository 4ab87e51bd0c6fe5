from __future__ import annotations

import pytest

from fsxap.acl.model import Share
from fsxap.acl.rights import DELETE_CHILD, EXECUTE, FULL, MODIFY, READ, WRITE_DAC, WRITE_DATA
from fsxap.acl.rules import Context, Subject
from tests.unit.acl.builders import ADMIN_FULL, ALICE, SALES, C, F, T, ace, conditional, deny, file, folder, unix
from tests.unit.acl.rules.cases import Case, at, below, check

EVERYONE, AUTHENTICATED = "Everyone", "NT AUTHORITY\\Authenticated Users"
ANONYMOUS = "NT AUTHORITY\\ANONYMOUS LOGON"
FULL_RULE, WRITE_RULE, READ_RULE = "open-access-full", "open-access-write", "open-access-read"

FULL_CASES = [
    Case(FULL_RULE, "everyone", at(ace(EVERYONE)), (EVERYONE,), "critical", "certain", {"level": "full"}),
    Case(FULL_RULE, "by SID", at(ace("S-1-1-0")), (EVERYONE,)),
    Case(FULL_RULE, "localised", at(ace("Jeder")), (EVERYONE,)),
    Case(FULL_RULE, "a domain's users", at(ace("CORP\\Domain Users")), ("CORP\\Domain Users",)),
    Case(FULL_RULE, "two groups", at(ace(EVERYONE), ace(AUTHENTICATED)), (EVERYONE, AUTHENTICATED)),
    Case(FULL_RULE, "generic", at(ace(EVERYONE, 0x10000000)), (EVERYONE,)),
    Case(FULL_RULE, "may change permissions", at(ace(EVERYONE, READ | WRITE_DAC)), (EVERYONE,)),
    Case(FULL_RULE, "only for files below", at(ace(EVERYONE, FULL, (F,))), (EVERYONE,), facts={"applies": "in files"}),
    Case(
        FULL_RULE,
        "split with an undecoded half",
        at(ace(EVERYONE, FULL, (T,)), ace(EVERYONE, None, (C, F))),
        (EVERYONE,),
        certainty="certain",
    ),
    Case(FULL_RULE, "undecoded", at(ace(EVERYONE, None, (T,))), (EVERYONE,), "high", "unknown"),
    Case(FULL_RULE, "conditional", at(conditional(EVERYONE)), (EVERYONE,), "critical", "likely"),
    Case(FULL_RULE, "deny comes too late", at(ace(EVERYONE), deny(AUTHENTICATED)), (EVERYONE,)),
    Case(FULL_RULE, "deny for a few", at(deny(SALES), ace(EVERYONE)), (EVERYONE,)),
    Case(FULL_RULE, "a file", Subject(file(ace(EVERYONE))), (EVERYONE,)),
    Case(FULL_RULE, "anonymous", at(ace(ANONYMOUS)), (ANONYMOUS,)),
    Case(FULL_RULE, "denied before", at(deny(AUTHENTICATED), ace(EVERYONE))),
    Case(FULL_RULE, "a plain group", at(ace(SALES))),
    Case(FULL_RULE, "a look-alike", at(ace(EVERYONE, sid="S-1-5-21-1-2-3-1105"))),
    Case(FULL_RULE, "administrators", at(ADMIN_FULL, ace("NT AUTHORITY\\SYSTEM"))),
    Case(FULL_RULE, "modify is not full", at(ace(EVERYONE, MODIFY))),
    Case(FULL_RULE, "guarded", at(ace(EVERYONE), ace(EVERYONE, READ, layer="slag"))),
    Case(FULL_RULE, "unix decides", at(ace(EVERYONE), style="unix", mode=0o700)),
    Case(FULL_RULE, "audit only", at(ace(EVERYONE, access="audit"))),
]
WRITE_CASES = [
    Case(WRITE_RULE, "modify", at(ace(EVERYONE, MODIFY)), (EVERYONE,), "high", "certain", {"level": "modify"}),
    Case(
        WRITE_RULE,
        "what a deny leaves",
        at(deny(AUTHENTICATED, FULL & ~WRITE_DATA), ace(EVERYONE)),
        (EVERYONE,),
        facts={"level": "write"},
    ),
    Case(WRITE_RULE, "drop box", at(ace(AUTHENTICATED, 0x100116)), (AUTHENTICATED,)),
    Case(WRITE_RULE, "delete below", at(ace(EVERYONE, DELETE_CHILD)), (EVERYONE,)),
    Case(
        WRITE_RULE,
        "worse below than here",
        at(ace(EVERYONE, READ, (T,)), ace(EVERYONE, MODIFY, (C, F))),
        (EVERYONE,),
        facts={"applies": "in subfolders"},
    ),
    Case(WRITE_RULE, "full is another rule", at(ace(EVERYONE))),
    Case(WRITE_RULE, "read is another rule", at(ace(EVERYONE, READ))),
    Case(WRITE_RULE, "delete-child means nothing on files", Subject(file(ace(EVERYONE, DELETE_CHILD)))),
]
READ_CASES = [
    Case(READ_RULE, "read", at(ace(AUTHENTICATED, READ)), (AUTHENTICATED,), "medium", "certain"),
    Case(READ_RULE, "writing denied", at(deny(EVERYONE, FULL & ~READ), ace(AUTHENTICATED, MODIFY)), (AUTHENTICATED,)),
    Case(READ_RULE, "passing through is not reading", at(ace(EVERYONE, EXECUTE))),
    Case(READ_RULE, "a group", at(ace(SALES, READ))),
    Case(READ_RULE, "denied", at(deny(EVERYONE, READ), ace(EVERYONE, READ))),
]
ANONYMOUS_CASES = [
    Case("anonymous-access", "read", at(ace(ANONYMOUS, READ)), (ANONYMOUS,), "high", "certain"),
    Case("anonymous-access", "guests", at(ace("BUILTIN\\Guests", READ)), ("BUILTIN\\Guests",)),
    Case("anonymous-access", "guest, files only", at(ace("CORP\\Guest", READ, (F,))), ("CORP\\Guest",)),
    Case("anonymous-access", "undecoded", at(ace(ANONYMOUS, None, (T,))), (ANONYMOUS,), "high", "likely"),
    Case("anonymous-access", "everyone is not anonymous", at(ace(EVERYONE))),
    Case("anonymous-access", "denied", at(deny(ANONYMOUS), ace(ANONYMOUS, READ))),
]
MISSING_CASES = [
    Case("null-dacl", "flag clear", at(control=0x8000), ("",), "critical", "likely", {"control": "0x8000"}),
    Case("null-dacl", "audit entries only", at(ace(EVERYONE, access="audit"), control=0x8010), ("",)),
    Case("null-dacl", "present and empty", at()),
    Case("null-dacl", "no flags", at(control=None)),
    Case("null-dacl", "unix", Subject(unix(0o777))),
    Case("empty-dacl", "present and empty", at(), ("",), "medium", "certain"),
    Case("empty-dacl", "denies only", at(deny(EVERYONE)), ("",)),
    Case("empty-dacl", "no flags", at(control=None), ("",), "medium", "unknown"),
    Case("empty-dacl", "null", at(control=0x8000)),
    Case("empty-dacl", "an allow", at(ace(ALICE, READ))),
    Case("empty-dacl", "a conditional allow", at(conditional(ALICE))),
    Case("empty-dacl", "unix", Subject(unix(0o000))),
]
OPEN = folder(ADMIN_FULL, ace(EVERYONE))
TRAVELLING = ace(EVERYONE, inherited=True)
INHERITED_CASES = [
    Case(
        FULL_RULE,
        "suspected at the parent, certain here",
        below(TRAVELLING, parent=folder(ADMIN_FULL, ace(EVERYONE, None))),
        (EVERYONE,),
        "critical",
        "certain",
    ),
    Case(FULL_RULE, "inherited from a parent that has it", below(TRAVELLING, parent=OPEN)),
    Case(FULL_RULE, "inherited, and explicit too", below(ace(EVERYONE), parent=OPEN), (EVERYONE,)),
    Case(FULL_RULE, "inherited from further up", below(TRAVELLING), (EVERYONE,)),
    Case(FULL_RULE, "inherited at the start", Subject(folder(TRAVELLING)), (EVERYONE,)),
    Case(
        FULL_RULE,
        "the parent has it in subfolders, though not in itself",
        below(
            TRAVELLING,
            parent=folder(deny(EVERYONE, FULL, (T,)), ace(EVERYONE, FULL, (T,)), ace(EVERYONE, None, (C, F))),
        ),
    ),
    Case(
        FULL_RULE,
        "the parent's stays with the parent",
        below(TRAVELLING, parent=folder(ADMIN_FULL, ace(EVERYONE, FULL, (T,)))),
        (EVERYONE,),
    ),
    Case(WRITE_RULE, "inherited with less", below(ace(EVERYONE, MODIFY, inherited=True), parent=OPEN), (EVERYONE,)),
    Case(
        READ_RULE,
        "a file in an open folder",
        Subject(file(ace(EVERYONE, READ, (T,), inherited=True)), folder(ace(EVERYONE, READ))),
    ),
]
CASES = [*FULL_CASES, *WRITE_CASES, *READ_CASES, *ANONYMOUS_CASES, *MISSING_CASES, *INHERITED_CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)


def test_evidence_shows_entries_and_denies() -> None:
    case = Case(WRITE_RULE, "", at(deny(AUTHENTICATED, WRITE_DAC | 0x80000, (T,)), ace(EVERYONE, FULL, (T,))))
    evidence = case.findings()[0].evidence
    assert [one["trustee"] for one in evidence["aces"]] == [EVERYONE]
    assert evidence["aces"][0]["level"] == "full"
    assert evidence["aces"][0]["applies_to"] == [T]
    assert [one["trustee"] for one in evidence["denied_by"]] == [AUTHENTICATED]


def test_evidence_names_the_shares_that_lead_here() -> None:
    shares = (Share("data", "/vol1"), Share("hr", "/vol1/hr"), Share("all", "/"))
    case = Case(FULL_RULE, "", at(ace(EVERYONE), context=Context(shares=shares)))
    assert case.findings()[0].evidence["shares"] == ["all", "data"]
