"""However a listing is cut, every key comes once and in order."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.errors import Unavailable
from fsxap.providers.aws import ranges
from fsxap.providers.aws.ranges import Page, Range, Ranges, ordered


class Service:
    """Keys in S3's order by pages; `peak` is the most requests at once."""

    def __init__(self, keys: list[str], size: int, fail: str = "", names: int = 7) -> None:
        self.keys, self.size, self.fail, self.names = keys, size, fail, names
        self.calls = self.cuts = self.flying = self.peak = 0
        self.lock = threading.Lock()

    def fetch(self, after: str, token: str) -> tuple[Page, str]:
        with self.lock:
            self.calls, self.flying = self.calls + 1, self.flying + 1
            self.peak = max(self.peak, self.flying)
        time.sleep(0.0002)
        start = int(token) if token else bisect_right(self.keys, after)
        rows = [(key, "", "", "1") for key in self.keys[start : start + self.size]]
        with self.lock:
            self.flying -= 1
        if self.fail and any(row[0] == self.fail for row in rows):
            raise Unavailable("broken")
        return Page(rows, True), str(start + self.size) if start + self.size < len(self.keys) else ""

    def siblings(self, level: str, after: str) -> list[str]:
        self.cuts += 1
        below = [key[len(level) :] for key in self.keys if key.startswith(level) and key > after]
        return sorted({level + head + slash for head, slash, _ in (key.partition("/") for key in below)})[: self.names]


def read(service: Service, prefix: str = "", after: str = "", threads: int = 4) -> Iterator[str]:
    whole = Range(after, None, keys=service.keys[: service.size])
    for page in Ranges(service.fetch, service.siblings, prefix, whole, threads).read():
        yield from (row[0] for row in page.rows)


NAME = st.text(st.sampled_from("ab-.0\u65e5\U0010ffff"), min_size=1, max_size=2)
KEYS = st.sets(st.lists(NAME, min_size=1, max_size=4).map("/".join), min_size=1, max_size=120)


@settings(max_examples=120, deadline=None)
@given(keys=KEYS, size=st.integers(1, 9), threads=st.integers(2, 6), start=st.integers(0, 60))
def test_every_key_once_and_in_order(keys: set[str], size: int, threads: int, start: int) -> None:
    wanted = sorted(keys)
    after = wanted[start] if start < len(wanted) else ""
    service = Service(wanted, size)
    assert list(read(service, "", after, threads)) == [key for key in wanted if key > after]


@settings(max_examples=60, deadline=None)
@given(keys=KEYS, size=st.integers(1, 9))
def test_below_a_prefix(keys: set[str], size: int) -> None:
    wanted = sorted("p/q" + key for key in keys)
    assert list(read(Service(wanted, size), "p/q")) == wanted


FLAT = st.one_of(
    st.sets(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=6), max_size=200),
    st.sets(st.integers(0, 5000).map(str), max_size=300),
    st.sets(st.integers(0, 5000).map("{:06d}.dcm".format), max_size=300),
    st.sets(st.uuids().map(str), max_size=200),
    st.sets(st.datetimes().map(str), max_size=200),
    st.integers(0, 300).map(lambda number: {f"{'long ' * 40}{at}" for at in range(number)}),
)


@settings(max_examples=150, deadline=None)
@given(keys=FLAT, below=st.sampled_from(["", "d/", "\u65e5/%+/"]), size=st.integers(1, 12), threads=st.integers(2, 8))
def test_a_flat_directory_is_the_same_in_parts(keys: set[str], below: str, size: int, threads: int) -> None:
    wanted = sorted(["a", *(below + key for key in keys), "\u65e5\u672c/z"])
    service = Service(sorted(set(wanted)), size)
    assert list(read(service, "", "", threads)) == service.keys


class Moving(Service):
    """Keys come and go with every request; a token is the key it goes on behind."""

    def __init__(self, keys: list[str], moving: list[str], size: int) -> None:
        super().__init__(keys, size)
        self.moving = moving

    def fetch(self, after: str, token: str) -> tuple[Page, str]:
        with self.lock:
            self.calls += 1
            one = self.moving[self.calls * 7 % len(self.moving)]
            at = bisect_left(self.keys, one)
            if self.keys[at : at + 1] == [one]:
                del self.keys[at]
            else:
                self.keys.insert(at, one)
            start = bisect_right(self.keys, token or after)
            found = self.keys[start : start + self.size]
            more = start + self.size < len(self.keys)
        return Page([(key, "", "", "1") for key in found], True), found[-1] if more else ""


@pytest.mark.parametrize("form", ["d/{:05d}", "{:05d}", "d{:02d}/e{:02d}"])
def test_what_stays_comes_once_whatever_comes_and_goes(form: str) -> None:
    every = [form.format(*((at,) if form.count("{") == 1 else divmod(at, 40))) for at in range(2000)]
    stays, moving = sorted(every[::2]), sorted(every[1::2])
    for threads in (2, 5, 16):
        got = list(read(Moving(list(stays), moving, 10), threads=threads))
        assert got == sorted(set(got))
        assert set(stays) <= set(got) <= set(every)


NUMBERED = [f"d/IM-{at:06d}.dcm" for at in range(4000)]


@pytest.mark.parametrize(
    "keys",
    [
        NUMBERED,
        sorted(f"{at * 2654435761 % 2**32:08x}" for at in range(4000)),
        sorted(f"d/{at}" for at in range(4000)),
        sorted(f"2026-01-{at // 1440 + 1:02d}T{at // 60 % 24:02d}-{at % 60:02d}.csv" for at in range(4000)),
        sorted(f"d/{at:04d}/{each}" for at in range(2000) for each in "ab"),
    ],
    ids=["numbers", "hashes", "short numbers", "times", "small directories"],
)
def test_many_names_in_one_directory_are_read_together(keys: list[str]) -> None:
    service = Service(keys, 20)
    assert list(read(service, threads=8)) == keys
    # How many fly at once, and how many are in vain, is the scheduler's as well.
    assert service.peak > 1
    assert service.calls + service.cuts < 4 * len(keys) / service.size


def test_directories_smaller_than_a_page_share_ranges() -> None:
    keys = [f"d{number // 20:04d}/f{number % 20:02d}" for number in range(16_000)]
    service = Service(keys, 100, names=100)
    assert list(read(service, "", "", 12)) == keys
    assert service.calls + service.cuts < 1.7 * len(keys) / service.size


def test_names_that_jump_cost_few_requests() -> None:
    keys = sorted(f"{'x' * depth}{at:03d}" for depth in range(40) for at in range(20))
    service = Service(keys, 10)
    assert list(read(service, threads=16)) == keys
    assert service.calls + service.cuts < 4 * len(keys) / service.size


class Deaf(Service):
    """Takes no start, or only that of a key."""

    def __init__(self, keys: list[str], size: int, *, knows_keys: bool) -> None:
        super().__init__(keys, size)
        self.knows_keys = knows_keys

    def fetch(self, after: str, token: str) -> tuple[Page, str]:
        return super().fetch(after if self.knows_keys and after in self.keys else "", token)


@pytest.mark.parametrize("knows_keys", [False, True])
def test_where_a_start_does_not_count_tokens_do(knows_keys: bool) -> None:
    service = Deaf(NUMBERED, 20, knows_keys=knows_keys)
    assert [row[0] for page in ordered(service.fetch, service.siblings, "", "", 16) for row in page.rows] == NUMBERED
    # One request more finds it out, unless the machine is so slow that more threads would not pay.
    assert service.peak == 1 and 0 <= service.calls - len(NUMBERED) / 20 <= 1


TREE = sorted(f"d{a:02d}/e{b:02d}/f{c:02d}" for a in range(10) for b in range(10) for c in range(20))


@pytest.mark.parametrize(
    ("keys", "names"),
    [([1000], 1), ([900, 100], 4), ([10, 250, 250, 250, 240], 11), ([400, 500, 100], 5), ([1] * 1000, 2750)],
)
def test_a_range_is_as_many_names_as_make_some_pages(keys: list[int], names: int) -> None:
    assert ranges._together(keys, 1000) == names


@pytest.mark.parametrize("prefix", ["", "d0"])
def test_requests_fly_together_and_little_waits(prefix: str) -> None:
    service = Service([key for key in TREE if key.startswith(prefix)], 10)
    held = most = 0
    listing = Ranges(service.fetch, service.siblings, prefix, Range("", None, keys=TREE[:10]), 8)
    for page in listing.read():
        held += len(page.rows)
        with listing._lock:
            most = max(most, sum(len(part.rows) for each in listing._ranges for part in each.pages))
    assert held == len(service.keys)
    assert service.peak > 4
    assert most <= (ranges.HELD + 1) * 8 * service.size
    assert service.calls + service.cuts < 2.2 * len(service.keys) / service.size


def test_what_came_before_an_error_comes_first() -> None:
    got: list[str] = []
    with pytest.raises(Unavailable):
        got.extend(read(Service(TREE, 10, fail="d05/e05/f05")))
    assert got == TREE[: len(got)]
    assert len(got) >= TREE.index("d05/e05/f05") - 20


def test_threads_end_with_the_reader() -> None:
    listing = read(Service(TREE, 10), threads=8)
    next(listing)
    listing.close()
    deadline = time.monotonic() + 5
    while any(each.name == "listing" for each in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(each.name == "listing" for each in threading.enumerate())


def test_a_short_listing_asks_one_after_the_other() -> None:
    service = Service(TREE[:40], 10)
    pages = ordered(service.fetch, service.siblings, "", "", 16)
    assert [row[0] for page in pages for row in page.rows] == TREE[:40]
    assert (service.calls, service.cuts, service.peak) == (4, 0, 1)


def test_a_long_one_goes_on_where_it_was() -> None:
    service = Service(TREE, 10)
    pages = ordered(service.fetch, service.siblings, "", "", 16)
    assert [row[0] for page in pages for row in page.rows] == TREE
