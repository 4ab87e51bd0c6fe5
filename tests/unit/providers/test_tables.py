"""Column types in both spellings, and rows as JSON that holds what was given or fails."""

import json
import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsxap.errors import UsageError
from fsxap.ports import Table
from fsxap.providers.tables import HIVE, ColumnType, lines, parse

STEADY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,10}", fullmatch=True)
TYPES = st.recursive(
    st.sampled_from(sorted(HIVE)).map(ColumnType),
    lambda inner: st.one_of(
        inner.map(lambda kind: ColumnType("array", (("", kind),))),
        st.lists(st.tuples(NAMES, inner), min_size=1, max_size=3).map(lambda fields: ColumnType("row", tuple(fields))),
    ),
    max_leaves=6,
)


def athena(kind: ColumnType) -> str:
    if kind.name == "array":
        return f"array({athena(kind.fields[0][1])})"
    if kind.name == "row":
        return f"ROW( {' , '.join(f'{name} {athena(of)}' for name, of in kind.fields)} )"
    return kind.name


@STEADY
@given(TYPES)
def test_types_are_read_in_athenas_and_in_hives_spelling(kind: ColumnType) -> None:
    assert parse(athena(kind)) == kind
    assert parse(kind.hive().replace("`", "")) == kind


@pytest.mark.parametrize(
    ("text", "hive", "duckdb"),
    [
        ("VARCHAR", "string", "VARCHAR"),
        ("int", "int", "INTEGER"),
        ("array<varchar>", "array<string>", "VARCHAR[]"),
        (
            "array(row(user varchar, mask bigint))",
            "array<struct<`user`:string,`mask`:bigint>>",
            'STRUCT("user" VARCHAR, "mask" BIGINT)[]',
        ),
    ],
)
def test_types_in_the_words_of_both_engines(text: str, hive: str, duckdb: str) -> None:
    assert (parse(text).hive(), parse(text).duckdb()) == (hive, duckdb)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "varchar)",
        "varchar; DROP TABLE x",
        "array",
        "array<>",
        "array<varchar",
        "array<varchar)",
        "array(varchar, bigint)",
        "row()",
        "row(varchar)",
        "row(a varchar b bigint)",
        "row(A'b varchar)",
        "map<varchar,bigint>",
        "decimal(3,2)",
        "array<" * 10 + "varchar" + ">" * 10,
    ],
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


VALUES = {
    "varchar": st.text(),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "date": st.dates().map(date.isoformat),
}


@STEADY
@given(st.fixed_dictionaries({kind: st.none() | values for kind, values in VALUES.items()}))
def test_a_row_is_one_line_that_reads_back_equal(row: dict[str, Any]) -> None:
    (line,) = lines(Table("t", {kind: kind for kind in VALUES}, [row]))
    assert line.endswith(b"\n")
    assert b"\r" not in line
    assert line.count(b"\n") == 1
    assert json.loads(line) == row


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 999999, tzinfo=UTC), "2026-01-02 03:04:05.999"),
        ("2026-01-02T03:04:05Z", "2026-01-02 03:04:05.000"),
        ("2026-01-01T00:00:00+02:00", "2025-12-31 22:00:00.000"),
        (None, None),
    ],
)
def test_times_are_utc_to_the_millisecond(value: object, written: str | None) -> None:
    (line,) = lines(Table("t", {"at": "timestamp"}, [{"at": value}]))
    assert json.loads(line) == {"at": written}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("varchar", 1),
        ("varchar", b"x"),
        ("bigint", "1"),
        ("bigint", 1.0),
        ("bigint", True),
        ("bigint", 2**63),
        ("integer", 2**31),
        ("double", "1"),
        ("double", math.nan),
        ("double", math.inf),
        ("double", 10**400),
        ("double", True),
        ("boolean", 1),
        ("date", datetime(2026, 1, 1, tzinfo=UTC)),
        ("date", "2026-02-30"),
        ("timestamp", "2026-01-01T00:00:00"),
        ("timestamp", "yesterday"),
        ("timestamp", date(2026, 1, 1)),
        ("array(varchar)", "abc"),
        ("array(varchar)", [1]),
        ("row(a varchar)", {"b": "x"}),
        ("row(a varchar)", [("a", "x")]),
    ],
)
def test_a_value_that_does_not_fit_is_an_error_not_a_null(kind: str, value: object) -> None:
    with pytest.raises(UsageError, match="row 2 of table t, column c: "):
        list(lines(Table("t", {"c": kind}, [{}, {"c": value}])))


def test_rows_are_taken_one_by_one() -> None:
    taken = []

    def rows() -> Any:
        for number in range(5):
            taken.append(number)
            yield {"n": number}

    made = lines(Table("t", {"n": "bigint"}, rows()))
    next(made)
    assert taken == [0]
