"""Hours in which a share of a line's sensors was off, by SQL, as findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fsxap.ports import Table
from fsxap.usecases.manufacturing_analytics import together
from fsxap.usecases.manufacturing_analytics.summary import _ANOMALIES
from tests.contract.test_sql import connected

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

BEGAN = (
    ("press", "a", "2026-01-05T10:02:00Z"),
    ("press", "a", "2026-01-05T10:30:00Z"),
    ("press", "b", "2026-01-05T10:59:59Z"),
    ("press", "c", "2026-01-05T11:00:00Z"),
    ("oven", "a", "2026-01-05T10:02:00Z"),
    ("oven", "b", "2026-01-05T10:02:00Z"),
    ("mill", "a", "2026-01-05T10:02:00Z"),
)
SENSORS = {"press": 4, "oven": 20, "mill": 1}


def hours(engine: str, folder: Path) -> list[dict[str, Any]]:
    rows = [
        {"line": line, "sensor": sensor, "rule": "sensor-spike", "started": at, "ended": at, "file": f"{line}.csv"}
        for line, sensor, at in BEGAN
    ]
    lines = [{"line": line, "sensors": number} for line, number in SENSORS.items()]
    with connected(engine, folder) as sql:
        sql.load([Table("anomalies", _ANOMALIES, rows), Table("sensors", together.SENSORS, lines)])
        return together.hours(sql.query)


def test_both_engines_count_the_same_hours(tmp_path: Path) -> None:
    found = hours("duckdb", tmp_path)
    assert found == hours("athena", tmp_path)
    assert [(row["line"], row["hour"].hour, row["faulty"], row["rate"], row["anomalies"]) for row in found] == [
        ("mill", 10, 1, 1.0, 1),
        ("oven", 10, 2, 0.1, 2),
        ("press", 10, 2, 0.5, 3),
        ("press", 11, 1, 0.25, 1),
    ]


@pytest.mark.parametrize(
    ("least", "lines"), [(0.5, ["press"]), (0.51, []), (0.1, ["oven", "press"]), (0.01, ["oven", "press"])]
)
def test_a_share_of_the_line_is_a_finding_and_one_sensor_never(least: float, lines: list[str], tmp_path: Path) -> None:
    found = list(together.findings(hours("duckdb", tmp_path), least))
    assert [finding.evidence["line"] for finding in found] == lines
    for finding in found:
        assert finding.rule in together.RULES
        assert finding.where == f"{finding.evidence['line']}.csv"
    if "press" in lines:
        (press,) = (finding for finding in found if finding.evidence["line"] == "press")
        assert press.evidence["start"] == "2026-01-05T10:02:00Z" and press.evidence["end"] == "2026-01-05T10:59:59Z"
        assert press.evidence["trace"][together.AROUND : together.AROUND + 2] == [2.0, 1.0]
        assert press.message == "press: 2 of 4 sensors were off from 2026-01-05T10:00"
