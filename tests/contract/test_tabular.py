"""Delimited text made Parquet: every row comes out typed, or is told of once with its line."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fsxap.errors import ServiceError, UsageError
from fsxap.ports import CsvFormat, SetAside, Table, Tabular

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

from fsxap.providers.local.tabular import DuckTabular

LOG = CsvFormat((("at", "timestamp"), ("id", "varchar"), ("value", "double")), skip=1, times={"at": "iso"})


@pytest.fixture(scope="module")
def tabular(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tabular]:
    engine = DuckTabular(tmp_path_factory.mktemp("tabular"))
    yield engine
    engine.close()
    engine.close()


def read(tabular: Tabular, text: str, form: CsvFormat = LOG) -> tuple[list[dict[str, Any]], list[SetAside]]:
    aside: list[SetAside] = []
    with tabular.folder() as folder:
        (folder / "log.csv").write_bytes(text.encode())
        rows = tabular.convert(folder / "log.csv", form, folder / "log.parquet", aside.append)
        found = list(tabular.query("SELECT * FROM log", {"log": folder / "log.parquet"}))
    assert rows == len(found)
    assert not folder.exists()
    return found, aside


def test_values_are_typed_and_identifiers_stay_text(tabular: Tabular) -> None:
    rows, aside = read(tabular, 'at,id,value\n2026-01-01 09:00:00,007,1.5\n2026-01-01T09:00:01.25Z,"a,""b""",\n')
    assert rows == [
        {"at": datetime(2026, 1, 1, 9, tzinfo=UTC), "id": "007", "value": 1.5},
        {"at": datetime(2026, 1, 1, 9, 0, 1, 250000, tzinfo=UTC), "id": 'a,"b"', "value": None},
    ]
    assert aside == []


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        ("2026-01-01 00:00:00,a", "missing-columns", "value"),
        ("2026-01-01 00:00:00,a,1,2", "too-many-columns", ""),
        ("2026-01-01 00:00:00,a,warm", "cast", "value"),
        ("yesterday,a,warm", "cast", "at"),
        ('2026-01-01 00:00:00,"a,1', "unquoted-value", "id"),
    ],
)
def test_a_bad_row_is_told_of_once_with_its_line(tabular: Tabular, row: str, reason: str, column: str) -> None:
    rows, aside = read(tabular, f"at,id,value\n2026-01-01 00:00:00,a,1\n{row}\n")
    assert len(rows) == 1
    assert aside == [SetAside(3, column, reason, row)]


@pytest.mark.parametrize(
    ("written", "how", "zone", "utc"),
    [
        ("2026-01-01 09:00:00", "%Y-%m-%d %H:%M:%S", "Asia/Tokyo", "2026-01-01T00:00:00"),
        ("2026-07-01 09:00:00", "iso", "Europe/Berlin", "2026-07-01T07:00:00"),
        ("2026-07-01T09:00:00+09:00", "iso", "Europe/Berlin", "2026-07-01T00:00:00"),
        ("01.07.2026 09:00", "%d.%m.%Y %H:%M", "UTC", "2026-07-01T09:00:00"),
        ("1767225600", "epoch", "Asia/Tokyo", "2026-01-01T00:00:00"),
        ("1767225600500", "epoch-ms", "Asia/Tokyo", "2026-01-01T00:00:00.500000"),
    ],
)
def test_times_are_utc(tabular: Tabular, written: str, how: str, zone: str, utc: str) -> None:
    form = CsvFormat((("at", "timestamp"), ("value", "double")), times={"at": how}, zone=zone)
    rows, aside = read(tabular, f"{written},1\n", form)
    assert [row["at"] for row in rows] == [datetime.fromisoformat(utc).replace(tzinfo=UTC)]
    assert aside == []


def test_an_offset_is_never_dropped(tabular: Tabular) -> None:
    """A format without one sets the row aside rather than read another time out of it."""
    form = CsvFormat((("at", "timestamp"), ("value", "double")), times={"at": "%Y-%m-%d %H:%M:%S"})
    rows, aside = read(tabular, "2026-01-01 00:00:00,1\n2026-01-01 00:00:00+09:00,2\n", form)
    assert len(rows) == 1
    assert [row.line for row in aside] == [2]


def test_decimal_commas(tabular: Tabular) -> None:
    form = CsvFormat((("at", "timestamp"), ("value", "double")), ";", 0, ",", {"at": "iso"})
    assert read(tabular, "2026-01-01;1,5\n", form)[0][0]["value"] == 1.5


def test_zones_do_not_leak_from_one_file_to_the_next(tabular: Tabular) -> None:
    for zone, hour in (("Asia/Tokyo", 15), ("UTC", 0), ("Asia/Tokyo", 15)):
        form = CsvFormat((("at", "timestamp"), ("value", "double")), times={"at": "iso"}, zone=zone)
        assert read(tabular, "2026-01-02 00:00:00,1\n", form)[0][0]["at"].hour == hour


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("DROP TABLE log", UsageError),
        ("SELECT * FROM read_csv('/etc/passwd')", ServiceError),
        ("SELECT nope FROM log", ServiceError),
    ],
)
def test_only_the_given_files_can_be_asked(tabular: Tabular, sql: str, error: type[Exception]) -> None:
    with tabular.folder() as folder:
        (folder / "log.csv").write_text("2026-01-01,1\n")
        form = CsvFormat((("at", "timestamp"), ("value", "double")), times={"at": "iso"})
        tabular.convert(folder / "log.csv", form, folder / "log.parquet", lambda row: None)
        with pytest.raises(error):
            list(tabular.query(sql, {"log": folder / "log.parquet"}))


def test_hostile_names_are_refused(tabular: Tabular, tmp_path: Path) -> None:
    form = CsvFormat((('a" FROM x; --', "double"),))
    with pytest.raises(UsageError, match="cannot be the name"):
        tabular.convert(tmp_path / "a", form, tmp_path / "b", lambda row: None)


def test_an_open_file_is_read_where_it_lies(tabular: Tabular, tmp_path: Path) -> None:
    """It may have lost its name since."""
    path = tmp_path / "log.csv"
    path.write_text("at,id,value\n2026-01-01,a,1\n2026-01-01,a\n")
    aside: list[SetAside] = []
    with path.open("rb") as stream, tabular.folder() as folder:
        path.unlink()
        assert tabular.convert(stream, LOG, folder / "log.parquet", aside.append) == 1
        assert stream.tell() == 0
    assert [row.line for row in aside] == [3]


COLUMNS = {"name": "varchar", "amount": "decimal", "day": "date", "page": "integer", "sure": "double", "ok": "boolean"}


def test_rows_are_written_typed_and_an_empty_text_is_not_none(tabular: Tabular) -> None:
    rows: list[dict[str, Any]] = [
        {"name": "", "amount": "-12.50", "day": "2026-01-31", "page": 1, "sure": 0.5, "ok": True},
        {"name": "N/A\n\x00,\"'", "amount": "99999999999999999999999999999.123456789"},
    ]
    with tabular.folder() as folder:
        file = folder / "fields.parquet"
        assert tabular.write(Table("fields", COLUMNS, rows), file) == 2
        assert list(folder.iterdir()) == [file]
        first, second = tabular.query("SELECT * FROM fields", {"fields": file})
    assert first == rows[0] | {"amount": Decimal("-12.5"), "day": date(2026, 1, 31)}
    assert second == dict.fromkeys(COLUMNS) | rows[1] | {"amount": Decimal(rows[1]["amount"])}


@pytest.mark.parametrize(("row", "error"), [({"day": "31.1.26"}, UsageError), ({"amount": "much"}, ServiceError)])
def test_a_value_that_does_not_fit_is_an_error(tabular: Tabular, row: dict[str, Any], error: type[Exception]) -> None:
    with tabular.folder() as folder, pytest.raises(error):
        tabular.write(Table("fields", COLUMNS, [row]), folder / "fields.parquet")
