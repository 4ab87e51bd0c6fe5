"""The table of all fields: a row for each field of each document, as CSV for spreadsheets and as typed Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, BinaryIO, cast

from fsxap.cells import plain_cell
from fsxap.engine.types import Kit
from fsxap.model import Record, Result, dumps
from fsxap.ports import Table
from fsxap.usecases.idp.extract import AMOUNTS, DATES
from fsxap.usecases.idp.output import shown
from fsxap.usecases.idp.stack import documents_of

FORMS = ("csv", "parquet")
COLUMNS: Mapping[str, str] = {
    "key": "varchar",
    "document_type": "varchar",
    "field": "varchar",
    "value": "varchar",
    "raw": "varchar",
    "confidence": "double",
    "page": "integer",
    "left": "double",
    "top": "double",
    "right": "double",
    "bottom": "double",
    "review": "boolean",
    "document": "integer",
    "amount": "decimal",
    "date": "date",
}
TYPED = ("amount", "date")
"""Columns that repeat `value` with a type of its own; a spreadsheet tells it from the text."""
TEXTS = ("key", "document_type", "field", "value", "raw")
LARGEST = Decimal(10) ** 29
FINEST = -9
IN_MEMORY = 8_000_000


def put_tables(rows: Iterable[Record], kit: Kit) -> dict[str, str]:
    """Writes the forms asked for beside the documents' JSON; where each lies, by `fields_table` or `fields_parquet`."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as kept:
        for row in rows:
            kept.write(dumps(row).encode() + b"\n")
        found = {}
        if "csv" in kit.params["fields"]:
            found["fields_table"] = _put_csv(_again(kept), kit)
        if "parquet" in kit.params["fields"]:
            found["fields_parquet"] = _put_parquet(_again(kept), kit)
        return found


def table_rows(result: Result) -> Iterator[Record]:
    for number, data in enumerate(documents_of(result.data), 1):
        review = set(data.get("review", ()))
        for name, each in data["fields"].items():
            value = shown(each["value"])
            box = dict(zip(("left", "top", "right", "bottom"), each["box"] or (), strict=False))
            yield {
                "key": result.item.key,
                "document_type": data["document_type"],
                "field": name,
                "value": value,
                "raw": each["raw"],
                "confidence": each["confidence"],
                "page": each["page"],
                "review": name in review,
                "document": number,
                **box,
                **({"amount": value} if name in AMOUNTS and _fits(value) else {}),
                **({"date": value} if name in DATES else {}),
            }


def safe(text: str) -> str:
    """A cell no spreadsheet computes; a negative amount is one it may."""
    return text if re.fullmatch(r"-?\d+(?:\.\d+)?", text, re.ASCII) else plain_cell(text)


def _fits(value: str) -> bool:
    amount = Decimal(value)
    return abs(amount) < LARGEST and int(amount.as_tuple().exponent) >= FINEST


def _again(kept: Any) -> Iterator[Record]:
    kept.seek(0)
    return map(json.loads, kept)


def _put_csv(rows: Iterable[Record], kit: Kit) -> str:
    columns = [name for name in COLUMNS if name not in TYPED]
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as made:
        text = io.TextIOWrapper(cast(BinaryIO, made), encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(name, row.get(name)) for name in columns])
        text.flush()
        made.seek(0)
        location = kit.sink.put("fields.csv", cast(BinaryIO, made))
        text.detach()
    return location


def _cell(name: str, value: Any) -> str:
    if name in TEXTS:
        return safe(value)
    return "" if value is None else "yes" if value is True else "no" if value is False else str(value)


def _put_parquet(rows: Iterable[Record], kit: Kit) -> str:
    with kit.tabular.folder() as folder:
        file = folder / "fields.parquet"
        kit.tabular.write(Table("fields", COLUMNS, rows), file)
        with file.open("rb") as stream:
            return kit.sink.put("fields.parquet", stream)
