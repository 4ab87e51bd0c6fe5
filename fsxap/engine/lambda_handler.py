"""One Lambda handler for every use case and stage.

Event: {"stage": "discover" | "process" | "summarise", "use_case", "run"?, ...}. Process gets a batch of manifest
lines from a Distributed Map ({"Items": [...], "BatchInput": {"use_case", "run"}}). Answers hold references and
counts, never keys or results: states are kept for 90 days and seen by many.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from fsxap.costs.deployment import added
from fsxap.costs.pricing import Prices, cost_record, money, total
from fsxap.engine import catalog, execute, journal, lag, locations, lost, packed, params, publish, runs, stages
from fsxap.engine.budget import dollars, estimated
from fsxap.engine.cancel import Cancel
from fsxap.engine.kit import Kit
from fsxap.engine.locations import Location
from fsxap.engine.logs import configure
from fsxap.engine.runs import Job, Run
from fsxap.engine.scope import Scope
from fsxap.engine.sealed import Seal, sealed
from fsxap.engine.settings import Settings
from fsxap.engine.stages import Plan
from fsxap.engine.state import DiskState, State, StoreState
from fsxap.engine.stores import connect_aws, open_store, output_location
from fsxap.engine.types import Digest, UseCase
from fsxap.errors import ConfigurationError, UsageError
from fsxap.model import Item, Record, Result, Summary, digest, dumps

PARAM = "FSXAP_PARAM_"
"""Prefix of the variables that carry -P parameters."""
ENGINE = "FSXAP_ENGINE_"
"""Prefix of the variables that carry an engine for one capability, as --engine does."""


COUNTS = ("counts", "complete", "done", "of", "coverage", "findings", "lag")
"""What a log may tell of an answer."""
log = logging.getLogger(__name__)


class NoProgress:
    """Lambda's log is its progress."""

    def stage(self, name: str, total: int | None = None) -> None: ...

    def advance(self, number: int = 1) -> None: ...

    def note(self, message: str) -> None: ...


class Function:
    """What one invocation works with, made from the environment alone."""

    def __init__(self, use_case: UseCase, environ: Mapping[str, str], cancel: Cancel, scratch: Path) -> None:
        self.use_case = use_case
        self.settings = Settings.from_env(environ)
        self.cancel = cancel
        self.scratch = scratch
        given = [f"{name[len(PARAM) :].lower()}={value}" for name, value in environ.items() if name.startswith(PARAM)]
        self.params = params.parse(use_case, given, {})
        self.engines = {name[len(ENGINE) :].lower(): environ[name] for name in environ if name.startswith(ENGINE)}
        source = self.settings.text("source")
        self.source: Location | None = locations.parse(source) if source else None
        plain = self._plain_state()
        self.keys = plain.root if isinstance(plain, DiskState) else None
        self.seal = Seal(use_case.seal(self.kit(""))) if use_case.seal else None
        self.state: State = sealed(plain, self.seal) if self.seal else plain

    def _plain_state(self) -> DiskState | StoreState:
        where = self.settings.text("state_bucket") or self.settings.text("state")
        if not where:
            raise ConfigurationError("no place for state", hint="set FSXAP_STATE_BUCKET to s3://BUCKET/PREFIX")
        location = locations.parse(where)
        if location.kind == "folder":
            return DiskState(Path(location.path))
        return StoreState(open_store(location, lambda: connect_aws(self.settings)), self.scratch)

    def kit(self, run: str) -> Kit:
        to = self.settings.text("to")
        return Kit(
            self.use_case,
            self.settings,
            self.params,
            run=run,
            source=self.source,
            to=output_location(self.source, to, self.use_case.name) if to else None,
            cancel=self.cancel,
            progress=NoProgress(),
            scratch=self.scratch,
            engines=self.engines,
            keys=self.keys,
        )

    def job(self) -> Job:
        case, to = self.use_case, self.settings.text("to")
        return Job(
            case.name,
            execute.source_name(case, self.settings, self.source),
            execute.fingerprint(case, self.params, self.kit("").plan(), to),
            {},
            self.seal.fingerprint if self.seal else "",
        )

    def item(self, row: Record) -> Item:
        """A manifest line as Step Functions hands it on."""
        return Item.from_record(json.loads(self.seal.open(dumps(row).encode())) if self.seal else row)

    def run(self, run_id: str) -> Run:
        found = runs.load(self.state, self.job().folder, run_id)
        if found is None:
            raise UsageError(f"no run {run_id} of {self.use_case.name} in {self.state.location}")
        return found


def handle(event: Mapping[str, Any], context: Any, environ: Mapping[str, str] = os.environ) -> Record:
    """The entry point. Errors are raised, so that Step Functions sees them."""
    about = event.get("BatchInput") or event
    packed.offer(Path(__file__).parents[2] / packed.ARCHIVE)
    stage = about.get("stage", "process")
    if stage not in STAGES:
        raise UsageError(f"unknown stage {stage!r}: one of {', '.join(STAGES)}")
    request = context.aws_request_id
    configure(use_case=about["use_case"], stage=stage, run=about.get("run", ""), request=request)
    cancel = Cancel(remaining=lambda: context.get_remaining_time_in_millis() / 1000)
    with tempfile.TemporaryDirectory() as scratch:
        function = Function(catalog.find(about["use_case"]), environ, cancel, Path(scratch))
        answer = STAGES[stage](function, event, context)
    configure(use_case=about["use_case"], stage=stage, run=answer["run"], request=request)
    log.info("done", extra={"counts": {name: answer[name] for name in COUNTS if name in answer}})
    return answer


def discover(function: Function, _event: Mapping[str, Any], _context: Any) -> Record:
    """List, join with the ledger, write the manifest. Answers with where it is, how much there is to do, and whether
    the budget allows it."""
    job = function.job()
    run = runs.begin(function.state, job, scratch=function.scratch)
    if run.stage == "discovering":
        ordered = function.use_case.discover is None
        with closing(function.kit(run.id)) as kit:
            run = stages.discover(
                run,
                partial(stages.listing_of, function.use_case, kit, Scope()),
                function.state,
                Plan(Scope()),
                function.scratch,
                ordered=ordered,
            )
    return {
        "run": run.id,
        "use_case": function.use_case.name,
        "manifest": function.state.locate(run.file("manifest.jsonl")),
        "key": run.file("manifest.jsonl"),
        "counts": run.counts,
        "budget": _within(function, run),
    }


def _within(function: Function, run: Run) -> Record:
    """What is still to do, priced as `run-uc --budget` prices it, beside the limit."""
    limit = dollars(function.settings.text("budget"))
    if limit is None:
        return {"within": True, "usd": "", "limit": ""}
    units = estimated(function.use_case, function.params, function.kit(run.id).plan())
    usage: dict[str, int] = {}
    for item in stages.remaining(function.state, run, function.scratch):
        usage = added(usage, units(item))
    cost = total(Prices.bundled().lines(usage, function.settings.text("region")))
    return {"within": cost <= limit, "usd": money(cost), "limit": money(limit)}


def process(function: Function, event: Mapping[str, Any], context: Any) -> Record:
    """Process a batch. `complete` is false when time ran out: what is done is written, the rest is still to do.

    Results lie in a folder of the batch, so a batch that Step Functions repeats does only what it had not done. A run
    that is over takes no more: an execution that is redriven may find that a later one has finished it.
    """
    run, state = function.run(event["BatchInput"]["run"]), function.state
    items = [function.item(row) for row in event["Items"]]
    batch = digest([item.key for item in items])
    counts: Counter[str] = Counter()
    done: set[str] = set()
    for result in journal.written(state, run.folder, batch):
        if result.status != "failed":
            done.add(result.item.key)
            counts[result.status] += 1
    workers, writer = int(function.settings["workers"]), f"{batch}/{context.aws_request_id}"
    over = run.stage == "done"
    todo = [] if over else [item for item in items if item.key not in done]
    with closing(function.kit(run.id)) as kit:
        for result, _line in stages.process(function.use_case, todo, run, state, kit, writer=writer, workers=workers):
            counts[result.status] += 1
    number = sum(counts.values())
    return {"run": run.id, "complete": over or number == len(items), "done": number, "of": len(items), **counts}


def summarise(function: Function, event: Mapping[str, Any], _context: Any) -> Record:
    """Finish the run: ledger, findings, summary, report. A run that is over answers as it did.

    `results` is where the map told of its batches.
    """
    run, started, state = function.run(event["run"]), time.perf_counter(), function.state
    if run.stage == "done":
        # Its ledger may be a later run's by now.
        return _answer(function, run, _finished(function, run))
    with journal.open_journal(state, run.folder, "died") as book:
        for lines, failure in lost.failures(state, event.get("results", "")):
            for line in lines:
                book.add(Result.failed(function.item(line), failure))
    with closing(function.kit(run.id)) as kit:
        tally, made, failures = stages.finish(function.use_case, run, state, kit, function.scratch)
        prices, region = Prices.bundled(), function.settings.text("region")
        summary = execute.summary_of(
            run,
            tally,
            made,
            failures,
            cost=cost_record(tally.usage, prices, region),
            seconds=time.perf_counter() - started,
            outputs=kit.sink.location if function.settings.text("to") else "",
            report=state.locate(run.file("report.html")),
        )
        _conclude(function, run, summary, made)
        markdown = state.locate(run.file("report.md"))
        kit.notifier.notify(*publish.notice(summary, markdown))
    complete = not summary.coverage["failed"] + summary.coverage["missing"]
    return _answer(function, run, summary.record(), complete=complete)


def _answer(function: Function, run: Run, summary: Record, *, complete: bool = False) -> Record:
    return {
        "run": run.id,
        "coverage": summary["coverage"],
        "findings": summary["findings"],
        "report": summary["report"],
        "markdown": function.state.locate(run.file("report.md")),
        "lag": lag.measure(function.state, run, datetime.now(UTC), complete=complete),
    }


def _finished(function: Function, run: Run) -> Record:
    found = runs.read_json(function.state, run.file("summary.json"))
    if found is None:
        raise UsageError(f"run {run.id} was replaced by one with other settings", hint="start a new one")
    return found


def _conclude(function: Function, run: Run, summary: Summary, made: Digest) -> None:
    """Everything the run leaves behind; `done` last, so that a killed summarise is repeated whole."""
    state = function.state
    publish.keep(state, run, made.sections)
    for form in ("html", "md"):
        publish.write(state, run, summary, function.use_case, form)
    runs.write_json(state, run.file("summary.json"), summary.record())
    runs.advance(state, run, "done")


STAGES: dict[str, Callable[[Function, Mapping[str, Any], Any], Record]] = {
    "discover": discover,
    "process": process,
    "summarise": summarise,
}
