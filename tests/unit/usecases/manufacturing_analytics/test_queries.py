"""Every query of the use case against what Athena and DuckDB are known to answer differently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fsxap.jsontext import dumps
from fsxap.ports import Table
from fsxap.providers.local.sql import DuckSql
from fsxap.usecases.manufacturing_analytics import sql_drift, summary, together
from fsxap.usecases.manufacturing_analytics.across import READINGS
from fsxap.usecases.manufacturing_analytics.findings import _TRACE, DAYS, SERIES_FACTS, settings
from fsxap.usecases.manufacturing_analytics.limits import parse, query
from fsxap.usecases.manufacturing_analytics.sql import QUERIES, SERIES

duckdb = pytest.importorskip("duckdb")
sqlglot = pytest.importorskip("sqlglot")
exp = sqlglot.exp

GOLDEN = Path(__file__).parent / "golden_queries.json"
START = datetime(2026, 1, 5, 23, tzinfo=UTC)
LIMITS = parse("sensor,metric,lsl,usl,lcl,ucl\ncoarse,t,,,-3,7\n")
PARAMS = settings({"threshold": 5.0, "window": 15, "drift": 3.0})
WINDOW = "('l', 'coarse', 't', TIMESTAMP '2026-01-05 23:00:00', TIMESTAMP '2026-01-06 02:00:00')"
TRACE = f"WITH windows AS (SELECT 1 AS id, * FROM (VALUES {WINDOW}) AS t({SERIES}, first, last)), {_TRACE}"
TEXTS = {
    **{each.rule: each.sql(PARAMS) for each in (*QUERIES, sql_drift.QUERY, query(LIMITS))},
    "series": SERIES_FACTS,
    "days": DAYS,
    "trace": TRACE,
    "line-sensors": together.RATE,
    "links": summary.LINKS.format(seconds=600),
}
DIVIDES = {"sensor-spike", "sensor-stuck", "sensor-gap", "sensor-drift", "trace"}
"""They count on 7 / 2 being 3. Of the other differences none has a place in any query."""


def readings() -> Iterator[dict[str, Any]]:
    """Odd and even numbers of readings, one, two, always the same, twice at one time; over midnight."""
    series = {
        "coarse": [float((at * 7) % 5 + (40 if at == 77 else 0)) for at in range(201)],
        "rising": [(at * 13 % 7) / 4 + max(0, min(at - 60, 120)) / 4 for at in range(240)],
        "held": [float(at * 5 % 11) if not 90 <= at < 140 else 3.0 for at in range(230)],
        "constant": [1.0] * 205,
        "two": [1.0, 2.0],
        "one": [1.0],
    }
    for sensor, values in series.items():
        for at, value in enumerate(values):
            pause = 37 if sensor == "held" and at > 150 else 0
            stamp = START + timedelta(minutes=at + pause)
            yield {"line": "l", "sensor": sensor, "metric": "t", "ts": stamp, "value": value}
    yield {"line": "l", "sensor": "two", "metric": "t", "ts": START, "value": 3.0}


def tables() -> list[Table]:
    anomaly = {"line": "l", "rule": "sensor-spike", "started": START, "ended": START, "file": "a.csv"}
    began = [anomaly | {"sensor": name} for name in ("coarse", "held", "two")]
    taken = {"picture": "p.png", "line": "l", "product": "", "decision": "fail", "taken": START + timedelta(minutes=9)}
    return [
        Table("readings", READINGS, readings()),
        Table("anomalies", summary._ANOMALIES, began),
        Table("failed", summary._FAILED, [taken]),
        Table("sensors", together.SENSORS, [{"line": "l", "sensors": 7}]),
    ]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckSql]:
    engine = DuckSql(tmp_path_factory.mktemp("sql"))
    engine.load(tables())
    yield engine
    engine.close()


def plain(rows: Any) -> list[Any]:
    """As JSON, with sums to nine digits: their last ones hang on the order of the rows."""

    def cell(value: Any) -> Any:
        return float(f"{value:.9g}") if isinstance(value, float) else value

    made = [{name: cell(value) for name, value in row.items()} for row in rows]
    return json.loads(dumps(made))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", TEXTS)
def test_every_query_gives_its_golden_rows(name: str, answers: DuckSql) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert golden.keys() == TEXTS.keys()
    assert plain(answers.query(TEXTS[name])) == golden[name]


@pytest.mark.parametrize("name", TEXTS)
def test_every_query_keeps_out_of_what_differs(name: str) -> None:
    """Approximate ranks, formats, texts cut by place or pattern, moved dates, and names that one engine changes."""
    (tree,) = sqlglot.parse(TEXTS[name], read="athena")
    kinds = (exp.Format, exp.Substring, exp.RegexpExtract, exp.DateAdd, exp.ApproxQuantile, exp.Interval, exp.Mod)
    assert not list(tree.find_all(*kinds))
    assert all(isinstance(each, exp.Alias | exp.Column) and each.output_name.islower() for each in tree.selects)
    whole = [each for each in tree.find_all(exp.Div) if "e0" not in each.sql() and "e3" not in each.sql()]
    assert bool(whole) >= (name in DIVIDES)


@pytest.mark.parametrize("name", sorted(DIVIDES))
def test_the_golden_rows_would_show_another_division(name: str, answers: DuckSql) -> None:
    """What DuckDB answers to the text as it is merely transpiled is something else, or nothing."""
    (raw,) = sqlglot.transpile(TEXTS[name], read="athena", write="duckdb")
    with duckdb.connect() as other:
        columns = ", ".join(f"{column} {kind}" for column, kind in READINGS.items())
        other.execute(f"CREATE TABLE readings ({columns})")
        rows = [
            [row["line"], row["sensor"], row["metric"], row["ts"].replace(tzinfo=None), row["value"]]
            for row in readings()
        ]
        other.executemany("INSERT INTO readings VALUES (?, ?, ?, ?, ?)", rows)
        try:
            got = other.execute(raw).fetchall()
        except duckdb.Error:
            return
    assert len(got) != len(list(answers.query(TEXTS[name])))
