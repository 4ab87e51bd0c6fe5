"""A run and its files: begun, resumed, or its work folded into the ledger when another job replaces it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from fsxap.engine import journal, ledger
from fsxap.engine.state import DiskState, State, folder_name, reading
from fsxap.errors import ConfigurationError
from fsxap.model import FORMAT, Record, dumps, now

Stage = Literal["discovering", "processing", "done"]


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked: equal jobs continue one another's unfinished run."""

    use_case: str
    source: str
    digest: str
    scope: Record
    seal: str = ""
    """Fingerprint of the key that seals the state: what was done with another key is another key's business."""

    @property
    def folder(self) -> str:
        return folder_name(self.use_case, self.source, self.seal)

    @property
    def ledger(self) -> str:
        return f"{self.folder}/ledger"


@dataclass(frozen=True, slots=True)
class Run:
    """`counts` are the keys discovery settled: unchanged, todo, hidden, gone."""

    id: str
    job: Job
    started: str
    stage: Stage = "discovering"
    counts: Record | None = None

    @property
    def folder(self) -> str:
        return f"{self.job.folder}/runs/{self.id}"

    def file(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def record(self) -> Record:
        return {
            "type": "run",
            "format": FORMAT,
            "run": self.id,
            "use_case": self.job.use_case,
            "source": self.job.source,
            "digest": self.job.digest,
            "scope": self.job.scope,
            "started": self.started,
            "stage": self.stage,
            "counts": self.counts,
            "seal": self.job.seal,
        }

    @classmethod
    def from_record(cls, row: Record) -> Run:
        readable(row, f"the state of run {row.get('run')}")
        with reading(f"run {row.get('run')}"):
            job = Job(row["use_case"], row["source"], row["digest"], row["scope"], row.get("seal", ""))
            return cls(row["run"], job, row["started"], row["stage"], row["counts"])


def new_id() -> str:
    """Sorts by time; told apart by chance."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def write_json(state: State, name: str, record: Any) -> None:
    with state.writer(name) as stream:
        stream.write(dumps(record).encode() + b"\n")


def read_json(state: State, name: str) -> Record | None:
    for line in state.lines(name):
        with reading(state.locate(name)):
            found = json.loads(line)
            if not isinstance(found, dict):
                raise ValueError("no object")
        return found
    return None


def readable(row: Record, what: str) -> Record:
    """The row, when what it speaks for is of a format this program reads: runs, ledgers, manifests and results."""
    number = row.get("format")
    if isinstance(number, int) and 1 <= number <= FORMAT:
        return row
    if isinstance(number, int) and number > FORMAT:
        raise ConfigurationError(
            f"{what} was written by a newer fsxap (format {number}, this one reads {FORMAT})",
            code="state-format",
            hint="upgrade fsxap, or choose another place with --state DIR",
        )
    raise ConfigurationError(
        f"{what} does not say a format this fsxap knows",
        code="state-format",
        hint="choose another place with --state DIR: everything is done once more there, and outputs stay as they are",
    )


def newest(state: State, folder: str) -> Run | None:
    """The run begun last for a use case and source. Asked before the ledger is read, since it says its format."""
    pointer = read_json(state, f"{folder}/current.json")
    if pointer is None:
        return None
    with reading(state.locate(f"{folder}/current.json")):
        begun = readable(pointer, f"the state in {state.locate(folder)}")["run"]
    return load(state, folder, begun)


def save(state: State, run: Run) -> Run:
    write_json(state, run.file("run.json"), run.record())
    return run


def advance(state: State, run: Run, stage: Stage, counts: Record | None = None) -> Run:
    return save(state, replace(run, stage=stage, counts=counts if counts is not None else run.counts))


def load(state: State, folder: str, run_id: str) -> Run | None:
    row = read_json(state, f"{folder}/runs/{run_id}/run.json")
    return Run.from_record(row) if row else None


def begin(state: State, job: Job, *, resume: bool = True, scratch: Path) -> Run:
    """The unfinished run of an equal job, or a new one.

    An unfinished run of another configuration or scope is not lost: its results enter the ledger first.
    """
    open_run = newest(state, job.folder)
    if open_run is not None and open_run.stage != "done":
        if resume and open_run.job == job:
            return open_run
        fold(state, open_run, scratch)
        advance(state, open_run, "done")
    run = save(state, Run(new_id(), job, now()))
    write_json(state, f"{job.folder}/current.json", {"format": FORMAT, "run": run.id})
    return run


def fold(state: State, run: Run, scratch: Path) -> None:
    """Merge the results of an abandoned run into the ledger."""
    fresh = fresh_lines(state, run, scratch)
    with state.writer(run.job.ledger) as stream:
        for line in ledger.merge(ledger.rows(state.lines(run.job.ledger)), fresh):
            stream.write(line + b"\n")


def fresh_lines(state: State, run: Run, scratch: Path) -> Iterator[tuple[str, bytes]]:
    """The ledger lines of what a run processed; what vanished has none."""
    for result in journal.outcomes(state, run.folder, scratch):
        if result.status != "vanished":
            yield result.item.key, ledger.encode(result, run.job.digest)


@contextmanager
def locked(state: State, job: Job) -> Iterator[None]:
    """One run at a time per use case and source. A killed process leaves no lock behind."""
    if not isinstance(state, DiskState):
        yield
        return
    path = state.path(f"{job.folder}/lock")
    state.make(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                f"another {job.use_case} run is working on {job.source} with this state folder",
                code="locked",
                hint="wait for it, or give this one its own --state DIR",
            ) from None
        yield
    finally:
        os.close(handle)
