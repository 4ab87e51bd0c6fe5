"""How many sensors of a line were off within one hour: a share of them points at the line rather than at a sensor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from fsxap.model import Finding
from fsxap.usecases.manufacturing_analytics.findings import Ask, stamp

RULES = {"line-sensors": "A large share of the sensors of one line was off within one hour."}
SENSORS = {"line": "varchar", "sensors": "bigint"}
AROUND = 12
"""Hours before and after that a trace shows."""

RATE = """
WITH hours AS (
  SELECT line, date_trunc('hour', started) AS hour, count(DISTINCT sensor) AS faulty, count(*) AS anomalies,
    min(started) AS first, max(started) AS last, min(file) AS file
  FROM anomalies GROUP BY line, date_trunc('hour', started)
)
SELECT h.line AS line, h.hour AS hour, h.faulty AS faulty, s.sensors AS sensors,
  cast(h.faulty AS double) / s.sensors AS rate, h.anomalies AS anomalies, h.first AS first, h.last AS last,
  h.file AS file
FROM hours AS h JOIN sensors AS s ON s.line = h.line
ORDER BY line, hour
"""
"""Over the tables `anomalies` and `sensors`; every hour in which anything began."""


def hours(ask: Ask) -> list[dict[str, Any]]:
    """The rows of RATE, each with `trace`: how many sensors were off in the hours around."""
    rows = list(ask(RATE))
    seen = {(row["line"], row["hour"]): float(row["faulty"]) for row in rows}
    return [row | {"trace": [seen.get((row["line"], at), 0.0) for at in _around(row["hour"])]} for row in rows]


def findings(rows: Iterable[Mapping[str, Any]], least: float) -> Iterator[Finding]:
    """Hours in which at least this share of a line's sensors, and more than one of them, was off."""
    for row in rows:
        if row["faulty"] < 2 or row["rate"] < least:
            continue
        line, hour = row["line"], row["hour"]
        evidence = {
            "line": line,
            "start": stamp(row["first"]),
            "end": stamp(row["last"]),
            "value": round(row["rate"], 3),
            "expected": least,
            "score": round(row["rate"] / least, 2),
            "points": row["anomalies"],
            "trace": row["trace"],
        }
        yield Finding(
            "line-sensors",
            "medium",
            f"{line or 'the line'}: {row['faulty']} of {row['sensors']} sensors were off from {stamp(hour)[:13]}:00",
            row["file"],
            evidence,
            "look at what they share: power, network, logger, or the process itself",
            f"{line}/{stamp(hour)}",
        )


def _around(hour: datetime) -> Iterator[datetime]:
    return (hour + timedelta(hours=at) for at in range(-AROUND, AROUND + 1))
