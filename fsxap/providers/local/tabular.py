"""Rows in files by DuckDB: delimited text made Parquet, and Athena's SQL over Parquet, in a folder of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from fsxap.errors import UsageError
from fsxap.ports import CsvFormat, SetAside, Table
from fsxap.providers.local import duck
from fsxap.providers.local.dialect import to_duckdb
from fsxap.providers.tables import HIVE, identifier, lines

_BATCH = 1000
_LONGEST = 4 << 20
"""Bytes of one line; a longer one is set aside."""
_DECIMAL = "DECIMAL(38, 9)"

# Read as numbers they would be text, and a sensor that says so has no value.
_NOTHING = ("", "NaN", "nan", "NULL", "null", "N/A")


class DuckTabular:
    """One engine for all files of a run: together they stay below `memory`, and spill into the folder."""

    def __init__(self, scratch: Path, *, threads: int = 2, memory: str = "1GB") -> None:
        duckdb = duck.module()
        self.engine = f"duckdb {duckdb.__version__}"
        self._duckdb = duckdb
        self._root = duck.private_folder(scratch)
        self._options = duck.options(self._root, threads=threads, memory=memory)
        self._in_place = Lock()
        try:
            self._database = self._open()
        except duckdb.Error as error:
            shutil.rmtree(self._root, ignore_errors=True)
            raise duck.translated(duckdb, error, "open an engine in the scratch folder") from error

    def _open(self, *files: str) -> Any:
        """An engine that may read these files and the private folder, and nothing else ever."""
        database = self._duckdb.connect(":memory:", config=self._options)
        database.execute("SET allowed_directories=[?]", [str(self._root)])
        if files:
            database.execute("SET allowed_paths=?", [list(files)])
        for setting in duck.SETTINGS:
            database.execute(setting)
        return database

    @contextmanager
    def folder(self) -> Iterator[Path]:
        made = Path(tempfile.mkdtemp(dir=self._root))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def convert(self, text: Path | BinaryIO, form: CsvFormat, parquet: Path, reject: Callable[[SetAside], None]) -> int:
        """Nothing is sniffed, so equal files give equal columns. A row's first problem is the one told of."""
        if isinstance(text, Path):
            return self._convert(self._database, text.as_posix(), form, parquet, reject)
        # By its handle: what its name means may have changed since it was opened. One at a time, for the memory.
        name = f"/dev/fd/{text.fileno()}"
        with self._in_place, self._open(name) as database:
            return self._convert(database, name, form, parquet, reject)

    def _convert(
        self, database: Any, text: str, form: CsvFormat, parquet: Path, reject: Callable[[SetAside], None]
    ) -> int:
        names = {name: identifier(name) for name, _ in form.columns}
        spelled = ", ".join(f"'{names[name]}': '{_read_as(name, kind, form)}'" for name, kind in form.columns)
        formats = {form.times[name] for name, kind in form.columns if kind == "timestamp"}
        options = [text, form.delimiter, form.skip, form.decimal, list(_NOTHING), _LONGEST]
        given = "".join(f", timestampformat={_quoted(each)}" for each in sorted(formats) if "%" in each)
        reader = (
            f"read_csv(?, columns={{{spelled}}}, delim=?, skip=?, decimal_separator=?, nullstr=?, max_line_size=?, "
            "header=false, auto_detect=false, quote='\"', escape='\"', strict_mode=true, store_rejects=true, "
            f"rejects_limit=0, rejects_table='rows_aside', rejects_scan='scans_aside'{given})"
        )
        chosen = ", ".join(f'{_written(names[name], kind, form)} AS "{name}"' for name, kind in form.columns)
        copy = f"COPY (SELECT {chosen} FROM {reader}) TO ? (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608 - checked
        # The zone belongs to the connection, and so do the tables of rejected rows.
        cursor = database.cursor()
        try:
            cursor.execute("SET TimeZone=?", [form.zone])
            ((rows,),) = cursor.execute(copy, [*options, parquet.as_posix()]).fetchall()
            self._tell(cursor, reject)
        except self._duckdb.Error as error:
            raise duck.translated(self._duckdb, error, "read the rows of the file") from error
        finally:
            cursor.close()
        return int(rows)

    def _tell(self, cursor: Any, reject: Callable[[SetAside], None]) -> None:
        cursor.execute(
            "SELECT line, arg_min(column_name, coalesce(column_idx, 0)), arg_min(error_type, coalesce(column_idx, 0)), "
            "any_value(csv_line) FROM rows_aside GROUP BY line ORDER BY line"
        )
        while batch := cursor.fetchmany(_BATCH):
            for line, column, kind, body in batch:
                reject(
                    SetAside(int(line), column or "", str(kind).lower().replace(" ", "-"), (body or "").strip("\r\n"))
                )
        cursor.execute("DROP TABLE rows_aside")
        cursor.execute("DROP TABLE scans_aside")

    def join(self, parts: Sequence[Path], parquet: Path) -> int:
        cursor = self._database.cursor()
        copy = "COPY (FROM read_parquet(?, hive_partitioning=false)) TO ? (FORMAT parquet, COMPRESSION zstd)"
        try:
            ((rows,),) = cursor.execute(copy, [[part.as_posix() for part in parts], parquet.as_posix()]).fetchall()
        except self._duckdb.Error as error:
            raise duck.translated(self._duckdb, error, "put the parts of the file together") from error
        finally:
            cursor.close()
        return int(rows)

    def write(self, table: Table, parquet: Path) -> int:
        """By way of JSON Lines, which tell an empty text from none."""
        texts = {name: "varchar" if kind == "decimal" else kind for name, kind in table.columns.items()}
        spool = parquet.with_suffix(".jsonl")
        with spool.open("wb") as stream:
            stream.writelines(lines(replace(table, columns=texts)))
        spelled = ", ".join(f"'{name}': '{kind.upper()}'" for name, kind in texts.items())
        chosen = ", ".join(
            f'CAST("{name}" AS {_DECIMAL}) AS "{name}"' if kind == "decimal" else f'"{name}"'
            for name, kind in table.columns.items()
        )
        reader = f"read_json(?, format='newline_delimited', columns={{{spelled}}})"
        copy = f"COPY (SELECT {chosen} FROM {reader}) TO ? (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608 - checked
        cursor = self._database.cursor()
        try:
            ((rows,),) = cursor.execute(copy, [spool.as_posix(), parquet.as_posix()]).fetchall()
        except self._duckdb.Error as error:
            raise duck.translated(self._duckdb, error, f"write table {table.name}") from error
        finally:
            cursor.close()
            spool.unlink()
        return int(rows)

    def query(self, sql: str, tables: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
        query, cursor = to_duckdb(sql), self._database.cursor()
        try:
            for name, path in tables.items():
                files = _quoted(path.as_posix())
                cursor.execute(
                    f'CREATE OR REPLACE TEMP VIEW "{identifier(name, "table")}" AS FROM read_parquet({files})'
                )
            cursor.execute(query)
            names = duck.result_columns([(column[0], str(column[1].id)) for column in cursor.description])
            yield from duck.rows(self._duckdb, cursor, names)
        except self._duckdb.Error as error:
            raise duck.translated(self._duckdb, error, "run the query over the file") from error
        finally:
            cursor.close()

    def close(self) -> None:
        self._database.close()
        shutil.rmtree(self._root, ignore_errors=True)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _read_as(name: str, kind: str, form: CsvFormat) -> str:
    if kind not in HIVE:
        raise UsageError(f"column {name}: {kind!r} is not a type of a file's column", hint=f"use {', '.join(HIVE)}")
    if kind != "timestamp":
        return kind.upper()
    how = form.times[name]
    # DuckDB's TIMESTAMP drops an offset without a word; TIMESTAMPTZ takes both, but costs more.
    return {"iso": "TIMESTAMPTZ", "epoch": "DOUBLE", "epoch-ms": "DOUBLE"}.get(how, "TIMESTAMP")


def _written(name: str, kind: str, form: CsvFormat) -> str:
    if kind != "timestamp":
        return f'"{name}"'
    how = form.times[name]
    if how in ("epoch", "epoch-ms"):
        factor = 1_000_000 if how == "epoch" else 1_000
        return f'make_timestamp(CAST(round("{name}" * {factor}) AS BIGINT))'
    if how == "iso":
        return f"timezone('UTC', \"{name}\")"
    return f'"{name}"' if form.zone == "UTC" else f"timezone('UTC', timezone({_quoted(form.zone)}, \"{name}\"))"
