"""`fsxap scan-acl`: audit who can reach which files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from fsxap.cli.options import command, option
from fsxap.cli.session import Session
from fsxap.errors import UsageError
from fsxap.model import Result

if TYPE_CHECKING:
    from fsxap.engine.types import UseCase

EMIT = ("findings", "acls", "all")
MOST_WORKERS = 20
"""NetApp's own CSI driver stays at 20 requests in flight per management LIF."""

EXAMPLES = """\
  fsxap scan-acl --ontap management.fs-0123.fsx.eu-west-1.amazonaws.com --svm svm1 --volume vol1 \\
      --ontap-secret prod/fsx/audit --fail-on high

  fsxap scan-acl hr --emit acls -o hr-today.jsonl

  fsxap scan-acl -s ./folder --files --report folder.html\
"""


def register(app: typer.Typer) -> None:
    command(app, "scan-acl", EXAMPLES, ontap=True, settings=("source", "workers"))(scan_acl)


def scan_acl(
    session: Session,
    path: Annotated[str, typer.Argument(help="where to start, relative to the volume's root", show_default=False)] = "",
    files: Annotated[bool, option("--files", help="files too, not only directories")] = False,
    depth: Annotated[
        int | None, typer.Option("--depth", help="levels below the start", min=0, show_default=False)
    ] = None,
    emit: Annotated[str, option("--emit", help="findings (default), acls or all", metavar="WHAT")] = "findings",
    rules: Annotated[str, option("--rules", help="only rules like this", metavar="GLOB")] = "*",
    report: Annotated[
        str, option("--report", help="write the report here: .html .md .csv .json .sarif", metavar="FILE")
    ] = "",
    fail_on: Annotated[
        str, option("--fail-on", help="exit 3 for findings this severe or worse", metavar="SEVERITY")
    ] = "",
    resume: Annotated[bool, option("--resume", help="go on with the scan that was interrupted")] = False,
) -> int:
    """Audit permissions through the ONTAP REST API: findings, or the access lists themselves, then a summary."""
    from fsxap.cli import running
    from fsxap.engine import catalog, locations
    from fsxap.engine.scope import Scope

    if emit not in EMIT:
        raise UsageError(f"--emit {emit!r} is not one of {', '.join(EMIT)}")
    if not 1 <= int(session.settings["workers"]) <= MOST_WORKERS:
        raise UsageError(f"--workers must be between 1 and {MOST_WORKERS}: ONTAP serves no more at a time")
    where = "" if session.settings["ontap"] else session.settings.text("source")
    params = {"path": path.strip("/"), "files": files, "depth": depth, "rules": rules, "stale_days": 730}
    order = running.Order(
        _scan_only(catalog.load("legal-compliance")),
        params,
        locations.parse(where) if where else None,
        Scope(),
        resume=resume,
        force=not resume,
        report=report,
        fail_on=fail_on,
    )
    session.output.flush = True
    outcome = running.run(session, order, lambda result: _tell(session, result, emit), lambda _record: None)
    session.progress.close()
    session.output.write(outcome.summary.record())
    session.cancel.check()
    return running.exit_code(outcome.summary, fail_on)


def _scan_only(case: UseCase) -> UseCase:
    """The same discovery and rules, without the analysis that run-uc adds."""
    return replace(case, name="scan-acl", title="Permission scan", summarise=None, engines=("ontap",))


def _tell(session: Session, result: Result, emit: str) -> None:
    acl = result.data.get("acl")
    if emit != "findings" and acl is not None:
        session.output.write(acl)
    elif result.status == "skipped" and emit != "findings":
        session.output.write(result.record())
    if emit != "acls" or result.status == "failed":
        for finding in result.findings:
            session.output.write(finding.record())
