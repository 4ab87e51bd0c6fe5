"""`fsxap spark submit`: a script of one's own, on this machine or on EMR Serverless."""

from __future__ import annotations

from typing import Annotated

import typer

from fsxap.cli.options import command, option
from fsxap.cli.session import Session

EXAMPLES = """\
  fsxap spark submit job.py -s ./in --to ./out -- --top 10

  fsxap spark submit job.py -s s3://my-ap-ext-s3alias/in/ --to s3://my-ap-ext-s3alias/out/\
"""


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Spark scripts of your own; run-uc spark has jobs.", no_args_is_help=True)
    command(group, "submit", EXAMPLES, settings=("source", "to", "engines", "workers"))(submit)

    @group.callback()
    def root() -> None:
        """One command, and still a group: `fsxap spark submit`."""

    app.add_typer(group, name="spark")


def submit(
    session: Session,
    script: Annotated[str, typer.Argument(help="PySpark script; -s and --to reach it as --in and --out")],
    arguments: Annotated[list[str] | None, typer.Argument(help="its own arguments, after --")] = None,
    py_files: Annotated[
        list[str] | None, option("--py-files", help="a module that it imports; repeat", metavar="FILE")
    ] = None,
    stack: Annotated[str, option("--stack", help="the stack whose application runs it: fsxap-spark by default")] = "",
    minutes: Annotated[int, typer.Option("--minutes", help="stop it after so long, on EMR Serverless", min=5)] = 720,
) -> int:
    """Run a PySpark script: here over folders, or on EMR Serverless over access points."""
    from fsxap.cli import sparking

    return sparking.submit_script(session, script, arguments or [], py_files or [], stack or sparking.STACK, minutes)
