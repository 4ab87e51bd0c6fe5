"""Where access changes, against a brute-force asking of every possible token."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.acl.access import who
from fsxap.acl.changes import change, same_answer, shape
from fsxap.acl.entries import access_list
from fsxap.acl.evaluate import granted
from fsxap.acl.groups import read_csv
from fsxap.acl.inheritance import inherited
from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.rights import DELETE_CHILD, FULL, MODIFY, READ, WRITE_DATA
from fsxap.acl.token import token
from tests.unit.acl.builders import (
    ADMIN_FULL,
    ALICE,
    ALL,
    PROTECTED,
    SALES,
    C,
    F,
    T,
    ace,
    conditional,
    deny,
    file,
    folder,
    unhurried,
    unix,
)

PARENT = folder(ADMIN_FULL, ace(SALES, MODIFY), path="/vol1")


def handed(*aces: Ace, directory: bool = True) -> tuple[Ace, ...]:
    return inherited(aces, directory=directory)


def reasons(child: Descriptor, parent: Descriptor = PARENT) -> tuple[str, ...]:
    return change(child, parent).reasons


@pytest.mark.parametrize(
    "aces",
    [
        handed(*PARENT.aces),
        (*handed(*PARENT.aces)[::-1],),
        (ace(SALES, MODIFY), *handed(*PARENT.aces)),
        (ace(SALES, READ), *handed(*PARENT.aces)),
        (ADMIN_FULL, ace(SALES, MODIFY)),
        (*handed(*PARENT.aces), deny(SALES, READ)),
        (*handed(ADMIN_FULL), ace(SALES, MODIFY, (T,)), ace(SALES, MODIFY, (C, F))),
    ],
)
def test_saying_the_same_again_is_no_change(aces: tuple[Ace, ...]) -> None:
    assert not change(folder(*aces), PARENT)


@pytest.mark.parametrize(
    "aces",
    [
        handed(ADMIN_FULL),
        (*handed(*PARENT.aces), ace(ALICE, READ)),
        (deny(ALICE, READ), *handed(*PARENT.aces)),
        (*handed(ADMIN_FULL), ace(SALES, FULL)),
        (*handed(ADMIN_FULL), ace(SALES, MODIFY, (T,))),
        (*handed(*PARENT.aces), conditional(ALICE)),
        (*handed(*PARENT.aces), ace("CREATOR OWNER", FULL, (C, F))),
    ],
)
def test_other_access_is_a_change(aces: tuple[Ace, ...]) -> None:
    found = change(folder(*aces), PARENT)
    assert found.reasons == ("list",)
    assert found.differences


def test_files_take_what_is_for_files() -> None:
    parent = folder(ADMIN_FULL, ace(SALES, READ, (T, C)), ace(ALICE, READ, (F,)), path="/vol1")
    assert not change(file(*handed(*parent.aces, directory=False)), parent)
    assert change(file(ADMIN_FULL, ace(SALES, READ, (T,))), parent)


def test_creators_become_owners() -> None:
    parent = folder(ADMIN_FULL, ace("CREATOR OWNER", FULL, (C, F)), path="/vol1")
    own = [ace(ALICE, FULL, (T,), inherited=True), ace("CREATOR OWNER", FULL, (C, F), inherited=True)]
    assert not change(folder(*handed(ADMIN_FULL), *own, owner=ALICE), parent)
    assert change(folder(*handed(ADMIN_FULL), *own, owner=SALES), parent)


def test_roots_styles_guards_owners_and_missing_lists() -> None:
    child = folder(*handed(*PARENT.aces))
    assert change(child, None).reasons == ("root",)
    assert reasons(unix(0o755)) == ("style",)
    assert reasons(replace(child, aces=(*child.aces, ace(SALES, READ, layer="slag")))) == ("guard",)
    assert reasons(replace(child, owner=ALICE)) == ()
    assert change(replace(child, owner=ALICE), PARENT, owners=True).reasons == ("owner",)
    assert reasons(folder(control=0x8000)) == ("list",)
    assert reasons(folder(control=0x8000), folder(control=0x8000)) == ()
    assert reasons(folder(*PARENT.aces, control=PROTECTED)) == ()


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        (unix(0o755), ()),
        (unix(0o750), ("mode",)),
        (unix(0o644, kind="file"), ()),
        (unix(0o664, kind="file"), ("mode",)),
        (unix(0o4755, kind="file"), ("mode",)),
        (unix(0o755, uid=7), ("owner",)),
        (unix(0o755, gid=7), ()),
        (unix(0o1755), ("mode",)),
    ],
)
def test_modes(child: Descriptor, expected: tuple[str, ...]) -> None:
    assert reasons(child, unix(0o755, path="/vol1")) == expected


def test_answers_are_the_same_unless_rights_differ() -> None:
    alice = read_csv(f"{ALICE},{SALES}\n").identity(ALICE)
    here = who(alice, folder(ace(SALES, READ)))
    assert same_answer(here, who(alice, folder(ace(SALES, READ), ace("CORP\\Other", FULL))))
    assert not same_answer(here, who(alice, folder(ace(SALES, MODIFY))))
    assert same_answer(who(alice, file(ace(SALES, READ))), who(alice, folder(ace(SALES, READ | DELETE_CHILD))))


NAMES = ("CORP\\a", "CORP\\b", "CORP\\c")
few = st.sampled_from([READ, WRITE_DATA, MODIFY, FULL])
short = st.builds(lambda name, mask, no: ace(name, mask, ALL, deny=no), st.sampled_from(NAMES), few, st.booleans())
lists = st.lists(short, min_size=1, max_size=5)


def answers(aces: list[Ace]) -> list[int]:
    tokens = chain.from_iterable(combinations(NAMES, size) for size in range(len(NAMES) + 1))
    return [granted(folder(*aces, owner="nobody"), token(*names)).mask for names in tokens]


@given(lists, lists)
@settings(deadline=None, max_examples=300)
def test_lists_are_the_same_exactly_when_every_token_gets_the_same(one: list[Ace], other: list[Ace]) -> None:
    assert (shape(one) == shape(other)) is (answers(one) == answers(other))


@given(lists, st.data())
@unhurried
def test_reordering_is_seen_exactly_when_it_matters(listed: list[Ace], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(listed))
    assert (shape(listed) == shape(shuffled)) is (answers(listed) == answers(shuffled))


@given(lists)
@unhurried
def test_copies_of_inherited_entries_change_nothing(listed: list[Ace]) -> None:
    parent = folder(*listed, path="/vol1")
    given_down = inherited(access_list(parent), directory=True)
    copies = tuple(replace(one, inherited=False) for one in given_down)
    assert not change(folder(*given_down), parent)
    assert not change(folder(*copies, *given_down), parent)
    assert shape(copies) == shape(given_down)
