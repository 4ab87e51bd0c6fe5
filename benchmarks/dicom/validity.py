"""Owns validity: the errors dciodvfy finds in an output that it did not find in the original."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

UNJUDGED = ("Information Object Not found", "dataset read failed")
"""What dciodvfy says of originals that it cannot hold against any IOD: whatever is found later is no worse."""


def errors(program: Path, path: Path, environment: Mapping[str, str]) -> set[str]:
    """What is wrong, without the values that differ from file to file."""
    done = subprocess.run([program, path], env=dict(environment), capture_output=True, check=False)
    lines = (done.stdout + done.stderr).decode("latin-1").splitlines()
    return {re.sub(r"[<=][^>]*>|0x\w+|\d+", "#", line) for line in lines if line.startswith("Error")}


def worsened(
    program: Path, given: Mapping[str, bytes], back: Mapping[str, bytes], environment: Mapping[str, str]
) -> dict[str, list[str]]:
    """Name → new errors, of the files that have some."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for name, body in back.items():
            path.write_bytes(given[name])
            before = errors(program, path, environment)
            if any(said in error for error in before for said in UNJUDGED):
                continue
            path.write_bytes(body)
            after = errors(program, path, environment)
            if after - before:
                found[name] = sorted(after - before)
    return found
