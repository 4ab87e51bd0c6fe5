"""Examines healthcare-dicom as a program that is installed, beside other tools over the same files.

    python -m benchmarks dicom [--seed N] [--peers] [--tools DIR] [--speed] [--no-public] [--leaks FILE]

Files are made and read with pydicom, searched as bytes, and the program is a process: nothing of fsxap is imported.
`--tools` is the folder of dciodvfy and the other tools; `--peers` fetches those that are missing, and runs them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import _measure

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "dicom"
"""The published tables, and below `files` the public files."""
TOOLS = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fsxap-benchmarks"
SUBJECTS = 12


@dataclass
class Measured:
    """One row for each thing examined, one column for each tool."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, what: str, of: int, tool: str, value: Any) -> None:
        self.rows.setdefault(what, {"examined": what, "of": of})[tool] = value


@dataclass(frozen=True, slots=True)
class Settings:
    """What one examination is made of."""

    seed: int
    data: Path
    tools: Path
    peers: bool
    speed: bool
    leaks: Path | None
    public: bool


def settings(arguments: Sequence[str]) -> Settings:
    parser = argparse.ArgumentParser(prog="python -m benchmarks dicom")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--tools", type=Path, default=TOOLS)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--leaks", type=Path, default=None, help="where each leak is written, one a line")
    parser.add_argument("--no-public", dest="public", action="store_false")
    return Settings(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str] = ()) -> dict[str, Any]:
    """Rows of everything that could be examined here, and what could not be, with the reason."""
    import pydicom

    from benchmarks.dicom import peers

    chosen, measured = settings(arguments), Measured()
    missing = peers.fetch(chosen.tools) if chosen.peers else []
    mode = pydicom.config.settings
    before = mode.reading_validation_mode, mode.writing_validation_mode
    mode.reading_validation_mode = mode.writing_validation_mode = pydicom.config.IGNORE
    try:
        with tempfile.TemporaryDirectory() as work, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = _all(chosen, Path(work), measured)
    finally:
        mode.reading_validation_mode, mode.writing_validation_mode = before
    return {
        "seed": chosen.seed,
        "tables": "PS3.15 E.1-1 2024b, additions of 2025b",
        "pydicom": version("pydicom"),
        "peers": ", ".join(names) or "not run",
        "missing": "; ".join(missing) or "nothing",
        "rows": list(measured.rows.values()),
        "figures": [
            _measure.figure("de-identification: CT files a CPU second", "≥ 250", row["fsxap"])
            for what, row in measured.rows.items()
            if what.endswith("files a CPU second")
        ],
    }


def _all(chosen: Settings, work: Path, measured: Measured) -> list[str]:
    from benchmarks.dicom import peers, scores

    def said(where: str) -> None:
        sys.stderr.write(f"examining {where}\n")

    sets = scores.sets(chosen.data, chosen.seed, SUBJECTS, public_too=chosen.public)
    said("fsxap")
    scores.fsxap(sets, work / "fsxap", measured.add, chosen)
    names = []
    if chosen.peers:
        for peer in peers.peers(chosen.tools):
            said(peer.name)
            scores.peer(peer, sets, work / peer.name, measured.add, chosen)
            names.append(f"{peer.name} {peer.version}")
    return names
