"""Athena's SQL on DuckDB: a golden case for each difference that is known, and the refusals."""

import os
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from fsxap.errors import MissingExtra, ServiceError, UsageError
from fsxap.ports import Table
from fsxap.providers.local.dialect import to_duckdb
from fsxap.providers.local.sql import DuckSql
from fsxap.providers.tables import parse

duckdb = pytest.importorskip("duckdb")
sqlglot = pytest.importorskip("sqlglot")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckSql]:
    engine = DuckSql(tmp_path_factory.mktemp("sql"))
    yield engine
    engine.close()


# Right of each query stands Trino's documented answer, and what DuckDB says to the text as sqlglot turns it.
@pytest.mark.parametrize(
    ("query", "trino", "untreated"),
    [
        ("SELECT 7 / 2 AS x", 3, 3.5),
        ("SELECT -7 / 2 AS x", -3, -3.5),
        ("SELECT n / 2 AS x FROM (VALUES (7)) AS v(n)", 3, 3.5),
        ("SELECT sum(n) / count(*) AS x FROM (VALUES (7), (8)) AS v(n)", 7, 7.5),
        ("SELECT 9007199254740993 / 1 AS x", 9007199254740993, 9007199254740992.0),
        ("SELECT 7e0 / 2 AS x", 3.5, 3.5),
        ("SELECT regexp_extract('abc', 'x') AS x", None, ""),
        ("SELECT regexp_extract('abc', 'b') AS x", "b", "b"),
        ("SELECT coalesce(regexp_extract(regexp_extract('abc', 'x'), 'y'), 'none') AS x", "none", ""),
        ("SELECT regexp_extract(substr('abc', 0), '.+') AS x", None, "abc"),
        ("SELECT CAST('2026-02-28' AS date) + INTERVAL '1' DAY AS x", date(2026, 3, 1), datetime(2026, 3, 1)),
        ("SELECT date '2026-03-31' - INTERVAL '1' MONTH AS x", date(2026, 2, 28), datetime(2026, 2, 28)),
        ("SELECT INTERVAL '1' YEAR + date '2024-02-29' AS x", date(2025, 2, 28), datetime(2025, 2, 28)),
        ("SELECT date_add('day', 1, date '2026-02-28') AS x", date(2026, 3, 1), datetime(2026, 3, 1)),
        ("SELECT substr('abc', 0) AS x", "", "abc"),
        ("SELECT substr('abc', 0, 2) AS x", "", "a"),
        ("SELECT substr('abc', 1 - 1) AS x", "", "abc"),
        ("SELECT substr('abc', -4) AS x", "", "abc"),
        ("SELECT substr('abc', -2) AS x", "bc", "bc"),
        ("SELECT substr('abc', 2, 1) AS x", "b", "b"),
        ("SELECT substr('abc', 9) AS x", "", ""),
    ],
)
def test_same_text_same_answer(engine: DuckSql, query: str, trino: object, untreated: object) -> None:
    assert list(engine.query(query)) == [{"x": trino}]
    (raw,) = sqlglot.transpile(query, read="athena", write="duckdb")
    assert duckdb.connect().execute(raw).fetchone() == (untreated,)


@pytest.mark.parametrize("divided", ["1 / 0", "5 % 0", "1e0 / 0e0", "1 / (n - n)"])
def test_division_by_zero_is_an_error_not_infinity(engine: DuckSql, divided: str) -> None:
    with pytest.raises(ServiceError, match="division by zero") as caught:
        list(engine.query(f"SELECT {divided} AS x FROM (VALUES (1)) AS v(n)"))
    assert "nullif" in caught.value.hint


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT format('%s-%d', 'a', 1) AS x", "format"),
        ("SELECT d + INTERVAL '1' DAY AS x FROM t", "type of d is not known"),
        ("SELECT INTERVAL '1' DAY + d AS x FROM t", "type of d is not known"),
        ("SELECT d - (INTERVAL '1' DAY) AS x FROM t", "type of d is not known"),
        ("SELECT date_add('day', 1, d) AS x FROM t", "type of d is not known"),
        ("SELECT date '2026-01-01' + INTERVAL '1' HOUR AS x", "days, weeks"),
        ("SELECT 1; SELECT 2", "only one SELECT"),
        ("SELECT 1 AS x INTO y", "only one SELECT"),
        ("CREATE TABLE x AS SELECT 1 AS a", "only one SELECT"),
        ("UPDATE t SET a = 1", "only one SELECT"),
        ("COPY t TO '/tmp/x'", "only one SELECT"),
        ("SET threads = 9", "only one SELECT"),
        ("", "only one SELECT"),
        ("SELECT count(*) FROM t", "column 1 of the answer has no name"),
        ("SELECT a, cast(b AS varchar) FROM t", "column 2 of the answer has no name"),
        ("SELECT a AS Total FROM t", "lower case"),
        ("SELECT x FROM t CROSS JOIN UNNEST(aces)", "without column names"),
        ("SELECT x FROM t CROSS JOIN UNNEST(aces) AS a(x)", "gives 2 columns and 1 are named"),
        ("SELECT x FROM t CROSS JOIN UNNEST(tags) AS a(x, y)", "gives 1 columns and 2 are named"),
    ],
)
def test_what_would_answer_otherwise_is_refused(query: str, says: str) -> None:
    types = {"aces": parse("array(row(who varchar, mask bigint))"), "tags": parse("array(varchar)")}
    with pytest.raises(UsageError, match=says):
        to_duckdb(query, types)


@pytest.mark.parametrize(
    "query", ["ATTACH '/tmp/x'", "SELECT * FROM (SELECT 1) WHERE", "SELECT (1", "SELECT 'open", 'SELECT "open']
)
def test_what_cannot_be_read_says_where(query: str) -> None:
    with pytest.raises(ServiceError, match="cannot read the query: "):
        to_duckdb(query)


@pytest.mark.parametrize(
    "moment", ["timestamp '2026-01-01 00:00:00'", "CAST('2026-01-01' AS timestamp)", "date_parse('2026', '%Y')"]
)
def test_typed_times_need_no_cast(engine: DuckSql, moment: str) -> None:
    expected = {"x": datetime(2025, 12, 31, 23, tzinfo=UTC)}
    assert list(engine.query(f"SELECT {moment} - INTERVAL '1' HOUR AS x")) == [expected]


def test_arrays_of_unknown_type_spread_by_the_names_given(engine: DuckSql) -> None:
    made = "SELECT ARRAY[CAST(ROW('a', 1) AS ROW(who varchar, mask bigint))] AS l"
    query = f"SELECT w, m FROM ({made}) CROSS JOIN UNNEST(l) AS a(w, m)"
    assert list(engine.query(query)) == [{"w": "a", "m": 1}]
    assert list(engine.query("SELECT n FROM UNNEST(sequence(1, 3)) AS s(n)")) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_rows_of_one_field_and_null_arrays(engine: DuckSql) -> None:
    rows: list[dict[str, Any]] = [{"id": 1, "l": [{"a": "x"}, None]}, {"id": 2, "l": None}, {"id": 3, "l": []}]
    engine.load([Table("one_field", {"id": "bigint", "l": "array(row(a varchar))"}, rows)])
    query = "SELECT id, a FROM one_field CROSS JOIN UNNEST(l) AS u(a) ORDER BY a"
    assert list(engine.query(query)) == [{"id": 1, "a": "x"}, {"id": 1, "a": None}]
    query = "SELECT id, a, n FROM one_field LEFT JOIN UNNEST(l) WITH ORDINALITY AS u(a, n) ON true ORDER BY id, n"
    assert [tuple(row.values()) for row in engine.query(query)] == [
        (1, "x", 1),
        (1, None, 2),
        (2, None, None),
        (3, None, None),
    ]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_csv('https://localhost/x.csv')",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd"',
        "SELECT getenv('HOME') AS home",
    ],
)
def test_a_query_reaches_nothing_but_its_tables(engine: DuckSql, query: str) -> None:
    with pytest.raises(ServiceError):
        list(engine.query(query))


def test_settings_hold_for_every_thread_and_cannot_be_changed(engine: DuckSql) -> None:
    rows = {
        row["name"]: row["value"]
        for row in engine.query("SELECT lower(name) AS name, value FROM duckdb_settings()")
        if row["name"] in ("threads", "autoinstall_known_extensions", "autoload_known_extensions", "timezone")
        or row["name"] in ("enable_external_access", "lock_configuration")
        or row["name"] in ("integer_division", "ieee_floating_point_ops")
    }
    assert rows == {
        "threads": "2",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "enable_external_access": "false",
        "lock_configuration": "true",
        "integer_division": "true",
        "ieee_floating_point_ops": "false",
        "timezone": "UTC",
    }


def test_everything_is_private_and_gone_after_close(tmp_path: Path) -> None:
    engine = DuckSql(tmp_path)
    modes: list[int] = []

    def rows() -> Iterator[dict[str, Any]]:
        yield {"a": "x"}
        (folder,) = tmp_path.iterdir()
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "rows.jsonl"))

    engine.load([Table("t", {"a": "varchar"}, rows())])
    assert modes == [0o700, 0o600]
    (folder,) = tmp_path.iterdir()
    assert not (folder / "rows.jsonl").exists()
    engine.close()
    assert list(tmp_path.iterdir()) == []


def test_rows_that_fail_leave_neither_file_nor_table(tmp_path: Path) -> None:
    engine = DuckSql(tmp_path)
    engine.load([Table("t", {"a": "varchar"}, [{"a": "before"}])])
    with pytest.raises(UsageError):
        engine.load([Table("t", {"a": "bigint"}, [{"a": 1}, {"a": "x"}])])
    assert list(engine.query("SELECT a FROM t")) == [{"a": "before"}]
    engine.load([Table("t", {"a": "bigint"}, [{"a": 1}])])
    assert list(engine.query("SELECT a FROM t")) == [{"a": 1}]
    engine.close()


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> object:
        raise OSError(28, "No space left on device")

    engine = DuckSql(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", full)
        with pytest.raises(ServiceError, match="No space left") as caught:
            engine.load([Table("t", {"a": "varchar"}, [{"a": "x"}])])
    assert "free some space" in caught.value.hint
    engine.close()


def test_a_scratch_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match="scratch folder"):
        DuckSql(tmp_path / "file")


@pytest.mark.parametrize("module", ["duckdb", "pytz"])
def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra) as caught:
        DuckSql(tmp_path)
    assert caught.value.hint == "pip install 'fsxap[sql]'"
    assert list(tmp_path.iterdir()) == []


def test_times_come_back_in_utc(engine: DuckSql) -> None:
    (row,) = engine.query("SELECT timestamp '2026-01-01 10:00:00' AS a, from_unixtime(0) AS b")
    assert row == {"a": datetime(2026, 1, 1, 10, tzinfo=UTC), "b": datetime(1970, 1, 1, tzinfo=UTC)}
