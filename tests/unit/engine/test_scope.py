from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fsxap.engine.scope import Scope, parse_moment, parse_size
from fsxap.errors import UsageError
from fsxap.model import Failure, Item, Unlisted

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scope", "key", "taken"),
    [
        (Scope(include=("*.PDF",)), "a/b.pdf", True),
        (Scope(include=("*.pdf",)), "a/b.txt", False),
        (Scope(include=("a/*",)), "a/b/c.txt", True),
        (Scope(include=("a/*",)), "b/a/c.txt", False),
        (Scope(exclude=("*.tmp",)), "x.TMP", False),
        (Scope(include=("*.a",), exclude=("b*",)), "b.a", False),
        (Scope(include=("[[]x]*",)), "[x]1", True),
        (Scope(), "_fsxap/idp/x.json", False),
        (Scope(), "a/_fsxap/x.json", False),
        (Scope(), "a/.fsxap/ledger", False),
        (Scope(), "a/my_fsxap/x", True),
        (Scope(), "a/_fsxap.txt", True),
    ],
)
def test_keys(scope: Scope, key: str, taken: bool) -> None:
    assert scope.predicate()(Item(key)) is taken


def test_sizes_and_times_are_inclusive() -> None:
    item = Item("a", 10, "2026-05-03T12:00:00Z")
    assert Scope(min_size=10, max_size=10).predicate()(item)
    assert not Scope(min_size=11).predicate()(item)
    assert Scope(newer_than=item.modified, older_than=item.modified).predicate()(item)
    assert not Scope(older_than="2026-05-03T11:59:59Z").predicate()(item)


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512", 512), ("10MB", 10**7), ("1.5kb", 1500), ("1MiB", 2**20), ("2G", 2**31), ("3 KiB", 3072)],
)
def test_size_texts(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "10XB", "-1", "1e3", "ten"])
def test_bad_sizes(text: str) -> None:
    with pytest.raises(UsageError):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("7d", "2026-04-26T12:00:00Z"),
        ("90s", "2026-05-03T11:58:30Z"),
        ("2w", "2026-04-19T12:00:00Z"),
        ("2026-01-01", "2026-01-01T00:00:00Z"),
        ("2026-01-01T09:00:00+09:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize("text", ["yesterday", "7 days", "", "2026-13-01"])
def test_bad_moments(text: str) -> None:
    with pytest.raises(UsageError):
        parse_moment(text, NOW)


def test_unreadable_places_stay_and_foreign_links_do_not() -> None:
    broken = Unlisted("a/", Failure("permission", "no"))
    link = Unlisted("x.txt", Failure("symlink", "not followed"), skipped=True)
    pdf = Unlisted("x.pdf", Failure("symlink", "not followed"), skipped=True)
    chosen = list(Scope().select([broken, link, pdf], lambda item: item.key.endswith(".pdf")))
    assert chosen == [broken, pdf]


def test_only_a_whole_listing_shows_what_is_gone() -> None:
    assert not Scope().partial
    for scope in (Scope(limit=1), Scope(include=("*",)), Scope(prefix="a"), Scope(stable_for=3), Scope(items="x")):
        assert scope.partial
