"""How a log is written, told from its first rows: delimiter, header, decimal sign, types and times of its columns."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fsxap.errors import ItemError
from fsxap.ports import CsvFormat

DELIMITERS = ",;\t|"
ROWS = 2000
"""Rows looked at."""
_TIMED = 200
"""Of them, rows whose times are tried against the formats."""
MOST = 0.9
"""Share of values that must fit for a column to have a type; the rows that do not are set aside."""
WIDEST = 2000

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_IDENTIFIER = re.compile(r"(^|_)(id|no|code|serial|lot|batch|order|barcode|part|number|name|tag|line|sensor)$")
_LEADING = re.compile(r"0\d+")
_DIGITS = 15
"""Longer whole numbers would lose digits as doubles, so they are identifiers."""
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?", re.IGNORECASE)
_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H時%M分%S秒",
    "%Y-%m-%d",
    "%Y/%m/%d",
)
_EPOCH = ((1e8, 1e10, "epoch"), (1e11, 1e13, "epoch-ms"))

TIMES = (
    "timestamp",
    "time",
    "ts",
    "datetime",
    "date_time",
    "epoch",
    "recorded_at",
    "event_time",
    "measured_at",
    "date",
)
"""Names of the column that says when, the surest first."""
_KNOWN = {
    "日時": "timestamp",
    "時刻": "timestamp",
    "時間": "timestamp",
    "タイムスタンプ": "timestamp",
    "計測日時": "timestamp",
    "測定日時": "timestamp",
    "センサー": "sensor",
    "センサ": "sensor",
    "センサーid": "sensor_id",
    "センサid": "sensor_id",
    "設備": "machine",
    "装置": "machine",
    "ライン": "line",
    "項目": "metric",
    "測定項目": "metric",
    "値": "value",
    "測定値": "value",
    "計測値": "value",
    "単位": "unit",
}
_NOTHING = frozenset(("", "NaN", "nan", "NULL", "null", "N/A"))


@dataclass(frozen=True, slots=True)
class Sniffed:
    """`labels` are the columns' names as the file has them."""

    form: CsvFormat
    labels: Mapping[str, str]
    preamble: int

    def record(self) -> dict[str, Any]:
        return {
            "delimiter": self.form.delimiter,
            "decimal": self.form.decimal,
            "timezone": self.form.zone,
            "preamble": self.preamble,
            "columns": [
                {"name": name, "type": kind, "label": self.labels.get(name, name)}
                | ({"written": self.form.times[name]} if name in self.form.times else {})
                for name, kind in self.form.columns
            ],
        }


def sniff(head: str, zone: str, schema: Sequence[tuple[str, str]] = ()) -> Sniffed:
    """ItemError when the text is no table."""
    lines = head.splitlines()
    if len(lines) > 1 and not head.endswith(("\n", "\r")):
        # The last line may be cut where the sample ends.
        lines = lines[:-1] if len(lines) > ROWS or len(head) > 100_000 else lines
    delimiter, width, preamble = _shape(lines[: ROWS + 50])
    rows = [row for row in csv.reader(lines[preamble : preamble + ROWS], delimiter=delimiter) if len(row) == width]
    decimal = _decimal(rows, delimiter)
    titled = _has_header(rows, decimal)
    names = _names(rows[0] if titled else [], width) if not schema else [name for name, _ in schema]
    if len(names) != width:
        raise ItemError(f"its rows have {width} columns and the schema {len(names)}", code="schema")
    labels = {name: (rows[0][at].strip() if titled else name) or name for at, name in enumerate(names)}
    body = rows[1:] if titled else rows
    columns, times = [], {}
    for at, name in enumerate(names):
        cells = [cell for row in body if (cell := row[at].strip()) not in _NOTHING]
        kind, how = _typed(name, cells, decimal)
        if schema:
            kind = schema[at][1]
            how = how or _time(cells, name) or "iso"
        columns.append((name, kind))
        if kind == "timestamp":
            times[name] = how
    # One format for strptime serves the whole file; further columns of times are read as ISO or stay text.
    times = _one_format(columns, times)
    form = CsvFormat(tuple(columns), delimiter, preamble + titled, decimal, times, zone)
    return Sniffed(form, labels, preamble)


def _shape(lines: Sequence[str]) -> tuple[str, int, int]:
    """Delimiter, columns, and lines before the table: what makes most lines equally wide, wide before narrow."""
    best: tuple[float, int, str] = (0.0, 0, "")
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if any(map(str.strip, row)))
        wide = [(number, width) for width, number in widths.items() if width > 1]
        if wide:
            number, width = max(wide)
            best = max(best, (number / sum(widths.values()), width, delimiter))
    share, width, delimiter = best
    if share < 0.5 or width > WIDEST:
        raise ItemError("it is no table: most of its lines do not have the same columns", code="no-table")
    for at, line in enumerate(lines):
        if len(next(csv.reader([line], delimiter=delimiter), [])) == width:
            return delimiter, width, at
    return delimiter, width, 0


def _decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    commas = sum(1 for cell in cells if _COMMA.fullmatch(cell))
    return "," if commas > sum(1 for cell in cells if "." in cell and _NUMBER.fullmatch(cell)) else "."


def number(text: str, decimal: str) -> float | None:
    plain = text.replace(",", ".") if decimal == "," else text
    return float(plain) if _NUMBER.fullmatch(plain) else None


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    if not rows:
        return False
    first = [cell.strip() for cell in rows[0]]
    if any(number(cell, decimal) is not None or _format(cell) for cell in first):
        return False
    # Text all the way down gives no other sign than names that are all there and all different.
    return len(set(first)) == len(first) and all(first)


def _names(titles: Sequence[str], width: int) -> list[str]:
    """Names for SQL: lower case, letters, digits and underscores, each once."""
    found: list[str] = []
    for at in range(width):
        title = titles[at].strip() if at < len(titles) else ""
        lower = re.sub(r"\s*[\[(（].*[\])）]$", "", title.lower()).strip() or title.lower()
        name = _KNOWN.get(lower) or re.sub(r"[^a-z0-9]+", "_", lower).strip("_")
        name = name if name and not name[0].isdigit() else f"column_{at + 1}" if not name else f"c_{name}"
        while name in found:
            name += f"_{at + 1}"
        found.append(name[:120])
    return found


def _typed(name: str, cells: Sequence[str], decimal: str) -> tuple[str, str]:
    """Type, and how a time is written."""
    if not cells:
        return "varchar", ""
    numbers = [value for cell in cells if (value := number(cell, decimal)) is not None]
    if len(numbers) >= MOST * len(cells):
        if name in TIMES:
            for low, high, how in _EPOCH:
                if all(low < value < high for value in numbers):
                    return "timestamp", how
            if how := _time(cells, name):
                return "timestamp", how
        if _IDENTIFIER.search(name) or any(_LEADING.fullmatch(cell) or len(cell) > _DIGITS + 9 for cell in cells):
            return "varchar", ""
        if any(len(cell) > _DIGITS and cell.lstrip("+-").isdigit() for cell in cells):
            return "varchar", ""
        return "double", ""
    if how := _time(cells, name):
        return "timestamp", how
    return "varchar", ""


def _time(cells: Sequence[str], name: str) -> str:
    """The format most of the cells have; ISO 8601 in its many spellings is read as such. "" for no times."""
    cells = cells[:_TIMED]
    formats = [form for form in _FORMATS if sum(1 for cell in cells if _fits(cell, form)) >= MOST * len(cells)]
    if formats and all(_fits(cell, formats[0]) for cell in cells if _ISO.fullmatch(cell)):
        return formats[0]
    if sum(1 for cell in cells if _ISO.fullmatch(cell)) >= MOST * len(cells):
        return "iso"
    return formats[0] if formats and name else ""


def _format(cell: str) -> str:
    return "iso" if _ISO.fullmatch(cell) else next((form for form in _FORMATS if _fits(cell, form)), "")


def _fits(cell: str, form: str) -> bool:
    if len(cell) < 8 or not cell[0].isdigit():
        return False
    try:
        datetime.strptime(cell, form)
    except ValueError:
        return False
    return True


def _one_format(columns: list[tuple[str, str]], times: dict[str, str]) -> dict[str, str]:
    chosen = next((how for name in TIMES if (how := times.get(name))), next(iter(times.values()), ""))
    for at, (name, kind) in enumerate(columns):
        if kind == "timestamp" and "%" in times[name] and times[name] != chosen:
            columns[at] = (name, "varchar")
            del times[name]
    return times


def parse_schema(text: str) -> tuple[tuple[str, str], ...]:
    """`name:type,name:type`; ValueError otherwise."""
    kinds = {"timestamp", "double", "bigint", "integer", "varchar", "boolean", "date"}
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, colon, kind = part.partition(":")
        name, kind = name.strip(), {"string": "varchar", "text": "varchar"}.get(kind.strip(), kind.strip())
        if not colon or kind not in kinds or not re.fullmatch(r"[a-z_][a-z0-9_]{0,119}", name):
            raise ValueError(f"name:type pairs with types {', '.join(sorted(kinds))}, not {part!r}")
        found.append((name, kind))
    return tuple(found)
