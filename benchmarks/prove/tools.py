"""Where tools are installed and how they are run: each in an environment of its own below build/prove."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.prove.verdicts import last

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "prove"
HERE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
"""What code must be made for to run on this machine."""


def run(*command: str | Path, where: Path | None = None, **environ: str) -> tuple[int, str]:
    """In BUILD by default: exit code, and what was printed; `environ` goes over our own."""
    words, over = [str(part) for part in command], {**os.environ, **environ}
    done = subprocess.run(words, cwd=where or BUILD, env=over, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def python(version: str) -> Path | None:
    """An interpreter that runs: a command may be a shim for one that is not chosen."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for found in (shutil.which(f"python{version}"), *sorted(versions.glob(f"{version}.*/bin/python{version}"))):
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return Path(found)
    return None


def environment(name: str, *packages: str) -> tuple[Path | None, str]:
    """The Python of an environment with these packages, made once; None and the reason where there can be none."""
    folder = BUILD / name
    own, ready = folder / "bin" / "python", folder / "ready"
    if ready.exists() and ready.read_text() == " ".join(packages):
        return own, ""
    # The tools' wheels are for this one.
    maker = python("3.11")
    if maker is None:
        return None, "Python 3.11 is not installed"
    code, said = run(maker, "-m", "venv", "--clear", folder)
    if not code:
        code, said = run(own, "-m", "pip", "install", "--quiet", *packages)
    if code:
        return None, f"could not be installed: {last(said)}"
    ready.write_text(" ".join(packages))
    return own, ""


def asked(own: Path, script: Path, questions: Sequence[Any]) -> list[Any]:
    """What a script of another environment answers to each question: JSON in, JSON out."""
    done = subprocess.run(
        [own, script], input=json.dumps(questions), stdout=subprocess.PIPE, text=True, check=True, cwd=BUILD
    )
    answers: list[Any] = json.loads(done.stdout)
    assert len(answers) == len(questions)
    return answers
