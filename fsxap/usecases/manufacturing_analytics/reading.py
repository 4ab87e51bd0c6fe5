"""One pass over a log's text: the whole of it, or what was appended since an earlier pass; every row accounted for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from fsxap.engine.types import Kit
from fsxap.errors import ItemError, ServiceError
from fsxap.model import Item
from fsxap.ports import SetAside
from fsxap.usecases.manufacturing_analytics.decode import (
    CHUNK,
    Seen,
    Text,
    blank_lines,
    counted,
    in_place,
    spool,
    unpacked,
)
from fsxap.usecases.manufacturing_analytics.sniff import Sniffed, sniff

SET_ASIDE = "set-aside/{}.csv"


@dataclass(frozen=True, slots=True)
class Read:
    """`behind` is how many lines had been read before."""

    text: Text
    sniffed: Sniffed
    rows: int
    aside: int
    behind: int = 0


def whole(item: Item, kit: Kit, folder: Path) -> Read:
    with kit.source.open(item.key) as stream:
        return _in_place(item, kit, stream, folder) or _spooled(item, kit, stream, folder)


def continued(item: Item, kit: Kit, folder: Path, earlier: Mapping[str, Any]) -> Read | None:
    """What was read before and the rows appended since. None where the file does not begin with all that was read,
    where the last row may have been cut, and where anything else does not fit together."""
    known = earlier.get("seen") or {}
    if not known.get("digest") or known["asked"] != kit.params["encoding"]:
        return None
    with kit.source.open(item.key) as packed:
        stream, seen = unpacked(packed, item.key), Seen()
        while seen.size < known["size"] and (chunk := stream.read(min(CHUNK, known["size"] - seen.size))):
            seen.add(chunk)
        if seen.digest != known["digest"]:
            return None
        sniffed = sniff(seen.head.decode("utf-8", "replace"), kit.params["timezone"], kit.params["schema"])
        chosen = kit.params["encoding"] if earlier["encoding"] == "ascii" else earlier["encoding"]
        text = spool(stream, folder / "rows.csv", chosen, kit.params["max_size"] - seen.size, seen)
    alike = sniffed.record() == {name: earlier.get(name) for name in sniffed.record()}
    if not alike or not text.lines or not seen.plain or text.encoding not in ("ascii", "utf-8"):
        return None
    text = replace(text, lines=known["lines"] + text.lines)
    try:
        return _joined(item, kit, folder, text, sniffed, earlier)
    except (ItemError, ServiceError):
        return None


def _joined(item: Item, kit: Kit, folder: Path, text: Text, sniffed: Sniffed, earlier: Mapping[str, Any]) -> Read:
    """ItemError, or ServiceError, where both parts do not add up."""
    lines, more = earlier["seen"]["lines"], folder / "more.parquet"
    form = replace(sniffed.form, skip=0)
    with _aside(folder) as aside:
        if earlier["set_aside"]:
            with kit.sink.open(SET_ASIDE.format(item.key)) as old:
                aside.keep(io.TextIOWrapper(old, "utf-8", newline=""))
        if aside.rows != earlier["set_aside"]:
            raise ItemError("rows that were set aside are gone", code="rows-lost")
        rows = kit.tabular.convert(
            folder / "rows.csv", form, more, lambda row: aside.add(replace(row, line=row.line + lines))
        )
    with (folder / "rows.csv").open("rb") as copy:
        behind = replace(text, lines=text.lines - lines)
        _account(copy, behind, Sniffed(form, sniffed.labels, 0), rows, aside.rows - earlier["set_aside"])
    rows += earlier["rows"]
    if kit.tabular.join((fetch(kit, earlier["parquet"], folder), more), folder / "rows.parquet") != rows:
        raise ItemError("rows that were read before are gone", code="rows-lost")
    return Read(text, sniffed, rows, aside.rows, lines)


def _spooled(item: Item, kit: Kit, stream: BinaryIO, folder: Path) -> Read:
    path = folder / "rows.csv"
    text = spool(unpacked(stream, item.key), path, kit.params["encoding"], kit.params["max_size"])
    sniffed = sniff(text.head, kit.params["timezone"], kit.params["schema"])
    rows, aside = _converted(kit, path, sniffed, folder)
    with path.open("rb") as copy:
        _account(copy, text, sniffed, rows, aside.rows)
    path.unlink()
    return Read(text, sniffed, rows, aside.rows)


def _in_place(item: Item, kit: Kit, stream: BinaryIO, folder: Path) -> Read | None:
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
    return Read(text, sniffed, rows, aside.rows)


def _converted(kit: Kit, source: Path | BinaryIO, sniffed: Sniffed, folder: Path) -> tuple[int, Aside]:
    with _aside(folder) as aside:
        return kit.tabular.convert(source, sniffed.form, folder / "rows.parquet", aside.add), aside


@contextmanager
def _aside(folder: Path) -> Iterator[Aside]:
    with (folder / "aside.csv").open("w", encoding="utf-8", errors="backslashreplace", newline="") as out:
        yield Aside(out)


class Aside:
    """Writes rows that were not read, so that opening the file in a spreadsheet runs no formula."""

    def __init__(self, out: TextIO) -> None:
        self._writer = csv.writer(out)
        self._writer.writerow(("line", "column", "reason", "text"))
        self.rows = 0
        self.undecoded = 0

    def keep(self, written: TextIO) -> None:
        """The rows of such a file, below its titles."""
        rows = csv.reader(written)
        next(rows, None)
        for row in rows:
            self.rows += 1
            self._writer.writerow(row)

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


def fetch(kit: Kit, key: str, folder: Path) -> Path:
    """A local copy of Parquet that an earlier stage wrote."""
    path = folder / "fetched.parquet"
    with kit.sink.open(key) as stream, path.open("wb") as out:
        while chunk := stream.read(1 << 20):
            out.write(chunk)
    return path
