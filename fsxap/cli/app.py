"""The Typer application, and the one place where an outcome becomes an exit code."""

from __future__ import annotations

import os
import resource
import sys
from importlib import import_module
from typing import Any

import typer
from typer.models import CommandInfo, TyperInfo

from fsxap.cli import failures
from fsxap.errors import FsxapError, Interrupted

COMMANDS = {
    "init": "Write fsxap.yaml from flags, answers and what FSx says.",
    "discover": "List the files of a folder or access point.",
    "scan-acl": "Audit permissions through the ONTAP REST API.",
    "run-uc": "Run a use case over a folder or access point.",
    "ask": "Answer a question from files, with citations.",
    "deploy": "Deploy a use case, scheduled, with least privilege.",
    "report": "Write the report of a run.",
    "cost": "Estimate what a use case costs.",
    "doctor": "Check layer by layer what a run needs.",
    "demo": "Show everything offline, on a sample volume.",
    "crosswalk": "Read an encrypted crosswalk.",
    "spark": "Run Spark scripts of your own.",
}
"""Command → its line in `fsxap --help`; each is a module of its name that is imported when the command is asked for."""


def build(only: str | None = None) -> typer.Typer:
    """The application; with `only`, the other commands are no more than their lines in the help."""
    app = typer.Typer(
        name="fsxap",
        help="Audit and process files on Amazon FSx for NetApp ONTAP.\n\n"
        "From a laptop: permissions through the ONTAP REST API, pipelines through S3 Access Points.",
        epilog=failures.EXITS,
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

    for name in COMMANDS:
        if only is None or name == only:
            import_module(f"fsxap.cli.{name.replace('-', '_')}").register(app)
        else:
            app.command(name)(_not_asked)
    listed: list[CommandInfo | TyperInfo] = [*app.registered_commands, *app.registered_groups]
    for each in listed:
        each.short_help = COMMANDS[str(each.name)]
    return app


def _not_asked() -> None:
    raise RuntimeError("a command that was not built was called")


def asked(arguments: list[str]) -> str:
    """The command that is called or completed, without parsing: options before it take no values."""
    words = arguments
    if "_FSXAP_COMPLETE" in os.environ:
        # bash gives the line in the first, the other shells in the second.
        words = (os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")).split()[1:]
    return next((word for word in words if not word.startswith("-")), "")


def run(arguments: list[str]) -> int:
    """Parse and run; every way to end has its code (docs/exit-codes.md)."""
    as_json = failures.wants_json(arguments)
    # What is in memory, passwords and documents, is not for a core file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        code = build(asked(arguments))(arguments or ["--help"], standalone_mode=False)
        sys.stdout.flush()
        if code == Interrupted.exit:
            # Typer makes this of Ctrl-C, without a word; no command gives it by itself.
            raise failures.interrupted()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        return failures.broken_pipe()
    except FsxapError as error:
        return failures.report(error, as_json=as_json)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return failures.report(failures.interrupted(), as_json=as_json)
    except Exception as error:  # noqa: BLE001 - the border: whatever is left is a bug
        usage: Any = error
        if hasattr(usage, "format_message") and getattr(usage, "exit_code", None) is not None:
            return failures.report(failures.usage(usage), as_json=as_json)
        return failures.report(failures.bug(error, arguments), as_json=as_json)
