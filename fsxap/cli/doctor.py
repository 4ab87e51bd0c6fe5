"""`fsxap doctor`: what works, what does not, and which layer keeps a file from being read."""

from __future__ import annotations

from typing import Annotated

import typer

from fsxap.cli.deploy import target_names
from fsxap.cli.options import command, option
from fsxap.cli.session import Session
from fsxap.errors import UsageError

EXAMPLES = """\
  fsxap doctor

  fsxap doctor -s my-access-point-abc123-ext-s3alias --use-case healthcare-dicom

  fsxap doctor -s s3://my-access-point-abc123-ext-s3alias/scans --explain 2026/a.dcm\
"""


def register(app: typer.Typer) -> None:
    command(app, "doctor", EXAMPLES, ontap=True, settings=("source",))(doctor)


def doctor(
    session: Session,
    use_case: Annotated[
        str,
        option(
            "--use-case", help="also the services of this use case or pattern", metavar="NAME", complete=target_names
        ),
    ] = "",
    explain: Annotated[
        str, option("--explain", help="only why this key of the source cannot be read", metavar="KEY")
    ] = "",
) -> int:
    """Check layer by layer what a run needs. Reads only; says what it could not see. Exit 3 if a check fails."""
    from fsxap.cli.examine import gather
    from fsxap.deploy import targets
    from fsxap.doctor import checks
    from fsxap.engine import locations

    where = session.settings.text("source")
    if explain and (not where or locations.parse(where).kind != "s3"):
        raise UsageError("--explain is about a key of an access point", hint="name it with -s ALIAS, ARN or s3:// URL")
    session.progress.stage("asking")
    evidence = gather(session, targets.find(use_case) if use_case else None, explain)
    found = list(checks.explained(evidence) if explain else checks.run(evidence))
    for check in found:
        session.output.write(check.record())
    return 3 if any(check.status == "fail" for check in found) else 0
