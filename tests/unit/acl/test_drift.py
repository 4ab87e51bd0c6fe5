"""Two audits side by side: what was added, removed and changed, and what cannot be said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl import drift
from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.records import acl_record
from fsxap.acl.rights import FULL, MODIFY, READ
from fsxap.acl.rules import not_audited
from fsxap.acl.rules.rule import Unread
from fsxap.model import Failure, Finding, dumps
from tests.unit.acl.builders import (
    ADMIN_FULL,
    ALICE,
    PRESENT,
    PROTECTED,
    SALES,
    C,
    F,
    T,
    ace,
    aces,
    deny,
    folder,
    unhurried,
    unix,
)

FAILURE = Failure("timeout", "no answer")
BASE = folder(ADMIN_FULL, ace(SALES, READ))


def told(old: Descriptor, new: Descriptor) -> list[tuple[str, str, str]]:
    return [(one.rule, one.severity, one.subject) for one in drift.compare([old], [new])]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (BASE, []),
        (folder(ace(SALES, READ), ADMIN_FULL), []),
        (folder(ADMIN_FULL, ace(SALES, READ, (T,)), ace(SALES, READ, (C, F))), []),
        (folder(*BASE.aces, ace("Everyone", MODIFY)), [("drift-added", "high", "Everyone (allow)")]),
        (folder(*BASE.aces, ace("Everyone", READ)), [("drift-added", "medium", "Everyone (allow)")]),
        (folder(*BASE.aces, ace("Everyone", None)), [("drift-added", "high", "Everyone (allow)")]),
        (folder(*BASE.aces, ace(ALICE, FULL)), [("drift-added", "medium", f"{ALICE} (allow)")]),
        (folder(*BASE.aces, ace(ALICE, READ)), [("drift-added", "low", f"{ALICE} (allow)")]),
        (folder(*BASE.aces, deny(ALICE, READ)), [("drift-added", "info", f"{ALICE} (deny)")]),
        (folder(ADMIN_FULL), [("drift-removed", "info", f"{SALES} (allow)")]),
        (folder(ADMIN_FULL, ace(SALES, MODIFY)), [("drift-changed", "low", f"{SALES} (allow)")]),
        (folder(ADMIN_FULL, ace(SALES, READ, (T,))), [("drift-changed", "info", f"{SALES} (allow)")]),
        (replace(BASE, owner=ALICE), [("drift-changed", "low", "owner")]),
        (replace(BASE, control=PROTECTED), [("drift-changed", "low", "protected")]),
        (
            replace(BASE, aces=(*BASE.aces, ace(SALES, READ, layer="slag"))),
            [("drift-added", "low", f"{SALES} (allow, slag)")],
        ),
        (
            folder(control=PRESENT & ~4),
            [
                ("drift-changed", "critical", "dacl"),
                ("drift-removed", "info", "BUILTIN\\Administrators (allow)"),
                ("drift-removed", "info", f"{SALES} (allow)"),
            ],
        ),
    ],
)
def test_severity_goes_by_what_changed(new: Descriptor, expected: list[tuple[str, str, str]]) -> None:
    assert told(BASE, new) == expected


def test_losing_a_deny_is_a_gain() -> None:
    old = folder(deny("Everyone", MODIFY), *BASE.aces)
    assert told(old, BASE) == [("drift-removed", "medium", "Everyone (deny)")]


def test_order_is_drift_only_when_it_decides() -> None:
    old = folder(deny(ALICE, READ), ace(SALES, READ))
    assert told(old, folder(*old.aces[::-1])) == [("drift-changed", "medium", "order")]


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        (0o750, 0o777, "high"),
        (0o750, 0o1777, "medium"),
        (0o755, 0o750, "low"),
        (0o750, 0o755, "medium"),
    ],
)
def test_modes(old: int, new: int, severity: str) -> None:
    assert told(unix(old), unix(new)) == [("drift-changed", severity, "mode")]


def test_the_mode_of_an_acl_governed_object_is_made_up() -> None:
    assert told(replace(BASE, mode=0o777), replace(BASE, mode=0o700)) == []


def test_evidence_holds_old_and_new_entries_and_ids_are_stable() -> None:
    new = folder(ADMIN_FULL, ace(SALES, MODIFY))
    (one,) = drift.compare([BASE], [new])
    (again,) = drift.compare([BASE], [folder(ADMIN_FULL, ace(SALES, FULL))])
    assert [row["mask"] for row in one.evidence["old"]] == [READ]
    assert [row["mask"] for row in one.evidence["new"]] == [MODIFY]
    assert one.id == again.id
    assert json.loads(dumps(one.record()))["rule"] == "drift-changed"


def at(path: str, *listed: Ace) -> Descriptor:
    return folder(*(listed or BASE.aces), path=path)


def found(old: list[Any], new: list[Any], **more: Any) -> list[tuple[str, str]]:
    return [(one.rule, one.where) for one in drift.compare(old, new, **more)]


def test_paths_added_and_removed() -> None:
    assert found([at("/a"), at("/c")], [at("/b"), at("/c")]) == [("drift-removed", "/a"), ("drift-added", "/b")]
    (one,) = drift.compare([], [at("/b", ace("Everyone", FULL))])
    assert one.severity == "high"
    (one,) = drift.compare([], [at("/b", ace("Everyone", FULL, inherited=True))])
    assert one.severity == "info"


def test_nothing_below_an_unread_place_is_removed_or_added() -> None:
    places = [at("/a"), at("/a b"), at("/a/x"), at("/a/x/y"), at("/a0")]
    unread = [Unread("/a", FAILURE), at("/zz")]
    assert found(places, unread) == [("drift-removed", "/a b"), ("drift-removed", "/a0"), ("drift-added", "/zz")]
    assert found(unread, places) == [
        ("drift-unknown", "/a"),
        ("drift-added", "/a b"),
        ("drift-added", "/a0"),
        ("drift-removed", "/zz"),
    ]
    assert found([at("/a"), at("/a/x")], [Unread("/", FAILURE)]) == []


def test_a_folder_read_but_not_listed_is_still_compared() -> None:
    new = [at("/a", ADMIN_FULL), Unread("/a", FAILURE)]
    assert found([at("/a"), at("/a/x")], new) == [("drift-removed", "/a")]


def test_what_the_audits_did_not_both_come_to_is_no_change() -> None:
    assert found([at("/a")], [at("/b")], covered=lambda path: path != "/a") == [("drift-added", "/b")]


def test_an_inherited_change_is_told_once() -> None:
    given = ace("Everyone", MODIFY)
    old = [at("/a", ADMIN_FULL), at("/a b", ADMIN_FULL), at("/a/x", ADMIN_FULL), at("/a/x/y", ADMIN_FULL)]
    handed = replace(given, inherited=True)
    new = [at("/a", ADMIN_FULL, given), old[1], at("/a/x", ADMIN_FULL, handed), at("/a/x/y", ADMIN_FULL, handed)]
    assert found(old, new) == [("drift-added", "/a")]
    new[2] = at("/a/x", ADMIN_FULL, replace(handed, mask=FULL))
    assert found(old, new) == [("drift-added", "/a"), ("drift-added", "/a/x"), ("drift-added", "/a/x/y")]


@pytest.mark.parametrize(
    "listed", [[at("/b"), at("/a")], [at("/a"), at("/b"), at("/a")], [at("/a"), at("/a", ADMIN_FULL)]]
)
def test_what_is_not_sorted_or_said_twice_is_refused(listed: list[Descriptor]) -> None:
    for old, new in ((listed, []), ([], listed)):
        with pytest.raises(ValueError, match=r"^the (baseline|present) "):
            list(drift.compare(old, new))


def test_a_baseline_is_read_from_records() -> None:
    rows: list[Any] = [
        acl_record(at("/a")),
        Finding("deny-ace", "low", "m", "/a").record(),
        not_audited("/b", FAILURE).record(),
        {"type": "result", "status": "failed", "item": {"key": "/c"}, "error": FAILURE.record()},
        {"type": "result", "status": "skipped", "item": {"key": "/d"}},
        {"type": "summary", "complete": True},
    ]
    assert list(drift.read(rows)) == [at("/a"), Unread("/b", FAILURE), Unread("/c", FAILURE)]
    with pytest.raises(ValueError, match="stopped before its end"):
        list(drift.read([{"type": "summary", "complete": False}]))
    with pytest.raises(ValueError, match="acl record"):
        list(drift.read([{"type": "acl", "path": "/a"}]))


paths = st.text("ab/ 0-", min_size=1, max_size=5).map(lambda text: f"/{text}")
trees = st.dictionaries(paths, st.lists(aces(), max_size=3).map(tuple), max_size=6)


def listed(tree: dict[str, tuple[Ace, ...]]) -> list[Descriptor]:
    return [folder(*tree[path], path=path) for path in sorted(tree)]


@given(trees, trees)
@unhurried
def test_drift_is_nothing_for_equals_and_mirrored_in_reverse(
    one: dict[str, tuple[Ace, ...]], other: dict[str, tuple[Ace, ...]]
) -> None:
    assert list(drift.compare(listed(one), listed(one))) == []
    there, back = (list(drift.compare(listed(a), listed(b))) for a, b in ((one, other), (other, one)))
    paths_of = lambda rule, told: sorted(f.where for f in told if f.rule == rule and not f.subject)  # noqa: E731
    assert paths_of("drift-added", there) == sorted({*other} - {*one}) == paths_of("drift-removed", back)
    assert len({finding.id for finding in there}) == len(there)


def test_streams_are_read_as_they_come() -> None:
    pulled = 0

    def many(mask: int) -> Iterator[Descriptor]:
        nonlocal pulled
        for number in range(10_000):
            pulled += 1
            yield at(f"/d{number:05}", ace(SALES, mask))

    first = next(drift.compare(many(READ), many(MODIFY)))
    assert first.where == "/d00000"
    assert pulled <= 6
