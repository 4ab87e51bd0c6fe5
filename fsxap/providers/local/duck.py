"""DuckDB as this program uses it: fenced into a private folder, answering as Athena does, its errors made ours."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from fsxap.errors import FsxapError, MissingExtra, ServiceError, UsageError

_BATCH = 1000
_PLAIN = {"null", "varchar", "boolean", "float", "double", "decimal", "date", "timestamp with time zone"}
_PLAIN |= {"tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint"}
_PLAIN |= {"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"}

SETTINGS = (
    # 7/2 is 3 in Trino, and a division by zero an error.
    "SET GLOBAL integer_division=true",
    "SET GLOBAL ieee_floating_point_ops=false",
    "SET GLOBAL TimeZone='UTC'",
    "SET enable_external_access=false",
)


def module() -> Any:
    """DuckDB itself, or MissingExtra."""
    try:
        import duckdb

        # DuckDB needs it for the first timestamp with a zone, in the middle of an answer.
        import_module("pytz")
    except ImportError as error:
        raise MissingExtra("sql", "duckdb") from error
    return duckdb


def options(folder: Path, *, threads: int, memory: str) -> dict[str, Any]:
    return {
        "threads": threads,
        "memory_limit": memory,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def rows(duckdb: Any, cursor: Any, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rest of an answer, in batches; the cursor is closed with it."""
    try:
        while batch := cursor.fetchmany(_BATCH):
            for row in batch:
                yield {name: plain(value) for name, value in zip(names, row, strict=True)}
    except duckdb.Error as error:
        raise translated(duckdb, error, "read the answer of the query") from error
    finally:
        cursor.close()


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
        raise no_room(error) from error


def no_room(error: OSError) -> FsxapError:
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
