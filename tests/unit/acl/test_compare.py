from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl.compare import effective_differences, inherited_differences
from fsxap.acl.inheritance import inherited
from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.rights import FULL, MODIFY, READ
from tests.unit.acl.builders import ADMIN_FULL, ALICE, SALES, C, F, T, ace, aces, file, folder, masks, unhurried


def child(*entries: Ace, **more: object) -> Descriptor:
    return folder(*(replace(one, inherited=True) for one in entries), path="/vol1/data/x", **more)


def summary(differences) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    return [(one.trustee, one.scope) for one in differences]


@given(st.lists(aces(masks | st.none()), max_size=6), st.booleans())
@unhurried
def test_what_windows_would_make_never_differs(listed: list[Ace], directory: bool) -> None:
    parent = folder(*listed)
    made = inherited(listed, directory=directory)
    below = folder(*made) if directory else file(*made)
    assert inherited_differences(parent, below) == ()
    assert effective_differences(parent, below) == ()


@given(st.lists(aces(), min_size=1, max_size=5), st.randoms())
@unhurried
def test_order_and_splitting_do_not_matter(listed: list[Ace], random) -> None:  # type: ignore[no-untyped-def]
    parent = folder(*listed)
    split = [
        replace(one, this_folder=flag == T, sub_folders=flag == C, files=flag == F)
        for one in inherited(listed, directory=True)
        for flag, on in ((T, one.this_folder), (C, one.sub_folders), (F, one.files))
        if on
    ]
    random.shuffle(split)
    assert inherited_differences(parent, folder(*split)) == ()


@pytest.mark.parametrize(
    ("parent", "below", "expected"),
    [
        ([ADMIN_FULL], [ADMIN_FULL, ace(SALES, READ)], [(SALES.lower(), "files")]),
        ([ADMIN_FULL, ace(SALES, READ, (T, C))], [ADMIN_FULL], [(SALES, "this")]),
        ([ace(SALES, READ)], [ace(SALES, MODIFY)], [(SALES, scope) for scope in ("files", "subfolders", "this")]),
        ([ace(SALES, READ)], [ace(SALES, READ, (T, C))], [(SALES, "files")]),
        # Only to this container: goes no further, and ONTAP cannot say so.
        ([ace(SALES, READ)], [ace(SALES, READ, (T,))], []),
        ([ace(SALES, READ, (C, F))], [ace(SALES, READ)], []),
        ([ace(SALES, READ, (F,))], [ace(SALES, READ, (F,))], []),
        ([ace(SALES, READ, (T,))], [], []),
        ([ace(SALES, None, (C, F))], [ace(SALES, MODIFY, (T,)), ace(SALES, None, (C, F))], []),
        ([ace("CREATOR OWNER", FULL, (C, F))], [ace(ALICE, FULL, (T,)), ace("CREATOR OWNER", FULL, (C, F))], []),
        ([ace("CREATOR OWNER", None, (C, F))], [ace("CORP\\formerly", FULL, (T,))], []),
        ([ace("CREATOR OWNER", READ, (C, F))], [ace("CORP\\formerly", FULL, (T,))], [("CORP\\formerly", "this")]),
        (
            [ace(ALICE, READ), ace("CREATOR OWNER", FULL, (C, F))],
            [ace(ALICE, FULL, (T,)), ace(ALICE, READ, (C, F))],
            [],
        ),
    ],
)
def test_inherited_differences(parent: list[Ace], below: list[Ace], expected: list[tuple[str, str]]) -> None:
    found = summary(inherited_differences(folder(*parent), child(*below, owner=ALICE)))
    assert {(name.lower(), scope) for name, scope in found} >= {(name.lower(), scope) for name, scope in expected}
    assert bool(found) is bool(expected)


def test_differences_say_what_was_expected_and_found() -> None:
    found = inherited_differences(folder(ace(SALES, READ)), child(ace(SALES, MODIFY)))
    assert found[-1].record() == {
        "trustee": SALES,
        "access": "allow",
        "scope": "this",
        "expected": "read",
        "found": "modify",
    }


def test_explicit_copies_of_what_would_be_inherited_make_no_difference() -> None:
    parent = folder(ADMIN_FULL, ace(SALES, READ))
    assert effective_differences(parent, folder(ADMIN_FULL, ace(SALES, READ))) == ()
    assert effective_differences(parent, folder(ADMIN_FULL, ace(SALES, MODIFY)))
    assert effective_differences(parent, folder(ADMIN_FULL))
    assert effective_differences(parent, folder(ADMIN_FULL, ace(SALES, READ, (T,))))


def test_a_copy_of_the_parents_own_list_makes_no_difference() -> None:
    parent = folder(ace(SALES, READ, (T,)))
    assert effective_differences(parent, folder(ace(SALES, READ, (T,)))) == ()
