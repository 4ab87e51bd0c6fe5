"""Tables on their way to a SQL engine: column types, names, and rows as JSON Lines that both engines read alike."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from fsxap.errors import UsageError
from fsxap.model import dumps
from fsxap.ports import Table

# Athena keeps names in lower case, and the SerDe lowers the keys it reads.
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,127}")
_TOKEN = re.compile(r"\s*([a-z_][a-z0-9_]*|[<>(),:])", re.IGNORECASE)
_SYNONYMS = {"string": "varchar", "int": "integer", "struct": "row"}
_DEEPEST = 8

HIVE = {
    "varchar": "string",
    "bigint": "bigint",
    "integer": "int",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}


@dataclass(frozen=True, slots=True)
class ColumnType:
    """`name` is a scalar type of Athena, `array` (one unnamed field) or `row` (named fields)."""

    name: str
    fields: tuple[tuple[str, ColumnType], ...] = ()

    def hive(self) -> str:
        """As CREATE EXTERNAL TABLE spells it."""
        if self.name == "array":
            return f"array<{self.fields[0][1].hive()}>"
        if self.name == "row":
            return f"struct<{','.join(f'`{name}`:{kind.hive()}' for name, kind in self.fields)}>"
        return HIVE[self.name]

    def duckdb(self) -> str:
        if self.name == "array":
            return f"{self.fields[0][1].duckdb()}[]"
        if self.name == "row":
            return "STRUCT(" + ", ".join(f'"{name}" {kind.duckdb()}' for name, kind in self.fields) + ")"
        return self.name.upper()


def identifier(name: str, what: str = "column") -> str:
    """The name itself, when it is safe to stand in SQL text between quotes; UsageError otherwise."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a {what}",
            hint="use lower-case letters, digits and underscores, at most 128, no digit first",
        )
    return name


def column_types(table: Table) -> dict[str, ColumnType]:
    """The table's columns with their types parsed and every name checked."""
    identifier(table.name, "table")
    if not table.columns:
        raise UsageError(f"table {table.name} has no columns")
    return {identifier(name): parse(kind) for name, kind in table.columns.items()}


def parse(text: str) -> ColumnType:
    """A type in Athena's spelling (`array(row(a varchar))`) or Hive's (`array<struct<a:string>>`)."""
    tokens = _TOKEN.findall(text)
    if re.sub(r"\s", "", text) != "".join(tokens):
        raise _unknown(text)
    kind, rest = _type([token.lower() for token in tokens], text, 0)
    if rest:
        raise _unknown(text)
    return kind


def _type(tokens: list[str], text: str, depth: int) -> tuple[ColumnType, list[str]]:
    if not tokens or depth > _DEEPEST:
        raise _unknown(text)
    name, rest = _SYNONYMS.get(tokens[0], tokens[0]), tokens[1:]
    if name in HIVE:
        return ColumnType(name), rest
    if name not in ("array", "row") or not rest or rest[0] not in "<(":
        raise _unknown(text)
    close, rest = {"<": ">", "(": ")"}[rest[0]], rest[1:]
    fields: list[tuple[str, ColumnType]] = []
    while True:
        field = ""
        if name == "row":
            field, rest = identifier(rest[0] if rest else "", "field"), rest[1:]
            rest = rest[1:] if rest[:1] == [":"] else rest
        kind, rest = _type(rest, text, depth + 1)
        fields.append((field, kind))
        if rest[:1] == [close]:
            return ColumnType(name, tuple(fields)), rest[1:]
        if name == "array" or rest[:1] != [","]:
            raise _unknown(text)
        rest = rest[1:]


def _unknown(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is not a column type", hint=f"use {', '.join(HIVE)}, array(type) or row(name type, ...)"
    )


def lines(table: Table) -> Iterator[bytes]:
    """Each row as one line of JSON. A value that does not fit its column is an error, never a NULL.

    A column the row does not have is NULL; one the table does not have is an error. Errors name table, row and
    column, never the value: it may be the text of a document.
    """
    types = column_types(table)
    for number, row in enumerate(table.rows, 1):
        if strangers := sorted(str(name) for name in set(row) - set(types)):
            raise UsageError(f"row {number} of table {table.name} has columns the table lacks: {', '.join(strangers)}")
        plain = {}
        for name, kind in types.items():
            try:
                plain[name] = encode(row.get(name), kind)
            except _DoesNotFit as problem:
                raise UsageError(f"row {number} of table {table.name}, column {name}: {problem}") from None
        yield dumps(plain).encode() + b"\n"


class _DoesNotFit(Exception):
    pass


def encode(value: Any, kind: ColumnType) -> Any:
    """The value as JSON has to say it for both engines."""
    if value is None:
        return None
    if kind.name == "array":
        if isinstance(value, list | tuple):
            return [encode(one, kind.fields[0][1]) for one in value]
    elif kind.name == "row":
        if isinstance(value, Mapping) and set(value) <= {name for name, _ in kind.fields}:
            return {name: encode(value.get(name), of) for name, of in kind.fields}
    elif (encoded := _SCALARS[kind.name](value)) is not None:
        return encoded
    raise _DoesNotFit(f"this {type(value).__name__} is no {kind.hive()}")


def _text(value: Any) -> str | None:
    # A lone surrogate (a name that is not UTF-8) has no form both JSON readers accept.
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else None


def _whole(bits: int) -> Callable[[Any], int | None]:
    def whole(value: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return int(value) if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1) else None

    return whole


def _double(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        # JSON has no NaN and no infinity.
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: Any) -> str | None:
    try:
        value = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else None


def _timestamp(value: Any) -> str | None:
    """UTC to the millisecond, which is all Hive's timestamp keeps; a time without zone does not say when it was."""
    try:
        value = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


_SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "varchar": _text,
    "bigint": _whole(64),
    "integer": _whole(32),
    "double": _double,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
}
