"""Planted faults and clean sensors, through ingest and every query: what is found, missed and falsely told of."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import _published as _published_sql
from benchmarks import _sensors
from benchmarks._published import METRICS
from fsxap.model import Item
from fsxap.providers.local.folder import FolderStore
from fsxap.providers.local.tabular import DuckTabular
from fsxap.usecases.manufacturing_analytics import PARAMS, sensors

SEEDS = int(os.environ.get("BENCH_SEEDS", "10"))
FIRST = 1000
"""Seeds of the benchmark; the queries were written looking at others."""
LENGTHS = (1440, 4320, 10080)
"""A day, three days and a week by the minute."""
HARD = 4320
RULES = ("sensor-spike", "sensor-stuck", "sensor-gap")


def main() -> dict[str, Any]:
    begun = time.perf_counter()
    rows = [row for length in LENGTHS for row in _measured(length)]
    hard = [_hard(kind, make) for kind, make in _sensors.HARD.items()]
    return {"rows": [*rows, *hard], "seeds": SEEDS, "seconds": round(time.perf_counter() - begun)}


def _hard(kind: str, make: _sensors.Kind) -> dict[str, Any]:
    """Three days of noise that the queries were not made for."""
    row: dict[str, Any] = {"readings": HARD, "noise": kind}
    scores = {rule: _sensors.Score() for rule in RULES}
    errors: list[float] = []
    false = 0
    for seed in range(FIRST, FIRST + SEEDS):
        false += len(_found(_sensors.clean(seed, HARD, {kind: make})))
        faulty = _sensors.faulty(seed, HARD, {kind: make})
        found = _found(faulty)
        for rule in RULES:
            scores[rule] += _sensors.score(faulty, found, rule)
        errors += [error for _, error in _sensors.bounds(faulty, found)]
    for rule, score in scores.items():
        precision = score.right / score.found if score.found else 1.0
        row[rule] = f"F1 {score.f1:.2f}, recall {score.seen / score.planted:.2f}, precision {precision:.2f}"
    near = sum(1 for error in errors if error <= 0.1)
    return row | {"drift": f"{near} of {len(errors)}", "on clean ones": false}


def _measured(length: int) -> Iterator[dict[str, Any]]:
    scores = {rule: _sensors.Score() for rule in RULES}
    errors: list[float] = []
    plain = {name: _sensors.Score() for name in METRICS}
    alarms = dict.fromkeys(METRICS, 0)
    false = quiet = 0
    for seed in range(FIRST, FIRST + SEEDS):
        clean, faulty = _sensors.clean(seed, length), _sensors.faulty(seed, length)
        false += len(_found(clean))
        quiet += len(clean)
        found = _found(faulty)
        for rule in RULES:
            scores[rule] += _sensors.score(faulty, found, rule)
        for name, metric in METRICS.items():
            plain[name] += _sensors.score(faulty, _published(faulty, metric), "sensor-spike")
            alarms[name] += len(_published(clean, metric))
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
        row = {
            "readings": length,
            "rule": f"spikes, 3 sigma from the mean {name}",
            "planted": score.planted,
            "found": score.seen,
        }
        yield row | {"f1": round(score.f1, 3), "sensors": f"{alarms[name]} alarms on clean ones"}
    near = sum(1 for error in errors if error <= 0.1)
    yield {"readings": length, "rule": "sensor-drift, ends within 10 %", "planted": len(errors), "found": near}
    yield {"readings": length, "rule": "any, on clean sensors", "planted": 0, "found": false, "sensors": quiet}


def _published(made: Sequence[_sensors.Sensor], metric: str) -> list[_sensors.Found]:
    with tempfile.TemporaryDirectory() as name:
        log = Path(name, "log.csv")
        _sensors.write(str(log), made)
        return _published_sql.found(log, metric)


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
