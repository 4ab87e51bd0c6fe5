"""For any sequence of adds, edits, deletes, failures and kills: nothing lost, nothing done twice, sums that add up."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.engine import journal
from fsxap.engine.runs import Run
from tests.unit.engine.worlds import Killed, World

KEYS = [f"{folder}/{name}" for folder in ("a", "a b", "ü") for name in ("1", "2", "3")]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(KEYS)),
        st.tuples(st.just("delete"), st.sampled_from(KEYS)),
        st.tuples(st.just("break"), st.sampled_from(KEYS)),
        st.tuples(st.just("mend"), st.sampled_from(KEYS)),
        st.tuples(st.just("run"), st.none()),
        st.tuples(st.just("kill"), st.integers(0, 6)),
        st.tuples(st.just("tear"), st.none()),
    ),
    max_size=25,
)


def apply(world: World, step: tuple[str, object]) -> None:
    action, argument = step
    files, broken = world.source.files, world.source.broken
    if action == "write":
        # A version never comes back: a file that was deleted and written again is another one.
        world.written += 1
        files[str(argument)] = world.written
    elif action == "delete":
        files.pop(str(argument), None)
    elif action == "break":
        broken.add(str(argument))
    elif action == "mend":
        broken.discard(str(argument))
    elif action == "tear":
        tear(world)
    else:
        try:
            outcome = world.run(kill_after=argument if action == "kill" else None)  # type: ignore[arg-type]
        except Killed:
            return
        check(world, outcome.summary.coverage)


def tear(world: World) -> None:
    """A power cut leaves half a line at the end of the newest journal."""
    journals = sorted(world.root.rglob("results/**/*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    if journals:
        with journals[-1].open("ab") as stream:
            stream.write(b'{"type":"result","item":{"key":"a/1"')


def check(world: World, coverage: dict[str, int]) -> None:
    """Right after a finished run."""
    assert coverage["seen"] == sum(number for name, number in coverage.items() if name != "seen")
    assert coverage["missing"] == 0


def successes(world: World) -> Counter[tuple[str, str]]:
    """How often each (key, version) was journaled as done, over all runs."""
    counts: Counter[tuple[str, str]] = Counter()
    for path in world.root.rglob("results/**/*.jsonl"):
        for line in path.read_bytes().split(b"\n")[:-1]:
            row = json.loads(line)
            if row["status"] == "ok":
                counts[row["item"]["key"], row["item"]["version"]] += 1
    return counts


@settings(max_examples=80, deadline=None)
@given(steps)
def test_each_version_is_done_exactly_once(history: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        for step in history:
            apply(world, step)
        world.source.broken.clear()
        # A killed run is finished first, then what changed since its listing is done, then nothing is left.
        world.run()
        world.run()
        last = world.run()
        assert last.summary.coverage["seen"] == len(world.source.files)
        assert last.summary.coverage["unchanged"] == len(world.source.files)
        counts = successes(world)
        assert {(key, str(version)) for key, version in world.source.files.items()} <= set(counts)
        assert set(counts.values()) <= {1}


@settings(max_examples=30, deadline=None)
@given(st.integers(1, len(KEYS)), st.lists(st.integers(0, 5), max_size=4), st.sets(st.sampled_from(KEYS), max_size=2))
def test_a_killed_run_ends_like_an_undisturbed_one(number: int, kills: list[int], broken: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        disturbed, calm = World(Path(folder), findings=True), World(Path(other), findings=True)
        for world in (disturbed, calm):
            world.source.files = dict.fromkeys(KEYS[:number], 1)
            world.source.broken = broken
        for kill in kills:
            try:
                disturbed.run(kill_after=kill)
            except Killed:
                continue
            break
        else:
            disturbed.run()
        expected = calm.run().summary
        run = last_run(disturbed)
        found = json.loads((Path(folder) / run.file("summary.json")).read_text())
        assert found["coverage"] == dict(expected.coverage)
        assert found["findings"] == dict(expected.findings)
        assert found["usage"] == dict(expected.usage)
        assert len(list(journal.outcomes(disturbed.state, run.folder, Path(folder)))) == number


def last_run(world: World) -> Run:
    path = sorted(world.root.glob("*/*/runs/*/run.json"))[-1]
    return Run.from_record(json.loads(path.read_text()))
