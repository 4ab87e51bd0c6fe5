"""Owns the running of the program that is examined: a process, its records, its files, and the CPU time it took."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEY = "FSXAP_EXAMINATION_KEY"


@dataclass(frozen=True, slots=True)
class Released:
    """What came of a folder: name given → bytes given back, or the reason why not."""

    outputs: dict[str, bytes] = field(repr=False)
    withheld: dict[str, str]
    told: str = field(repr=False)
    code: int
    cpu: float
    records: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def returned(self) -> int:
        return len(self.outputs) + len(self.withheld)


def program() -> str:
    """The installed program, beside the interpreter that runs this."""
    return str(Path(sys.executable).parent / "fsxap")


def command(source: Path, to: Path, state: Path, params: Sequence[str] = ()) -> list[str]:
    given = [part for each in params for part in ("-P", each)]
    where = ["-s", str(source), "--to", str(to), "--state", str(state)]
    return [program(), "run-uc", "healthcare-dicom", *where, "-P", f"key=env:{KEY}", *given, "--output", "jsonl"]


def environment(key: str) -> dict[str, str]:
    return {**os.environ, KEY: key, "OMP_NUM_THREADS": "1", "CI": "1"}


def run(
    source: Path, to: Path, state: Path, params: Sequence[str] = (), key: str = "one key of the examination"
) -> Released:
    """Raises RuntimeError with what the program said when it did not end by itself."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command(source, to, state, params), env=environment(key), capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    records = tuple(json.loads(line) for line in told[0].splitlines() if line.startswith("{"))
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"the program ended with {done.returncode}: {told[1][-600:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    outputs: dict[str, bytes] = {}
    withheld: dict[str, str] = {}
    for record in records:
        if record["type"] != "result":
            continue
        name, data = record["item"]["key"], record.get("data") or {}
        written = [each for each in record.get("outputs", ()) if str(each).endswith(".dcm")]
        if written:
            outputs[name] = _location(written[0], to).read_bytes()
        else:
            withheld[name] = str(data.get("quarantine_reason") or (record.get("error") or {}).get("message", ""))
    return Released(outputs, withheld, _without_keys(records) + told[1], done.returncode, cpu, records)


def _location(said: str, to: Path) -> Path:
    path = Path(said.removeprefix("file://"))
    return path if path.is_absolute() and path.exists() else to / path


def _without_keys(records: Sequence[dict[str, Any]]) -> str:
    """What it printed but for the names of the files it was given, which the records must tell."""
    shown = [{name: value for name, value in record.items() if name != "item"} for record in records]
    return "\n".join(json.dumps(each) for each in shown)
