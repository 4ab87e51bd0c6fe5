"""`fsxap report`: the last run again, as a page or a table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from fsxap.cli.options import command, option
from fsxap.cli.output import written
from fsxap.cli.session import Session
from fsxap.engine.runs import Run
from fsxap.engine.state import DiskState, State, reading
from fsxap.errors import ConfigurationError, UsageError

EXAMPLES = """\
  fsxap report                       # the last run, as an HTML file

  fsxap report --format md -o -      # to the terminal or a pipe

  fsxap report --list

  fsxap report --stack fsxap-idp     # a deployed pipeline's last run\
"""


def register(app: typer.Typer) -> None:
    command(app, "report", EXAMPLES, records_to_file=False)(report)


def report(
    session: Session,
    run: Annotated[str, typer.Argument(help="run id, or its beginning; the last finished run by default")] = "",
    list_: Annotated[bool, option("--list", help="list the runs in the state folder")] = False,
    format: Annotated[str, option("--format", help="html, md, csv, json, sarif or ocsf", metavar="FORMAT")] = "",
    stack: Annotated[str, option("--stack", help="runs of a deployed stack instead", metavar="NAME")] = "",
) -> int:
    """Write the report of a run: by default the last one, as HTML."""
    from fsxap.engine import catalog, publish, runs
    from fsxap.model import Summary
    from fsxap.reports import render

    state, found = _runs(session, stack)
    if list_:
        for each in found:
            session.output.write(each.record())
        return 0
    out = session.out
    form = format or publish.format_of("" if out == "-" else out)
    if form not in publish.FORMATS:
        raise UsageError(f"--format {form!r} is not one of {', '.join(publish.FORMATS)}")
    chosen = _chosen(found, run, f"stack {stack}" if stack else state.location)
    row = runs.read_json(state, chosen.file("summary.json"))
    if row is None:
        raise ConfigurationError(
            f"run {chosen.id} has not finished", code="unfinished", hint="run the same command again to go on with it"
        )
    with reading(state.locate(chosen.file("summary.json"))):
        summary = Summary.from_record(row)
    # scan-acl is the permission audit without its analysis, so it has no folder of its own.
    name = summary.use_case if summary.use_case != "scan-acl" else "legal-compliance"
    page = publish.report(state, chosen, summary, catalog.load(name) if name in catalog.names() else None)
    if out == "-" or (not out and not sys.stdout.isatty()):
        render(form, page, sys.stdout)
        return 0
    target = out or f"fsxap-report-{chosen.id}.{publish.suffix_of(form)}"
    with written(target) as stream:
        render(form, page, stream)
    session.progress.note(f"report of {summary.use_case} run {chosen.id} written to {target}")
    return 0


def _runs(session: Session, stack: str) -> tuple[State, Iterable[Run]]:
    """Where runs are remembered, and the runs, oldest first."""
    if stack:
        from fsxap.cli.deployed import runs_of

        return runs_of(session, stack)
    state = session.state()
    return state, all_runs(state)


def all_runs(state: DiskState) -> Iterator[Run]:
    """Every run in the state folder, oldest first."""
    from fsxap.engine import runs

    for path in sorted(state.root.glob("*/*/runs/*/run.json"), key=lambda path: path.parent.name):
        row = runs.read_json(state, path.relative_to(state.root).as_posix())
        if row is not None:
            yield Run.from_record(row)


def _chosen(known: Iterable[Run], wanted: str, where: str) -> Run:
    found = [each for each in known if (each.id.startswith(wanted) if wanted else each.stage == "done")]
    if not found:
        what = f"no run {wanted}" if wanted else "no finished run"
        raise ConfigurationError(
            f"{what} in {where}",
            code="no-run",
            hint="fsxap report --list shows them; --state DIR and --stack NAME look elsewhere",
        )
    if wanted and len(found) > 1 and all(each.id != wanted for each in found):
        raise UsageError(f"{wanted} begins {len(found)} run ids", hint=", ".join(each.id for each in found[:4]))
    return found[-1]
