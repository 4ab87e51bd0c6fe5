from __future__ import annotations

import pytest

from fsxap.acl.model import Ace
from fsxap.acl.rights import FULL, MODIFY, READ, WRITE, WRITE_DATA
from fsxap.acl.rules import Subject
from tests.unit.acl.builders import ADMIN_FULL, ALICE, SALES, C, F, T, ace, conditional, deny, folder, unix
from tests.unit.acl.rules.cases import Case, at, below, check

DENY, LATE, ORDER, REDUNDANT = "deny-ace", "ineffective-deny", "non-canonical-order", "duplicate-or-redundant-ace"
CONDITIONAL, UNDECODED = "conditional-ace", "undecoded-ace"
POLICY = Ace("", "other", None, raw="system_scoped_policy_id")

CASES = [
    Case(DENY, "explicit", at(deny(SALES, WRITE)), (SALES,), "low", "certain"),
    Case(DENY, "guests ought to be denied", at(deny("BUILTIN\\Guests")), ("BUILTIN\\Guests",), "info"),
    Case(DENY, "undecoded", at(deny(SALES, None)), (SALES,)),
    Case(DENY, "inherited", at(deny(SALES, inherited=True))),
    Case(DENY, "an allow", at(ace(SALES))),
    Case(DENY, "on the guard", at(deny(SALES, layer="slag"))),
    Case(LATE, "same trustee", at(ace(SALES, MODIFY), deny(SALES, WRITE_DATA)), (SALES,), "medium", "likely"),
    Case(LATE, "everyone first", at(ace("Everyone", READ), deny(SALES, FULL)), (SALES,)),
    Case(
        LATE,
        "an inherited deny after an explicit allow",
        at(ace(SALES, FULL), deny(SALES, FULL, inherited=True)),
        (SALES,),
    ),
    Case(LATE, "below only", at(ace(SALES, FULL, (C, F)), deny(SALES, FULL, (F,))), (SALES,)),
    Case(
        LATE, "a split entry", at(ace(SALES, FULL, (T,)), ace(SALES, None, (C, F)), deny(SALES, WRITE, (F,))), (SALES,)
    ),
    Case(LATE, "deny first", at(deny(SALES, WRITE_DATA), ace(SALES, MODIFY))),
    Case(LATE, "other bits", at(ace(SALES, READ), deny(SALES, WRITE))),
    Case(LATE, "other places", at(ace(SALES, FULL, (T,)), deny(SALES, FULL, (C, F)))),
    Case(LATE, "another group", at(ace(SALES, FULL), deny(ALICE, FULL))),
    Case(LATE, "anonymous is not in everyone", at(ace("Everyone"), deny("S-1-5-7"))),
    Case(LATE, "conditional allow", at(conditional(SALES), deny(SALES))),
    Case(
        LATE,
        "the parent's",
        below(
            ace(SALES, MODIFY, inherited=True),
            deny(SALES, WRITE_DATA, inherited=True),
            parent=folder(ace(SALES, MODIFY), deny(SALES, WRITE_DATA)),
        ),
    ),
    Case(
        ORDER,
        "allow before deny",
        at(ace(SALES, READ), deny(ALICE, READ)),
        ("",),
        "medium",
        "likely",
        {"positions": [1, 2]},
    ),
    Case(ORDER, "inherited before explicit", at(ace(SALES, inherited=True), ADMIN_FULL), ("",)),
    Case(
        ORDER,
        "inherited before a deny",
        at(ADMIN_FULL, ace(SALES, inherited=True), deny(ALICE)),
        ("",),
        facts={"positions": [2, 3]},
    ),
    Case(ORDER, "canonical", at(deny(ALICE), ADMIN_FULL, deny(SALES, inherited=True), ace(SALES, inherited=True))),
    Case(ORDER, "inherited from two levels", at(ace(SALES, inherited=True), deny(SALES, inherited=True))),
    Case(ORDER, "audit entries stand anywhere", at(ace(SALES, inherited=True, access="audit"), ADMIN_FULL)),
    Case(REDUNDANT, "twice", at(ace(SALES, READ), ace(SALES, READ)), (SALES,), "info", "certain"),
    Case(REDUNDANT, "covered by a stronger one", at(ace(SALES, READ), ace(SALES, MODIFY)), (SALES,)),
    Case(REDUNDANT, "covered by an inherited one", at(ace(SALES, READ), ace(SALES, MODIFY, inherited=True)), (SALES,)),
    Case(REDUNDANT, "two denies", at(deny(SALES, FULL), deny(SALES, WRITE)), (SALES,)),
    Case(REDUNDANT, "covered in this place", at(ace(SALES, MODIFY), ace(SALES, READ, (T,))), (SALES,)),
    Case(REDUNDANT, "by SID and name", at(ace("Everyone", READ), ace("S-1-1-0", READ)), ("Everyone",)),
    Case(REDUNDANT, "a split entry", at(ace(SALES, FULL, (T,)), ace(SALES, None, (C, F)))),
    Case(REDUNDANT, "another place", at(ace(SALES, MODIFY, (T,)), ace(SALES, READ, (C, F)))),
    Case(REDUNDANT, "more rights", at(ace(SALES, READ), ace(SALES, WRITE))),
    Case(REDUNDANT, "inherited, covered here", at(ace(SALES, MODIFY), ace(SALES, READ, inherited=True))),
    Case(REDUNDANT, "a deny between", at(ace(SALES, READ), deny(SALES, READ), ace(SALES, MODIFY))),
    Case(REDUNDANT, "undecoded", at(ace(SALES, None), ace(SALES, FULL))),
    Case(REDUNDANT, "conditional", at(conditional(SALES), ace(SALES))),
    Case(
        REDUNDANT,
        "the parent's",
        below(
            ace(SALES, READ, inherited=True),
            ace(SALES, READ, inherited=True),
            parent=folder(ace(SALES, READ), ace(SALES, READ)),
        ),
    ),
    Case(CONDITIONAL, "callback", at(conditional(SALES)), (SALES,), "info", "unknown"),
    Case(CONDITIONAL, "policy", at(POLICY), ("",)),
    Case(CONDITIONAL, "kept as allow", at(ace(SALES, raw="access_allowed_callback")), (SALES,)),
    Case(CONDITIONAL, "plain", at(ace(SALES, raw="access_allow"))),
    Case(CONDITIONAL, "audit callback", at(ace(SALES, access="audit", raw="system_audit_callback"))),
    Case(UNDECODED, "alone", at(ace(SALES, None)), (SALES,), "info", "unknown"),
    Case(UNDECODED, "with its twin", at(ace(SALES, FULL, (T,)), ace(SALES, None, (C, F))), (SALES,), "info", "likely"),
    Case(UNDECODED, "no rights is decoded", at(ace(SALES, 0))),
    Case(UNDECODED, "audit", at(ace(SALES, None, access="audit"))),
    Case(UNDECODED, "unix", Subject(unix(0o700))),
    Case(
        UNDECODED,
        "the parent's",
        below(ace(SALES, None, (C, F), inherited=True), parent=folder(ace(SALES, None, (C, F)))),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)


def test_evidence_of_a_late_deny_starts_with_what_anticipates_it() -> None:
    first, second, late = ace("Everyone", READ), ace(ALICE, FULL), deny(SALES, READ)
    evidence = Case(LATE, "", at(first, second, late)).findings()[0].evidence
    assert [(one["trustee"], one["access"]) for one in evidence["aces"]] == [("Everyone", "allow"), (SALES, "deny")]
