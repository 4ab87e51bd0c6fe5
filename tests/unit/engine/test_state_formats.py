"""State that another fsxap wrote: today's format is opened from a stored copy, what is not known is refused."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fsxap.engine import journal, runs
from fsxap.engine.sealed import Seal, SealedDisk
from fsxap.engine.state import DiskState
from fsxap.errors import ConfigurationError
from fsxap.model import FORMAT, Item, Result
from tests.unit.engine.worlds import Killed, World

STORED = Path(__file__).resolve().parents[2] / "data" / "state-1"
"""Made by `store`, with the fsxap that first wrote this format. It is never made again: a new format gets a new one."""
SECRET = b"a secret of sixteen bytes or more"
KEYS = {f"k{number}": 1 for number in range(6)} | {"Grüße/日本 [x].txt": 1}


def store(folder: Path) -> None:
    """A finished run, then one that was killed after two of four new items; and a sealed ledger."""
    world = World(folder, findings=True)
    world.source.files = dict(KEYS)
    world.run()
    world.source.files |= {"k1": 2, "new1": 1, "new2": 1, "new3": 1}
    with pytest.raises(Killed):
        world.run(kill_after=2)
    sealed = SealedDisk(DiskState(folder), Seal(SECRET))
    with sealed.writer("sealed/ledger") as stream:
        stream.write(b"a line\nanother\n")


@pytest.fixture
def world(tmp_path: Path) -> World:
    shutil.copytree(STORED, tmp_path / "state")
    world = World(tmp_path / "state", findings=True)
    world.source.files = KEYS | {"k1": 2, "new1": 1, "new2": 1, "new3": 1}
    return world


def test_the_stored_copy_is_of_todays_format() -> None:
    formats = {json.loads(path.read_text())["format"] for path in STORED.rglob("run.json")}
    assert formats == {FORMAT}, "store a copy of the new format beside this one, and open or refuse both"


def test_a_stored_run_is_gone_on_with(world: World) -> None:
    begun = {path.parent.name for path in STORED.rglob("run.json")}
    outcome = world.run()
    assert outcome.run.id in begun
    coverage = outcome.summary.coverage
    assert (coverage["seen"], coverage["unchanged"], coverage["ok"], coverage["missing"]) == (10, 6, 4, 0)
    assert outcome.summary.findings["low"] == 10
    assert world.run().summary.coverage["unchanged"] == 10


def test_a_stored_sealed_file_opens_with_its_key(world: World) -> None:
    assert list(SealedDisk(DiskState(world.root), Seal(SECRET)).lines("sealed/ledger")) == [b"a line", b"another"]


@pytest.mark.parametrize("name", ["current.json", "run.json"])
@pytest.mark.parametrize(
    ("number", "says"), [(FORMAT + 1, "newer"), (0, "does not say"), (None, "does not say"), ("1", "does not say")]
)
def test_other_formats_are_refused(world: World, name: str, number: Any, says: str) -> None:
    before = {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()}
    for path in world.root.rglob(name):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"format": number}) + "\n")
        before[path] = path.read_bytes()
    with pytest.raises(ConfigurationError, match=says) as refused:
        world.run()
    assert (refused.value.code, refused.value.exit) == ("state-format", 253)
    assert "--state" in refused.value.hint
    assert {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["current.json", "run.json", "ledger", "results/*.jsonl"])
def test_damage_is_said_and_not_a_bug(world: World, name: str) -> None:
    for path in world.root.rglob(name):
        path.write_bytes(b"\x00\x00\x00\n" + path.read_bytes())
    with pytest.raises(ConfigurationError) as refused:
        world.run(digest="other")
    assert refused.value.code == "state-damaged"


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """No file of this process can grow beyond this: it takes what fits, and only then says no."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_within_a_line_is_noticed_with_that_line(tmp_path: Path) -> None:
    state, result = DiskState(tmp_path), Result(Item("key"), "ok")
    with journal.open_journal(state, "run", "a") as book:
        line = len(book.add(result)) + 1
        with full_after(line + line // 2), pytest.raises(ConfigurationError) as refused:
            book.add(result)
    assert refused.value.code == "state-unwritable"
    assert [found.item.key for found in journal.written(state, "run")] == ["key"]
    with journal.open_journal(state, "run", "a") as book:
        book.add(result)
    assert len(list(journal.written(state, "run"))) == 2


def test_a_pointer_without_its_run_begins_anew(world: World) -> None:
    for path in world.root.rglob("run.json"):
        path.unlink()
    assert runs.newest(DiskState(world.root), world.root.joinpath("case").name) is None
    assert world.run().summary.coverage["seen"] == 10
