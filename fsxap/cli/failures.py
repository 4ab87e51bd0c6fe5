"""How a command ends badly: one line and a hint on stderr, or one JSON line, and the right exit code."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from typing import Any

from fsxap import __version__
from fsxap.cli.terminal import visible
from fsxap.errors import FsxapError, Interrupted, UsageError
from fsxap.model import dumps, now

EXITS = (
    "Exit codes: 0 done; 1 some items failed; 2 usage; 3 findings at or above --fail-on; 130/143/141 interrupted, "
    "terminated, reader went away; 253 configuration or environment; 254 a service answered with an error; 255 a bug."
)


def wants_json(arguments: list[str]) -> bool:
    """Whether the final error should be JSON: known before parsing, since parsing may be what fails."""
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--output":
            chosen = value or next(iter(arguments[position + 1 :]), "")
            if chosen in ("jsonl", "json", "csv", "table"):
                return chosen != "table"
    return not sys.stdout.isatty()


def report(error: FsxapError, *, as_json: bool) -> int:
    if as_json:
        record = {
            "type": "error",
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "exit": error.exit,
        }
        line = dumps(record)
    else:
        line = f"fsxap: {visible(error.message)}"
        if error.hint:
            line += f"\n  hint: {visible(error.hint)}"
    _stdout_done()
    print(line, file=sys.stderr)
    return error.exit


def usage(error: Any) -> UsageError:
    """Typer's own complaint, in our words' form."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "fsxap"
    return UsageError(" ".join(error.format_message().split()), hint=f"{command} --help shows what it takes")


def interrupted() -> Interrupted:
    return Interrupted("stopped by SIGINT", hint="what is done is kept; run the same command again to go on")


def bug(error: Exception, arguments: list[str]) -> FsxapError:
    """A failure nobody expected: its traceback goes to a private file, never to the screen."""
    path = _log_file(error, arguments)
    where = f"the traceback is in {path}" if path else "no log file could be written"
    return FsxapError(
        f"this is a bug in fsxap: {type(error).__name__}; {where}",
        code="bug",
        hint="please report it with that file, after reading it through",
    )


def _log_file(error: Exception, arguments: list[str]) -> str:
    versions = f"fsxap {__version__}, Python {platform.python_version()}, {platform.platform()}"
    text = _frames(error)
    try:
        handle, name = tempfile.mkstemp(prefix="fsxap-", suffix=".log")
    except OSError:
        return ""
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(f"{now()}\n{versions}\ncommand: {arguments[:1]}\n\n{text}")
    return name


def _frames(error: BaseException) -> str:
    """Where it happened, and of which kind; messages are left out, since they may quote a document or a password."""
    parts, each = [], error
    while True:
        parts.append(f"{''.join(traceback.format_tb(each.__traceback__))}{type(each).__name__}\n")
        following = each.__cause__ or each.__context__
        if following is None:
            return "\ncaused by\n".join(parts)
        each = following


def broken_pipe() -> int:
    """The reader went away: end quietly, and keep Python from complaining about the unwritten rest."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


def _stdout_done() -> None:
    try:
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        broken_pipe()
