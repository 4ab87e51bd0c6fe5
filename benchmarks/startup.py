"""How long fsxap takes to start, in CPU time, beside a bare interpreter and a bare Typer program."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import _measure, _peers

HELLO = "import typer\n\n\ndef hello(name: str) -> None:\n    print(name)\n\n\ntyper.run(hello)\n"
TURNS = 11


def main(*, quick: bool = False) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        hello, empty = Path(name, "hello.py"), Path(name, "empty")
        hello.write_text(HELLO)
        empty.mkdir()
        fsxap = _measure.FSXAP
        commands: dict[str, tuple[str, ...]] = {
            "python -c pass": (sys.executable, "-c", "pass"),
            "fsxap --version": (fsxap, "--version"),
            "fsxap --help": (fsxap, "--help"),
            "fsxap discover --help": (fsxap, "discover", "--help"),
            "fsxap discover EMPTY": (fsxap, "discover", str(empty)),
        }
        peers = {
            "typer": ("typer hello --help", (_peers.python("typer"), str(hello), "--help")),
            "aws": ("aws --version", (_peers.program("aws"), "--version")),
            "s5cmd": ("s5cmd version", (_peers.program("s5cmd"), "version")),
        }
        commands |= {label: command for peer, (label, command) in peers.items() if _peers.version(peer)}
        completing = {"_FSXAP_COMPLETE": "complete_bash", "COMP_WORDS": "fsxap dis", "COMP_CWORD": "1"}
        jobs: dict[str, _measure.Job] = {label: partial(_measure.run, command) for label, command in commands.items()}
        jobs["completion of `fsxap dis`"] = partial(_measure.run, (fsxap,), **completing)
        _measure.by_turns(jobs, 1)  # Bytecode is compiled.
        taken = _measure.by_turns(jobs, 3 if quick else TURNS)
    bare = taken["python -c pass"]
    rows = [
        {
            "command": label,
            "cpu_ms": round(_measure.best(runs).cpu * 1000, 1),
            "of_python": round(_measure.ratio(runs, bare), 2),
            "peak_mb": round(_measure.best(runs).peak_mb),
        }
        for label, runs in taken.items()
    ]
    figures = [
        _measure.figure(
            "start-up: `--version`, CPU against `python -c pass`",
            "≤ 1.3",
            _measure.ratio(taken["fsxap --version"], bare),
        )
    ]
    if "typer hello --help" in taken:
        hello_runs = taken["typer hello --help"]
        figures += [
            _measure.figure(
                "start-up: `--help`, CPU against a bare Typer program's",
                "≤ 1",
                _measure.ratio(taken["fsxap --help"], hello_runs),
            ),
            _measure.figure(
                "start-up: `discover` of an empty folder, CPU against the same",
                "≤ 1.5",
                _measure.ratio(taken["fsxap discover EMPTY"], hello_runs),
            ),
        ]
    return {"rows": rows, "figures": figures}
