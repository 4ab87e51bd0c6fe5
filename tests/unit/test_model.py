from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.model import Failure, Finding, Item, Result, Summary, Tally, Waiver, dumps, timestamp

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(values)
def test_json_says_the_same_and_is_safe_to_print(value: object) -> None:
    line = dumps(value)
    assert json.loads(line) == value
    line.encode()
    assert not set(line) & set(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2028, 0x200B]))


def test_numbers_that_are_no_json_become_null() -> None:
    assert dumps({"a": [float("nan"), float("inf"), 1.5]}) == '{"a":[null,null,1.5]}'


def test_tag_characters_are_escaped_as_json_does() -> None:
    assert dumps("a\U000e0041") == '"a\\udb40\\udc41"'


def test_japanese_stays_readable() -> None:
    assert dumps({"b": "東京", "a": 1}) == '{"a":1,"b":"東京"}'


def test_times_are_utc() -> None:
    moment = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    assert timestamp(moment) == "2026-01-01T00:00:00Z" == timestamp(datetime(2026, 1, 1, tzinfo=UTC))


def test_records_round_trip() -> None:
    finding = Finding("r", "high", "m", "/a", {"n": 1}, "do", "s", ("CIS 3.3",), Waiver("why", "2027-01-01"))
    item = Item("a b", 3, "2026-01-01T00:00:00Z", "v", {"kind": "directory"})
    result = Result(
        Item("a", 3, version="v"), "failed", {"x": [1]}, ("o",), (finding,), {"pages": 2}, Failure("c", "m", True), 0.5
    )
    assert Item.from_record(json.loads(dumps(item.record()))) == item
    assert Result.from_record(json.loads(dumps(result.record()))) == result
    assert Finding.from_record(json.loads(dumps(finding.record()))) == finding
    summary = Summary("u", "r", "s", "t", 1.0, {"seen": 1}, {"high": 1})
    assert Summary.from_record(json.loads(dumps(summary.record()))) == summary


def test_a_findings_id_depends_on_the_fact_alone() -> None:
    one = Finding("r", "high", "m", "/a", {"n": 1}, subject="s")
    assert one.id == Finding("r", "low", "other words", "/a", subject="s").id
    assert len({one.id, Finding("r2", "high", "m", "/a", subject="s").id, Finding("r", "high", "m", "/a").id}) == 3


@given(st.lists(st.sampled_from(["ok", "unchanged", "skipped", "vanished", "failed"])), st.integers(0, 5))
def test_coverage_adds_up(statuses: list[str], missing: int) -> None:
    tally = Tally()
    tally.missing = missing
    for status in statuses:
        tally.add(Result(Item("k"), status, usage={"u": 2}))  # type: ignore[arg-type]
    coverage = tally.coverage
    assert coverage["seen"] == len(statuses) + missing == sum(n for name, n in coverage.items() if name != "seen")
    assert tally.usage.get("u", 0) == 2 * len(statuses)


def test_waived_findings_are_not_counted() -> None:
    tally = Tally()
    tally.add_findings(
        [Finding("r", "high", "m", "/a"), Finding("r", "high", "m", "/b", waived=Waiver("w", "2027-01-01"))]
    )
    assert (tally.findings["high"], tally.waived, tally.worst()) == (1, 1, "high")


def test_unknown_things_are_not_written_as_json() -> None:
    with pytest.raises(TypeError):
        dumps({"x": object()})
