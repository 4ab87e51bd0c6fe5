"""What is done, by key: a sorted file joined with the sorted listing, in constant memory.

One line a key: JSON key, JSON version, digest, status, the whole result, separated by tabs (JSON escapes any tab of
its own). A digest names the configuration and code a result was made with. Lines sort by the decoded key's code
points, which is the order of its UTF-8 bytes and so the order S3 lists in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from fsxap.engine.state import damaged
from fsxap.model import Item, Result, Unlisted, dumps

DONE = frozenset({b"ok", b"skipped"})


class Row(NamedTuple):
    """A ledger line, decoded only as far as the join needs; `line` is the whole of it."""

    key: str
    version: bytes
    digest: bytes
    status: bytes
    line: bytes

    @property
    def result(self) -> Result:
        return Result.from_record(json.loads(self.line.split(b"\t", 4)[4]))

    @property
    def has_findings(self) -> bool:
        return b'"findings":[]' not in self.line


class OutOfOrder(Exception):
    """The listing is not sorted: sort it and begin again."""


def decode(line: bytes) -> Row:
    try:
        raw, version, digest, status, _ = line.split(b"\t", 4)
        key = json.loads(raw) if b"\\" in raw else raw[1:-1].decode()
    except ValueError as error:
        raise damaged("the ledger") from error
    return Row(key, version, digest, status, line)


def encode(result: Result, digest: str, text: bytes | None = None) -> bytes:
    """The line of a result; `text` is its record as JSON where that is at hand."""
    fields = (dumps(result.item.key), dumps(result.item.version), digest, result.status, "")
    return "\t".join(fields).encode() + (dumps(result.record()).encode() if text is None else text)


def rows(lines: Iterable[bytes]) -> Iterator[Row]:
    return map(decode, lines)


Event = tuple[str, Item | Unlisted | None, Row | None]
"""What the join sees at one key: ("same", item, row), ("todo", item, row or None), ("gone", None, row),
("hidden", None, row), ("unlisted", unlisted, None)."""


def join(
    listing: Iterable[Item | Unlisted], ledger: Iterable[Row], digest: str | None, redo: Callable[[Row | None], bool]
) -> Iterator[Event]:
    """Merge the sorted listing with the sorted ledger.

    `redo` decides for keys that would be unchanged (--force, --only-failed). A place that could not be listed hides
    its keys: what the ledger knows of them is neither gone nor done. Without a digest any will do. Raises OutOfOrder.
    """
    known, made = iter(ledger), None if digest is None else digest.encode()
    row = next(known, None)
    hidden = None
    for entry in increasing(listing):
        while row is not None and row.key < entry.key:
            yield ("hidden" if hidden and row.key.startswith(hidden) else "gone", None, row)
            row = next(known, None)
        match = row if row is not None and row.key == entry.key else None
        if match is not None:
            row = next(known, None)
        if isinstance(entry, Unlisted):
            hidden = None if entry.skipped else entry.key
            yield ("unlisted", entry, None)
        elif same(entry, match, made) and not redo(match):
            yield ("same", entry, match)
        else:
            yield ("todo", entry, match)
    while row is not None:
        yield ("hidden" if hidden and row.key.startswith(hidden) else "gone", None, row)
        row = next(known, None)


def same(item: Item, row: Row | None, digest: bytes | None) -> bool:
    return (
        row is not None
        and row.status in DONE
        and (digest is None or row.digest == digest)
        and _says(row.version, item.version)
    )


def _says(raw: bytes, text: str) -> bool:
    """Whether JSON text is that of a string; where nothing is escaped the bytes tell."""
    return raw[1:-1] == text.encode(errors="surrogatepass") if b"\\" not in raw else raw == dumps(text).encode()


def increasing(listing: Iterable[Item | Unlisted]) -> Iterator[Item | Unlisted]:
    """The listing as it comes, each key once; OutOfOrder when it is not sorted."""
    last: str | None = None
    for entry in listing:
        if last is not None and entry.key <= last:
            if entry.key == last:
                continue
            raise OutOfOrder
        last = entry.key
        yield entry


def merge(kept: Iterator[Row], fresh: Iterator[tuple[str, bytes]]) -> Iterator[bytes]:
    """Two sorted streams as one; a fresh line replaces a kept one."""
    row, new = next(kept, None), next(fresh, None)
    while row is not None or new is not None:
        if new is None or (row is not None and row.key < new[0]):
            assert row is not None
            yield row.line
            row = next(kept, None)
            continue
        if row is not None and row.key == new[0]:
            row = next(kept, None)
        yield new[1]
        new = next(fresh, None)


def unchanged_record(item: Item, row: Row) -> dict[str, Any]:
    """The result line of an item that costs nothing this time."""
    return {
        "type": "result",
        "item": {"key": item.key, "version": item.version, "size": item.size},
        "status": "unchanged",
        "data": {},
        "outputs": [],
        "findings": [],
        "usage": {},
        "seconds": 0,
        "was": row.status.decode(),
    }
