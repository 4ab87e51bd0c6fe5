"""Owns the meaning of Textract's expense documents: fields under this project's names, and line items as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fsxap.documents import Answer, Box, Cell, Pair, Table, around
from fsxap.errors import ServiceError
from fsxap.providers.aws.textract_blocks import NOWHERE, bounding, confidence, rotation, slim, turned

FIELDS = {
    "VENDOR_NAME": "vendor",
    "VENDOR_ADDRESS": "vendor_address",
    "VENDOR_VAT_NUMBER": "vendor_tax_id",
    "TAX_PAYER_ID": "vendor_tax_id",
    "RECEIVER_NAME": "customer",
    "INVOICE_RECEIPT_ID": "number",
    "INVOICE_RECEIPT_DATE": "issue_date",
    "DUE_DATE": "due_date",
    "SUBTOTAL": "subtotal",
    "TAX": "tax",
    "TOTAL": "total",
}
COLUMNS = {"ITEM": "description", "QUANTITY": "quantity", "UNIT_PRICE": "unit price", "PRICE": "total"}


@dataclass(frozen=True, slots=True)
class Expenses:
    """Fields of all pages; pairs and line items by page."""

    answers: tuple[Answer, ...]
    pairs: Mapping[int, tuple[Pair, ...]]
    tables: Mapping[int, tuple[Table, ...]]


def expenses(documents: Iterable[Mapping[str, Any]]) -> Expenses:
    """All expense documents of a file; a scan may hold several receipts."""
    answers: list[Answer] = []
    pairs: dict[int, tuple[Pair, ...]] = {}
    tables: dict[int, tuple[Table, ...]] = {}
    try:
        for document in documents:
            turns = _rotations(document.get("Blocks") or ())
            for field in document.get("SummaryFields") or ():
                answers += _answers(field, turns)
                page = int(field.get("PageNumber") or 1)
                if pair := _pair(field, turns):
                    pairs[page] = (*pairs.get(page, ()), pair)
            for group in document.get("LineItemGroups") or ():
                for page, table in _tables(group.get("LineItems") or (), turns):
                    tables[page] = (*tables.get(page, ()), table)
    except (LookupError, TypeError, ValueError) as error:
        raise ServiceError("Textract answered expense fields without values", code="unexpected-answer") from error
    return Expenses(tuple(answers), pairs, tables)


def _rotations(blocks: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    words: dict[int, list[Mapping[str, Any]]] = {}
    for block in blocks:
        if block.get("BlockType") == "WORD":
            words.setdefault(int(block.get("Page") or 1), []).append(slim(block))
    return {page: rotation(found) for page, found in words.items()}


def _box(detection: Mapping[str, Any], degrees: int) -> Box:
    return turned(bounding(detection["Geometry"]), degrees) if detection.get("Geometry") else NOWHERE


def _answers(field: Mapping[str, Any], turns: Mapping[int, int]) -> Iterator[Answer]:
    kind, value = str(field["Type"]["Text"]), field.get("ValueDetection") or {}
    page = int(field.get("PageNumber") or 1)
    if kind != "OTHER" and value.get("Text"):
        sure = min(confidence(field["Type"]), confidence(value))
        yield Answer(FIELDS.get(kind, kind.lower()), str(value["Text"]), page, _box(value, turns.get(page, 0)), sure)
    currency = field.get("Currency") or {}
    if kind == "TOTAL" and currency.get("Code"):
        box = _box(value, turns.get(page, 0))
        yield Answer("currency", str(currency["Code"]), page, box, confidence(currency))


def _pair(field: Mapping[str, Any], turns: Mapping[int, int]) -> Pair | None:
    """The printed label with its value, where there is one."""
    label, value = field.get("LabelDetection") or {}, field.get("ValueDetection") or {}
    text = str(label.get("Text") or "").strip().rstrip(":：").rstrip()
    if not text:
        return None
    degrees = turns.get(int(field.get("PageNumber") or 1), 0)
    sure = min(confidence(label), confidence(value))
    return Pair(text, str(value.get("Text") or ""), _box(label, degrees), _box(value, degrees), sure)


def _tables(items: Sequence[Mapping[str, Any]], turns: Mapping[int, int]) -> Iterator[tuple[int, Table]]:
    """A table for each page with line items, its first row the names of the columns."""
    pages: dict[int, list[dict[str, Cell]]] = {}
    for item in items:
        cells: dict[str, Cell] = {}
        page = 1
        for field in item.get("LineItemExpenseFields") or ():
            value = field.get("ValueDetection") or {}
            page = int(field.get("PageNumber") or 1)
            if name := COLUMNS.get(str(field["Type"]["Text"])):
                box = _box(value, turns.get(page, 0))
                cells[name] = Cell(" ".join(str(value.get("Text") or "").split()), box, confidence(value))
        if cells:
            pages.setdefault(page, []).append(cells)
    empty = Cell("", NOWHERE, 0.0)
    for page, found in sorted(pages.items()):
        names = [name for name in COLUMNS.values() if any(name in cells for cells in found)]
        header = tuple(Cell(name, NOWHERE) for name in names)
        rows = tuple(tuple(cells.get(name, empty) for name in names) for cells in found)
        yield page, Table((header, *rows), around(cell.box for row in rows for cell in row if cell.box != NOWHERE))
