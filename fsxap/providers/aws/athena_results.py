"""What Athena answers: rows typed by their metadata, and why a query failed, without the values it failed on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from fsxap.errors import ServiceError, UsageError

# Reasons about the query's text, permissions and limits. Any other may quote a value of the data.
_QUOTABLE = re.compile(
    r"(line \d+:|SYNTAX_ERROR|TYPE_MISMATCH|AMBIGUOUS_NAME|[A-Z_]+_NOT_FOUND|PERMISSION_DENIED|EXCEEDED_[A-Z_]+"
    r"|Access denied|Insufficient|Unable to verify/create output bucket|Query exhausted|Query timeout|Bytes scanned)"
)
_CODE = re.compile(r"[A-Z][A-Z_]{3,}(?=:)")

_HINTS = (
    ("Bytes scanned", "the workgroup limits the bytes of a query: raise its limit or query less"),
    ("Query exhausted", "ask for fewer rows or columns; Athena has no memory setting"),
    ("Unable to verify/create", "the results go to a standard bucket of this region that the caller may write to"),
    ("Access denied", "allow s3:GetObject, s3:PutObject, s3:ListBucket and s3:GetBucketLocation on the state bucket"),
    (
        "Insufficient",
        "allow glue:GetDatabase, glue:GetTable and, for our own tables, glue:CreateTable, glue:DeleteTable",
    ),
    ("PERMISSION_DENIED", "allow the caller to read the state bucket, and its database in Lake Formation"),
    ("DIVISION_BY_ZERO", "guard it with nullif(divisor, 0)"),
    ("HIVE_BAD_DATA", "an object below the table's location was not written by this run"),
)


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    read: Callable[[str], Any]


def columns(info: Sequence[Mapping[str, Any]]) -> list[Column]:
    """From ResultSetMetadata.ColumnInfo. UsageError where rows could not be mappings of plain values."""
    names = [str(column.get("Label") or column["Name"]) for column in info]
    if len(set(names)) != len(names):
        raise UsageError("two columns of the answer have the same name", hint="give each its own with AS")
    found = []
    for name, column in zip(names, info, strict=True):
        kind = str(column["Type"]).lower()
        if kind not in _READERS:
            raise UsageError(
                f"column {name} of the answer is a {kind}, which Athena hands out as ambiguous text",
                hint="select its parts, unnest it, or say json_format(cast(... as json))",
            )
        found.append(Column(name, _READERS[kind]))
    return found


def is_header(row: Mapping[str, Any], expected: Sequence[Column]) -> bool:
    """The first row of the first page repeats the names; values of that shape on later pages are data."""
    return [cell.get("VarCharValue", "") for cell in row.get("Data", ())] == [column.name for column in expected]


def record(row: Mapping[str, Any], expected: Sequence[Column]) -> dict[str, Any]:
    """A cell without `VarCharValue` is NULL; an empty text has one."""
    cells = row.get("Data", ())
    if len(cells) != len(expected):
        raise ServiceError("Athena answered a row that does not fit its own columns", code="unexpected-answer")
    try:
        return {
            column.name: column.read(cell["VarCharValue"]) if "VarCharValue" in cell else None
            for column, cell in zip(expected, cells, strict=True)
        }
    except (ValueError, ArithmeticError, KeyError):
        raise ServiceError(
            "Athena answered a value that does not fit its column's type", code="unexpected-answer"
        ) from None


def failed(execution: Mapping[str, Any], what: str) -> ServiceError:
    """From a QueryExecution that is FAILED or CANCELLED."""
    status = execution.get("Status", {})
    given = " ".join(str(status.get("StateChangeReason", "")).split())
    if _QUOTABLE.match(given):
        reason = given[:400]
    else:
        code = _CODE.match(given)
        reason = (
            code[0] if code else "Athena's reason may quote data, so it is not repeated here" if given else "no reason"
        )
    hint = next((hint for start, hint in _HINTS if start in reason), "the Athena console shows the query by its id")
    word = "was cancelled" if status.get("State") == "CANCELLED" else "failed"
    return ServiceError(
        f"{what} {word}: {reason} (query {execution.get('QueryExecutionId', '?')})",
        code="query-failed",
        hint=hint,
        retryable=bool(status.get("AthenaError", {}).get("Retryable", False)),
    )


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text]


def _timestamp(text: str) -> datetime:
    """Without a zone it is UTC, as our tables are written."""
    day, clock, *rest = text.split(" ")
    zone = rest[0] if rest else "UTC"
    if zone[0] in "+-":
        return datetime.fromisoformat(f"{day} {clock}{zone}").astimezone(UTC)
    place = UTC if zone == "UTC" else ZoneInfo(zone)
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=place).astimezone(UTC)


_READERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("varchar", "char", "string", "json", "unknown"), str),
    **dict.fromkeys(("tinyint", "smallint", "integer", "int", "bigint"), int),
    **dict.fromkeys(("double", "float", "real"), float),
    "boolean": _boolean,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "timestamp": _timestamp,
    "timestamp with time zone": _timestamp,
}
