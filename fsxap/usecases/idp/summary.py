"""What a run of idp says as a whole: totals by vendor and month, what needs review, and fields.csv."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, cast

from fsxap.cells import plain_cell
from fsxap.engine.types import Digest, Kit
from fsxap.model import Result, Section
from fsxap.ports import Narrative
from fsxap.usecases.idp.duplicates import Duplicates
from fsxap.usecases.idp.evidence import Spot, pictures, spots
from fsxap.usecases.idp.output import shown

TABLE = "fields.csv"
COLUMNS = (
    "key",
    "document_type",
    "field",
    "value",
    "raw",
    "confidence",
    "page",
    "left",
    "top",
    "right",
    "bottom",
    "review",
)
LISTED = 500
IN_MEMORY = 8_000_000
NARRATIVE = (
    "{documents} documents with {pages} pages were read: {invoices} invoices, {receipts} receipts, "
    "{contracts} contracts, {purchase_orders} purchase orders, {forms} forms and {others} others. "
    "{review_fields} of {fields} fields go to review; {problems} checks did not agree and {duplicates} documents "
    "look like copies of another."
)
_KINDS = {
    "invoice": "invoices",
    "receipt": "receipts",
    "contract": "contracts",
    "purchase-order": "purchase_orders",
    "form": "forms",
    "other": "others",
}


def summarise(results: Iterable[Result], kit: Kit) -> Digest:
    """Counts and sums; fields.csv goes beside the documents' JSON."""
    facts: Counter[str] = Counter(dict.fromkeys((*_KINDS.values(), "documents", "pages", "fields"), 0))
    facts.update(dict.fromkeys(("review_fields", "problems", "duplicates"), 0))
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    review: list[tuple[Any, ...]] = []
    copies = Duplicates()
    seen: list[Spot] = []
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as kept:
        text = io.TextIOWrapper(cast(BinaryIO, kept), encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for result in results:
            if "document_type" not in result.data:
                continue
            writer.writerows(table_rows(result))
            _count(facts, result)
            if not copies.add(result):
                _add(sums, result.data)
            review += _to_review(result)[: max(0, LISTED - len(review))]
            seen += spots(result)[: max(0, kit.params["pictures"] - len(seen))]
        text.flush()
        kept.seek(0)
        location = kit.sink.put(TABLE, cast(BinaryIO, kept))
        text.detach()
    facts["duplicates"] = copies.number
    told = kit.narrator.narrate("Documents", dict(facts), NARRATIVE)
    data = {"facts": dict(facts), "fields_table": location, "narrator": told.generator}
    sections = (*_sections(facts, sums, review, told), *_pictures(seen, kit))
    return Digest(data, sections, dict(told.usage), tuple(copies.findings))


def table_rows(result: Result) -> Iterator[list[str]]:
    """A row for each field of a document; no cell is a formula."""
    review = set(result.data.get("review", ()))
    for name, each in result.data["fields"].items():
        box = each["box"] or ("", "", "", "")
        cells = (result.item.key, result.data["document_type"], name, shown(each["value"]), each["raw"])
        number = (each["confidence"], each["page"] or "", *box, "yes" if name in review else "no")
        yield [safe(str(cell)) for cell in cells] + [str(cell) for cell in number]


def safe(text: str) -> str:
    """A cell no spreadsheet computes; a negative amount is one it may."""
    return text if re.fullmatch(r"-?\d+(?:\.\d+)?", text, re.ASCII) else plain_cell(text)


def _count(facts: Counter[str], result: Result) -> None:
    data = result.data
    facts["documents"] += 1
    facts["pages"] += data["pages"]
    facts["fields"] += len(data["fields"])
    facts["review_fields"] += sum(name in data["fields"] for name in data["review"])
    facts["problems"] += len(data["checks"])
    facts[_KINDS[data["document_type"]]] += 1


def _add(sums: dict[tuple[str, str, str], list[Decimal]], data: Mapping[str, Any]) -> None:
    """Only what is paid: invoices and receipts with a total."""
    fields = data["fields"]
    if data["document_type"] not in ("invoice", "receipt") or "total" not in fields:
        return
    month = str(fields["issue_date"]["value"])[:7] if "issue_date" in fields else "no date"
    currency = str(fields["currency"]["value"]) if "currency" in fields else "?"
    vendor = str(fields["vendor"]["value"]) if "vendor" in fields else "no vendor"
    sums.setdefault((vendor, month, currency), []).append(Decimal(fields["total"]["value"]))


def _to_review(result: Result) -> list[tuple[Any, ...]]:
    found = sorted(result.findings, key=lambda each: each.evidence.get("confidence", 0.0))
    return [
        (result.item.key, each.subject, each.message, each.evidence.get("page"), each.evidence.get("confidence"))
        for each in found
    ]


def _sections(
    facts: Mapping[str, int],
    sums: Mapping[tuple[str, str, str], list[Decimal]],
    review: list[tuple[Any, ...]],
    told: Narrative,
) -> Iterator[Section]:
    yield Section("Documents", "text", text=told.text, note=f"generator: {told.generator}")
    yield Section("Facts the text may use", "facts", ("fact", "value"), tuple(sorted(facts.items())))
    rows = [(*key, len(each), format(sum(each, Decimal()), "f")) for key, each in sorted(sums.items())]
    columns = ("vendor", "month", "currency", "documents", "total")
    yield Section(
        "Totals by vendor and month",
        "table",
        columns,
        tuple(rows),
        note="invoices and receipts with a total; no copies",
    )
    columns = ("document", "field", "why", "page", "confidence")
    note = "the least sure of each document first; every one is a finding with its place on the page"
    yield Section("To review", "table", columns, tuple(review), note=note)


def _pictures(seen: Sequence[Spot], kit: Kit) -> Iterator[Section]:
    if seen:
        note = f"the least sure places of the first documents, at most {kit.params['pictures']}; the frame is the field"
        yield Section("Places to review", "image", ("Place", "Picture"), tuple(pictures(seen, kit)), note=note)
