"""Lag: what a run leaves undone grows old until a run leaves nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fsxap.engine import lag
from fsxap.engine.runs import Job, Run
from fsxap.engine.state import DiskState


def test_lag_grows_until_a_run_leaves_nothing(tmp_path: Path) -> None:
    state, job = DiskState(tmp_path), Job("case", "source", "digest", {})

    def ended(hour: int, *, complete: bool) -> int:
        """A run that began on the hour and took five minutes."""
        run = Run(str(hour), job, f"2026-01-01T{hour:02}:00:00Z")
        return lag.measure(state, run, datetime(2026, 1, 1, hour, 5, tzinfo=UTC), complete=complete)

    assert ended(1, complete=False) == 300, "nothing is known of the time before the first run"
    assert ended(2, complete=False) == 3900
    assert ended(3, complete=True) == 300
    assert ended(4, complete=False) == 3900
    assert ended(5, complete=False) == 7500
    assert ended(6, complete=True) == 300


def test_a_run_that_is_finished_late_is_as_old_as_its_listing(tmp_path: Path) -> None:
    run = Run("r", Job("case", "source", "digest", {}), "2026-01-01T00:00:00Z")
    assert lag.measure(DiskState(tmp_path), run, datetime(2026, 1, 2, tzinfo=UTC), complete=True) == 86400


def test_clocks_that_differ_make_no_negative_lag(tmp_path: Path) -> None:
    run = Run("r", Job("case", "source", "digest", {}), "2026-01-01T00:00:01Z")
    assert lag.measure(DiskState(tmp_path), run, datetime(2026, 1, 1, tzinfo=UTC), complete=True) == 0
