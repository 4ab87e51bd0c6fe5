"""Results as they come are the checkpoint: resuming reads them back, and nothing else can disagree with them.

On a disk each result is appended with one write, so a killed run loses only what was in flight. In a bucket results
are gathered into parts that are written whole; part names carry the writer's id, so overlapping invocations cannot
overwrite each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from fsxap.engine.sorting import spill_sort
from fsxap.engine.state import DiskState, State, reading
from fsxap.model import Record, Result, dumps

PART = 500
"""Results per part in a bucket."""
CHUNK = 4000
"""Lines in memory while results are sorted: an audited path has 2 kB, so a scan of any size stays flat."""


class DiskJournal:
    def __init__(self, state: DiskState, run: str, writer: str) -> None:
        self._stream: BinaryIO = state.append(f"{run}/results/{writer}.jsonl")

    def add(self, result: Result) -> str:
        """Returns the line as written, without its end."""
        line = dumps(result.record())
        self._stream.write(line.encode() + b"\n")
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stream.close()


class PartJournal:
    def __init__(self, state: State, run: str, writer: str) -> None:
        self._state, self._run, self._writer = state, run, writer
        self._lines: list[str] = []
        self._part = 0

    def add(self, result: Result) -> str:
        line = dumps(result.record())
        self._lines.append(line + "\n")
        if len(self._lines) >= PART:
            self.flush()
        return line

    def flush(self) -> None:
        if not self._lines:
            return
        with self._state.writer(f"{self._run}/results/{self._writer}-{self._part:05d}.jsonl") as stream:
            stream.write("".join(self._lines).encode())
        self._part += 1
        self._lines.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.flush()


Journal = DiskJournal | PartJournal


def open_journal(state: State, run: str, writer: str) -> Journal:
    return DiskJournal(state, run, writer) if isinstance(state, DiskState) else PartJournal(state, run, writer)


def written(state: State, run: str, batch: str = "") -> Iterator[Result]:
    """Every result line of a run, or of one batch of it, in the order written, repeats included."""
    for name in state.names(f"{run}/results/{batch}".rstrip("/")):
        for line in state.lines(name):
            with reading("the results"):
                result = Result.from_record(json.loads(line))
            yield result


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a process was killed: the writer it kept results as, and the last line that was told of them."""

    writer: str
    line: str


def untold(state: State, run: str, cut: Cut) -> Iterator[tuple[Result, str]]:
    """What was kept after that line; everything when none was told."""
    told = not cut.line
    for line in state.lines(f"{run}/results/{cut.writer}.jsonl"):
        if told:
            with reading("the results"):
                result = Result.from_record(json.loads(line))
            yield result, line.decode()
        told = told or line == cut.line.encode()


class Outcome(NamedTuple):
    """A journaled result, decoded only as far as sorting needs; `line` is the whole of it."""

    key: str
    settled: bool
    line: bytes

    @property
    def result(self) -> Result:
        with reading("the results"):
            return Result.from_record(json.loads(self.line))


def settled(state: State, run: str, scratch: Path) -> Iterator[Outcome]:
    """One outcome per key, in key order: the best one where an item was tried again."""
    lines = (line for name in state.names(f"{run}/results") for line in state.lines(name))
    ordered = spill_sort(
        map(_outcome, lines),
        key=lambda outcome: outcome[:2],
        encode=_spilled,
        decode=_read_back,
        chunk=CHUNK,
        scratch=scratch,
    )
    last: Outcome | None = None
    for outcome in ordered:
        if last is not None and outcome.key != last.key:
            yield last
        last = outcome
    if last is not None:
        yield last


def _outcome(line: bytes) -> Outcome:
    with reading("the results"):
        row = _end(line) or json.loads(line)
        return Outcome(row["item"]["key"], row["status"] != "failed", line)


def _end(line: bytes) -> Record | None:
    """A line from its item on: keys are sorted, and what is long comes before. None where they are not."""
    try:
        row: Record = json.loads(b"{" + line[line.rindex(b',"item":') + 1 :])
    except ValueError:
        return None
    return row if "status" in row else None


def _spilled(outcome: Outcome) -> bytes:
    """The key before the line: a line is long to decode, and JSON escapes any tab of its own."""
    return b"\t".join((b"1" if outcome.settled else b"0", dumps(outcome.key).encode(), outcome.line))


def _read_back(spilled: bytes) -> Outcome:
    flag, key, line = spilled.split(b"\t", 2)
    return Outcome(json.loads(key), flag == b"1", line)


def outcomes(state: State, run: str, scratch: Path) -> Iterator[Result]:
    """The results of `settled`."""
    return (outcome.result for outcome in settled(state, run, scratch))
