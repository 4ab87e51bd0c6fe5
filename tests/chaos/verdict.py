"""What must hold however a run went: nothing lost or counted twice, outputs whole or absent, the right exit code."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.chaos import proxy
from tests.chaos.usecases.probe import expected

if TYPE_CHECKING:
    from tests.chaos.campaign import Attempt, Story
    from tests.chaos.program import Child

ENDS: dict[str, set[int]] = {
    **{fault: {0, 1, 254} for fault in (*proxy.ERRORS, *proxy.CUTS)},
    **{fault: {0, 254} for fault in proxy.LASTING},
    **{fault: {0, 1, 253, 254} for fault in (*proxy.HANDSHAKES, "dns")},
    "kill-9": {0, -9},
    "sigterm": {0, 143, -15},
    "sigint": {0, 130, -2},
    "disk-full": {0, 1, 253},
    "no-space-state": {0, 1, 253},
    "no-space-out": {0, 1, 253},
    "read-only-state": {253},
    "two-at-once": {0},
    "asleep": {0},
}
"""Exit codes that each fault may lead to, negative for a signal that nobody caught."""

IN_HAND = 64
"""Items before the end from which on a signal comes too late: two for each of sixteen workers are finished, and as many
may be on their way to the journal."""


def of_attempt(story: Story, attempt: Attempt) -> Iterator[str]:
    """What one process says about itself."""
    code, child = attempt.child.code, attempt.child
    faults = attempt.scenario.faults
    allowed = set().union(*(ENDS[fault] for fault in faults)) if faults else {0}
    if attempt.scenario.process == "read-only-state":
        allowed = {253}
    if code not in allowed:
        yield f"exit {code} under {', '.join(faults) or 'calm'}: {child.errors.decode(errors='replace')[-600:]}"
        return
    if code == 0 and attempt.settled is not None and attempt.settled < len(story.items) - IN_HAND:
        yield f"exit 0 though a signal came when {attempt.settled} items were settled"
    yield from _says(code, child.error, child.of("summary"), told=bool(child.output))
    if attempt.second is not None:
        yield from _beside(child, attempt.second, allowed | {1})
    yield from _outputs(story, whole=False)


def _says(code: int, error: dict[str, Any], summaries: list[dict[str, Any]], *, told: bool) -> Iterator[str]:
    """A signal may come before or behind the time in which fsxap catches it, but not while it works."""
    if code in (253, 254, 130, 143) and error.get("exit") != code:
        yield f"exit {code} with the last word {error}"
    if code in (0, 1):
        if len(summaries) != 1 or not summaries[0]["complete"]:
            yield f"exit {code} with {len(summaries)} whole summaries"
            return
        coverage = summaries[0]["coverage"]
        if bool(coverage["failed"] or coverage["missing"]) != (code == 1):
            yield f"exit {code} with coverage {coverage}"
    if code in (-signal.SIGTERM, -signal.SIGINT) and told and not summaries:
        yield f"{signal.Signals(-code).name} stopped it in the middle without a word"
    for summary in summaries:
        coverage = dict(summary["coverage"])
        if coverage.pop("seen") != sum(coverage.values()):
            yield f"coverage does not add up: {summary['coverage']}"


def _beside(first: Child, second: Child, allowed: set[int]) -> Iterator[str]:
    """Refused, or late: then the first was done, and what it could not do may be tried again."""
    if (second.code, second.error.get("code")) == (253, "locked"):
        if second.output:
            yield "the run that was refused spoke"
    elif second.code not in allowed:
        yield f"two at once: the second ended with {second.code}: {second.error}"
    elif twice := _ok(first) & _ok(second):
        yield f"two at once: {len(twice)} keys were told of by both, as {min(twice)}"


def _ok(child: Child) -> set[str]:
    return {record["item"]["key"] for record in child.of("result") if record["status"] == "ok"}


def of_items(story: Story) -> Iterator[str]:
    """What is true of every item of the set, once the last attempt ended."""
    keys, last = set(story.items), story.attempts[-1].child
    if last.code != 0:
        yield f"exits {[attempt.child.code for attempt in story.attempts]}: never done"
        return
    (summary,) = last.of("summary")
    coverage = summary["coverage"]
    if coverage["seen"] != len(keys) or coverage["ok"] + coverage["unchanged"] != len(keys):
        yield f"lost: coverage {coverage}"
    sevens = sum(key.endswith("7") for key in keys)
    if summary["findings"]["low"] != sevens:
        yield f"findings {summary['findings']['low']} of {sevens}"
    yield from _counted(story, keys)
    yield from _outputs(story, whole=True)


def _counted(story: Story, keys: set[str]) -> Iterator[str]:
    state = story.seen / "state"
    (book,) = state.rglob("ledger")
    ledger = [json.loads(line.split(b"\t", 1)[0]) for line in book.read_bytes().splitlines()]
    if set(ledger) != keys or len(ledger) != len(keys):
        yield f"ledger: {len(ledger)} lines, {len(keys - set(ledger))} keys lost"
    done = journaled(state)
    if set(done) != keys:
        yield f"lost: {len(keys - set(done))} keys have no result"
    if twice := [key for key, number in done.items() if number > 1]:
        yield f"doubled: {len(twice)} keys were counted twice, as {twice[0]}"
    # What is kept may never have been told of when the process is killed, but nothing is told of twice.
    told = Counter(
        record["item"]["key"]
        for attempt in story.attempts
        for record in attempt.child.of("result")
        if record["status"] == "ok"
    )
    if twice := [key for key, number in told.items() if number > 1]:
        yield f"doubled: {len(twice)} keys were told of twice, as {twice[0]}"
    billed = sum(_usage(path) for path in state.rglob("summary.json"))
    if billed > len(keys):
        yield f"doubled: {billed} items billed"


def _usage(path: Path) -> int:
    found: int = json.loads(path.read_bytes())["usage"].get("probe_items", 0)
    return found


def journaled(state: Path) -> Counter[str]:
    """How often each key ended well in any journal, half lines left out."""
    done: Counter[str] = Counter()
    for path in state.rglob("results/**/*.jsonl"):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n") and (row := json.loads(line))["status"] == "ok":
                done[row["item"]["key"]] += 1
    return done


def _outputs(story: Story, *, whole: bool) -> Iterator[str]:
    """Each output is what it must be, to the byte; before the end it may be absent."""
    if story.scenario.place == "ontap":
        return
    if story.scenario.place == "s3-out":
        found = {key: body.encode("latin-1") for key, body in story.stored.items()}
        if not whole:
            return
    else:
        out = story.seen / "out"
        paths = (path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".fsxap-partial-"))
        found = {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}
    wanted = {f"{key}.out": expected(body) for key, body in story.items.items()}
    if broken := [key for key, body in found.items() if body != wanted.get(key)]:
        yield f"broken: {len(broken)} outputs are not what they must be, as {broken[0]}"
    if whole and (absent := wanted.keys() - found.keys()):
        yield f"lost: {len(absent)} outputs are absent, as {min(absent)}"


def of_volume(story: Story, keys: set[str]) -> Iterator[str]:
    """An audit reads every path every time, so the last run alone stands for all."""
    last = story.attempts[-1].child
    if last.code != 0:
        yield f"exits {[attempt.child.code for attempt in story.attempts]}: never done"
        return
    (summary,) = last.of("summary")
    (run,) = story.seen.rglob(f"runs/{summary['run']}")
    done = journaled(run)
    if set(done) != keys:
        yield f"lost: {len(keys - set(done))} paths, and {len(set(done) - keys)} too many"
    if twice := [key for key, number in done.items() if number > 1]:
        yield f"doubled: {len(twice)} paths were counted twice, as {twice[0]}"
    if summary["coverage"]["ok"] != len(keys):
        yield f"lost: coverage {summary['coverage']}"
