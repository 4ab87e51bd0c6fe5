from __future__ import annotations

import pytest

from fsxap.acl.entries import (
    access_list,
    applies_to,
    below,
    decoded,
    has_null_dacl,
    is_acl_governed,
    is_conditional,
    origins,
)
from fsxap.acl.model import Ace
from fsxap.acl.rights import FULL, READ
from tests.unit.acl.builders import SALES, C, F, T, ace, conditional, deny, folder, unix


def test_the_access_list_leaves_out_audit_entries_attributes_and_slag() -> None:
    kept = (ace(SALES), deny(SALES), conditional(SALES))
    place = folder(
        *kept,
        ace(SALES, access="audit"),
        Ace("", "other", None, raw="system_resource_attribute"),
        ace("Everyone", READ, layer="slag"),
    )
    assert access_list(place) == kept
    assert [one.trustee for one in access_list(place, "slag")] == ["Everyone"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (ace(SALES, raw="access_allow"), False),
        (conditional(SALES), True),
        (ace(SALES, raw="access_allowed_callback"), True),
        (Ace(SALES, "other", 1, raw="access_denied_callback_object"), True),
        (Ace("", "other", None, raw="system_scoped_policy_id"), True),
    ],
)
def test_conditional(entry: Ace, expected: bool) -> None:
    assert is_conditional(entry) is expected


def test_the_undecoded_half_of_a_split_entry_takes_its_twins_mask() -> None:
    here, travelling = ace("Everyone", FULL, (T,), inherited=True), ace("Everyone", None, (C, F), inherited=True)
    assert [one.mask for one in decoded([here, travelling])] == [FULL, FULL]
    assert [one.mask for one in decoded([travelling, here])] == [FULL, FULL]


@pytest.mark.parametrize(
    "other",
    [
        ace("Everyone", FULL, (T,), inherited=False),
        deny("Everyone", FULL, (T,), inherited=True),
        ace(SALES, FULL, (T,), inherited=True),
        ace("Everyone", FULL, (T,), inherited=True, layer="slag"),
        ace("Everyone", FULL, (C, F), inherited=True),
    ],
)
def test_another_entry_is_no_twin(other: Ace) -> None:
    travelling = ace("Everyone", None, (C, F), inherited=True)
    assert decoded([other, travelling])[1].mask is None


def test_an_undecoded_entry_for_this_folder_stays_so() -> None:
    assert decoded([ace("Everyone", READ, (T,)), ace("Everyone", None, (T,))])[1].mask is None


def test_below_is_what_a_child_gets() -> None:
    place = folder(ace("A", 1, (T,)), ace("B", 2, (C,)), ace("D", 4, (F,)), ace("E", 8), ace("G", 16, (C, F)))
    sub, leaf = below(place, "subfolders"), below(place, "files")
    assert [(one.trustee, applies_to(one)) for one in sub.aces] == [
        ("B", [T, C]),
        ("D", [F]),
        ("E", [T, C, F]),
        ("G", [T, C, F]),
    ]
    assert [(one.trustee, applies_to(one)) for one in leaf.aces] == [("D", [T]), ("E", [T]), ("G", [T])]
    assert (sub.kind, leaf.kind, below(place, "this")) == ("directory", "file", place)
    assert origins(place, "files")[leaf.aces[0]] == place.aces[2]


@pytest.mark.parametrize(
    ("place", "null", "governed"),
    [
        (folder(control=0x8000), True, True),
        (folder(ace(SALES, access="audit"), control=0x8010), True, True),
        (folder(), False, True),
        (folder(control=None), False, True),
        (folder(ace(SALES), control=0x8000), False, True),
        (unix(0o755), False, False),
        (folder(style="", control=None), False, False),
        (folder(ace(SALES), style="", control=None), False, True),
        (folder(style="mixed", control=0x8000), True, True),
    ],
)
def test_null_dacl_and_governance(place, null, governed) -> None:  # type: ignore[no-untyped-def]
    assert has_null_dacl(place) is null
    assert is_acl_governed(place) is governed
