"""Planted faults and clean sensors, through ingest and every query: what is found, missed and falsely told of."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb

from benchmarks import _sensors
from fsxap.model import Item
from fsxap.providers.local.folder import FolderStore
from fsxap.providers.local.tabular import DuckTabular
from fsxap.usecases.manufacturing_analytics import PARAMS, sensors

SEEDS = int(os.environ.get("BENCH_SEEDS", "10"))
FIRST = 1000
"""Seeds of the benchmark; the queries were written looking at others."""
LENGTHS = (1440, 4320, 10080)
"""A day, three days and a week by the minute."""
PLAIN = {
    "mean and 3 sigma of the metric": "",
    "mean and 3 sigma of each sensor": "PARTITION BY sensor_id",
}
"""What is usually done first, and by whom the mean is taken."""
_OUTSIDE = """
SELECT sensor_id, epoch(timestamp) AS at FROM (
  SELECT *, avg(value) OVER ({by}) AS mean, stddev(value) OVER ({by}) AS sigma FROM read_csv('{path}', header=true)
) WHERE abs(value - mean) > 3 * sigma
"""


def main() -> dict[str, Any]:
    begun = time.perf_counter()
    rows = [row for length in LENGTHS for row in _measured(length)]
    return {"rows": rows, "seeds": SEEDS, "seconds": round(time.perf_counter() - begun)}


def _measured(length: int) -> Iterator[dict[str, Any]]:
    rules = ("sensor-spike", "sensor-stuck", "sensor-gap")
    scores = {rule: _sensors.Score() for rule in rules}
    errors: list[float] = []
    plain = {name: _sensors.Score() for name in PLAIN}
    alarms = dict.fromkeys(PLAIN, 0)
    false = quiet = 0
    for seed in range(FIRST, FIRST + SEEDS):
        clean, faulty = _sensors.clean(seed, length), _sensors.faulty(seed, length)
        false += len(_found(clean))
        quiet += len(clean)
        found = _found(faulty)
        for rule in rules:
            scores[rule] += _sensors.score(faulty, found, rule)
        for name, by in PLAIN.items():
            plain[name] += _sensors.score(faulty, _outside(faulty, by), "sensor-spike")
            alarms[name] += len(_outside(clean, by))
        errors += [error for _, error in _sensors.bounds(faulty, found)]
    for rule, score in scores.items():
        yield {
            "readings": length,
            "rule": rule,
            "planted": score.planted,
            "found": score.seen,
            "f1": round(score.f1, 3),
        }
    for name, score in plain.items():
        row = {"readings": length, "rule": f"spikes by {name}", "planted": score.planted, "found": score.seen}
        yield row | {"f1": round(score.f1, 3), "sensors": f"{alarms[name]} alarms on clean ones"}
    near = sum(1 for error in errors if error <= 0.1)
    yield {"readings": length, "rule": "sensor-drift, ends within 10 %", "planted": len(errors), "found": near}
    yield {"readings": length, "rule": "any, on clean sensors", "planted": 0, "found": false, "sensors": quiet}


def _outside(made: Sequence[_sensors.Sensor], by: str) -> list[_sensors.Found]:
    with tempfile.TemporaryDirectory() as name:
        path = f"{name}/log.csv"
        _sensors.write(path, made)
        rows = duckdb.connect().execute(_OUTSIDE.format(by=by, path=path)).fetchall()
    minutes = [(sensor, (at - _sensors.START.timestamp()) / 60) for sensor, at in rows]
    return [_sensors.Found("sensor-spike", sensor, at, at) for sensor, at in minutes]


def _found(made: Sequence[_sensors.Sensor]) -> list[_sensors.Found]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        _sensors.write(str(folder / "in" / "log.csv"), made)
        tabular = DuckTabular(folder / "scratch")
        kit: Any = SimpleNamespace(
            params={param.name: param.default for param in PARAMS},
            tabular=tabular,
            source=FolderStore(folder / "in"),
            sink=FolderStore(folder / "out"),
        )
        result = sensors.process(Item("log.csv", (folder / "in" / "log.csv").stat().st_size), kit, ())
        tabular.close()
    return [
        _sensors.Found(
            finding.rule,
            finding.evidence["sensor"],
            _sensors.position(finding.evidence["start"]),
            _sensors.position(finding.evidence["end"]),
        )
        for finding in result.findings
    ]
