"""Bringing an index up to date: what is read again, what disappears, what is told of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fsxap.engine.cancel import Cancel
from fsxap.errors import Interrupted, ItemError, NotFound
from fsxap.model import Failure, Item, Unlisted
from fsxap.patterns.knowledge_base.build import Refresh
from fsxap.patterns.knowledge_base.cutting import LONGEST, passages, pieces
from fsxap.providers.local.index import DuckIndex

pytest.importorskip("duckdb")


class Notes:
    def __init__(self) -> None:
        self.said: list[str] = []

    def stage(self, name: str, total: int | None = None) -> None: ...

    def advance(self, number: int = 1) -> None: ...

    def note(self, message: str) -> None:
        self.said.append(message)


class World:
    """A source of texts by key, and what is read of it."""

    def __init__(self, index: DuckIndex) -> None:
        self.index, self.texts, self.versions = index, dict[str, str](), dict[str, str]()
        self.read_keys: list[str] = []
        self.notes = Notes()

    def put(self, key: str, text: str, version: str = "1") -> None:
        self.texts[key], self.versions[key] = text, version

    def read(self, key: str) -> bytes:
        self.read_keys.append(key)
        if self.texts[key] == "gone":
            raise NotFound(f"no {key}")
        return self.texts[key].encode()

    def run(self, *unlisted: Unlisted, named: bool = True) -> Refresh:
        self.read_keys.clear()
        listing = [Item(key, 1, "2026-11-19T10:00:00Z", self.versions[key]) for key in sorted(self.texts)]
        refresh = Refresh(self.index, self.read, extract, self.notes, Cancel(), named=named)
        self.changed = refresh.run([*listing, *unlisted])
        return refresh

    def found(self, question: str) -> set[str]:
        return {one.key for one in self.index.search(question, 10)}


def extract(body: bytes, name: str) -> list[tuple[int, str]]:
    if body == b"broken":
        raise ItemError(f"{name} is damaged", code="damaged")
    return [(1, body.decode())]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(DuckIndex(tmp_path / "i", b"k" * 32)) as index:
        yield World(index)


def test_only_what_is_new_or_changed_is_read(world: World) -> None:
    world.put("a.txt", "lease")
    world.put("b.txt", "payroll")
    assert world.run().tally.coverage["ok"] == 2 and world.read_keys == ["a.txt", "b.txt"]
    assert world.run().tally.coverage["unchanged"] == 2 and world.read_keys == [] and not world.changed
    world.put("b.txt", "pension", "2")
    assert world.run().tally.coverage["ok"] == 1 and world.read_keys == ["b.txt"]
    assert world.found("payroll") == set() and world.found("pension") == {"b.txt"}


def test_what_was_only_touched_is_not_cut_again(world: World) -> None:
    world.put("a.txt", "lease")
    world.run()
    world.put("a.txt", "lease", "2")
    assert world.run().tally.coverage["unchanged"] == 1 and world.read_keys == ["a.txt"]
    assert world.run() and world.read_keys == []


def test_what_is_gone_disappears(world: World) -> None:
    world.put("a.txt", "lease")
    world.put("b.txt", "payroll")
    world.run()
    del world.texts["b.txt"]
    assert world.run().removed == 1 and world.changed
    assert world.found("payroll") == set() and set(world.index.known()) == {"a.txt"}


def test_what_goes_while_it_is_read_disappears_too(world: World) -> None:
    world.put("a.txt", "lease")
    world.run()
    world.put("a.txt", "gone", "2")
    assert world.run().tally.coverage["vanished"] == 1 and world.found("lease") == set()


def test_what_cannot_be_read_is_counted_each_time_and_read_again_when_it_changes(world: World) -> None:
    world.put("a.txt", "lease")
    world.run()
    world.put("a.txt", "broken", "2")
    assert world.run().tally.coverage["failed"] == 1 and world.found("lease") == set()
    assert world.run().tally.coverage["failed"] == 1 and world.read_keys == []
    world.put("a.txt", "office", "3")
    assert world.run().tally.coverage["ok"] == 1 and world.found("office") == {"a.txt"}


@pytest.mark.parametrize("named", [True, False])
def test_names_are_told_only_where_they_may_be(world: World, named: bool) -> None:
    world.put("secret.txt", "broken")
    world.run(named=named)
    assert ("secret" in " ".join(world.notes.said)) is named


def test_a_place_that_was_not_listed_is_counted(world: World) -> None:
    assert world.run(Unlisted("dark", Failure("access-denied", "no"))).tally.coverage["failed"] == 1


def test_what_was_kept_before_an_interruption_stays(world: World) -> None:
    for number in range(60):
        world.put(f"{number:02}.txt", "lease")
    cancel = Cancel()
    listing = [Item(key, 1, "", "1") for key in sorted(world.texts)]

    def read(key: str) -> bytes:
        if key == "40.txt":
            cancel.set()
        return world.read(key)

    with pytest.raises(Interrupted):
        Refresh(world.index, read, extract, world.notes, cancel).run(listing)
    assert len(world.index.known()) == 25
    assert world.run().tally.coverage["unchanged"] == 25 and len(world.index.known()) == 60


@pytest.mark.parametrize(
    "text",
    ["Short.", "One sentence. " * 200, "word " * 900, "請求書の支払期日は月末です。" * 100, "x" * 5000, "", "\n \n"],
)
def test_pieces_hold_the_whole_text_and_end(text: str) -> None:
    found = list(pieces(text))
    assert all(0 < len(piece) <= LONGEST for piece in found)
    flat = "".join("".join(found).split())
    assert set("".join(text.split())) == set(flat) and len(flat) >= len("".join(text.split()))


def test_passages_are_counted_through_pages() -> None:
    found = list(passages([(1, "One."), (2, ""), (3, "Two.")]))
    assert [(one.page, one.number, one.text) for one in found] == [(1, 1, "One."), (3, 2, "Two.")]
