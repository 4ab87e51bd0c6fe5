"""Runs the installed program as a process, in a world of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FSXAP = Path(sys.executable).with_name("fsxap")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["type"] == kind]

    @property
    def summary(self) -> dict[str, Any]:
        (found,) = self.of("summary")
        return found

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.err.splitlines()[-1])
        return found


@dataclass(frozen=True)
class Program:
    """`here` is the working folder, HOME and state live beside it; `before` is a command that runs the program."""

    here: Path
    before: tuple[str, ...] = ()

    def environ(self, **extra: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        home = self.here / "home"
        home.mkdir(exist_ok=True)
        return (
            kept
            | {"HOME": str(home), "FSXAP_STATE": str(self.here / "state"), "AWS_EC2_METADATA_DISABLED": "true"}
            | extra
        )

    def start(self, *arguments: str | Path, **extra: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.before, str(FSXAP), *map(str, arguments)],
            cwd=self.here,
            env=self.environ(**extra),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str | Path, input: str = "", timeout: float = 120, **extra: str) -> Done:
        process = self.start(*arguments, **extra)
        out, err = process.communicate(input, timeout=timeout)
        return Done(process.returncode, out, err)
