"""`fsxap run-uc`: run a use case now, or say what it would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from fsxap.cli.listing import manifest_items, notice, scope_of
from fsxap.cli.options import command, option
from fsxap.cli.session import Session
from fsxap.errors import UsageError
from fsxap.model import Item, Unlisted

if TYPE_CHECKING:
    from fsxap.cli.running import Order
    from fsxap.engine.types import Param, Params, UseCase

EXAMPLES = """\
  fsxap run-uc legal-compliance -s ./folder --report audit.html

  fsxap run-uc idp -s s3://my-ap-ext-s3alias/invoices --to ./out --dry-run

  fsxap run-uc idp --explain\
"""


def case_names() -> list[str]:
    from fsxap.engine import catalog

    return catalog.names()


def param_pairs(context: typer.Context, incomplete: str) -> list[str]:
    """For completion: parameters of the use case already typed, with the values of those that have a few."""
    from fsxap.engine import catalog
    from fsxap.errors import FsxapError

    # An option still without its value leaves the arguments before it unread.
    typed = context.params.get("use_case") or next(iter(context.args), "")
    try:
        case = catalog.find(str(typed))
    except FsxapError:
        # Nothing is completed for a use case that does not exist; running it says so.
        return []
    pairs = [f"{param.name}={value}" for param in case.params for value in param.choices or ("",)]
    return [pair for pair in pairs if pair.startswith(incomplete)]


def register(app: typer.Typer) -> None:
    command(app, "run-uc", EXAMPLES, ontap=True, settings=("source", "to", "engines", "workers", "budget"))(run_uc)


def run_uc(
    session: Session,
    use_case: Annotated[str, typer.Argument(help="use case, for example legal-compliance", autocompletion=case_names)],
    dry_run: Annotated[
        bool, option("-n", "--dry-run", help="print what would be done, and its cost; do nothing")
    ] = False,
    explain: Annotated[bool, option("--explain", help="print the use case's parameters, and stop")] = False,
    param: Annotated[
        list[str] | None,
        option("-P", "--param", help="parameter of the use case", metavar="NAME=VALUE", complete=param_pairs),
    ] = None,
    items: Annotated[
        str, option("--items", help="process the items of this manifest; - is stdin", metavar="FILE")
    ] = "",
    limit: Annotated[int | None, typer.Option("--limit", help="at most N items", min=1, show_default=False)] = None,
    force: Annotated[bool, option("--force", help="redo what is unchanged")] = False,
    only_failed: Annotated[bool, option("--only-failed", help="only what failed last time")] = False,
    include: Annotated[list[str] | None, option("--include", help="only keys like this", metavar="GLOB")] = None,
    exclude: Annotated[list[str] | None, option("--exclude", help="no keys like this", metavar="GLOB")] = None,
    stable_for: Annotated[
        int, option("--stable-for", help="leave files alone that changed in the last N seconds", metavar="SECONDS")
    ] = 0,
    engine: Annotated[
        list[str] | None, option("--engine", help="engine for one capability", metavar="CAPABILITY=NAME")
    ] = None,
    report: Annotated[
        str, option("--report", help="write the report here: .html .md .csv .json .sarif .ocsf.json", metavar="FILE")
    ] = "",
    fail_on: Annotated[
        str, option("--fail-on", help="exit 3 for findings this severe or worse", metavar="SEVERITY")
    ] = "",
) -> int:
    """Run a use case over a folder or access point. Done again, it processes only what is new, changed or failed."""
    from fsxap.cli.running import Order
    from fsxap.engine import budget, catalog, locations, params
    from fsxap.engine.kit import ENGINES
    from fsxap.engine.params import parse_engines
    from fsxap.model import digest

    if use_case == "spark":
        others: dict[str, object] = {"--items": items, "--limit": limit, "--force": force, "--only-failed": only_failed}
        others |= {"--include": include, "--exclude": exclude, "--stable-for": stable_for, "--engine": engine}
        others |= {"--report": report, "--fail-on": fail_on}
        return _spark(session, param or (), dry_run=dry_run, explain=explain, others=others)
    case = catalog.find(use_case)
    values = params.parse(case, param or (), session.settings.sections["params"].get(case.name, {}))
    if explain:
        return _explain(session, case, values)
    if session.settings["engines"] not in (None, "", *ENGINES):
        raise UsageError(f"--engines {session.settings['engines']!r} is not one of {', '.join(ENGINES)}")
    where = session.settings.text("source")
    listing = manifest_items(items) if items else None
    fingerprint = digest([item.key for item in listing()]) if listing else ""
    order = Order(
        case,
        values,
        locations.parse(where) if where else None,
        scope_of(include=include, exclude=exclude, stable_for=stable_for, limit=limit, items=fingerprint),
        to=session.settings.text("to"),
        force=force,
        only_failed=only_failed,
        budget=budget.dollars(session.settings.text("budget")),
        report=report,
        fail_on=fail_on,
        engines=parse_engines(engine or []),
        listing=listing,
    )
    return _dry(session, order) if dry_run else _run(session, order)


def _spark(
    session: Session, pairs: Sequence[str], *, dry_run: bool, explain: bool, others: Mapping[str, object]
) -> int:
    from fsxap.cli import sparking

    if given := [name for name, value in others.items() if value]:
        raise UsageError(
            "a Spark job reads all of its source, and has no findings", hint=f"leave out {', '.join(given)}"
        )
    return sparking.run_job(session, pairs, dry_run=dry_run, explain=explain)


def _run(session: Session, order: Order) -> int:
    from fsxap.cli import isolated, running

    session.output.flush = True
    summary = isolated.run(session, order)
    session.progress.close()
    session.output.write(summary.record())
    if not summary.complete:
        session.cancel.check()
    return running.exit_code(summary, order.fail_on)


def _explain(session: Session, case: UseCase, values: Params) -> int:
    tell_params(session, case.params)
    for record in case.explain(values) if case.explain else ():
        session.output.write(record)
    return 0


def tell_params(session: Session, params: Sequence[Param]) -> int:
    for param in params:
        kind = "choice" if param.choices else getattr(param.parse, "__name__", "text")
        session.output.write(
            {
                "type": "param",
                "name": param.name,
                "kind": kind,
                "default": param.default,
                "choices": list(param.choices),
                "help": param.help,
            }
        )
    return 0


def _dry(session: Session, order: Order) -> int:
    """The plan as records: what would be processed, by which engines, and what it would cost. Nothing is written."""
    from fsxap.cli import running
    from fsxap.cli.prices import known
    from fsxap.costs.measures import assumed
    from fsxap.engine import execute
    from fsxap.engine.budget import estimated

    usage: Counter[str] = Counter()
    todo = size = unchanged = unlisted = 0
    kit = running.make_kit(session, order, "dry-run", preview=True)
    engines = kit.plan()
    units = estimated(order.use_case, order.params, engines)
    for kind, entry in running.preview(session, order, kit):
        session.cancel.check()
        if isinstance(entry, Unlisted):
            unlisted += not entry.skipped
            notice(session, entry)
        elif isinstance(entry, Item) and kind == "todo":
            todo, size = todo + 1, size + entry.size
            usage.update(units(entry))
            session.output.write(entry.record())
        else:
            unchanged += kind == "same"
    prices = known()
    lines = prices.lines(usage, session.settings.text("region"))
    for line in lines:
        session.output.write(line.record())
    session.output.write(running.total_record(lines, todo, prices))
    if told := assumed(kit.plan(), {}, runs=False):
        session.progress.note(f"assumed: {', '.join(told)}; fsxap cost {order.use_case.name} counts with others")
    plan = {
        "type": "plan",
        "engines": engines,
        "todo": todo,
        "bytes": size,
        "unchanged": unchanged,
        "unlisted": unlisted,
    }
    source = execute.source_name(order.use_case, session.settings, order.source)
    session.output.write(plan | {"use_case": order.use_case.name, "source": source})
    return 1 if unlisted else 0
