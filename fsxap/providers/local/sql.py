"""SQL without AWS: queries in Athena's dialect, answered by DuckDB over a private folder that close() removes."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from fsxap.errors import FsxapError, MissingExtra, ServiceError, UsageError
from fsxap.ports import Table
from fsxap.providers.local.dialect import to_duckdb
from fsxap.providers.tables import ColumnType, column_types, lines

_BATCH = 1000
_PLAIN = {"null", "varchar", "boolean", "float", "double", "decimal", "date", "timestamp with time zone"}
_PLAIN |= {"tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint"}
_PLAIN |= {"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"}

# Where DuckDB would answer otherwise than Trino: 7/2 is 3 in Trino, and a division by zero an error.
_SETTINGS = (
    "SET GLOBAL integer_division=true",
    "SET GLOBAL ieee_floating_point_ops=false",
    "SET GLOBAL TimeZone='UTC'",
    "SET enable_external_access=false",
    "SET lock_configuration=true",
)


class DuckSql:
    """One database file for the tables of a run, so that memory stays below `memory` whatever their size.

    Queries may read the private folder and nothing else: no other file, no network, no extension. Safe from any
    thread; one load at a time.
    """

    def __init__(self, scratch: Path, *, threads: int = 2, memory: str = "1GB") -> None:
        try:
            import duckdb

            # DuckDB needs it for the first timestamp with a zone, in the middle of an answer.
            import_module("pytz")
        except ImportError as error:
            raise MissingExtra("sql", "duckdb") from error
        self.engine = f"duckdb {duckdb.__version__}"
        self._duckdb = duckdb
        self._lock = threading.Lock()
        self._queries = 0
        self._tables: dict[str, dict[str, ColumnType]] = {}
        self._folder = private_folder(scratch)
        options: dict[str, Any] = {
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(self._folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        try:
            self._database = duckdb.connect(str(self._folder / "tables.duckdb"), config=options)
            self._database.execute("SET allowed_directories=[?]", [str(self._folder)])
            for setting in _SETTINGS:
                self._database.execute(setting)
        except duckdb.Error as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise translated(duckdb, error, "open a database in the scratch folder") from error

    def load(self, tables: Sequence[Table]) -> None:
        """Replaces tables of the same name. Rows go through a file and are never held together in memory."""
        with self._lock:
            for table in tables:
                self._load(table)

    def _load(self, table: Table) -> None:
        types = column_types(table)
        # Names are checked identifiers and types our own words; every value goes through the file.
        spelled = ", ".join(f"'{name}': '{kind.duckdb()}'" for name, kind in types.items())
        reader = f"read_json(?, format='newline_delimited', columns={{{spelled}}})"
        spool = self._folder / "rows.jsonl"
        try:
            with os.fdopen(os.open(spool, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.writelines(lines(table))
            self._database.execute(f'CREATE OR REPLACE TABLE "{table.name}" AS FROM {reader}', [str(spool)])
        except OSError as error:
            raise _no_room(error) from error
        except self._duckdb.Error as error:
            raise translated(self._duckdb, error, f"load table {table.name}") from error
        finally:
            spool.unlink(missing_ok=True)
        self._tables[table.name] = types

    def query(self, sql: str) -> Iterator[dict[str, Any]]:
        """Runs at once, hands out the rows in batches. Times are UTC, dates `date`, decimals `Decimal`."""
        spoken = to_duckdb(sql, self._columns())
        self._queries += 1
        cursor = self._database.cursor()
        try:
            cursor.execute(spoken)
            names = result_columns([(column[0], str(column[1].id)) for column in cursor.description])
        except self._duckdb.Error as error:
            cursor.close()
            raise translated(self._duckdb, error, "run the query") from error
        except FsxapError:
            cursor.close()
            raise
        return self._rows(cursor, names)

    def _columns(self) -> dict[str, ColumnType]:
        """Types by column name, without the names that tables disagree about."""
        found: dict[str, set[ColumnType]] = {}
        for types in list(self._tables.values()):
            for name, kind in types.items():
                found.setdefault(name, set()).add(kind)
        return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1}

    def _rows(self, cursor: Any, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        try:
            while batch := cursor.fetchmany(_BATCH):
                for row in batch:
                    yield {name: plain(value) for name, value in zip(names, row, strict=True)}
        except self._duckdb.Error as error:
            raise translated(self._duckdb, error, "read the answer of the query") from error
        finally:
            cursor.close()

    def usage(self) -> Mapping[str, int]:
        """Queries run here cost nothing; they are counted so that runs can be compared."""
        return {"duckdb_queries": self._queries}

    def close(self) -> None:
        """The tables are gone with their folder. Closing twice is no error."""
        self._database.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def result_columns(columns: Sequence[tuple[str, str]]) -> list[str]:
    """The names of (name, type id) pairs, when rows can be mappings of plain values; UsageError otherwise."""
    names = [name for name, _ in columns]
    if len(set(names)) != len(names):
        raise UsageError("two columns of the answer have the same name", hint="give each its own with AS")
    for name, kind in columns:
        if kind not in _PLAIN:
            raise UsageError(
                f"column {name} of the answer is a {kind}, which Athena hands out as ambiguous text",
                hint="select its parts, unnest it, or say json_format(cast(... as json))",
            )
    return names


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


def private_folder(scratch: Path) -> Path:
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="sql-", dir=scratch)).resolve()
    except OSError as error:
        raise _no_room(error) from error


def _no_room(error: OSError) -> FsxapError:
    return ServiceError(
        f"cannot write the tables to the scratch folder: {error.strerror or type(error).__name__}",
        code="scratch",
        hint="free some space there, or choose another folder for temporary files",
    )


def translated(duckdb: Any, error: Exception, what: str) -> FsxapError:
    """Errors about the query's text are quoted; errors about values are named only, because they quote the value."""
    about_text = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException)
    kind, _, rest = str(error).partition("\n")[0].partition(": ")
    if isinstance(error, about_text):
        return ServiceError(f"cannot {what}: {kind}: {rest}", code="query-failed")
    hint = "give the engine more memory or scratch space" if isinstance(error, duckdb.OutOfMemoryException) else ""
    if "division by zero" in rest.lower():
        kind, hint = "division by zero", "guard it with nullif(divisor, 0)"
    return ServiceError(f"cannot {what}: {kind}", code="query-failed", hint=hint)
