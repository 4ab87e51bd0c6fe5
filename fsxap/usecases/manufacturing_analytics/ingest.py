"""One log made typed Parquet: decoded, read by a fixed format, its bad rows kept beside it, every row accounted for."""

# ruff: noqa: S608 - queries are made of our own text, checked names, numbers and quoted literals.
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsxap.engine.types import Kit
from fsxap.errors import ConfigurationError, NotFound
from fsxap.model import Item, dumps
from fsxap.usecases.manufacturing_analytics.decode import Text
from fsxap.usecases.manufacturing_analytics.layout import Layout, layout
from fsxap.usecases.manufacturing_analytics.reading import SET_ASIDE, continued, whole
from fsxap.usecases.manufacturing_analytics.sniff import Sniffed

RECORD = "ingested/{}.json"
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
    behind: int = 0

    def record(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "set_aside": self.aside,
            "encoding": self.text.encoding,
            **self.sniffed.record(),
            "layout": self.layout.record() if self.layout else None,
            "day": self.day,
            "parquet": self.key,
        } | ({"continued_behind_line": self.behind} if self.behind else {})


def ingest(item: Item, kit: Kit, folder: Path) -> Ingested:
    """Goes on behind what was read before where that is safe, else reads the whole file."""
    parquet, bad = folder / "rows.parquet", folder / "aside.csv"
    earlier = _earlier(kit, item)
    read = continued(item, kit, folder, earlier) or whole(item, kit, folder)
    text, sniffed, rows, aside = read.text, read.sniffed, read.rows, read.aside
    shape = layout(sniffed.form.columns, item.key)
    day = _day(kit, parquet, shape)
    key = f"parquet/date={day}/{item.key}.parquet"
    outputs = [_put(kit, key, parquet)]
    if aside:
        outputs.append(_put(kit, SET_ASIDE.format(item.key), bad))
    made = Ingested(parquet, rows, aside, text, sniffed, shape, day, key, tuple(outputs), read.behind)
    _replace(kit, item, made, earlier)
    return made


def _day(kit: Kit, parquet: Path, shape: Layout | None) -> str:
    """The date of the file's first reading, in UTC; what has no time has no date."""
    if shape is None:
        return "none"
    found = next(kit.tabular.query(f'SELECT min("{shape.time}") AS first FROM "rows"', {"rows": parquet}))["first"]
    return found.strftime("%Y-%m-%d") if found else "none"


def _put(kit: Kit, key: str, path: Path) -> str:
    with path.open("rb") as stream:
        return kit.sink.put(key, stream)


def _earlier(kit: Kit, item: Item) -> dict[str, Any]:
    """The record of an earlier version of the file; nothing where there is none that can be read."""
    try:
        found = json.loads(kit.sink.read(RECORD.format(item.key), 0, MEMBERS))
    except (NotFound, ConfigurationError, ValueError):
        # A folder for outputs is made with the first of them.
        return {}
    return found if isinstance(found, dict) else {}


def _replace(kit: Kit, item: Item, made: Ingested, earlier: Mapping[str, Any]) -> None:
    """The record of what was made of the file; what an earlier version of it left elsewhere is deleted."""
    old = earlier.get("parquet")
    if isinstance(old, str) and old != made.key and _ours(old, item.key):
        kit.sink.delete(old)
    if earlier.get("set_aside") and not made.aside:
        kit.sink.delete(SET_ASIDE.format(item.key))
    text = made.text
    seen = {"size": text.size, "digest": text.digest, "lines": text.lines, "asked": kit.params["encoding"]}
    kit.sink.put(RECORD.format(item.key), dumps(made.record() | {"seen": seen}).encode())


def _ours(key: str, source: str) -> bool:
    day = key.removeprefix("parquet/date=").removesuffix(f"/{source}.parquet")
    return key == f"parquet/date={day}/{source}.parquet" and "/" not in day
