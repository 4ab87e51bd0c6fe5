"""Named cases of the access check; the general agreement with MS-DTYP is in test_evaluate_model."""

from __future__ import annotations

import pytest

from fsxap.acl.evaluate import effective, granted, may_delete, share_access
from fsxap.acl.model import Ace, Share, ShareAce
from fsxap.acl.rights import (
    DELETE,
    DELETE_CHILD,
    EXECUTE,
    FULL,
    MODIFY,
    READ,
    READ_AND_EXECUTE,
    READ_CONTROL,
    READ_DATA,
    WRITE_DAC,
    WRITE_DATA,
)
from fsxap.acl.token import ANY_USER, NOBODY_KNOWN, Token, token
from tests.unit.acl.builders import ADMIN_FULL, ALICE, SALES, C, F, T, ace, conditional, deny, file, folder, unix

alice = token(ALICE, SALES, "Everyone", "S-1-5-11")


@pytest.mark.parametrize(
    ("aces", "mask"),
    [
        ([ace(SALES, READ)], READ),
        ([ace("CORP\\Other", READ)], 0),
        ([deny(ALICE, READ), ace(SALES, MODIFY)], MODIFY & ~READ),
        ([ace(SALES, MODIFY), deny(ALICE, READ)], MODIFY),
        ([ace(SALES, READ), deny("Everyone", FULL), ace(ALICE, FULL)], READ),
        ([ace(SALES, FULL, (C, F))], 0),
        ([deny(SALES, FULL, (C, F)), ace(SALES, READ)], READ),
        ([ace(SALES, READ), ace(ALICE, WRITE_DATA)], READ | WRITE_DATA),
        ([ace(SALES, 0x10000000, (T,))], FULL),
        ([ace(SALES, FULL, access="audit"), ace(SALES, READ)], READ),
        ([ace("CREATOR OWNER", FULL)], 0),
        ([ace(SALES, FULL, inherited=False), deny(SALES, WRITE_DATA, inherited=True)], FULL),
    ],
)
def test_stored_order_decides_bit_by_bit(aces: list[Ace], mask: int) -> None:
    access = granted(folder(*aces), alice)
    assert access.mask == mask
    assert access.certain


def test_decisions_name_the_first_entry_for_each_bit() -> None:
    first, second = deny(ALICE, WRITE_DATA), ace(SALES, MODIFY)
    access = granted(folder(first, second, ace("Everyone", READ)), alice)
    assert [(one.ace, one.bits) for one in access.decisions] == [(first, WRITE_DATA), (second, MODIFY & ~WRITE_DATA)]


def test_null_dacl_lets_everyone_in_and_an_empty_one_only_the_owner() -> None:
    assert granted(folder(control=0x8000), NOBODY_KNOWN).mask == FULL
    empty = folder(owner=ALICE)
    assert granted(empty, ANY_USER).mask == 0
    assert granted(empty, alice).mask == READ_CONTROL | WRITE_DAC


def test_without_control_flags_an_empty_list_cannot_be_told_from_none() -> None:
    access = granted(folder(control=None), alice)
    assert (access.mask, access.possible, access.certain) == (0, FULL, False)
    assert access.notes


def test_an_audit_entry_does_not_make_a_dacl() -> None:
    assert granted(folder(ace("Everyone", access="audit"), control=0x8010), alice).mask == FULL


def test_the_owner_may_read_and_change_permissions_even_when_denied() -> None:
    assert granted(folder(deny("Everyone", FULL), owner=ALICE), alice).mask == READ_CONTROL | WRITE_DAC
    assert granted(folder(deny("Everyone", FULL)), alice, owner=True).mask == READ_CONTROL | WRITE_DAC
    assert granted(folder(deny("Everyone", FULL)), alice).mask == 0


def test_owner_rights_replace_what_an_owner_gets_by_himself() -> None:
    assert granted(folder(ace("OWNER RIGHTS", READ), owner=ALICE), alice).mask == READ
    assert granted(folder(ace("S-1-3-4", READ)), alice).mask == 0
    travelling = ace("OWNER RIGHTS", READ, (C, F))
    assert granted(folder(travelling, owner=ALICE), alice).mask == READ_CONTROL | WRITE_DAC


@pytest.mark.parametrize(
    ("aces", "mask", "possible"),
    [
        ([ace(SALES, None)], 0, FULL),
        ([ace(SALES, READ), ace(SALES, None)], READ, FULL),
        ([ace(SALES, None, (C, F)), ace(SALES, READ)], READ, READ),
        ([deny(SALES, None), ace(SALES, READ)], 0, READ),
        ([ace(SALES, FULL), deny(SALES, None)], FULL, FULL),
        ([conditional(SALES)], 0, FULL),
        ([conditional("CORP\\Other")], 0, 0),
        ([conditional(SALES, WRITE_DATA, deny=True), ace(SALES, MODIFY)], MODIFY & ~WRITE_DATA, MODIFY),
        ([deny(SALES, FULL), conditional(SALES)], 0, 0),
        ([ace(SALES, READ), Ace("", "other", None, raw="system_resource_attribute")], READ, READ),
        ([ace(SALES, READ), Ace("", "other", None, raw="system_scoped_policy_id")], 0, READ),
    ],
)
def test_what_cannot_be_evaluated_widens_the_answer(aces: list[Ace], mask: int, possible: int) -> None:
    access = granted(folder(*aces), alice)
    assert (access.mask, access.possible) == (mask, possible)
    assert access.certain is (mask == possible)
    assert bool(access.notes) is not access.certain


def test_entries_without_a_present_dacl_are_doubted() -> None:
    access = granted(folder(ace(SALES, READ), control=0x8000), alice)
    assert (access.mask, access.possible) == (READ, FULL)


def test_slag_limits_what_the_list_allows() -> None:
    guard = [ace(SALES, READ, (T, C), layer="slag"), ace(SALES, WRITE_DATA, (F,), layer="slag")]
    assert granted(folder(ace(SALES, FULL), *guard), alice).mask == READ
    assert granted(file(ace(SALES, FULL), *guard), alice).mask == WRITE_DATA
    assert granted(folder(ace(SALES, FULL), ace("CORP\\Other", FULL, layer="slag")), alice).mask == 0


def test_slag_binds_the_owner_too() -> None:
    guarded = folder(ace(SALES, READ), ace(SALES, READ_DATA, layer="slag"), owner=ALICE)
    assert granted(guarded, alice).mask == READ_DATA


def test_slag_without_an_entry_for_this_kind_is_unknown() -> None:
    access = granted(file(ace(SALES, FULL), ace(SALES, READ, (C,), layer="slag")), alice)
    assert (access.mask, access.possible) == (0, FULL)


@pytest.mark.parametrize(
    ("entries", "mask"),
    [
        ([ShareAce("Everyone", "full_control")], FULL),
        ([ShareAce("Everyone", "change")], MODIFY),
        ([ShareAce("Everyone", "read")], READ_AND_EXECUTE),
        ([ShareAce(SALES, "no_access"), ShareAce("Everyone", "full_control")], 0),
        ([ShareAce("Everyone", "read"), ShareAce(SALES, "change")], READ_AND_EXECUTE | MODIFY),
        ([ShareAce("CORP\\Other", "full_control")], 0),
        ([ShareAce("alice", "full_control", "unix_user", "1003")], FULL),
        ([ShareAce("1003", "full_control", "unix_user")], FULL),
        ([ShareAce("staff", "read", "unix_group", "50")], READ_AND_EXECUTE),
        ([ShareAce("staff", "read", "unix_group", "51")], 0),
        ([ShareAce("bob", "full_control", "unix_user", "1004")], 0),
        ([ShareAce("bob", "full_control", "unix_user")], 0),
    ],
)
def test_share(entries: list[ShareAce], mask: int) -> None:
    both = alice | Token(uid=1003, gids=frozenset({50}))
    access = share_access(Share("data", "/vol1", aces=tuple(entries)), both)
    assert access.mask == mask
    assert access.certain


def test_a_share_that_reports_no_list_is_unknown() -> None:
    access = share_access(Share("ipc$", ""), alice)
    assert (access.mask, access.possible) == (0, FULL)


def test_effective_is_share_and_slag_and_file() -> None:
    share = Share("data", "/vol1", aces=(ShareAce("Everyone", "change"),))
    place = folder(ace(SALES, FULL), ace("Everyone", FULL & ~DELETE, layer="slag"))
    access = effective(place, alice, share=share)
    assert access.mask == MODIFY & ~DELETE
    assert len(access.decisions) == 3
    assert effective(place, alice).mask == FULL & ~DELETE


def test_an_unsure_gate_behind_a_closed_one_is_sure() -> None:
    share = Share("data", "/vol1", aces=(ShareAce("Everyone", "no_access"),))
    assert effective(folder(ace(SALES, None)), alice, share=share).certain


bob = Token(uid=1000, gids=frozenset({100}))
eve = Token(uid=2000, gids=frozenset({200}))
root = Token(uid=0)


@pytest.mark.parametrize(
    ("place", "who", "expected"),
    [
        (unix(0o755), eve, {READ_DATA, EXECUTE}),
        (unix(0o077), bob, set()),
        (unix(0o707, uid=1), bob, set()),
        (unix(0o070, uid=1), bob, {READ_DATA, WRITE_DATA, EXECUTE, DELETE_CHILD}),
        (unix(0o772), eve, set()),
        (unix(0o774), eve, {READ_DATA}),
        (unix(0o773), eve, {WRITE_DATA, EXECUTE, DELETE_CHILD}),
        (unix(0o1777), eve, {READ_DATA, WRITE_DATA, EXECUTE}),
        (unix(0o1777), bob, {READ_DATA, WRITE_DATA, EXECUTE, DELETE_CHILD}),
        (unix(0o666, kind="file"), eve, {READ_DATA, WRITE_DATA}),
        (unix(0o000), root, {READ_DATA, WRITE_DATA, EXECUTE, DELETE_CHILD}),
        (unix(0o600, kind="file"), root, {READ_DATA, WRITE_DATA, DELETE_CHILD}),
        (unix(0o755), ANY_USER, {READ_DATA, EXECUTE}),
        (unix(0o750), ANY_USER, set()),
        (unix(0o750, owner="Everyone", group="users"), ANY_USER, set()),
    ],
)
def test_mode(place, who, expected) -> None:  # type: ignore[no-untyped-def]
    mask = granted(place, who).mask
    assert {bit for bit in (READ_DATA, WRITE_DATA, EXECUTE, DELETE_CHILD) if mask & bit} == expected


def test_only_the_owner_of_a_unix_file_changes_its_permissions() -> None:
    assert granted(unix(0o000), bob).mask & WRITE_DAC
    assert not granted(unix(0o777), eve).mask & WRITE_DAC


def test_neither_list_nor_mode() -> None:
    access = granted(folder(style="unix", control=None), bob)
    assert (access.mask, access.possible) == (0, FULL)


@pytest.mark.parametrize(
    ("style", "governed_by_list"), [("ntfs", True), ("unix", False), ("mixed", True), ("unified", True), ("", True)]
)
def test_effective_style_says_what_decides(style: str, governed_by_list: bool) -> None:
    place = folder(ace(SALES, FULL), mode=0o000, uid=1, style=style)
    assert bool(granted(place, alice).mask & READ_DATA) is governed_by_list


@pytest.mark.parametrize(
    ("item", "parent", "who", "expected"),
    [
        (file(ace(SALES, DELETE)), folder(), alice, True),
        (file(), folder(ace(SALES, DELETE_CHILD)), alice, True),
        (file(ace(SALES, READ)), folder(ace(SALES, READ)), alice, False),
        (file(ace(SALES, None)), folder(), alice, None),
        (unix(0o666, kind="file"), unix(0o755), eve, False),
        (unix(0o000, kind="file"), unix(0o777), eve, True),
        (unix(0o666, kind="file"), unix(0o1777, uid=1), eve, False),
        (unix(0o666, kind="file", uid=2000), unix(0o1777, uid=1), eve, True),
        (unix(0o666, kind="file", uid=2000), unix(0o1755, uid=1), eve, False),
        (unix(0o666, kind="file"), unix(0o1777, uid=2000), eve, True),
        (unix(0o000, kind="file"), unix(0o1700, uid=1), root, True),
    ],
)
def test_delete(item, parent, who, expected) -> None:  # type: ignore[no-untyped-def]
    assert may_delete(item, parent, who) is expected


def test_any_user_is_no_anonymous_session_and_no_administrator() -> None:
    assert granted(folder(ace("NT AUTHORITY\\ANONYMOUS LOGON")), ANY_USER).mask == 0
    assert granted(folder(ace("Everyone")), NOBODY_KNOWN).mask == 0
    assert granted(folder(ADMIN_FULL), ANY_USER).mask == 0
    assert granted(folder(ace("LAB\\Domain Users")), ANY_USER).mask == FULL


def test_a_concrete_account_is_not_in_another_domains_groups() -> None:
    member = token("CORP\\alice", "CORP\\Domain Users")
    assert granted(folder(ace("CORP\\Domain Users")), member).mask == FULL
    assert granted(folder(ace("LAB\\Domain Users")), member).mask == 0
