"""The Typer application, and the one place where an outcome becomes an exit code."""

from __future__ import annotations

import resource
import sys
from typing import Any

import typer

from fsxap.cli import (
    ask,
    cost,
    crosswalk,
    demo,
    deploy,
    discover,
    doctor,
    failures,
    init,
    report,
    run_uc,
    scan_acl,
    spark,
)
from fsxap.cli.options import EXITS
from fsxap.errors import FsxapError

COMMANDS = (init, discover, scan_acl, run_uc, ask, deploy, report, cost, doctor, demo, crosswalk, spark)


def build() -> typer.Typer:
    app = typer.Typer(
        name="fsxap",
        help="Audit and process files on Amazon FSx for NetApp ONTAP.\n\n"
        "From a laptop: permissions through the ONTAP REST API, pipelines through S3 Access Points.",
        epilog=EXITS,
        add_completion=True,
        no_args_is_help=False,
        pretty_exceptions_enable=False,
        # Plain help: Rich would be imported for every --help and cost more than all the rest.
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )

    @app.callback()
    def root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
        if version:
            from fsxap import __version__

            typer.echo(f"fsxap {__version__}")
            raise typer.Exit

    for module in COMMANDS:
        module.register(app)
    return app


def run(arguments: list[str]) -> int:
    """Parse and run; every way to end has its code (docs/exit-codes.md)."""
    as_json = failures.wants_json(arguments)
    # What is in memory, passwords and documents, is not for a core file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        code = build()(arguments or ["--help"], standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        return failures.broken_pipe()
    except FsxapError as error:
        return failures.report(error, as_json=as_json)
    except KeyboardInterrupt:
        return failures.report(failures.interrupted(), as_json=as_json)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return failures.report(failures.interrupted(), as_json=as_json)
    except Exception as error:  # noqa: BLE001 - the border: whatever is left is a bug
        usage: Any = error
        if hasattr(usage, "format_message") and getattr(usage, "exit_code", None) is not None:
            return failures.report(failures.usage(usage), as_json=as_json)
        return failures.report(failures.bug(error, arguments), as_json=as_json)
