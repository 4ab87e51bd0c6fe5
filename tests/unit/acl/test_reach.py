from __future__ import annotations

import pytest

from fsxap.acl.model import Ace
from fsxap.acl.reach import Reach, reaches
from fsxap.acl.rights import FULL, MODIFY, READ, WRITE_DATA
from tests.unit.acl.builders import SALES, F, T, ace, conditional, deny, file, folder, unix

EVERYONE = "Everyone"


def reach_of(*listed: Ace, trustee: str = EVERYONE) -> dict[str, Reach]:
    return {one.scope: one for one in reaches(folder(*listed)) if one.trustee == trustee}


def test_one_answer_for_each_place_the_entry_reaches() -> None:
    found = reach_of(ace(EVERYONE, READ, (T,)), ace(EVERYONE, MODIFY, (F,)))
    assert {scope: one.bits for scope, one in found.items()} == {"this": READ, "files": MODIFY}
    assert found["files"].aces == (ace(EVERYONE, MODIFY, (F,)),)
    assert not found["files"].inherited


def test_an_earlier_deny_for_everybody_counts() -> None:
    refusal = deny("NT AUTHORITY\\Authenticated Users", WRITE_DATA)
    found = reach_of(refusal, ace(EVERYONE, MODIFY))["this"]
    assert found.bits == MODIFY & ~WRITE_DATA
    assert found.against == (refusal,)


@pytest.mark.parametrize("refusal", [deny(SALES, FULL), deny("NT AUTHORITY\\ANONYMOUS LOGON", FULL)])
def test_a_deny_for_others_does_not(refusal: Ace) -> None:
    found = reach_of(refusal, ace(EVERYONE, MODIFY))["this"]
    assert (found.bits, found.against) == (MODIFY, ())


def test_only_what_the_own_entries_ask_for_is_attributed() -> None:
    listed = [ace(EVERYONE, FULL), ace("CORP\\Domain Users", READ)]
    assert reach_of(*listed, trustee="CORP\\Domain Users")["this"].bits == READ
    assert reach_of(*listed)["this"].bits == FULL


@pytest.mark.parametrize("entry", [ace(EVERYONE, None, (T,)), conditional(EVERYONE)])
def test_doubtful_entries_are_possible_only(entry: Ace) -> None:
    found = reach_of(ace("CORP\\Domain Users", READ), entry)["this"]
    assert (found.bits, found.possible) == (0, FULL)


def test_the_guard_limits_below_too() -> None:
    found = reach_of(ace(EVERYONE, FULL), ace(EVERYONE, READ, layer="slag"))
    assert {one.bits for one in found.values()} == {READ}


def test_anonymous_is_not_touched_by_denies_for_everyone() -> None:
    anonymous = "NT AUTHORITY\\ANONYMOUS LOGON"
    assert reach_of(deny(EVERYONE, FULL), ace(anonymous, READ), trustee=anonymous)["this"].bits == READ
    assert reach_of(deny(EVERYONE, FULL), ace("BUILTIN\\Guests", READ), trustee="BUILTIN\\Guests")["this"].bits == 0


def test_guests_are_not_authenticated_users() -> None:
    guests = "BUILTIN\\Guests"
    refused = deny("NT AUTHORITY\\Authenticated Users", FULL)
    assert reach_of(refused, ace(guests, READ), trustee=guests)["this"].bits == READ


def test_a_file_reaches_no_further_than_itself() -> None:
    assert [one.scope for one in reaches(file(ace(EVERYONE, READ)))] == ["this"]


def test_one_answer_for_each_trustee_that_is_allowed_something() -> None:
    place = folder(deny("A"), ace("B", READ, (T,)), ace("b", MODIFY, (T,)), conditional("D"), ace("E", access="audit"))
    here = [one for one in reaches(place) if one.scope == "this"]
    assert [(one.trustee, one.bits) for one in here] == [("B", MODIFY), ("D", 0)]
    assert reaches(unix(0o777)) == ()


def test_the_owner_gets_no_credit_for_what_is_not_in_the_list() -> None:
    assert reaches(folder(ace(SALES, READ), owner=SALES))[0].bits == READ
