"""One log made typed Parquet: decoded, read by a fixed format, its bad rows kept beside it, every row accounted for."""

# ruff: noqa: S608 - queries are made of our own text, checked names, numbers and quoted literals.
from __future__ import annotations

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from fsxap.engine.types import Kit
from fsxap.errors import ItemError, NotFound
from fsxap.model import Item, dumps
from fsxap.ports import SetAside
from fsxap.usecases.manufacturing_analytics.decode import Text, blank_lines, counted, in_place, spool, unpacked
from fsxap.usecases.manufacturing_analytics.layout import Layout, layout
from fsxap.usecases.manufacturing_analytics.sniff import Sniffed, sniff

MEMBERS = 1 << 20
"""Bytes of an ingest record that are read."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """`parquet` is the local copy, `outputs` what was written to the sink, `day` the source date."""

    parquet: Path
    rows: int
    aside: int
    text: Text
    sniffed: Sniffed
    layout: Layout | None
    day: str
    key: str
    outputs: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        form = self.sniffed.form
        return {
            "rows": self.rows,
            "set_aside": self.aside,
            "encoding": self.text.encoding,
            "delimiter": form.delimiter,
            "decimal": form.decimal,
            "timezone": form.zone,
            "preamble": self.sniffed.preamble,
            "columns": [
                {"name": name, "type": kind, "label": self.sniffed.labels.get(name, name)}
                | ({"written": form.times[name]} if name in form.times else {})
                for name, kind in form.columns
            ],
            "layout": self.layout.record() if self.layout else None,
            "day": self.day,
            "parquet": self.key,
        }


def ingest(item: Item, kit: Kit, folder: Path) -> Ingested:
    """Reads the whole file, also when it only grew: where a row was cut while it was written cannot be told safely."""
    parquet, bad = folder / "rows.parquet", folder / "aside.csv"
    with kit.source.open(item.key) as stream:
        read = _in_place(item, kit, stream, folder) or _spooled(item, kit, stream, folder)
    text, sniffed, rows, aside = read.text, read.sniffed, read.rows, read.aside
    shape = layout(sniffed.form.columns, item.key)
    day = _day(kit, parquet, shape)
    key = f"parquet/date={day}/{item.key}.parquet"
    outputs = [_put(kit, key, parquet)]
    if aside:
        outputs.append(_put(kit, f"set-aside/{item.key}.csv", bad))
    made = Ingested(parquet, rows, aside, text, sniffed, shape, day, key, tuple(outputs))
    _replace(kit, item, made)
    return made


@dataclass(frozen=True, slots=True)
class _Read:
    text: Text
    sniffed: Sniffed
    rows: int
    aside: int


def _spooled(item: Item, kit: Kit, stream: BinaryIO, folder: Path) -> _Read:
    path = folder / "rows.csv"
    text = spool(unpacked(stream, item.key), path, kit.params["encoding"], kit.params["max_size"])
    sniffed = sniff(text.head, kit.params["timezone"], kit.params["schema"])
    rows, aside = _converted(kit, path, sniffed, folder)
    with path.open("rb") as copy:
        _account(copy, text, sniffed, rows, aside.rows)
    path.unlink()
    return _Read(text, sniffed, rows, aside.rows)


def _in_place(item: Item, kit: Kit, stream: BinaryIO, folder: Path) -> _Read | None:
    """None for what needs a copy. The lines are counted while the engine reads them."""
    head = in_place(stream, item.key, kit.params["encoding"]) if item.size <= kit.params["max_size"] else ""
    if not head:
        return None
    sniffed = sniff(head, kit.params["timezone"], kit.params["schema"])
    with ThreadPoolExecutor(1) as beside:
        counting = beside.submit(counted, stream.fileno(), head)
        rows, aside = _converted(kit, stream, sniffed, folder)
        text = counting.result()
    if aside.undecoded and kit.params["encoding"] == "auto":
        return None
    _account(stream, text, sniffed, rows, aside.rows)
    return _Read(text, sniffed, rows, aside.rows)


def _converted(kit: Kit, source: Path | BinaryIO, sniffed: Sniffed, folder: Path) -> tuple[int, _Aside]:
    with (folder / "aside.csv").open("w", encoding="utf-8", errors="backslashreplace", newline="") as out:
        aside = _Aside(out)
        return kit.tabular.convert(source, sniffed.form, folder / "rows.parquet", aside.add), aside


class _Aside:
    """Writes rows that were not read, so that opening the file in a spreadsheet runs no formula."""

    def __init__(self, out: TextIO) -> None:
        self._writer = csv.writer(out)
        self._writer.writerow(("line", "column", "reason", "text"))
        self.rows = 0
        self.undecoded = 0

    def add(self, row: SetAside) -> None:
        self.rows += 1
        self.undecoded += row.reason == "invalid-encoding"
        self._writer.writerow((row.line, *map(_inert, (row.column, row.reason, row.text))))


def _inert(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _account(stream: BinaryIO, text: Text, sniffed: Sniffed, rows: int, aside: int) -> None:
    """Counted a second way: without quotes every line that is not blank is one row, read or set aside."""
    if not rows and aside:
        raise ItemError(f"none of its {aside} rows fits its own columns", code="no-rows")
    if text.quotes or sniffed.preamble:
        return
    expected = text.lines - sniffed.form.skip
    if rows + aside != expected:
        expected -= blank_lines(stream)
    if rows + aside != expected:
        raise ItemError(f"{expected} rows came in, {rows} out and {aside} were set aside", code="rows-lost")


def _day(kit: Kit, parquet: Path, shape: Layout | None) -> str:
    """The date of the file's first reading, in UTC; what has no time has no date."""
    if shape is None:
        return "none"
    found = next(kit.tabular.query(f'SELECT min("{shape.time}") AS first FROM "rows"', {"rows": parquet}))["first"]
    return found.strftime("%Y-%m-%d") if found else "none"


def _put(kit: Kit, key: str, path: Path) -> str:
    with path.open("rb") as stream:
        return kit.sink.put(key, stream)


def _replace(kit: Kit, item: Item, made: Ingested) -> None:
    """The record of what was made of the file; what an earlier version of it left elsewhere is deleted."""
    name = f"ingested/{item.key}.json"
    try:
        earlier = json.loads(kit.sink.read(name, 0, MEMBERS))
    except (NotFound, ValueError):
        earlier = {}
    old = earlier.get("parquet")
    if isinstance(old, str) and old != made.key and _ours(old, item.key):
        kit.sink.delete(old)
    if earlier.get("set_aside") and not made.aside:
        kit.sink.delete(f"set-aside/{item.key}.csv")
    kit.sink.put(name, dumps(made.record()).encode())


def _ours(key: str, source: str) -> bool:
    day = key.removeprefix("parquet/date=").removesuffix(f"/{source}.parquet")
    return key == f"parquet/date={day}/{source}.parquet" and "/" not in day


def fetch(kit: Kit, key: str, folder: Path) -> Path:
    """A local copy of Parquet that an earlier stage wrote."""
    path = folder / "fetched.parquet"
    with kit.sink.open(key) as stream, path.open("wb") as out:
        while chunk := stream.read(1 << 20):
            out.write(chunk)
    return path
