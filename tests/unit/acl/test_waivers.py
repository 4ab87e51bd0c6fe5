"""Which findings a waiver covers, until when, and what is said of waivers that cover nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl import waivers
from fsxap.model import Finding
from tests.unit.acl.builders import unhurried

TODAY = date(2026, 5, 1)
OPEN = Finding("open-access-full", "critical", "open", "/vol1/Public/x", {"level": "full"}, subject="Everyone")
GIVEN: dict[str, Any] = {"reason": "a public folder", "owner": "ann", "until": "2026-12-31"}


def parsed(**row: Any) -> tuple[waivers.Waiver, ...]:
    return waivers.parse({"waivers": [GIVEN | row]})


def told_of(found: list[Finding], listed: tuple[waivers.Waiver, ...] | list[waivers.Waiver]) -> list[Finding]:
    """Every finding, judged, and one for each waiver that covered none of them."""
    used = {waiver for finding in found for waiver in waivers.covering(finding, listed)}
    return [waivers.judged(one, listed, TODAY) for one in found] + list(waivers.unused(listed, used, TODAY))


@pytest.mark.parametrize(
    ("row", "covered"),
    [
        ({"rule": "open-*", "where": "/vol1/public/*"}, True),
        ({"rule": "*", "where": "*", "subject": "everyone"}, True),
        ({"rule": "open-*", "where": "/vol1/public"}, False),
        ({"rule": "OPEN-*", "where": "*"}, False),
        ({"rule": "*", "where": "*", "subject": "CORP\\*"}, False),
        ({"id": OPEN.id}, True),
        ({"id": "0" * 16}, False),
    ],
)
def test_what_a_waiver_covers(row: dict[str, Any], covered: bool) -> None:
    found = told_of([OPEN], parsed(**row))
    assert (found[0].waived is not None) is covered
    assert [one.rule for one in found[1:]] == ([] if covered else ["waiver-unused"])
    assert found[0].id == OPEN.id


def test_a_waived_finding_says_why_until_when_and_by_whom() -> None:
    found = waivers.judged(OPEN, parsed(id=OPEN.id, until=date(2026, 5, 1)), TODAY)
    assert found.record()["waived"] == {"reason": "a public folder", "until": "2026-05-01", "owner": "ann"}
    assert found.evidence == {"level": "full"}


def test_an_expired_waiver_brings_the_finding_back_with_a_note() -> None:
    listed = parsed(id=OPEN.id, until="2026-04-30")
    found = told_of([OPEN], listed)
    assert len(found) == 1
    assert found[0].waived is None
    assert found[0].evidence["waiver_expired"] == {"reason": "a public folder", "owner": "ann", "until": "2026-04-30"}


def test_a_current_waiver_counts_beside_an_expired_one() -> None:
    listed = (*parsed(id=OPEN.id, until="2026-04-30"), *parsed(rule="*", where="*", reason="all"))
    assert waivers.judged(OPEN, listed, TODAY).record()["waived"]["reason"] == "all"


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "expected a mapping"),
        ({"waivers": {}}, "expected a list"),
        ({"version": 2, "waivers": []}, "version 2"),
        ({"waiver": []}, "did you mean waivers"),
        ({"waivers": ["x"]}, r"waivers\[0\]: expected a mapping"),
        ({"waivers": [GIVEN | {"rule": "*", "where": "*", "untill": "x"}]}, "did you mean until"),
        ({"waivers": [GIVEN | {"rule": "*"}]}, "both rule and where"),
        ({"waivers": [GIVEN | {"id": "0" * 16, "rule": "*"}]}, "cannot stand beside"),
        ({"waivers": [GIVEN | {"id": "short"}]}, "16 hexadecimal"),
        ({"waivers": [GIVEN | {"id": 1234567890123456}]}, "quote it"),
        ({"waivers": [GIVEN | {"id": "0" * 16, "reason": ""}]}, "reason is required"),
        ({"waivers": [GIVEN | {"id": "0" * 16, "reason": "  "}]}, "expected text"),
        ({"waivers": [GIVEN | {"id": "0" * 16, "owner": None}]}, "owner is required"),
        ({"waivers": [{"id": "0" * 16, "reason": "r", "owner": "o"}]}, "until is required"),
        ({"waivers": [GIVEN | {"id": "0" * 16, "until": "2026-13-01"}]}, "no day of the calendar"),
        ({"waivers": [GIVEN | {"id": "0" * 16, "until": "soon"}]}, "a day like"),
        ({"waivers": [GIVEN | {"id": "0" * 16, "until": datetime(2026, 1, 1)}]}, "a day like"),
    ],
)
def test_mistakes_are_told(document: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        waivers.parse(document)


rules = st.sampled_from(["open-access-full", "deny-ace", "null-dacl"])
places = st.sampled_from(["/vol1", "/vol1/a", "/vol1/a/b", "/vol2"])
findings = st.builds(lambda rule, where: Finding(rule, "low", "m", where), rules, places)
entries = st.builds(
    lambda rule, where, days: waivers.Waiver("r", "o", TODAY + timedelta(days), rule=rule, where=where),
    st.one_of(rules, st.just("*")),
    st.one_of(places, st.sampled_from(["*", "/vol1/*"])),
    st.integers(-3, 3),
)


@given(st.lists(findings, max_size=8), st.lists(entries, max_size=5))
@unhurried
def test_nothing_is_lost_and_doing_it_again_changes_nothing(found: list[Finding], listed: list[waivers.Waiver]) -> None:
    told = told_of(found, listed)
    kept = told[: len(found)]
    assert [one.id for one in kept] == [one.id for one in found]
    assert all(one.rule == "waiver-unused" for one in told[len(found) :])
    assert [waivers.judged(one, listed, TODAY) for one in kept] == kept
    for one, judged in zip(found, kept, strict=True):
        current = [entry for entry in listed if entry.covers(one) and entry.until >= TODAY]
        assert (judged.waived is not None) is bool(current)
        assert ("waiver_expired" in judged.evidence) is (not current and any(entry.covers(one) for entry in listed))
    covering = {entry for entry in listed if any(entry.covers(one) for one in found)}
    assert len(told) - len(found) == len(set(listed) - covering)
    assert len({one.id for one in told[len(found) :]}) == len({(e.rule, e.where) for e in set(listed) - covering})
