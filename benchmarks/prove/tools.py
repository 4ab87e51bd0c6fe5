"""Where tools are installed and how they are run: each in an environment of its own below build/prove."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "prove"
Verdict = tuple[str, int | None, str]
"""What was checked; 0 where it holds, None where it could not be checked; what was said."""


def run(*command: str | Path, where: Path = BUILD, given: str = "") -> tuple[int, str]:
    done = subprocess.run(
        [str(part) for part in command], cwd=where, input=given, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def environment(name: str, *packages: str) -> tuple[Path | None, str]:
    """The Python of an environment with these packages, made once; None and the reason where there can be none."""
    folder = BUILD / name
    python, ready = folder / "bin" / "python", folder / "ready"
    if ready.exists() and ready.read_text() == " ".join(packages):
        return python, ""
    # The tools' wheels are for this one.
    own = shutil.which("python3.11")
    if own is None:
        return None, "python3.11 is not installed"
    code, said = run(own, "-m", "venv", "--clear", folder)
    if not code:
        code, said = run(python, "-m", "pip", "install", "--quiet", *packages)
    if code:
        return None, f"could not be installed: {said.strip().splitlines()[-1]}"
    ready.write_text(" ".join(packages))
    return python, ""


def asked(python: Path, script: Path, questions: Sequence[Any]) -> list[Any]:
    """What a script of another environment answers to each question: JSON in, JSON out."""
    done = subprocess.run(
        [python, script], input=json.dumps(questions), capture_output=True, text=True, check=True, cwd=BUILD
    )
    answers: list[Any] = json.loads(done.stdout)
    assert len(answers) == len(questions)
    return answers


def told(name: str, problems: Sequence[str]) -> Iterator[Verdict]:
    yield name, int(bool(problems)), "\n".join(problems)
