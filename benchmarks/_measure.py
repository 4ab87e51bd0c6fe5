"""Owns how commands are measured: CPU and peak memory of whole processes, by turns, compared turn by turn."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FSXAP = str(Path(sys.executable).with_name("fsxap"))
UNIT = 2**20 if sys.platform == "darwin" else 2**10
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_REGION": "us-east-1"}


@dataclass(frozen=True, slots=True)
class Run:
    """`cpu` is user and system time of the process and what it waited for, start-up included."""

    seconds: float
    cpu: float
    peak_mb: float


Job = Callable[[], Run]


def environment(**more: str) -> dict[str, str]:
    """Ours, with credentials that open nothing, and bytecode that is kept: compiling would be most of a start."""
    # rclone ends where there is a bundle of certificates in the environment.
    without = ("PYTHONDONTWRITEBYTECODE", "AWS_CA_BUNDLE", "AWS_PROFILE", "AWS_ENDPOINT_URL")
    inherited = {name: value for name, value in os.environ.items() if name not in without}
    one = {"OMP_NUM_THREADS": "1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1"}
    return inherited | one | KEYS | more


def run(command: Sequence[str | Path], *, to: Path | None = None, accepted: tuple[int, ...] = (0,), **more: str) -> Run:
    """Raises RuntimeError, with what it said, when the command does not end as it should."""
    with (
        Path(to or os.devnull).open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, env=environment(**more)) as process,
    ):
        started = time.perf_counter()
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
    if process.returncode not in accepted:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said.decode(errors='replace')[-500:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / UNIT)


def by_turns(jobs: Mapping[str, Job], turns: int) -> dict[str, list[Run]]:
    """Every job once, then every job again: what else the machine does meets them all."""
    taken: dict[str, list[Run]] = {name: [] for name in jobs}
    for _ in range(turns):
        for name, job in jobs.items():
            taken[name].append(job())
    return taken


def best(runs: Sequence[Run]) -> Run:
    """The least of each: other work only adds."""
    return Run(min(r.seconds for r in runs), min(r.cpu for r in runs), min(r.peak_mb for r in runs))


def ratio(ours: Sequence[Run], theirs: Sequence[Run], what: str = "cpu") -> float:
    """The median of the ratios of each turn."""
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in zip(ours, theirs, strict=True))


def figure(name: str, goal: str, reached: float, unit: str = "") -> dict[str, Any]:
    """One figure that has a goal: `≤ x` or `≥ x`."""
    sign, bound = goal.split()
    held = reached <= float(bound) if sign == "≤" else reached >= float(bound)
    shown = reached if isinstance(reached, int) else float(f"{reached:.3g}")
    return {"figure": name, "goal": f"{goal} {unit}".strip(), "reached": shown, "holds": held}


def conditions() -> dict[str, Any]:
    """When and on what it was measured."""
    return {
        "day": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }
