"""Discover, process, finish: the three stages of a run, the same on a laptop and in Lambda.

Discover joins the listing with the ledger and writes what is to do and what is kept. Process journals results.
Finish merges both into the new ledger, reconciles against the manifest, and hands everything seen to the use case's
`summarise`. Each stage may be killed and repeated.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

from fsxap.engine import driver, journal, ledger, runs
from fsxap.engine.journal import Outcome
from fsxap.engine.ledger import OutOfOrder, Row
from fsxap.engine.runs import Run
from fsxap.engine.scope import Scope
from fsxap.engine.sorting import spill_sort
from fsxap.engine.state import State
from fsxap.engine.types import Digest, Kit, UseCase
from fsxap.errors import ServiceError
from fsxap.model import Failure, Finding, Item, Record, Result, Tally, Unlisted, dumps

SEEN, UNSEEN = b"=", b"."
"""First byte of a kept line: seen unchanged in this run, or outside what this run looked at."""

CHUNK = 8000
"""Entries in memory while a listing is sorted."""

Listing = Iterable[Item | Unlisted]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run treats what it lists: --force does everything again, --only-failed only what failed last time."""

    scope: Scope
    force: bool = False
    only_failed: bool = False
    unchanged: Callable[[Item, Row], None] | None = None
    """Told of each item that needs nothing."""

    def redo(self, _row: Row | None) -> bool:
        return self.force

    def takes(self, row: Row | None) -> bool:
        return not self.only_failed or (row is not None and row.status == b"failed")

    @property
    def partial(self) -> bool:
        return self.scope.partial or self.only_failed


def discover(
    run: Run, listing: Callable[[], Listing], state: State, plan: Plan, scratch: Path, *, ordered: bool
) -> Run:
    """Write manifest.jsonl (what to do) and kept (ledger lines that stay), both in key order.

    `ordered` promises a sorted listing; a promise that is broken is noticed, and the listing is read again and
    sorted on disk.
    """
    try:
        source = listing() if ordered else sort_listing(listing(), scratch)
        counts = _write(run, source, state, plan)
    except (OutOfOrder, ServiceError) as error:
        if isinstance(error, ServiceError) and error.code != "unordered-listing":
            raise
        counts = _write(run, sort_listing(listing(), scratch), state, plan)
    return runs.advance(state, run, "processing", counts)


def sort_listing(listing: Listing, scratch: Path) -> Iterator[Item | Unlisted]:
    return spill_sort(
        listing, key=lambda entry: entry.key, encode=_encode, decode=_decode, chunk=CHUNK, scratch=scratch
    )


def _encode(entry: Item | Unlisted) -> bytes:
    if isinstance(entry, Item):
        return dumps(entry.record()).encode()
    return dumps({"key": entry.key, "unlisted": entry.failure.record(), "skipped": entry.skipped}).encode()


def _decode(line: bytes) -> Item | Unlisted:
    return entry_from_record(json.loads(line))


def entry_from_record(row: Record) -> Item | Unlisted:
    failure = row.get("unlisted")
    if failure:
        return Unlisted(row["key"], Failure(**failure), row.get("skipped", False))
    return Item.from_record(row)


def _write(run: Run, listing: Listing, state: State, plan: Plan) -> Record:
    counts: Counter[str] = Counter(unchanged=0, todo=0, hidden=0, gone=0)
    events = ledger.join(listing, ledger.rows(state.lines(run.job.ledger)), run.job.digest, plan.redo)
    with (
        state.writer(run.file("manifest.jsonl")) as manifest,
        state.writer(run.file("kept")) as kept,
        journal.open_journal(state, run.folder, "listing") as unlisted,
    ):
        for kind, entry, row in events:
            if isinstance(entry, Unlisted):
                unlisted.add(unlisted_result(entry))
            elif entry is not None and kind == "todo" and plan.takes(row):
                counts["todo"] += 1
                manifest.write(dumps(entry.record()).encode() + b"\n")
                if counts["todo"] == plan.scope.limit:
                    counts["hidden"] += _keep_rest(run, state, entry.key, kept)
                    break
            elif entry is not None and row is not None and kind == "same" and not plan.only_failed:
                counts["unchanged"] += 1
                kept.write(SEEN + row.line + b"\n")
                if plan.unchanged:
                    plan.unchanged(entry, row)
            elif row is not None and (kind != "gone" or plan.partial):
                counts["hidden"] += 1
                kept.write(UNSEEN + row.line + b"\n")
            else:
                counts["gone"] += kind == "gone"
    return dict(counts)


def _keep_rest(run: Run, state: State, last: str, kept: BinaryIO) -> int:
    """The limit is reached: what the ledger knows of later keys stays as it is."""
    number = 0
    for row in ledger.rows(state.lines(run.job.ledger)):
        if row.key > last:
            kept.write(UNSEEN + row.line + b"\n")
            number += 1
    return number


def unlisted_result(entry: Unlisted) -> Result:
    item = Item(entry.key)
    if entry.skipped:
        return Result.skipped(item, entry.failure.message, code=entry.failure.code)
    return Result.failed(item, entry.failure)


def manifest(state: State, run: Run) -> Iterator[Item]:
    for line in state.lines(run.file("manifest.jsonl")):
        yield Item.from_record(json.loads(line))


def remaining(state: State, run: Run, scratch: Path) -> Iterator[Item]:
    """The manifest without what is done; failures are tried again."""
    done = journal.settled(state, run.folder, scratch)
    outcome = next(done, None)
    for item in manifest(state, run):
        while outcome is not None and outcome.key < item.key:
            outcome = next(done, None)
        if outcome is None or outcome.key != item.key or not outcome.settled:
            yield item


def listing_of(use_case: UseCase, kit: Kit, scope: Scope) -> Listing:
    """What the use case's own discovery finds, or else the source's files of its kind, within a scope."""
    if use_case.discover is not None:
        return scope.select(use_case.discover(kit))
    return scope.select(kit.source.list(scope.prefix), use_case.match)


def process(
    use_case: UseCase, items: Iterable[Item], run: Run, state: State, kit: Kit, *, writer: str, workers: int
) -> Iterator[tuple[Result, str]]:
    """Results with their record as a line, each journaled before it is yielded.

    The line is handed on because a process may be killed between keeping a result and telling of it: the less there
    is to do in between, the rarer a result that was kept and never told.
    """
    with journal.open_journal(state, run.folder, writer) as book:
        for result in driver.drive(use_case, items, kit, workers=workers):
            yield result, book.add(result)


Waive = Callable[[Iterable[Finding]], Iterable[Finding]]
"""Marks the findings somebody has accepted; the ledger keeps them unmarked, since waivers come and go."""


def finish(
    use_case: UseCase, run: Run, state: State, kit: Kit, scratch: Path, waive: Waive = iter
) -> tuple[Tally, Digest, Counter[str]]:
    """Write the new ledger and findings.jsonl; return coverage, the use case's digest, and failures by code."""
    tally, failures = Tally(), Counter[str]()
    with state.writer(run.job.ledger) as book, state.writer(run.file("findings.jsonl")) as findings:
        seen = _seen(run, state, scratch, book, tally, failures, whole=use_case.summarise is not None)
        told = _told(seen, findings, tally, waive)
        digest = use_case.summarise(told, kit) if use_case.summarise else Digest()
        for _ in told:
            pass
        for finding in waive(digest.findings):
            tally.add_findings([finding])
            findings.write(dumps(finding.record()).encode() + b"\n")
    tally.add_usage(digest.usage)
    return tally, digest, failures


def missing(state: State, run: Run, scratch: Path) -> int:
    """Manifest lines without a result: the promise that nothing is lost, checked."""
    tally = Tally()
    for _ in _reconciled(state, run, scratch, tally):
        pass
    return tally.missing


def _reconciled(state: State, run: Run, scratch: Path, tally: Tally) -> Iterator[Outcome]:
    """What the journal holds, in key order; manifest lines without a result are counted on the way."""
    wanted = (item.key for item in manifest(state, run))
    key = next(wanted, None)
    for outcome in journal.settled(state, run.folder, scratch):
        while key is not None and key < outcome.key:
            tally.missing += 1
            key = next(wanted, None)
        if key == outcome.key:
            key = next(wanted, None)
        yield outcome
    if key is not None:
        tally.missing += 1 + sum(1 for _ in wanted)


class Seen(NamedTuple):
    """A key this run stands for: a kept ledger row or a fresh outcome."""

    key: str
    row: Row | None
    outcome: Outcome | None
    mark: bytes = b""


def _seen(
    run: Run,
    state: State,
    scratch: Path,
    book: BinaryIO,
    tally: Tally,
    failures: Counter[str],
    *,
    whole: bool,
) -> Iterator[Result]:
    """Every result this run stands for, in key order, written to the ledger on its way.

    Kept and fresh keys are disjoint: a key to do is never kept. `whole` decodes unchanged results too, which costs
    more than counting them.
    """
    kept = (
        Seen(row.key, row, None, line[:1]) for line in state.lines(run.file("kept")) if (row := ledger.decode(line[1:]))
    )
    fresh = (Seen(outcome.key, None, outcome) for outcome in _reconciled(state, run, scratch, tally))
    for entry in heapq.merge(kept, fresh, key=lambda entry: entry.key):
        if entry.row is not None:
            book.write(entry.row.line + b"\n")
            if entry.mark == UNSEEN:
                continue
            tally.count("unchanged")
            if not whole and not entry.row.has_findings:
                continue
            result = entry.row.result
        elif (outcome := entry.outcome) is not None:
            result = outcome.result
            if result.status != "vanished":
                book.write(ledger.encode(result, run.job.digest, outcome.line) + b"\n")
            tally.count(result.status)
            tally.add_usage(result.usage)
            if result.error:
                failures[result.error.code] += 1
        yield result


def _told(seen: Iterator[Result], findings: BinaryIO, tally: Tally, waive: Waive) -> Iterator[Result]:
    """The results with waivers applied, their findings counted and written on the way."""
    for result in seen:
        if result.findings:
            result = replace(result, findings=tuple(waive(result.findings)))
            tally.add_findings(result.findings)
            for finding in result.findings:
                findings.write(dumps(finding.record()).encode() + b"\n")
        yield result
