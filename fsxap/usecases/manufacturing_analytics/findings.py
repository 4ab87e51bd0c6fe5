"""What the queries answer as findings, each with its window and the course of the sensor around it."""

# ruff: noqa: S608 - queries are made of our own text, checked names, numbers and quoted literals.
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fsxap.model import Finding, Severity
from fsxap.usecases.manufacturing_analytics.limits import Limits
from fsxap.usecases.manufacturing_analytics.limits import query as limits_query
from fsxap.usecases.manufacturing_analytics.sql import QUERIES, SERIES
from fsxap.usecases.manufacturing_analytics.sql_drift import QUERY as DRIFT

Ask = Callable[[str], Iterator[dict[str, Any]]]
Row = Mapping[str, Any]
Key = tuple[str, str, str]

MOST = 500
"""Findings of one rule in one file; the rest is counted."""
TRACED = 200
POINTS = 40
_DIGITS = 9

SEVERITIES: Mapping[str, Severity] = {
    "sensor-spike": "medium",
    "sensor-stuck": "high",
    "sensor-drift": "high",
    "sensor-gap": "medium",
    "sensor-out-of-range": "high",
    "sensor-duplicate-time": "low",
}
RULES = {
    "sensor-spike": "A brief excursion that stands out from the readings before and after it.",
    "sensor-stuck": "The same value for much longer than this sensor ever repeats one.",
    "sensor-drift": "The level moved slowly away from where it was.",
    "sensor-gap": "No readings for much longer than this sensor's interval.",
    "sensor-out-of-range": "Readings break a specification limit or a Western Electric rule on control limits.",
    "sensor-duplicate-time": "Several readings carry one time.",
}
_REMEDIES = {
    "sensor-spike": "look at the process at that time; if it was quiet, check wiring, shielding and the power supply",
    "sensor-stuck": "check that the sensor answers and that the logger does not repeat an old value",
    "sensor-drift": "calibrate the sensor against a reference; if it is right, the process moved",
    "sensor-gap": "check the logger, the network and whether a file is missing",
    "sensor-out-of-range": "hold the parts of that time until the process is judged",
    "sensor-duplicate-time": "check the logger's clock, above all at changes of daylight saving time",
}


@dataclass(frozen=True, slots=True)
class Found:
    findings: tuple[Finding, ...]
    omitted: int


def series_of(finding: Finding) -> Key:
    return finding.evidence["line"], finding.evidence["sensor"], finding.evidence["metric"]


def settings(params: Mapping[str, Any]) -> dict[str, int | float]:
    """The numbers that the queries name."""
    window = int(params["window"])
    return {
        "threshold": float(params["threshold"]),
        "window": window,
        "half": window // 2,
        "drift": float(params["drift"]),
    }


def analyse(
    ask: Ask, params: Mapping[str, Any], limits: tuple[Limits, ...], where: Callable[[Row], str], readings: str = ""
) -> Found:
    """Every rule's query, put to any engine; `where` says which file a row belongs to."""
    queries = [*QUERIES, DRIFT, *([limits_query(limits)] if limits else [])]
    found, omitted = [], 0
    for query in queries:
        for number, row in enumerate(ask(query.sql(settings(params), readings))):
            if number < MOST:
                found.append(_finding(query.rule, row, where(row)))
            else:
                omitted += 1
    return Found(tuple(found), omitted)


def _finding(rule: str, row: Row, where: str) -> Finding:
    test = row.get("test", "")
    name = "/".join(filter(None, (row["line"], row["sensor"], row["metric"] if row["metric"] != row["sensor"] else "")))
    severity = SEVERITIES[rule]
    if test.startswith("western"):
        severity = "medium" if test.endswith("1") else "low"
    evidence = {
        "line": row["line"],
        "sensor": row["sensor"],
        "metric": row["metric"],
        "start": stamp(row["started"]),
        "end": stamp(row["ended"]),
        "value": _short(row["value"]),
        "expected": _short(row["expected"]),
        "score": round(row["score"], 2),
        "points": row["points"],
    } | ({"test": test} if test else {})
    message = f"{name}: {_words(rule, evidence)}"
    subject = "/".join((row["line"], row["sensor"], row["metric"], evidence["start"], test))
    return Finding(rule, severity, message, where, evidence, _REMEDIES[rule], subject)


def _words(rule: str, evidence: Mapping[str, Any]) -> str:
    value, expected, start, end = (evidence[name] for name in ("value", "expected", "start", "end"))
    if rule == "sensor-gap":
        return f"no reading for {value} s from {start}, where {expected} s is usual"
    if rule == "sensor-stuck":
        return f"{value} for {evidence['points']} readings, from {start} to {end}"
    if rule == "sensor-drift":
        return f"from {expected} to {value} between {start} and {end}"
    if rule == "sensor-duplicate-time":
        return f"{evidence['points']} readings share their times, {value} more than there should be"
    if rule == "sensor-out-of-range":
        return f"{value} breaks {evidence['test']} from {start} to {end}"
    return f"{value} at {start}, where {expected} was expected"


def stamp(moment: datetime) -> str:
    """UTC, ISO 8601, with the fraction of a second where there is one: fast sensors have many readings in one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _short(value: float | None) -> float | None:
    """Nine significant digits: the engines' sums differ in the last ones."""
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def traced(ask: Ask, findings: Sequence[Finding], series: Mapping[Key, Row], readings: str = "") -> tuple[Finding, ...]:
    """The first findings with `evidence.trace`: the readings around the window, the farthest of each of its parts."""
    chosen = [(at, _window(each, series[series_of(each)])) for at, each in enumerate(findings[:TRACED])]
    if not chosen:
        return tuple(findings)
    traces: dict[int, list[float]] = {}
    start = f"readings AS ({readings}), " if readings else ""
    windows = ", ".join(
        f"({at}, {', '.join(_text(part) for part in series_of(findings[at]))}, {_time(first)}, {_time(last)})"
        for at, (first, last) in chosen
    )
    for row in ask(
        f"WITH {start}windows AS (SELECT * FROM (VALUES {windows}) AS t(id, {SERIES}, first, last)), {_TRACE}"
    ):
        traces.setdefault(row["id"], []).append(_short(row["value"]) or 0.0)
    return tuple(
        replace(each, evidence={**each.evidence, "trace": traces[at]}) if at in traces else each
        for at, each in enumerate(findings)
    )


_TRACE = f"""
near AS (
  SELECT w.id AS id, r.value AS value, least({POINTS - 1}, date_diff('millisecond', w.first, r.ts) * {POINTS} /
    (date_diff('millisecond', w.first, w.last) + 1)) AS part
  FROM windows AS w JOIN readings AS r ON r.line = w.line AND r.sensor = w.sensor AND r.metric = w.metric
    AND r.ts BETWEEN w.first AND w.last
), middles AS (SELECT id, avg(value) AS middle FROM near GROUP BY id)
SELECT n.id AS id, n.part AS part, max_by(n.value, abs(n.value - m.middle)) AS value
FROM near AS n JOIN middles AS m ON m.id = n.id GROUP BY n.id, n.part ORDER BY id, part
"""


def _window(finding: Finding, about: Row) -> tuple[datetime, datetime]:
    first, last = (datetime.fromisoformat(finding.evidence[name]) for name in ("start", "end"))
    step = (about["last"] - about["first"]) / max(1, about["readings"] - 1)
    margin = max((last - first) / 2, 20 * step, timedelta(seconds=1))
    return max(first - margin, about["first"]), min(last + margin, about["last"])


def _time(when: datetime) -> str:
    return f"TIMESTAMP '{when.strftime('%Y-%m-%d %H:%M:%S.%f')}'"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


SERIES_FACTS = f"""
SELECT {SERIES}, count(*) AS readings, min(ts) AS first, max(ts) AS last, min(value) AS lowest, max(value) AS highest,
  avg(value) AS mean
FROM readings GROUP BY {SERIES} ORDER BY {SERIES}
"""
DAYS = f"""
SELECT {SERIES}, date_format(ts, '%Y-%m-%d') AS day, count(*) AS readings, min(value) AS lowest, avg(value) AS mean,
  max(value) AS highest
FROM readings GROUP BY {SERIES}, date_format(ts, '%Y-%m-%d') ORDER BY {SERIES}, day
"""


def facts(ask: Ask, text: str, readings: str) -> Iterable[dict[str, Any]]:
    return ask(f"WITH readings AS ({readings}) {text}")
