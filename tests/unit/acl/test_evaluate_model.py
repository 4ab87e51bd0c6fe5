"""The evaluator against an independent reading of MS-DTYP 2.5.3.2, one requested bit at a time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.acl.evaluate import effective, granted
from fsxap.acl.model import Ace, Descriptor, Share, ShareAce
from fsxap.acl.token import token
from tests.unit.acl.builders import TRUSTEES, aces, conditional, folder, masks, trustees, unhurried

GENERIC = {0x80000000: 0x120089, 0x40000000: 0x120116, 0x20000000: 0x1200A0, 0x10000000: 0x1F01FF}
SHARE = {"no_access": 0x1F01FF, "read": 0x1200A9, "change": 0x1301BF, "full_control": 0x1F01FF}
BITS = [1 << shift for shift in range(28)]


def specific(mask: int) -> int:
    return mask | _or(meaning for bit, meaning in GENERIC.items() if mask & bit)


def _or(values) -> int:  # type: ignore[no-untyped-def]
    total = 0
    for value in values:
        total |= value
    return total


def grants(bit: int, descriptor: Descriptor, members: set[str], owner: bool) -> bool:
    """Is one right granted? The specification's loop for a request of a single right."""
    remaining = bit
    owner_rights = [one for one in descriptor.aces if one.trustee == "OWNER RIGHTS" and one.this_folder]
    if owner and not owner_rights and bit in (0x20000, 0x40000):
        remaining = 0
    for one in descriptor.aces:
        if remaining == 0:
            break
        if not one.this_folder:
            continue
        if one.trustee not in members and not (owner and one.trustee == "OWNER RIGHTS"):
            continue
        mask = specific(one.mask or 0)
        if one.access == "deny" and mask & remaining:
            return False
        if one.access == "allow":
            remaining &= ~mask
    return remaining == 0


groups = st.sets(st.sampled_from([name for name in TRUSTEES if name != "OWNER RIGHTS"]))


@given(st.lists(aces(), min_size=1, max_size=8), groups, st.booleans())
@settings(deadline=None, max_examples=300)
def test_granted_agrees_with_the_specification(listed: list[Ace], members: set[str], owner: bool) -> None:
    place = folder(*listed, owner="CORP\\somebody-else")
    access = granted(place, token(*members), owner=owner)
    expected = _or(bit for bit in BITS if grants(bit, place, members, owner))
    assert access.mask == expected
    assert access.possible == expected


@given(st.lists(aces(), min_size=1, max_size=8), groups)
@unhurried
def test_decided_bits_never_overlap_and_explain_the_mask(listed: list[Ace], members: set[str]) -> None:
    access = granted(folder(*listed, owner="nobody"), token(*members))
    seen = 0
    allowed = 0
    for decision in access.decisions:
        assert not seen & decision.bits
        seen |= decision.bits
        if isinstance(decision.ace, Ace) and decision.ace.access == "allow":
            allowed |= decision.bits
    assert allowed == access.mask


doubtful = st.one_of(
    aces(),
    aces(st.none()),
    st.builds(conditional, trustees, st.integers(0, 0x1F01FF), deny=st.booleans()),
)


@given(st.lists(doubtful, min_size=1, max_size=6), groups, st.data())
@unhurried
def test_every_way_to_settle_a_doubt_lies_between_mask_and_possible(
    listed: list[Ace], members: set[str], data: st.DataObject
) -> None:
    """Undecoded masks get any mask, conditional entries apply or not: the answer stays within the bounds."""
    place = folder(*listed, owner="nobody")
    access = granted(place, token(*members))
    settled = []
    for one in listed:
        if one.access == "other":
            if data.draw(st.booleans()):
                settled.append(
                    Ace(one.trustee, "deny" if "denied" in one.raw else "allow", one.mask, this_folder=one.this_folder)
                )
        elif one.mask is None:
            mask = data.draw(masks) & (0x1F01FF | 0xF0000000)
            settled.append(Ace(one.trustee, one.access, mask, this_folder=one.this_folder))
        else:
            settled.append(one)
    truth = granted(folder(*settled, owner="nobody"), token(*members)).mask
    assert access.mask & ~truth == 0
    assert truth & ~access.possible == 0


permissions = st.sampled_from(sorted(SHARE))


@given(
    st.lists(st.tuples(trustees, permissions), min_size=1, max_size=4),
    st.lists(aces(), min_size=1, max_size=4),
    st.lists(aces(), max_size=3),
    groups,
)
@unhurried
def test_effective_is_the_intersection(
    entries: list[tuple[str, str]], listed: list[Ace], guard: list[Ace], members: set[str]
) -> None:
    slag = [Ace(one.trustee, one.access, one.mask, layer="slag") for one in guard]
    share = Share("s", "/vol1", aces=tuple(ShareAce(name, permission) for name, permission in entries))
    place = folder(*listed, *slag, owner="nobody")
    through = folder(*(Ace(name, "deny" if word == "no_access" else "allow", SHARE[word]) for name, word in entries))
    gates = [through, folder(*listed), *([folder(*slag)] if slag else [])]
    expected = _or(bit for bit in BITS if all(grants(bit, gate, members, False) for gate in gates))
    assert effective(place, token(*members), share=share).mask == expected
