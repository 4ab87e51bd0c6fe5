"""What no single file shows: the same queries over the readings of every sensor that spans several files."""

# ruff: noqa: S608 - queries are made of our own text, checked names, numbers and quoted literals.
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fsxap.engine.types import Kit
from fsxap.errors import NotFound
from fsxap.model import Finding, Result
from fsxap.ports import Table
from fsxap.usecases.manufacturing_analytics import limits
from fsxap.usecases.manufacturing_analytics.findings import Key, Row, analyse, series_of, traced
from fsxap.usecases.manufacturing_analytics.layout import Layout
from fsxap.usecases.manufacturing_analytics.reading import fetch

READINGS = {
    "line": "varchar",
    "sensor": "varchar",
    "metric": "varchar",
    "ts": "timestamp",
    "value": "double",
}
KNOWN = 200_000
"""Series times files that are kept in mind."""
LONGER = 1.2
"""A finding across files is news when it is that much longer than those of the files it overlaps."""


@dataclass(frozen=True, slots=True)
class Part:
    """A series in one file."""

    key: str
    first: datetime
    last: datetime
    readings: int


@dataclass(slots=True)
class Across:
    """Gathered while the results pass; then asked once."""

    parts: dict[Key, list[Part]] = field(default_factory=dict)
    files: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    known: dict[tuple[str, Key], list[tuple[datetime, datetime]]] = field(default_factory=dict)
    count: int = 0
    left_out: str = ""

    def add(self, result: Result) -> None:
        data = result.data
        for row in data.get("series", ()):
            self.count += 1
            if self.count > KNOWN:
                self.left_out = f"more than {KNOWN} series in files: not analysed across files"
                return
            part = Part(result.item.key, _moment(row["first"]), _moment(row["last"]), row["readings"])
            self.parts.setdefault((row["line"], row["sensor"], row["metric"]), []).append(part)
            self.files[result.item.key] = {name: data[name] for name in ("parquet", "layout", "columns")}
        for finding in result.findings:
            if finding.rule.startswith("sensor-"):
                span = _moment(finding.evidence["start"]), _moment(finding.evidence["end"])
                self.known.setdefault((finding.rule, series_of(finding)), []).append(span)

    def findings(self, kit: Kit) -> tuple[Finding, ...]:
        """Only what the files' own findings do not already say."""
        spanning = {key: sorted(parts, key=_first) for key, parts in self.parts.items() if len(parts) > 1}
        rows = sum(part.readings for parts in spanning.values() for part in parts)
        if self.left_out or not spanning:
            return ()
        if rows > kit.params["across_rows"]:
            self.left_out = (
                f"{rows} readings of sensors in several files are more than across_rows: not analysed together"
            )
            return ()
        kit.sql.load([Table("readings", READINGS, self._rows(kit, spanning))])
        judged = kit.memo("limits", lambda: limits.load(kit.params["limits"], kit.source))
        found = analyse(kit.sql.query, kit.params, judged, lambda row: _where(spanning, row))
        news = [each for each in found.findings if self._is_news(each)]
        about = {
            key: {
                "first": parts[0].first,
                "last": max(p.last for p in parts),
                "readings": sum(p.readings for p in parts),
            }
            for key, parts in spanning.items()
        }
        if found.omitted:
            self.left_out = f"{found.omitted} further findings across files are not listed"
        return traced(kit.sql.query, news, about)

    def _rows(self, kit: Kit, spanning: Mapping[Key, list[Part]]) -> Iterator[dict[str, Any]]:
        keys = sorted({part.key for parts in spanning.values() for part in parts})
        for key in keys:
            about = self.files[key]
            layout = Layout.from_record(about["layout"])
            labels = {column["name"]: column["label"] for column in about["columns"]}
            with kit.tabular.folder() as folder:
                try:
                    path = fetch(kit, about["parquet"], folder)
                except NotFound:
                    self.left_out = f"the Parquet of {key} is gone: its readings are missing across files"
                    continue
                query = (
                    f"WITH readings AS ({layout.readings(labels)}) SELECT line, sensor, metric, ts, value FROM readings"
                )
                for row in kit.tabular.query(query, {"rows": path}):
                    if (row["line"], row["sensor"], row["metric"]) in spanning:
                        yield row

    def _is_news(self, finding: Finding) -> bool:
        first, last = _moment(finding.evidence["start"]), _moment(finding.evidence["end"])
        overlapping = [
            (start, end)
            for start, end in self.known.get((finding.rule, series_of(finding)), ())
            if start <= last and end >= first
        ]
        if not overlapping:
            return True
        told = sum((min(end, last) - max(start, first)).total_seconds() for start, end in overlapping)
        return (last - first).total_seconds() > LONGER * told and finding.rule in ("sensor-drift", "sensor-stuck")


def _first(part: Part) -> datetime:
    return part.first


def _where(spanning: Mapping[Key, list[Part]], row: Row) -> str:
    """The file in which it starts."""
    parts = spanning[row["line"], row["sensor"], row["metric"]]
    at = bisect_right([part.first for part in parts], row["started"])
    return parts[max(0, at - 1)].key


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
