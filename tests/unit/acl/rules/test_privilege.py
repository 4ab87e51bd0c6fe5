from __future__ import annotations

import pytest

from fsxap.acl.rights import FULL, MODIFY, READ, WRITE_DAC, WRITE_DATA, WRITE_OWNER
from fsxap.acl.rules import Context, Subject
from tests.unit.acl.builders import ADMIN_FULL, ADMINS, ALICE, SALES, SYSTEM, C, F, T, ace, deny, folder, unix
from tests.unit.acl.rules.cases import Case, at, below, check

SITE = Context(privileged=frozenset({"corp\\sales"}), admins=frozenset({"CORP\\Storage"}))
NON_ADMIN, CHANGE = "full-control-non-admin", "permission-change-right"
CREATOR_FULL, MISSING = "creator-owner-full", "missing-admin"
CREATOR = ace("CREATOR OWNER", FULL, (C, F))
MADE = ace(ALICE, FULL, (T,), inherited=True)

CASES = [
    Case(NON_ADMIN, "a group", at(ace(SALES)), (SALES,), "medium", "certain"),
    Case(NON_ADMIN, "files only", at(ace(SALES, FULL, (F,))), (SALES,)),
    Case(NON_ADMIN, "in two entries", at(ace(SALES, MODIFY), ace(SALES, FULL & ~MODIFY)), (SALES,)),
    Case(NON_ADMIN, "backup operators", at(ace("BUILTIN\\Backup Operators")), ("BUILTIN\\Backup Operators",)),
    Case(
        NON_ADMIN,
        "permissions here, all of it in files",
        at(ace(SALES, WRITE_DAC, (T,)), ace(SALES, FULL, (F,))),
        (SALES,),
    ),
    Case(CHANGE, "full in files is the other rule", at(ace(SALES, WRITE_DAC, (T,)), ace(SALES, FULL, (F,)))),
    Case(NON_ADMIN, "privileged", at(ADMIN_FULL, ace(SYSTEM), ace("CORP\\Domain Admins"))),
    Case(NON_ADMIN, "privileged here", at(ace(SALES), context=SITE)),
    Case(NON_ADMIN, "partly denied to all", at(deny("Everyone", WRITE_DATA), ace(SALES))),
    Case(NON_ADMIN, "everyone is another rule", at(ace("Everyone"))),
    Case(NON_ADMIN, "creator", at(CREATOR, ace("OWNER RIGHTS"))),
    Case(NON_ADMIN, "made by the creator", Subject(folder(MADE, owner=ALICE), folder(CREATOR))),
    Case(
        NON_ADMIN, "inherited without a creator above", Subject(folder(MADE, owner=ALICE), folder(ADMIN_FULL)), (ALICE,)
    ),
    Case(NON_ADMIN, "the parent's", below(ace(SALES, inherited=True), parent=folder(ace(SALES)))),
    Case(
        NON_ADMIN,
        "undecoded half above",
        below(
            ace(SALES, FULL, (T,), inherited=True),
            ace(SALES, None, (C, F), inherited=True),
            parent=folder(ace(SALES, FULL, (T,)), ace(SALES, None, (C, F))),
        ),
    ),
    Case(CHANGE, "permissions", at(ace(SALES, MODIFY | WRITE_DAC)), (SALES,), "medium", "certain"),
    Case(CHANGE, "owner", at(ace(SALES, WRITE_OWNER)), (SALES,)),
    Case(CHANGE, "full with a bit denied", at(deny("Everyone", WRITE_DATA), ace(SALES)), (SALES,)),
    Case(CHANGE, "full is another rule", at(ace(SALES))),
    Case(CHANGE, "modify", at(ace(SALES, MODIFY))),
    Case(CHANGE, "an administrator", at(ace(ADMINS, WRITE_DAC))),
    Case(CHANGE, "denied", at(deny(SALES, WRITE_DAC), ace(SALES, MODIFY | WRITE_DAC))),
    Case(MISSING, "nobody", at(ace(SALES, READ)), ("",), "low", "certain"),
    Case(MISSING, "not enough", at(ace(ADMINS, MODIFY)), ("",)),
    Case(MISSING, "only through everyone", at(ace("Everyone")), ("",)),
    Case(MISSING, "only below", at(ace(ADMINS, FULL, (C, F))), ("",)),
    Case(MISSING, "denied to all", at(deny("Everyone", WRITE_DATA), ADMIN_FULL), ("",)),
    Case(MISSING, "another trustee is named", at(ace("CORP\\Storage")), ("",)),
    Case(MISSING, "administrators", at(ADMIN_FULL)),
    Case(MISSING, "system", at(ace("S-1-5-18"))),
    Case(MISSING, "the site's administrators", at(ace("CORP\\Storage"), context=SITE)),
    Case(MISSING, "undecoded", at(ace(ADMINS, None))),
    Case(MISSING, "null dacl", at(control=0x8000)),
    Case(MISSING, "unix", Subject(unix(0o700))),
    Case(MISSING, "as the parent", below(ace(SALES, READ, inherited=True), parent=folder(ace(SALES, READ)))),
    Case(CREATOR_FULL, "decoded", at(CREATOR), ("CREATOR OWNER",), "info", "certain"),
    Case(CREATOR_FULL, "generic", at(ace("CREATOR OWNER", None, (C, F))), ("CREATOR OWNER",), "info", "likely"),
    Case(CREATOR_FULL, "modify", at(ace("CREATOR OWNER", MODIFY, (C, F)))),
    Case(CREATOR_FULL, "not inherited by anything", at(ace("CREATOR OWNER", FULL, (T,)))),
    Case(CREATOR_FULL, "group", at(ace("CREATOR GROUP", FULL, (C, F)))),
    Case(CREATOR_FULL, "a deny", at(deny("CREATOR OWNER", FULL, (C, F)))),
    Case(
        CREATOR_FULL, "the parent's", below(ace("CREATOR OWNER", FULL, (C, F), inherited=True), parent=folder(CREATOR))
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)


def test_the_message_says_what_may_be_changed() -> None:
    both = Case(CHANGE, "", at(ace(SALES, WRITE_DAC | WRITE_OWNER))).findings()[0]
    assert "permissions and the owner" in both.message
