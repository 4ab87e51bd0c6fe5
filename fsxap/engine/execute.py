"""One run from beginning to end on a laptop: discover, process, finish, with a record for everything."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fsxap.engine import journal, runs, stages
from fsxap.engine.budget import Budget
from fsxap.engine.journal import Cut
from fsxap.engine.ledger import Row, unchanged_record
from fsxap.engine.locations import Location
from fsxap.engine.runs import Job, Run
from fsxap.engine.settings import Settings
from fsxap.engine.stages import Plan
from fsxap.engine.state import State
from fsxap.engine.types import Digest, Kit, Params, UseCase
from fsxap.errors import UsageError
from fsxap.model import Item, Record, Result, Summary, Tally, Unlisted, digest

Tell = Callable[[Result, str], None]
"""Told of each result as it comes, with its record as a line of JSON."""
Pay = Callable[[Mapping[str, int]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Errand:
    """What `execute` needs to know besides the use case and its kit."""

    job: Job
    plan: Plan
    state: State
    scratch: Path
    workers: int
    resume: bool = True
    outputs: str = ""
    """Where outputs go, as text for the summary."""
    cut: Cut | None = None
    """When this command's process was killed and is begun again."""
    writer: Callable[[], str] = runs.new_id
    """Names who keeps results from now on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    run: Run
    summary: Summary
    digest: Digest


def begin(errand: Errand) -> Run:
    return runs.begin(errand.state, errand.job, resume=errand.resume, scratch=errand.scratch)


def execute(
    use_case: UseCase,
    kit: Kit,
    run: Run,
    errand: Errand,
    listing: Callable[[], Iterable[Item | Unlisted]],
    *,
    budget: Budget,
    tell: Tell,
    unchanged: Callable[[Record], None],
    pay: Pay,
    waive: stages.Waive = iter,
) -> Outcome:
    """Run to the end, or to the first signal, deadline or empty purse; then the summary says `complete: false`."""
    started = time.perf_counter()
    run = _discover(use_case, kit, run, errand, listing, unchanged)
    _process(use_case, kit, run, errand, budget, tell)
    # Asked once: a signal that comes while the run is being finished does not undo that it is.
    complete = not (kit.cancel.is_set() or budget.exhausted)
    if complete:
        tally, made, failures = stages.finish(use_case, run, errand.state, kit, errand.scratch, waive)
    else:
        tally, made, failures = _so_far(run, errand)
    summary = summary_of(
        run,
        tally,
        made,
        failures,
        cost=pay(tally.usage),
        seconds=time.perf_counter() - started,
        outputs=errand.outputs,
        report=errand.state.locate(run.file("report.html")) if complete else "",
        complete=complete,
    )
    if complete:
        runs.write_json(errand.state, run.file("summary.json"), summary.record())
        run = runs.advance(errand.state, run, "done")
    return Outcome(run, summary, made)


def _discover(
    use_case: UseCase,
    kit: Kit,
    run: Run,
    errand: Errand,
    listing: Callable[[], Iterable[Item | Unlisted]],
    unchanged: Callable[[Record], None],
) -> Run:
    if run.stage != "discovering":
        return run
    kit.progress.stage("listing")

    def tell_unchanged(item: Item, row: Row) -> None:
        unchanged(unchanged_record(item, row))

    def counted() -> Iterable[Item | Unlisted]:
        for entry in listing():
            kit.cancel.check()
            kit.progress.advance()
            yield entry

    plan = replace(errand.plan, unchanged=tell_unchanged)
    ordered = use_case.discover is None and not errand.plan.scope.items
    return stages.discover(run, counted, errand.state, plan, errand.scratch, ordered=ordered)


def _process(use_case: UseCase, kit: Kit, run: Run, errand: Errand, budget: Budget, tell: Tell) -> None:
    kit.progress.stage("processing", (run.counts or {}).get("todo"))
    for result, line in journal.untold(errand.state, run.folder, errand.cut) if errand.cut else ():
        tell(result, line)
    todo = stages.remaining(errand.state, run, errand.scratch)
    items = budget.feed(todo, budget.units or (lambda item: use_case.units(item, kit.params)))
    kept = stages.process(use_case, items, run, errand.state, kit, writer=errand.writer(), workers=errand.workers)
    for result, line in kept:
        tell(result, line)
        budget.settle(result.item.key, result.usage)
        kit.progress.advance()


def _so_far(run: Run, errand: Errand) -> tuple[Tally, Digest, Counter[str]]:
    """What a stopped run knows: results so far, everything else missing."""
    tally, failures = Tally(), Counter[str]()
    tally.count("unchanged", (run.counts or {}).get("unchanged", 0))
    tally.missing = stages.missing(errand.state, run, errand.scratch)
    for result in journal.outcomes(errand.state, run.folder, errand.scratch):
        tally.add(result)
        if result.error:
            failures[result.error.code] += 1
    return tally, Digest(), failures


def summary_of(
    run: Run,
    tally: Tally,
    made: Digest,
    failures: Counter[str],
    *,
    cost: Mapping[str, str],
    seconds: float,
    outputs: str,
    report: str,
    complete: bool = True,
) -> Summary:
    return Summary(
        use_case=run.job.use_case,
        run=run.id,
        source=run.job.source,
        started=run.started,
        seconds=seconds,
        coverage=tally.coverage,
        findings=tally.findings,
        usage=tally.usage,
        cost=cost,
        outputs=outputs,
        report=report,
        data=made.data,
        failures=dict(failures),
        complete=complete,
    )


def source_name(use_case: UseCase, settings: Settings, source: Location | None) -> str:
    """How state and summaries name the source: the filer's volumes for an ONTAP audit, else the location."""
    read = settings.text
    if use_case.footprint.needs_ontap and read("ontap"):
        host = read("ontap").rstrip("/")
        return "/".join((host if "://" in host else f"https://{host}", read("svm") or "*", read("volume") or "*"))
    if source is None:
        hint = "-s ./folder or -s s3://ALIAS/prefix" + (", or --ontap HOST" if use_case.footprint.needs_ontap else "")
        raise UsageError(f"{use_case.name} needs a source", hint=hint)
    return source.url


def fingerprint(use_case: UseCase, params: Params, engines: Mapping[str, str], to: str) -> str:
    """The digest of what results depend on besides their input."""
    weighty = {param.name for param in use_case.params if param.affects_results}
    chosen = {name: value for name, value in params.items() if name in weighty}
    return digest(use_case.name, use_case.revision, chosen, engines, to)
