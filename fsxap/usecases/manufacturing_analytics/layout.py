"""Which columns of a log say when, where, what and how much, and the query that makes readings of its rows."""

# ruff: noqa: S608 - queries are made of our own text, checked names, numbers and quoted literals.
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fsxap.usecases.manufacturing_analytics.sniff import TIMES

LINES = ("line", "line_id", "production_line", "line_name")
SENSORS = (
    "sensor_id",
    "sensor",
    "sensor_name",
    "device_id",
    "device",
    "tag",
    "tag_name",
    "machine",
    "machine_id",
    "asset",
)
METRICS = ("metric", "metric_name", "parameter", "measurement", "quantity", "channel", "signal", "variable")
VALUES = ("value", "reading", "val", "measured_value", "measurement_value")
NOT_MEASURED = frozenset(
    ("row", "row_id", "index", "seq", "sequence", "quality", "status", "year", "month", "day", "hour")
)

_LINE = re.compile(r"line[-_ ]?[a-z0-9]+", re.IGNORECASE)
_METRICS = 200
"""Columns of a wide log that are analysed; the Parquet has them all."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Long: one value a row, named by its sensor and metric columns. Wide: a column for each of `values`."""

    time: str
    values: tuple[str, ...]
    sensor: str = ""
    metric: str = ""
    line: str = ""
    place: str = ""
    """The line by the file's folder, where no column says it."""

    @property
    def kind(self) -> str:
        return "wide" if len(self.values) > 1 or not (self.sensor or self.metric) else "long"

    def record(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "time": self.time,
            "values": list(self.values),
            "sensor": self.sensor,
            "metric": self.metric,
            "line": self.line,
            "place": self.place,
        }

    @classmethod
    def from_record(cls, row: Mapping[str, Any]) -> Layout:
        names = {name: row[name] for name in ("time", "sensor", "metric", "line", "place")}
        return cls(values=tuple(row["values"]), **names)

    def readings(self, labels: Mapping[str, str]) -> str:
        """A query over the table `rows` of one Parquet file: line, sensor, metric, ts, value, without empty values."""
        line = f"coalesce(\"{self.line}\", '')" if self.line else _text(self.place)
        parts = []
        for name in self.values:
            label = _text(labels.get(name, name))
            # Alone in its row a column is its own sensor.
            sensor = f"coalesce(\"{self.sensor}\", '')" if self.sensor else label
            metric = f"coalesce(\"{self.metric}\", '')" if self.metric else label
            parts.append(
                f"SELECT {line} AS line, {sensor} AS sensor, {metric} AS metric, "
                f'"{self.time}" AS ts, CAST("{name}" AS double) AS value '
                f'FROM "rows" WHERE "{name}" IS NOT NULL AND "{self.time}" IS NOT NULL'
            )
        return " UNION ALL ".join(parts)


def layout(columns: Sequence[tuple[str, str]], key: str) -> Layout | None:
    """None where there is no time or nothing measured: such a file becomes Parquet and is not analysed."""
    kinds = dict(columns)
    stamps = [name for name, kind in columns if kind in ("timestamp", "date")]
    if not stamps:
        return None
    time = min(stamps, key=lambda name: TIMES.index(name) if name in TIMES else len(TIMES))
    texts = [name for name, kind in columns if kind == "varchar"]
    line, sensor, metric = (next((n for n in known if n in texts), "") for known in (LINES, SENSORS, METRICS))
    numbers = [name for name, kind in columns if kind in ("double", "bigint", "integer")]
    value = next((name for name in VALUES if name in numbers), "")
    values = [value] if value and (sensor or metric) else [name for name in numbers if name not in NOT_MEASURED]
    if not values or kinds[time] not in ("timestamp", "date"):
        return None
    return Layout(time, tuple(values[:_METRICS]), sensor, metric, line, place(key))


def place(key: str) -> str:
    """The line a file belongs to by its path: a folder named like one, else the first folder."""
    folders = key.split("/")[:-1]
    return next((name for name in folders if _LINE.fullmatch(name)), folders[0] if folders else "")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
