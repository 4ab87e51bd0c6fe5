from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.engine import ledger
from fsxap.engine.ledger import OutOfOrder
from fsxap.model import Failure, Item, Result, Unlisted

keys = st.text(st.characters(codec=None), min_size=1, max_size=8)
versions = st.sampled_from(["1", "2", 'a"\t\\'])
DIGEST = "d1"


def rows(results: dict[str, str], status: str = "ok", digest: str = DIGEST) -> list[ledger.Row]:
    made = [Result(Item(key, version=version), status) for key, version in sorted(results.items())]  # type: ignore[arg-type]
    return [ledger.decode(ledger.encode(result, digest)) for result in made]


def listing(items: dict[str, str]) -> list[Item]:
    return [Item(key, version=version) for key, version in sorted(items.items())]


def never(_row: object) -> bool:
    return False


@given(keys, versions, st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2))
def test_a_line_round_trips(key: str, version: str, data: dict[str, str]) -> None:
    result = Result(Item(key, 3, version=version), "ok", data)
    line = ledger.encode(result, DIGEST)
    assert b"\n" not in line
    row = ledger.decode(line)
    assert (row.key, row.digest, row.status) == (key, b"d1", b"ok")
    assert row.result == result


@given(st.dictionaries(keys, versions), st.dictionaries(keys, versions))
def test_the_join_agrees_with_sets(listed: dict[str, str], known: dict[str, str]) -> None:
    events = list(ledger.join(listing(listed), rows(known), DIGEST, never))
    found = {kind: {e.key for k, e, _ in events if k == kind and e} for kind in ("same", "todo")}
    same = {key for key in listed if known.get(key) == listed[key]}
    assert found == {"same": same, "todo": set(listed) - same}
    assert {row.key for kind, _, row in events if kind == "gone" and row} == set(known) - set(listed)


@pytest.mark.parametrize(
    ("status", "digest", "expected"),
    [("ok", "d1", "same"), ("skipped", "d1", "same"), ("failed", "d1", "todo"), ("ok", "d2", "todo")],
)
def test_only_success_under_the_same_configuration_is_done(status: str, digest: str, expected: str) -> None:
    events = list(ledger.join(listing({"a": "1"}), rows({"a": "1"}, status, digest), DIGEST, never))
    assert [kind for kind, _, _ in events] == [expected]


def test_a_place_that_could_not_be_listed_hides_its_keys() -> None:
    entries = [Item("a", version="1"), Unlisted("b/", Failure("permission", "no")), Item("c", version="1")]
    events = list(ledger.join(entries, rows({"a": "1", "b/x": "1", "c": "1", "d": "1"}), DIGEST, never))
    assert [(kind, (entry or row).key) for kind, entry, row in events if entry or row] == [  # type: ignore[union-attr]
        ("same", "a"),
        ("unlisted", "b/"),
        ("hidden", "b/x"),
        ("same", "c"),
        ("gone", "d"),
    ]


def test_disorder_is_noticed_and_repetition_is_not_counted_twice() -> None:
    with pytest.raises(OutOfOrder):
        list(ledger.join([Item("b"), Item("a")], [], DIGEST, never))
    assert len(list(ledger.join([Item("a"), Item("a"), Item("b")], [], DIGEST, never))) == 2


@given(st.dictionaries(keys, versions), st.dictionaries(keys, versions))
def test_merging_replaces_and_keeps_order(kept: dict[str, str], fresh: dict[str, str]) -> None:
    lines = iter([(row.key, row.line) for row in rows(fresh)])
    merged = [ledger.decode(line) for line in ledger.merge(iter(rows(kept)), lines)]
    assert [row.key for row in merged] == sorted(kept | fresh)
    assert {row.key: row.result.item.version for row in merged} == kept | fresh
