"""Runs a use case for a command: kit, run, records, report, exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from fsxap.cli.output import written
from fsxap.cli.prices import known
from fsxap.cli.session import Session
from fsxap.costs.pricing import Line, Prices, bounds, cost_record, total
from fsxap.engine import execute, ledger, publish, stages
from fsxap.engine.budget import Budget, estimated
from fsxap.engine.execute import Errand, Outcome
from fsxap.engine.journal import Cut
from fsxap.engine.kit import Ask, Kit
from fsxap.engine.locations import Location
from fsxap.engine.runs import Job, locked, new_id, newest
from fsxap.engine.scope import Scope
from fsxap.engine.sealed import Seal, sealed
from fsxap.engine.stages import Plan
from fsxap.engine.state import State
from fsxap.engine.stores import output_location
from fsxap.engine.types import Params, UseCase
from fsxap.errors import UsageError
from fsxap.model import SEVERITIES, Item, Record, Summary, Unlisted


@dataclass(frozen=True, slots=True)
class Order:
    """What the flags of run-uc and scan-acl come down to."""

    use_case: UseCase
    params: Params
    source: Location | None
    scope: Scope
    to: str = ""
    force: bool = False
    only_failed: bool = False
    resume: bool = True
    budget: Decimal | None = None
    report: str = ""
    fail_on: str = ""
    engines: Mapping[str, str] | None = None
    listing: Callable[[], Iterable[Item | Unlisted]] | None = None
    waive: stages.Waive = iter
    cut: Cut | None = None
    writer: Callable[[], str] = new_id

    def __post_init__(self) -> None:
        if self.fail_on and self.fail_on not in SEVERITIES:
            raise UsageError(f"--fail-on {self.fail_on!r} is not one of {', '.join(SEVERITIES)}")
        if self.report and publish.format_of(self.report) not in publish.FORMATS:
            known = ", .".join(map(publish.suffix_of, publish.FORMATS))
            raise UsageError(f"--report {self.report}: the suffix must be one of .{known}")


def make_kit(session: Session, order: Order, run: str, *, preview: bool = False) -> Kit:
    to = output_location(order.source, order.to, order.use_case.name) if order.to else None
    return Kit(
        order.use_case,
        session.settings,
        order.params,
        run=run,
        source=order.source,
        to=to,
        cancel=session.cancel,
        progress=session.progress,
        scratch=session.scratch,
        engines=order.engines,
        ask=prompt(session),
        keys=session.state().root,
        preview=preview,
    )


def prompt(session: Session) -> Ask | None:
    """Asks for a password on a terminal, when asking is allowed."""
    if not session.interactive:
        return None

    def ask(question: str) -> str:
        import getpass

        return getpass.getpass(f"{question}: ")

    return ask


def listing_of(order: Order, kit: Kit) -> Callable[[], Iterable[Item | Unlisted]]:
    """The use case's own discovery, a given manifest, or the source's files of its kind."""
    case, given = order.use_case, order.listing
    if given is not None:
        return lambda: order.scope.select(given(), None if case.discover else case.match)
    return lambda: stages.listing_of(case, kit, order.scope)


def job_of(session: Session, order: Order, kit: Kit) -> tuple[Job, State]:
    """What is asked for, and where it is remembered."""
    case = order.use_case
    source = execute.source_name(case, session.settings, order.source)
    scope = order.scope.record() | ({"force": True} if order.force else {})
    scope |= {"only_failed": True} if order.only_failed else {}
    digest = execute.fingerprint(case, order.params, kit.plan(), order.to)
    if case.seal is None:
        return Job(case.name, source, digest, scope), session.state()
    seal = Seal(case.seal(kit))
    job = Job(case.name, source, digest, {"sealed": seal.token(scope)}, seal.fingerprint)
    return job, sealed(session.state(), seal)


def preview(session: Session, order: Order, kit: Kit) -> Iterator[tuple[str, Item | Unlisted | None]]:
    """What a run would see, without writing anything."""
    job, state = job_of(session, order, kit)
    newest(state, job.folder)
    listing = listing_of(order, kit)()
    if order.use_case.discover is not None or order.listing is not None:
        listing = stages.sort_listing(listing, session.scratch)
    plan, todo = Plan(order.scope, order.force, order.only_failed), 0
    for kind, entry, row in ledger.join(listing, ledger.rows(state.lines(job.ledger)), job.digest, plan.redo):
        if kind == "todo" and not plan.takes(row):
            continue
        yield kind, entry
        todo += kind == "todo"
        if todo == order.scope.limit:
            return


def total_record(lines: list[Line], items: int, prices: Prices) -> Record:
    """The last `estimate` of a dry run."""
    basis = f"prices of {prices.dated}" if lines else "embedded engines: nothing is billed"
    low, high = bounds(lines)
    return Line("total", "all of it", items, "items", total(lines), basis, low, high).record()


def run(session: Session, order: Order, tell: execute.Tell, unchanged: Callable[[Record], None]) -> Outcome:
    """Run it; records go to `tell` as they come. The summary is not printed yet."""
    draft = make_kit(session, order, "")
    if session.settings["insecure"] and session.settings["ontap"]:
        session.warn("the ONTAP certificate is not verified (--insecure): anyone on the path can read the password")
    prices, region = known(), session.settings.text("region")
    job, state = job_of(session, order, draft)
    plan = Plan(order.scope, order.force, order.only_failed)
    errand = Errand(
        job,
        plan,
        state,
        session.scratch,
        int(session.settings["workers"]),
        order.resume,
        draft.sink.location if order.to else "",
        order.cut,
        order.writer,
    )
    with locked(state, job):
        begun = execute.begin(errand)
        if begun.stage == "processing":
            session.progress.note(f"going on with run {begun.id}")
        kit = make_kit(session, order, begun.id)
        units = estimated(order.use_case, order.params, kit.plan())
        budget = Budget(order.budget, lambda usage: total(prices.lines(usage, region)), units)
        try:
            outcome = execute.execute(
                order.use_case,
                kit,
                begun,
                errand,
                listing_of(order, kit),
                budget=budget,
                tell=tell,
                unchanged=unchanged,
                pay=lambda usage: cost_record(usage, prices, region),
                waive=order.waive,
            )
        finally:
            kit.close()
        if outcome.summary.complete:
            publish.keep(state, outcome.run, outcome.digest.sections)
            publish.write(state, outcome.run, outcome.summary, order.use_case)
    if order.report and outcome.summary.complete:
        write_report(session, outcome, order)
    return outcome


def write_report(session: Session, outcome: Outcome, order: Order) -> None:
    from fsxap.reports import render

    page = publish.report(session.state(), outcome.run, outcome.summary, order.use_case)
    with written(order.report) as stream:
        render(publish.format_of(order.report), page, stream)
    session.progress.note(f"report written to {order.report}")


def exit_code(summary: Summary, fail_on: str) -> int:
    """1 when something failed or is missing, 3 when findings reach --fail-on; 1 wins."""
    if summary.coverage["failed"] or summary.coverage["missing"]:
        return 1
    if fail_on and any(summary.findings.get(name) for name in SEVERITIES[: SEVERITIES.index(fail_on) + 1]):
        return 3
    return 0
