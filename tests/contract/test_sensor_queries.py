"""The analysis of sensors on both SQL engines: each query gives the rows it should, and both give the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy
import pytest

from fsxap.model import Finding
from fsxap.ports import Sql, Table
from fsxap.usecases.manufacturing_analytics.across import READINGS
from fsxap.usecases.manufacturing_analytics.findings import analyse, traced
from fsxap.usecases.manufacturing_analytics.limits import parse
from tests.contract.test_sql import connected

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

PARAMS = {"threshold": 5.0, "window": 15, "drift": 3.0}
START = datetime(2026, 1, 5, tzinfo=UTC)
LIMITS = "sensor,metric,lsl,usl,lcl,ucl\nspecified,t,0,10,,\ncontrolled,,,,4,6\n"


def noisy(number: int = 400) -> list[float]:
    return [round(float(value), 3) for value in numpy.random.default_rng(3).normal(5, 0.1, number)]


def series() -> dict[str, list[float]]:
    spiky, stuck, drifting, specified, controlled = noisy(), noisy(), noisy(), noisy(60), noisy(60)
    spiky[200] += 3
    spiky[201] += 3
    stuck[100:160] = [stuck[100]] * 60
    for at in range(150, 350):
        drifting[at] = round(drifting[at] + (at - 150) / 100, 3)
    specified[10] = 11.0
    controlled = [5.0] * 60
    controlled[5] = 6.2
    controlled[20:23] = [5.8, 5.0, 5.8]
    controlled[30:35] = [5.5] * 5
    controlled[45:55] = [5.1] * 10
    plain = noisy()
    return {
        "spiky": spiky,
        "stuck": stuck,
        "drifting": drifting,
        "specified": specified,
        "controlled": controlled,
        "plain": plain,
        "switch": [float(at // 40 % 2) for at in range(400)],
        "counter": [float(at // 3) for at in range(400)],
        "gappy": noisy(60),
    }


def readings() -> Iterator[dict[str, Any]]:
    for sensor, values in series().items():
        for at, value in enumerate(values):
            minute = at + 30 if sensor == "gappy" and at >= 25 else at
            stamp = START + timedelta(minutes=minute)
            yield {"line": "l'1", "sensor": sensor, "metric": "t", "ts": stamp, "value": value}
    yield {"line": "l'1", "sensor": "plain", "metric": "t", "ts": START, "value": 5.0}


def found(sql: Sql) -> tuple[Finding, ...]:
    sql.load([Table("readings", READINGS, readings())])
    made = analyse(sql.query, PARAMS, parse(LIMITS), lambda row: "a.csv")
    assert made.omitted == 0
    about = {
        ("l'1", sensor, "t"): {"first": START, "last": START + timedelta(minutes=len(values)), "readings": len(values)}
        for sensor, values in series().items()
    }
    return traced(sql.query, made.findings, about)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Finding, ...]]:
    answers = {}
    for name in ("duckdb", "athena"):
        with connected(name, tmp_path_factory.mktemp("sql")) as sql:
            answers[name] = found(sql)
    return answers


def test_both_engines_give_the_same_findings(both: dict[str, tuple[Finding, ...]]) -> None:
    assert [each.record() for each in both["duckdb"]] == [each.record() for each in both["athena"]]


def minutes(finding: Finding) -> tuple[int, int]:
    first, last = (datetime.fromisoformat(finding.evidence[name]) for name in ("start", "end"))
    return round((first - START) / timedelta(minutes=1)), round((last - START) / timedelta(minutes=1))


def of(findings: tuple[Finding, ...], rule: str) -> list[tuple[str, int, int]]:
    return [(each.evidence["sensor"], *minutes(each)) for each in findings if each.rule == rule]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("sensor-spike", [("specified", 10, 10), ("spiky", 200, 201)]),
        ("sensor-stuck", [("stuck", 100, 159)]),
        ("sensor-gap", [("gappy", 24, 55)]),
        ("sensor-duplicate-time", [("plain", 0, 0)]),
    ],
)
def test_each_rule_finds_its_own(both: dict[str, Any], rule: str, expected: list[tuple[str, int, int]]) -> None:
    assert of(both["duckdb"], rule) == expected


def test_drift_is_found_with_its_ends(both: dict[str, tuple[Finding, ...]]) -> None:
    ((sensor, first, last),) = of(both["duckdb"], "sensor-drift")
    assert sensor == "drifting"
    assert abs(first - 150) < 20
    assert abs(last - 349) < 20


def test_limits_and_western_electric_rules(both: dict[str, tuple[Finding, ...]]) -> None:
    judged = [each for each in both["duckdb"] if each.rule == "sensor-out-of-range"]
    tests = {(each.evidence["sensor"], each.evidence["test"], minutes(each)[1]) for each in judged}
    assert tests == {
        ("specified", "specification", 10),
        ("controlled", "western-electric-1", 5),
        ("controlled", "western-electric-2", 22),
        ("controlled", "western-electric-3", 34),
        ("controlled", "western-electric-4", 54),
    }
    assert {each.severity for each in judged if each.evidence["test"] == "specification"} == {"high"}


def test_a_trace_shows_the_excursion(both: dict[str, tuple[Finding, ...]]) -> None:
    (_, spike) = (each for each in both["duckdb"] if each.rule == "sensor-spike")
    assert max(spike.evidence["trace"]) == spike.evidence["value"]
    assert 20 <= len(spike.evidence["trace"]) <= 40


def test_ids_tell_findings_apart(both: dict[str, tuple[Finding, ...]]) -> None:
    ids = [each.id for each in both["duckdb"]]
    assert len(set(ids)) == len(ids)


def test_an_answer_does_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    answers = []
    for turn in (1, -1):
        with connected("duckdb", tmp_path / str(turn)) as sql:
            rows = list(readings())[::turn]
            sql.load([Table("readings", READINGS, rows)])
            answers.append([f.record() for f in analyse(sql.query, PARAMS, (), lambda row: "a").findings])
    assert answers[0] == answers[1]
