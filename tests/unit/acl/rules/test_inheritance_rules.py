from __future__ import annotations

import pytest

from fsxap.acl.rights import FULL, MODIFY, READ
from fsxap.acl.rules import Context, Subject
from tests.unit.acl.builders import ADMIN_FULL, ALICE, PROTECTED, SALES, C, F, T, ace, file, folder, unix
from tests.unit.acl.rules.cases import Case, at, below, check

BLOCKED, DIFFERS, CORRUPTED = "inheritance-blocked", "explicit-differs-from-parent", "corrupted-inheritance"
ADMIN_INHERITED = ace(ADMIN_FULL.trustee, inherited=True)
CREATOR = folder(ADMIN_FULL, ace("CREATOR OWNER", None, (C, F)))
MADE = (ADMIN_INHERITED, ace(ALICE, FULL, (T,), inherited=True), ace("CREATOR OWNER", None, (C, F), inherited=True))
UNDECODED = folder(ace("Everyone", FULL, (T,)), ace("Everyone", None, (C, F)))

CASES = [
    Case(BLOCKED, "protected", below(ADMIN_FULL, control=PROTECTED), ("",), "medium", "certain"),
    Case(BLOCKED, "protected file", Subject(file(ADMIN_FULL, control=PROTECTED), folder(ADMIN_FULL)), ("",)),
    Case(BLOCKED, "protected, no parent known", at(ADMIN_FULL, control=PROTECTED), ("",)),
    Case(BLOCKED, "nothing arrived", below(ace(SALES, READ)), ("",), "medium", "likely"),
    Case(BLOCKED, "the root of a volume", at(ADMIN_FULL, control=PROTECTED, context=Context(depth=0))),
    Case(BLOCKED, "something arrived", below(ADMIN_INHERITED)),
    Case(BLOCKED, "the parent hands nothing down", below(ace(SALES, READ), parent=folder(ace(SALES, READ, (T,))))),
    Case(BLOCKED, "the parent hands nothing to files", Subject(file(ADMIN_FULL), folder(ace(SALES, READ, (T, C))))),
    Case(BLOCKED, "auto-inherited is not needed", below(ADMIN_INHERITED, control=0x8004)),
    Case(BLOCKED, "null dacl is another rule", below(control=0x8000)),
    Case(BLOCKED, "unix", Subject(unix(0o700, control=PROTECTED), folder(ADMIN_FULL))),
    Case(DIFFERS, "an addition", below(ADMIN_INHERITED, ace(SALES, READ)), ("",), "low", "certain"),
    Case(
        DIFFERS,
        "protected and fewer",
        below(ADMIN_FULL, parent=folder(ADMIN_FULL, ace(SALES, READ)), control=PROTECTED),
        ("",),
    ),
    Case(
        DIFFERS,
        "other rights",
        below(ADMIN_FULL, ace(SALES, MODIFY), parent=folder(ADMIN_FULL, ace(SALES, READ))),
        ("",),
    ),
    Case(DIFFERS, "a copy", below(ADMIN_FULL, control=PROTECTED)),
    Case(DIFFERS, "covered by what is inherited", below(ADMIN_INHERITED, ace(ADMIN_FULL.trustee, READ))),
    Case(DIFFERS, "inherited only", below(ADMIN_INHERITED, ace(SALES, READ, inherited=True))),
    Case(DIFFERS, "no parent", at(ADMIN_FULL)),
    Case(DIFFERS, "a parent without a list", below(ADMIN_FULL, parent=folder(control=0x8000))),
    Case(DIFFERS, "a unix parent", below(ADMIN_FULL, parent=unix(0o755))),
    Case(
        CORRUPTED, "an extra one", below(ADMIN_INHERITED, ace(SALES, READ, inherited=True)), ("",), "medium", "certain"
    ),
    Case(CORRUPTED, "a missing one", below(ADMIN_INHERITED, parent=folder(ADMIN_FULL, ace(SALES, READ))), ("",)),
    Case(CORRUPTED, "other rights", below(ace(SALES, MODIFY, inherited=True), parent=folder(ace(SALES, READ))), ("",)),
    Case(
        CORRUPTED,
        "an extra undecoded one",
        below(ADMIN_INHERITED, ace(SALES, None, inherited=True)),
        ("",),
        "medium",
        "likely",
    ),
    Case(CORRUPTED, "in order", below(ADMIN_INHERITED)),
    Case(CORRUPTED, "in order, and explicit ones", below(ace(SALES), ADMIN_INHERITED)),
    Case(CORRUPTED, "made by a creator", below(*MADE, parent=CREATOR, owner=ALICE)),
    Case(CORRUPTED, "made by a creator no longer owner", below(*MADE, parent=CREATOR)),
    Case(
        CORRUPTED,
        "an undecoded half",
        below(
            ace("Everyone", FULL, (T,), inherited=True), ace("Everyone", None, (C, F), inherited=True), parent=UNDECODED
        ),
    ),
    Case(CORRUPTED, "protected", below(ADMIN_INHERITED, ace(SALES, inherited=True), control=PROTECTED)),
    Case(CORRUPTED, "nothing inherited is another rule", below(ace(SALES, READ))),
    Case(CORRUPTED, "no parent", at(ace(SALES, inherited=True))),
    Case(
        CORRUPTED,
        "a file",
        Subject(file(ace(SALES, READ, (T,), inherited=True)), folder(ace(SALES, READ, (T, C)))),
        ("",),
    ),
    Case(CORRUPTED, "a file in order", Subject(file(ace(SALES, READ, (T,), inherited=True)), folder(ace(SALES, READ)))),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)


def test_evidence_says_what_differs() -> None:
    found = Case(CORRUPTED, "", below(ADMIN_INHERITED, ace(SALES, READ, (T,), inherited=True))).findings()[0]
    assert found.evidence["differences"] == [
        {"trustee": SALES, "access": "allow", "scope": "this", "expected": "no rights", "found": "read"}
    ]
