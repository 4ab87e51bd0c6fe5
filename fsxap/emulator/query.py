"""ONTAP's query language: which fields are asked for, which records match, in what order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fsxap.emulator.refusal import Refusal
from fsxap.emulator.schema import Shape

Record = dict[str, Any]

RESERVED = frozenset(
    ("fields", "max_records", "order_by", "return_records", "return_timeout", "ignore_unknown_fields", "pretty")
)
DEFAULT_PAGE = 10_000
_SIZES = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Selection:
    """A checked query. `fields` None means all cheap ones or, in a collection, only the keys."""

    fields: tuple[str, ...] | None
    cheap: bool
    everything: bool
    filters: tuple[tuple[str, str], ...]
    order: tuple[tuple[str, bool], ...]
    start: Mapping[str, str]
    limit: int
    records: bool
    named: frozenset[str]
    """Fields asked for in any part of the query, and the objects they are in."""

    def wants(self, name: str) -> bool:
        """Whether a field that costs something, or anything in it, was asked for by name, `*` not counted."""
        return self.everything or name in self.named

    @property
    def all_cheap(self) -> bool:
        return self.cheap or self.everything


def pairs(raw: str) -> tuple[tuple[str, str], ...]:
    """Names and values as sent. A `+` is a plus here: ONTAP takes only %20 for a space in a query."""
    found = []
    for part in raw.split("&") if raw else ():
        name, _, value = part.partition("=")
        found.append((unquote(name), unquote(value)))
    return tuple(found)


def boolean(name: str, text: str) -> bool:
    """Clients send true, True and TRUE."""
    if text.lower() not in ("true", "false"):
        raise Refusal(400, "2", f'The value "{text}" is invalid for field "{name}"', name)
    return text.lower() == "true"


def select(raw: str, shape: Shape, *, collection: bool) -> Selection:
    """Check a query against what the resource knows; Refusal with ONTAP's code otherwise."""
    given = pairs(raw)
    ignore = any(name == "ignore_unknown_fields" and boolean(name, value) for name, value in given)
    fields: frozenset[str] = frozenset()
    filters, order, start = [], [], {}
    limit, records = DEFAULT_PAGE, True
    for name, value in given:
        if name == "fields":
            fields = _fields(value, shape, ignore)
        elif name == "max_records":
            limit = _whole(name, value, 1)
        elif name == "return_timeout":
            if _whole(name, value, 0) > 120:
                raise Refusal(400, "2", f'The value "{value}" is invalid for field "{name}"', name)
        elif name == "return_records":
            records = boolean(name, value)
        elif name == "order_by":
            order = [_order(part, shape) for part in value.split(",")]
        elif name.startswith("start.") and collection:
            start[name.removeprefix("start.")] = value
        elif name in shape.parameters or name in RESERVED:
            continue
        elif collection and shape.knows(name):
            filters.append((name, value))
        elif not ignore:
            raise Refusal(404, "262179", f'Unexpected argument "{name}".')
    chosen = tuple(sorted(fields - {"*", "**"}))
    return Selection(
        fields=chosen if "fields" in dict(given) else None,
        cheap="*" in fields or "**" in fields or ("fields" not in dict(given) and not collection),
        everything="**" in fields,
        filters=tuple(filters),
        order=tuple(order),
        start=start,
        limit=limit,
        records=records,
        named=_with_parents((*chosen, *(name for name, _ in filters), *(name for name, _ in order))),
    )


def _with_parents(names: Iterable[str]) -> frozenset[str]:
    parts = [name.split(".") for name in names]
    return frozenset(".".join(part[:end]) for part in parts for end in range(1, len(part) + 1))


def _fields(text: str, shape: Shape, ignore: bool) -> frozenset[str]:
    names = {name.strip() for name in text.split(",")}
    for name in sorted(names):
        if name not in ("*", "**") and not shape.knows(name) and not ignore:
            raise Refusal(400, "262197", f'The value "{name}" is invalid for field "fields"', "fields")
    return frozenset(name for name in names if name in ("*", "**") or shape.knows(name))


def _whole(name: str, text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise Refusal(400, "2", f'The value "{text}" is invalid for field "{name}"', name)
    return int(text)


def _order(text: str, shape: Shape) -> tuple[str, bool]:
    name, _, direction = text.strip().partition(" ")
    if not shape.knows(name) or direction.strip().lower() not in ("", "asc", "desc"):
        raise Refusal(400, "262197", f'The value "{text}" is invalid for field "order_by"', "order_by")
    return name, direction.strip().lower() == "desc"


def project(record: Record, shape: Shape, selection: Selection) -> Record:
    """The record with its keys, its links and the fields asked for."""
    if selection.everything:
        return record
    found: Record = {}
    if selection.cheap:
        found = _without(record, shape.expensive, "") if shape.expensive else dict(record)
    for name in (*shape.keys, *(selection.fields or ()), *(name for name, _ in selection.filters)):
        if "." in name:
            _copy(record, found, name.split("."))
        elif name in record:
            found[name] = record[name]
    if "_links" in record:
        found["_links"] = record["_links"]
    return found


def _without(record: Record, expensive: frozenset[str], prefix: str) -> Record:
    found = {}
    for name, value in record.items():
        dotted = prefix + name
        if dotted in expensive:
            continue
        if isinstance(value, dict):
            value = _without(value, expensive, f"{dotted}.")
            if not value:
                continue
        found[name] = value
    return found


def _copy(record: Any, found: Record, parts: list[str]) -> None:
    """Copy one dotted field, into every element where the path leads through a list."""
    value = record.get(parts[0], _MISSING)
    if value is _MISSING:
        return
    if len(parts) == 1 or not isinstance(value, dict | list):
        found[parts[0]] = value
    elif isinstance(value, dict):
        _copy(value, found.setdefault(parts[0], {}), parts[1:])
    else:
        rows = found.setdefault(parts[0], [{} for _ in value])
        for element, row in zip(value, rows, strict=True):
            if row is not element:
                _copy(element, row, parts[1:])


def matches(record: Record, filters: tuple[tuple[str, str], ...]) -> bool:
    return all(_accepts(expression, list(_leaves(record, name.split(".")))) for name, expression in filters)


def _leaves(value: Any, parts: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for element in value:
            yield from _leaves(element, parts)
    elif not parts:
        yield value
    elif isinstance(value, dict) and parts[0] in value:
        yield from _leaves(value[parts[0]], parts[1:])


def _accepts(expression: str, values: list[Any]) -> bool:
    if len(expression) > 1 and expression[0] == expression[-1] == '"':
        return any(str(value) == expression[1:-1] for value in values)
    if expression.startswith("!"):
        return not _accepts(expression[1:], values)
    if "|" in expression:
        return any(_accepts(part, values) for part in expression.split("|"))
    if expression == "null":
        return not values
    return any(_equals(expression, value) for value in values)


def _equals(expression: str, value: Any) -> bool:
    if isinstance(value, bool):
        return expression.lower() == str(value).lower()
    low, dots, high = expression.partition("..")
    if dots and low and high:
        return _compare(value, low) >= 0 and _compare(value, high) <= 0
    if match := re.match("(>=|<=|>|<)(.+)", expression, re.DOTALL):
        sign = _compare(value, match[2])
        return {">=": sign >= 0, "<=": sign <= 0, ">": sign > 0, "<": sign < 0}[match[1]]
    if isinstance(value, int):
        return _number(expression) == value
    pattern = ".*".join(re.escape(part) for part in expression.split("*"))
    return re.fullmatch(pattern, str(value), re.DOTALL) is not None


def _compare(value: Any, text: str) -> int:
    number = _number(text)
    if isinstance(value, int) and number is not None:
        return (value > number) - (value < number)
    return (str(value) > text) - (str(value) < text)


def _number(text: str) -> int | None:
    match = re.fullmatch(r"(\d+)([kmgt]?)b?", text.lower())
    return int(match[1]) * _SIZES.get(match[2], 1) if match else None


def sorted_by(records: list[Record], order: tuple[tuple[str, bool], ...]) -> list[Record]:
    """Last key first, since sorting keeps the order of equals; records without the field come first."""
    for name, descending in reversed(order):
        records = sorted(records, key=lambda record: _sortable(record, name), reverse=descending)
    return records


def _sortable(record: Record, name: str) -> tuple[int, int, str]:
    value = next(_leaves(record, name.split(".")), None)
    if value is None:
        return (0, 0, "")
    return (1, value, "") if isinstance(value, int) else (2, 0, str(value))
