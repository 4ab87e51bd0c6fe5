"""Positions that an engine itself lists: a table whose first row names nothing but their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsxap.documents import Cell, Document, around
from fsxap.usecases.idp.amounts import amounts
from fsxap.usecases.idp.field import LineItem
from fsxap.usecases.idp.layout import Segment, fold

COLUMNS = {"description": "description", "quantity": "quantity", "unit price": "unit_price", "total": "total"}


def listed_items(document: Document) -> Iterator[LineItem]:
    for page in document.pages:
        for table in page.tables:
            heads = [cell.text for cell in table.rows[0]] if table.rows else []
            # Print has headings of its own; exactly these are an engine's.
            if len(heads) < 2 or not set(heads) <= set(COLUMNS):
                continue
            for row in table.rows[1:]:
                yield _item({COLUMNS[head]: cell for head, cell in zip(heads, row, strict=True)}, page.number)


def _item(cells: Mapping[str, Cell], page: int) -> LineItem:
    used = [cell for cell in cells.values() if cell.text]
    description = cells["description"].text if "description" in cells else ""
    said = {name: _number(cells[name], page) for name in ("quantity", "unit_price", "total") if name in cells}
    sure = min((cell.confidence for cell in used), default=0.0)
    return LineItem(description, **said, confidence=sure, page=page, box=around(cell.box for cell in used))


def _number(cell: Cell, page: int) -> str:
    line = Segment((), page, cell.text, fold(cell.text), cell.box, ())
    return next((amount.text for amount in amounts(line)), "")
