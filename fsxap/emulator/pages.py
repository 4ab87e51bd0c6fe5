"""Answers: a collection's page with its `next` link, or one object; links as ONTAP writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from fsxap.emulator.faults import Faults
from fsxap.emulator.query import Record, Selection, matches, pairs, project, select, sorted_by
from fsxap.emulator.refusal import absent
from fsxap.emulator.schema import Shape
from fsxap.emulator.wire import Rendered

RESUMED = "start.resumed"
"""Marks the request after an empty page, so that it is not answered by another one."""


@dataclass(frozen=True, slots=True)
class Request:
    """`path` and `query` as sent, without `/api`; `arguments` are the decoded parts the route left open."""

    path: str
    query: str
    arguments: tuple[str, ...]
    hal: bool = True
    faults: Faults = field(default_factory=Faults)

    @property
    def further_page(self) -> bool:
        return "start." in self.query


@dataclass(frozen=True, slots=True)
class Row:
    """A record not yet built: listings are long, pages short."""

    key: tuple[str, ...]
    build: Callable[[Selection], Record]


def fixed(key: tuple[str, ...], record: Record) -> Row:
    return Row(key, lambda _selection: record)


def href(*parts: str) -> str:
    """A link below /api/; dots, slashes and dollar signs inside a part are encoded."""
    return "/api/" + "/".join([_part(part) for part in parts])


@lru_cache(maxsize=1024)
def _part(text: str) -> str:
    return quote(text, safe="").replace(".", "%2E")


def link(*parts: str) -> Record:
    return {"self": {"href": href(*parts)}}


def one(request: Request, shape: Shape, build: Callable[[Selection], Record]) -> Record:
    """A single object, its cheap fields unless others are asked for."""
    selection = select(request.query, shape, collection=False)
    return _linked(request, project(build(selection), shape, selection))


def named(request: Request, shape: Shape, rows: Iterable[Row], key: str) -> Record:
    """The single object whose last key part is `key`."""
    for row in rows:
        if row.key[-1] == key:
            return one(request, shape, row.build)
    raise absent()


def collection(
    request: Request,
    shape: Shape,
    rows: Iterable[Row],
    place: Callable[[tuple[str, ...]], Any] = lambda key: key,
    key_names: tuple[str, ...] = (),
    sent: Callable[[Record], None] | None = None,
) -> Record:
    """One page. `rows` come in the order of `place`; `sent` is told the last record of a page that has a next.

    A page starts at a key, not at a number, so entries that come and go do not shift the others.
    """
    selection = select(request.query, shape, collection=True)
    key_names = key_names or shape.keys
    if not selection.records:
        count = sum(1 for row in rows if matches(row.build(selection), selection.filters))
        return _envelope(request, [], "", count)
    if selection.order:
        key_names, place = ("index",), lambda key: int(key[0])
        rows = _ordered(rows, selection)
    start = tuple(selection.start.get(name, "") for name in key_names)
    resuming = any(start)
    if resuming and request.faults.empty_pages and RESUMED not in request.query:
        return _envelope(request, [], _next(request, key_names, start, resumed=True), 0)
    remaining = (row for row in rows if place(row.key) >= place(start)) if resuming else iter(rows)
    found = _matching(remaining, selection)
    limit = min(selection.limit, request.faults.page_limit or selection.limit)
    page = [pair for _, pair in zip(range(limit), found, strict=False)]
    following = next(found, None) if len(page) == limit else None
    records = [_linked(request, project(record, shape, selection)) for _key, record in page]
    if following is None:
        return _envelope(request, records, "", len(records))
    again = request.faults.repeat_entry and len(page) > 1
    target = _next(request, key_names, page[-1][0] if again else following[0])
    if sent:
        sent(page[-1][1])
    return _envelope(request, records, target, len(records))


def _matching(rows: Iterable[Row], selection: Selection) -> Iterator[tuple[tuple[str, ...], Record]]:
    for row in rows:
        record = row.build(selection)
        if matches(record, selection.filters):
            yield row.key, record


def _ordered(rows: Iterable[Row], selection: Selection) -> list[Row]:
    records = sorted_by([row.build(selection) for row in rows], selection.order)
    return [fixed((str(index),), record) for index, record in enumerate(records)]


def _next(request: Request, names: tuple[str, ...], key: tuple[str, ...], *, resumed: bool = False) -> str:
    """The recorded form: root-relative, the start key first, then the original query with its values re-encoded."""
    query = [(f"start.{name}", value) for name, value in zip(names, key, strict=True)]
    if resumed:
        query.append((RESUMED, "true"))
    query += [pair for pair in pairs(request.query) if not pair[0].startswith("start.")]
    return f"/api{request.path}?" + "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)


def _envelope(request: Request, records: list[Record], following: str, count: int) -> Record:
    links: Record = {}
    if request.hal:
        query = f"?{request.query}" if request.query else ""
        links["self"] = {"href": f"/api{request.path}{query}"}
    if following:
        links["next"] = {"href": following}
    body: Record = {"records": records, "num_records": count}
    if links:
        body["_links"] = links
    return body


def single(request: Request, shape: Shape, build: Callable[[Selection], Record]) -> Record:
    """One object in a collection's envelope, its cheap fields unless others are asked for."""
    selection = select(request.query, shape, collection=True)
    if selection.fields is None:
        selection = replace(selection, cheap=True)
    return _envelope(request, [_linked(request, project(build(selection), shape, selection))], "", 1)


def _linked(request: Request, record: Record) -> Record:
    return record if request.hal else _unlinked(record)


def _unlinked(value: Any) -> Any:
    """`Accept: application/json` drops the links of records; a page keeps only `next`."""
    if isinstance(value, Rendered):
        return value
    if isinstance(value, dict):
        return {name: _unlinked(one) for name, one in value.items() if name != "_links"}
    return [_unlinked(one) for one in value] if isinstance(value, list) else value
