"""One suite for every SQL engine: equal rows and equal refusals on equal data."""

import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fsxap.engine.cancel import Cancel
from fsxap.errors import ServiceError, UsageError
from fsxap.ports import Sql, Table
from fsxap.providers.aws.athena import Athena
from fsxap.providers.local.sql import DuckSql
from fsxap.retry import Retry
from tests.unit.providers.aws_wire import AthenaService

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

Ask = Callable[[str], list[dict[str, Any]]]
LOCATION = "s3://state-bucket/fsxap/runs/r1/sql"

ACES = [
    {"trustee": "Everyone", "mask": 2032127, "flags": ["oi", "ci"]},
    {"trustee": "CORP\\alice", "mask": 1179817, "flags": []},
]
FILES = Table(
    "files",
    {
        "path": "varchar",
        "size": "bigint",
        "pages": "integer",
        "score": "double",
        "open": "boolean",
        "day": "date",
        "seen": "timestamp",
        "tags": "array<varchar>",
        "owner": "row(name varchar, uid bigint)",
        "aces": "array<struct<trustee:varchar,mask:bigint,flags:array<varchar>>>",
    },
    [
        {
            "path": 'hr/plan "2", it\'s\n見積\t\x01.pdf',
            "size": 2**62,
            "pages": -3,
            "score": 0.1,
            "open": True,
            "day": date(2026, 2, 28),
            "seen": datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
            "tags": ["a", None, ""],
            "owner": {"name": "bob", "uid": 1000},
            "aces": ACES,
        },
        {"path": "", "size": 0, "open": False, "seen": "2026-06-01T00:30:00+02:00", "day": "2025-12-31", "aces": []},
        {},
    ],
)
SHARES = Table("shares", {"name": "varchar", "path": "varchar"}, [{"name": "hr$", "path": ""}])


ENGINES = ["duckdb", "athena", "athena, pages of 2"]


@contextmanager
def connected(name: str, folder: Path) -> Iterator[Sql]:
    if name == "duckdb":
        engine: Any = DuckSql(folder)
    else:
        service = AthenaService(folder, LOCATION, page=2 if "pages" in name else 1000)
        engine = Athena(
            service.client,
            service.put,
            location=LOCATION,
            database="runs",
            retry=Retry(base=0.0001),
            cancel=Cancel(),
            create_database=True,
            part_bytes=200,
        )
    yield engine
    engine.close()
    engine.close()


@pytest.fixture(params=ENGINES)
def sql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sql]:
    with connected(request.param, tmp_path) as engine:
        yield engine


@pytest.fixture(params=ENGINES, scope="module")
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Reads from tables loaded once: no test may load more."""
    with connected(request.param, tmp_path_factory.mktemp("sql")) as engine:
        engine.load([FILES, SHARES])
        yield lambda query: list(engine.query(query))


def test_every_scalar_comes_back_as_it_went_in(loaded: Ask) -> None:
    rows = loaded("SELECT path, size, pages, score, open, day, seen FROM files ORDER BY size DESC NULLS LAST")
    nothing = dict.fromkeys(("path", "size", "pages", "score", "open", "day", "seen"))
    assert rows == [
        {
            "path": 'hr/plan "2", it\'s\n見積\t\x01.pdf',
            "size": 2**62,
            "pages": -3,
            "score": 0.1,
            "open": True,
            "day": date(2026, 2, 28),
            "seen": datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        },
        {
            **nothing,
            "path": "",
            "size": 0,
            "open": False,
            "day": date(2025, 12, 31),
            "seen": datetime(2026, 5, 31, 22, 30, tzinfo=UTC),
        },
        nothing,
    ]
    assert [type(value) for value in rows[0].values()] == [str, int, int, float, bool, date, datetime]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT count(*) AS n FROM files", [{"n": 3}]),
        ("SELECT sum(size) AS total, max(pages) AS pages FROM files", [{"total": 2**62, "pages": -3}]),
        ("SELECT trustee, mask FROM files CROSS JOIN UNNEST(aces) AS a(trustee, mask, flags) ORDER BY mask", "aces"),
        (
            "SELECT trustee, n FROM files CROSS JOIN UNNEST(aces) WITH ORDINALITY AS a(trustee, m, f, n) ORDER BY n",
            [{"trustee": "Everyone", "n": 1}, {"trustee": "CORP\\alice", "n": 2}],
        ),
        (
            "SELECT t FROM files CROSS JOIN UNNEST(tags) AS a(t) WHERE coalesce(t, '') = '' ORDER BY t NULLS FIRST",
            [{"t": None}, {"t": ""}],
        ),
        ("SELECT owner.name AS who, owner.uid AS uid FROM files WHERE owner.uid > 0", [{"who": "bob", "uid": 1000}]),
        ("SELECT f.path AS path FROM files f JOIN shares s ON s.path = f.path", [{"path": ""}]),
        ("WITH big AS (SELECT * FROM files WHERE size > 1) SELECT count(*) AS n FROM big", [{"n": 1}]),
        ("-- how many\n/* shares; */ SELECT name FROM shares;", [{"name": "hr$"}]),
        ("(SELECT 1 AS a) UNION ALL (SELECT 2 AS a) ORDER BY a", [{"a": 1}, {"a": 2}]),
        ("SELECT 7 / 2 AS a, -7 / 2 AS b, 7e0 / 2 AS c", [{"a": 3, "b": -3, "c": 3.5}]),
        ("SELECT regexp_extract('abc', 'x') AS a, regexp_extract('abc', 'b(.)', 1) AS b", [{"a": None, "b": "c"}]),
        ("SELECT CAST('2026-01-31' AS date) + INTERVAL '1' DAY AS d", [{"d": date(2026, 2, 1)}]),
        (
            "SELECT substr('abc', 0) AS a, substr('abc', -2) AS b, substr('abc', -4) AS c",
            [{"a": "", "b": "bc", "c": ""}],
        ),
        (
            "SELECT 1.50 AS price, CAST(NULL AS bigint) AS n, NULL AS z",
            [{"price": Decimal("1.50"), "n": None, "z": None}],
        ),
        ("SELECT from_iso8601_timestamp('2026-01-01T01:00:00+01:00') AS t", [{"t": datetime(2026, 1, 1, tzinfo=UTC)}]),
        ("SELECT json_format(CAST(tags AS json)) AS tags FROM files WHERE size > 1", [{"tags": '["a",null,""]'}]),
        ("SELECT name FROM shares WHERE name = 'nobody''s'", []),
    ],
)
def test_queries(loaded: Ask, query: str, expected: Any) -> None:
    if expected == "aces":
        expected = [{"trustee": ace["trustee"], "mask": ace["mask"]} for ace in reversed(ACES)]
    assert loaded(query) == expected


@pytest.mark.parametrize(
    ("query", "error", "says"),
    [
        ("DROP TABLE files", UsageError, "only one SELECT"),
        ("INSERT INTO shares VALUES ('a', 'b')", UsageError, "only one SELECT"),
        ("", UsageError, "only one SELECT"),
        ("SELECT 1 AS a, 2 AS a", UsageError, "same name"),
        ("SELECT tags FROM files", UsageError, "column tags"),
        ("SELECT owner FROM files", UsageError, "column owner"),
        ("SELECT nope FROM files", ServiceError, "nope"),
        ("SELECT a FROM nowhere", ServiceError, "nowhere"),
        ("SELECT 1 / (size - size) AS a FROM files WHERE size > 1", ServiceError, "(?i)division.by.zero"),
    ],
)
def test_refusals_say_why(loaded: Ask, query: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        loaded(query)


def test_an_error_about_a_value_does_not_repeat_it(loaded: Ask) -> None:
    with pytest.raises(ServiceError) as caught:
        loaded("SELECT CAST(concat(name, ' SECRET') AS bigint) AS n FROM shares")
    assert "SECRET" not in f"{caught.value.message} {caught.value.hint}"


def test_many_rows_are_streamed_in_both_directions(sql: Sql) -> None:
    taken = []

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(700):
            taken.append(number)
            yield {"n": number}

    sql.load([Table("numbers", {"n": "bigint"}, rows())])
    answer = sql.query("SELECT n FROM numbers ORDER BY n")
    assert next(answer) == {"n": 0}
    assert [row["n"] for row in answer] == taken[1:]


def test_a_table_is_replaced_by_a_later_load(sql: Sql) -> None:
    sql.load([SHARES])
    sql.load([dataclasses.replace(SHARES, rows=[{"name": "b"}, {"name": "c"}])])
    assert [row["name"] for row in sql.query("SELECT name FROM shares ORDER BY name")] == ["b", "c"]
    sql.load([dataclasses.replace(SHARES, columns={"n": "bigint"}, rows=[])])
    assert list(sql.query("SELECT n FROM shares")) == []


@pytest.mark.parametrize(
    ("columns", "row", "says"),
    [
        ({"n": "bigint"}, {"n": "SECRET"}, "row 1 of table t, column n"),
        ({"n": "bigint"}, {"n": 2**63}, "no bigint"),
        ({"n": "bigint"}, {"n": True}, "no bigint"),
        ({"n": "double"}, {"n": float("nan")}, "no double"),
        ({"n": "timestamp"}, {"n": datetime(2026, 1, 1)}, "no timestamp"),
        ({"n": "row(a varchar)"}, {"n": {"b": "SECRET"}}, "no struct"),
        ({"n": "bigint"}, {"N": 1}, "columns the table lacks: N"),
        ({"n": "map(varchar, bigint)"}, {}, "not a column type"),
        ({'n" x': "bigint"}, {}, "cannot be the name"),
        ({}, {}, "no columns"),
    ],
)
def test_rows_that_do_not_fit_are_refused_before_any_query(
    sql: Sql, columns: dict[str, str], row: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        sql.load([Table("t", columns, [row])])
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "A", "1a", "a b", 'a"; DROP', "a`b", "é", "a" * 129])
def test_table_names_are_identifiers(sql: Sql, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a table"):
        sql.load([Table(name, {"n": "bigint"}, [])])


def test_names_that_are_not_utf8_keep_their_bytes_readable(sql: Sql) -> None:
    sql.load([Table("t", {"path": "varchar"}, [{"path": os.fsdecode(b"a\xff\\n")}])])
    assert list(sql.query("SELECT path FROM t")) == [{"path": "a\\udcff\\n"}]


def test_usage_counts_queries_and_the_engine_has_a_version(sql: Sql) -> None:
    sql.load([SHARES])
    for _ in range(2):
        list(sql.query("SELECT name FROM shares"))
    list(sql.query("SELECT path FROM shares"))
    usage = sql.usage()
    assert usage.get("duckdb_queries") == 3 or (usage["athena_queries"] == 2 and usage["athena_bytes"] > 0)
    assert any(character.isdigit() for character in sql.engine)
