"""Specification and control limits: read from a CSV file, judged in SQL by the Western Electric rules."""

# ruff: noqa: S608 - queries are made of our own text, checked names, numbers and quoted literals.
from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from fsxap.errors import ConfigurationError, NotFound
from fsxap.ports import Store
from fsxap.usecases.manufacturing_analytics.sql import EVIDENCE, SERIES, Query

MOST = 500
LONGEST = 1 << 20

_COLUMNS = {
    "sensor": ("sensor", "sensor_id", "tag"),
    "metric": ("metric", "metric_name"),
    "lsl": ("lsl", "spec_low", "low", "lower", "min"),
    "usl": ("usl", "spec_high", "high", "upper", "max"),
    "lcl": ("lcl", "control_low"),
    "ucl": ("ucl", "control_high"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """An empty metric means each of the sensor's. None is no limit; control limits come in pairs, at three sigmas."""

    sensor: str
    metric: str
    lsl: float | None = None
    usl: float | None = None
    lcl: float | None = None
    ucl: float | None = None

    def sql(self) -> str:
        numbers = (self.lsl, self.usl, self.lcl, self.ucl)
        cells = ("CAST(NULL AS double)" if each is None else f"CAST({each!r} AS double)" for each in numbers)
        return f"({', '.join((_text(self.sensor), _text(self.metric), *cells))})"


def given(text: str) -> str:
    """The parameter's value: the text of a local file, so that its content counts in the digest; else a key."""
    path = Path(text)
    if text and path.is_file():
        if path.stat().st_size > LONGEST:
            raise ValueError(f"{text} is larger than {LONGEST} bytes")
        return path.read_text(encoding="utf-8-sig").rstrip("\n") + "\n"
    return text


def load(value: str, source: Store) -> tuple[Limits, ...]:
    """From `given`'s value. It stops the run when it cannot be read: judging by half of the limits would be worse."""
    if not value:
        return ()
    if "\n" not in value:
        try:
            value = source.read(value, 0, LONGEST).decode("utf-8-sig")
        except NotFound:
            raise _refused(f"there is no limits file {value}, on this machine or in the source") from None
        except UnicodeDecodeError:
            raise _refused(f"the limits file {value} is not UTF-8") from None
    return parse(value)


def parse(text: str) -> tuple[Limits, ...]:
    reader = csv.DictReader(text.splitlines())
    names = {name.strip().lower(): name for name in reader.fieldnames or ()}
    at = {ours: next((names[name] for name in known if name in names), "") for ours, known in _COLUMNS.items()}
    if not at["sensor"] or not any(at[name] for name in ("lsl", "usl", "lcl", "ucl")):
        raise _refused("the limits file needs the columns sensor and some of lsl, usl, lcl, ucl")
    found: dict[tuple[str, str], Limits] = {}
    for number, row in enumerate(reader, 2):
        values = {name: _number(row.get(at[name]) or "", number) for name in ("lsl", "usl", "lcl", "ucl") if at[name]}
        made = Limits((row[at["sensor"]] or "").strip(), (row.get(at["metric"]) or "").strip(), **values)
        if (made.lcl is None) != (made.ucl is None) or (made.lcl is not None and made.lcl >= (made.ucl or 0)):
            raise _refused(f"line {number} of the limits file: lcl and ucl come together, the lower one first")
        if found.setdefault((made.sensor, made.metric), made) is not made:
            raise _refused(f"line {number} of the limits file names a sensor and metric for the second time")
    if len(found) > MOST:
        raise _refused(f"the limits file has more than {MOST} lines")
    return tuple(found.values())


def _refused(message: str) -> ConfigurationError:
    """It ends the run before its first file, not every file."""
    hint = "a CSV file with the columns sensor, metric, lsl, usl, lcl, ucl"
    return ConfigurationError(message, code="usage", exit=2, hint=hint)


def _number(text: str, line: int) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _refused(f"line {line} of the limits file holds something that is no number")
    return value


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _beyond(sigmas: int, of: int, least: int) -> str:
    """So many of the last readings beyond so many sigmas on one side."""
    rows = f"OVER (PARTITION BY {SERIES} ORDER BY ts, value ROWS {of - 1} PRECEDING)"
    up = f"sum(CASE WHEN z > {sigmas} THEN 1 ELSE 0 END) {rows} >= {least} AND z > {sigmas}"
    down = f"sum(CASE WHEN z < -{sigmas} THEN 1 ELSE 0 END) {rows} >= {least} AND z < -{sigmas}"
    return f"({up}) OR ({down})"


def query(limits: tuple[Limits, ...]) -> Query:
    """Rows as those of the other queries, and `test`: which limit was broken."""
    values = ", ".join(each.sql() for each in limits).replace("{", "{{").replace("}", "}}")
    table = f"limits AS (SELECT * FROM (VALUES {values}) AS t(sensor, metric, lsl, usl, lcl, ucl)),"
    return Query(JUDGED.rule, table + JUDGED.text)


# The worst reading of an event: with one limit all scores are alike, and engines take different ones of them.
JUDGED = Query(
    "sensor-out-of-range",
    f"""
judged AS (
  SELECT r.line AS line, r.sensor AS sensor, r.metric AS metric, r.ts AS ts, r.value AS value, l.lsl AS lsl,
    l.usl AS usl,
    (l.lcl + l.ucl) / 2 AS center, (r.value - (l.lcl + l.ucl) / 2) * 6 / (l.ucl - l.lcl) AS z,
    row_number() OVER (PARTITION BY r.line, r.sensor, r.metric ORDER BY r.ts, r.value) AS n
  FROM readings AS r JOIN limits AS l ON l.sensor = r.sensor AND (l.metric = r.metric OR l.metric = '')
), tested AS (
  SELECT {SERIES}, ts, value, n, lsl, usl, center, z, CASE
    WHEN value < lsl OR value > usl THEN 'specification'
    WHEN abs(z) > 3 THEN 'western-electric-1'
    WHEN {_beyond(2, 3, 2)} THEN 'western-electric-2'
    WHEN {_beyond(1, 5, 4)} THEN 'western-electric-3'
    WHEN {_beyond(0, 8, 8)} THEN 'western-electric-4'
    END AS test
  FROM judged
), flagged AS (
  SELECT {SERIES}, ts, value, n, test,
    CASE WHEN test <> 'specification' THEN center WHEN value < lsl THEN lsl ELSE usl END AS expected,
    CASE WHEN z IS NOT NULL THEN abs(z) WHEN usl > lsl THEN greatest(lsl - value, value - usl) / (usl - lsl)
      ELSE 1e0 END AS score,
    n - lag(n) OVER (PARTITION BY {SERIES}, test ORDER BY n) AS apart
  FROM tested WHERE test IS NOT NULL
), grouped AS (
  SELECT {SERIES}, ts, value, n, test, expected, score,
    sum(CASE WHEN apart = 1 THEN 0 ELSE 1 END) OVER (PARTITION BY {SERIES}, test ORDER BY n) AS event
  FROM flagged
), placed AS (
  SELECT {SERIES}, ts, value, test, expected, score, event, row_number() OVER (
    PARTITION BY {SERIES}, test, event ORDER BY score DESC, abs(value - expected) DESC, n) AS place
  FROM grouped
), events AS (
  SELECT {SERIES}, test, event, min(ts) AS started, max(ts) AS ended,
    max(CASE WHEN place = 1 THEN value END) AS value, max(CASE WHEN place = 1 THEN expected END) AS expected,
    max(score) AS score, count(*) AS points
  FROM placed GROUP BY {SERIES}, test, event
)
SELECT {EVIDENCE}, test FROM events ORDER BY {SERIES}, started, test
""",
)
