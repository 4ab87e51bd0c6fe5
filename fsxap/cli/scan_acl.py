"""`fsxap scan-acl`: audit who can reach which files."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from fsxap.cli.options import command, option
from fsxap.cli.session import Session
from fsxap.errors import UsageError
from fsxap.model import Result

if TYPE_CHECKING:
    from fsxap.cli.audit_answers import Questions
    from fsxap.cli.running import Order
    from fsxap.engine.types import Digest, Kit, UseCase

EMIT = ("findings", "acls", "all")
MOST_WORKERS = 20
"""NetApp's own CSI driver stays at 20 requests in flight per management LIF."""

EXAMPLES = """\
  fsxap scan-acl --ontap management.fs-0123.fsx.eu-west-1.amazonaws.com --svm svm1 --volume vol1 \\
      --ontap-secret prod/fsx/audit --fail-on high

  fsxap scan-acl hr --emit acls -o hr-today.jsonl

  fsxap scan-acl hr --baseline hr-last-month.jsonl --waivers accepted.yaml --fail-on medium

  fsxap scan-acl --who 'CORP\\\\j.doe' --groups members.csv

  fsxap scan-acl --can /vol1/hr/payroll

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
    who: Annotated[str, option("--who", help="what this user or group can do, path by path", metavar="TRUSTEE")] = "",
    can: Annotated[str, option("--can", help="who can do what at this path", metavar="PATH")] = "",
    groups: Annotated[str, option("--groups", help="memberships: CSV (member,group) or LDIF", metavar="FILE")] = "",
    waivers: Annotated[str, option("--waivers", help="accepted findings: YAML", metavar="FILE")] = "",
    baseline: Annotated[
        str, option("--baseline", help="an earlier --emit acls output: adds drift findings", metavar="FILE")
    ] = "",
    plan: Annotated[
        str, option("--plan", help="write REST calls that would fix the findings here", metavar="FILE")
    ] = "",
    verify: Annotated[
        int, typer.Option("--verify", help="compare N answers with ONTAP's own", min=0, show_default=False)
    ] = 0,
    dry_run: Annotated[
        bool, option("-n", "--dry-run", help="say what would be read and how many calls it takes")
    ] = False,
    report: Annotated[
        str, option("--report", help="write the report here: .html .md .csv .json .sarif .ocsf.json", metavar="FILE")
    ] = "",
    fail_on: Annotated[
        str, option("--fail-on", help="exit 3 for findings this severe or worse", metavar="SEVERITY")
    ] = "",
    resume: Annotated[bool, option("--resume", help="go on with the scan that was interrupted")] = False,
) -> int:
    """Audit permissions through the ONTAP REST API: findings, or the access lists themselves, then a summary."""
    from fsxap.cli import audit_files, running
    from fsxap.cli.audit_answers import Questions
    from fsxap.engine import catalog, locations
    from fsxap.engine.scope import Scope

    _check(session, emit)
    if verify and not session.settings["ontap"]:
        raise UsageError("--verify compares with ONTAP's own answers", hint="give --ontap HOST")
    where = "" if session.settings["ontap"] else session.settings.text("source")
    waiving = audit_files.load_waivers(waivers)
    questions = Questions(
        emit=emit,
        who=who,
        groups=audit_files.load_groups(groups),
        baseline=baseline,
        plan=plan,
        waiving=waiving,
        verify=verify,
    )
    order = running.Order(
        _scan_only(catalog.load("legal-compliance"), session, questions),
        {"path": path.strip("/"), "files": files, "depth": depth, "rules": rules, "stale_days": 730}
        | {"users": tuple(sorted(questions.groups.users()))},
        locations.parse(where) if where else None,
        Scope(),
        resume=resume,
        force=True,
        report=report,
        fail_on=fail_on,
        waive=waiving or iter,
    )
    if can or dry_run:
        return _ask(session, order, questions, can)
    session.output.flush = True
    outcome = running.run(session, order, lambda result, _line: _tell(session, result, questions), lambda _record: None)
    session.progress.close()
    session.output.write(outcome.summary.record())
    if not outcome.summary.complete:
        session.cancel.check()
    return running.exit_code(outcome.summary, fail_on)


def _check(session: Session, emit: str) -> None:
    if emit not in EMIT:
        raise UsageError(f"--emit {emit!r} is not one of {', '.join(EMIT)}")
    if not 1 <= int(session.settings["workers"]) <= MOST_WORKERS:
        raise UsageError(f"--workers must be between 1 and {MOST_WORKERS}: ONTAP serves no more at a time")


def _scan_only(case: UseCase, session: Session, questions: Questions) -> UseCase:
    """The same discovery and rules, with the questions asked instead of the analysis that run-uc adds."""

    def summarise(results: Iterable[Result], kit: Kit) -> Digest:
        return questions.summarise(results, kit, session.output.write, session.scratch)

    return replace(case, name="scan-acl", title="Permission scan", summarise=summarise, engines=("ontap",))


def _ask(session: Session, order: Order, questions: Questions, can: str) -> int:
    """What needs no scan: one path's answer, or the size of a scan."""
    from fsxap.cli import audit_views, running

    with closing(running.make_kit(session, order, "question")) as kit:
        if can:
            audit_views.can(kit, can, questions.groups, session.output.write)
        else:
            session.output.write(audit_views.size(kit, files=order.params["files"]))
    return 0


def _tell(session: Session, result: Result, questions: Questions) -> None:
    acl = result.data.get("acl")
    if questions.emit != "findings" and acl is not None:
        session.output.write(acl)
    elif result.status == "skipped" and questions.emit != "findings":
        session.output.write(result.record())
    if (questions.emit != "acls" and not questions.who) or result.status == "failed":
        for finding in questions.waiving(result.findings) if questions.waiving else result.findings:
            session.output.write(finding.record())
