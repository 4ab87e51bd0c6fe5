"""Places that -s and --to could name, as this machine knows them: completion asks no service, so it cannot hang."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from fsxap.engine.settings import from_process
from fsxap.engine.state import DiskState, state_root
from fsxap.errors import FsxapError

KNOWN = "access-points"
MOST = 50
"""Sources of earlier runs that are looked at."""


def remember(state: DiskState, aliases: Iterable[str]) -> None:
    """Keep what FSx listed, for completion."""
    with state.writer(KNOWN) as stream:
        stream.writelines(f"{alias}\n".encode() for alias in sorted(set(aliases)))


def complete(incomplete: str) -> list[str]:
    """Of the settings, of what FSx last listed, and of earlier runs."""
    try:
        found = list(_places())
    except (FsxapError, OSError, ValueError):
        # A settings file that cannot be read is told by the command, not while it is typed.
        return []
    return sorted({place for place in found if place and place.startswith(incomplete)})


def _places() -> Iterator[str]:
    settings = from_process({})
    yield from (settings.text("source"), settings.text("to"))
    state = DiskState(state_root(settings.text("state"), os.environ, Path.cwd(), settings.project))
    yield from (line.decode() for line in state.lines(KNOWN))
    for pointer in islice(state.root.glob("*/*/current.json"), MOST):
        run = pointer.parent / "runs" / json.loads(pointer.read_bytes())["run"] / "run.json"
        if run.is_file() and (source := json.loads(run.read_bytes()).get("source")):
            yield str(source)
