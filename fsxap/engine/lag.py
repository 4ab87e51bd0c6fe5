"""How far a pipeline that runs by itself is behind what there is to do."""

from __future__ import annotations

from datetime import datetime

from fsxap.engine import runs
from fsxap.engine.runs import Run
from fsxap.engine.state import State
from fsxap.model import FORMAT


def measure(state: State, run: Run, at: datetime, *, complete: bool) -> int:
    """Seconds at `at` since the last run began that left nothing failed or missing: what was there then is done.

    Before there was one, since the first run began.
    """
    name = f"{run.job.folder}/complete.json"
    known = runs.read_json(state, name)
    if known is None or complete:
        known = {"format": FORMAT, "run": run.id, "started": run.started}
        runs.write_json(state, name, known)
    started = runs.readable(known, f"the state at {state.locate(name)}")["started"]
    return max(0, int((at - datetime.fromisoformat(started)).total_seconds()))
