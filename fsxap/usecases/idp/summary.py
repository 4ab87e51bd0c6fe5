"""What a run of idp says as a whole: totals by vendor and month, what needs review, and the table of all fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fsxap.engine.types import Digest, Kit
from fsxap.model import Record, Result, Section
from fsxap.ports import Narrative
from fsxap.usecases.idp.duplicates import Duplicates
from fsxap.usecases.idp.evidence import Spot, pictures, sheets, spots
from fsxap.usecases.idp.stack import documents_of
from fsxap.usecases.idp.table import put_tables, table_rows

COUNTED = ("documents", "pages", "fields", "review_fields", "problems", "duplicates")
LISTED = 500
PAGES = 3
"""Places shown for each small page."""
NARRATIVE = (
    "Documents read: {documents}, with {pages} pages in all. By type: invoices {invoices}, receipts {receipts}, "
    "contracts {contracts}, purchase orders {purchase_orders}, forms {forms}, others {others}. Fields that go to "
    "review: {review_fields} of {fields}; checks that did not agree: {problems}; documents that look like copies of "
    "another: {duplicates}."
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
    """Counts and sums; the table of all fields goes beside the documents' JSON."""
    told = _Told(kit.params["pictures"])
    tables = put_tables(told.rows(results), kit)
    facts = dict(told.facts) | {"duplicates": told.copies.number}
    text = kit.narrator.narrate("Documents", facts, NARRATIVE)
    data = {"facts": facts, **tables, "narrator": text.generator}
    sections = (*_sections(facts, told.sums, told.review, text), *_pictures(told.seen, told.sheets, kit))
    return Digest(data, sections, dict(text.usage), tuple(told.copies.findings))


class _Told:
    """What the results have said so far, counted as their rows go by."""

    def __init__(self, pictures: int) -> None:
        self.facts: Counter[str] = Counter(dict.fromkeys((*_KINDS.values(), *COUNTED), 0))
        self.sums: dict[tuple[str, str, str], list[Decimal]] = {}
        self.review: list[tuple[Any, ...]] = []
        self.copies = Duplicates()
        self.seen: list[Spot] = []
        self.sheets: list[Spot] = []
        self._pictures = pictures

    def rows(self, results: Iterable[Result]) -> Iterator[Record]:
        for result in results:
            if "document_type" not in result.data:
                continue
            self.facts["pages"] += result.data["pages"]
            self.review += _to_review(result)[: max(0, LISTED - len(self.review))]
            self.seen += spots(result)[: max(0, self._pictures - len(self.seen))]
            self.sheets += sheets(result)[: max(0, self._pictures // PAGES - len(self.sheets))]
            for number, data in enumerate(documents_of(result.data), 1):
                _count(self.facts, data)
                if not self.copies.add(result.item.key, data, number):
                    _add(self.sums, data)
            yield from table_rows(result)


def _count(facts: Counter[str], data: Mapping[str, Any]) -> None:
    facts["documents"] += 1
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


def _pictures(seen: Sequence[Spot], pages: Sequence[Spot], kit: Kit) -> Iterator[Section]:
    if seen:
        note = f"the least sure places of the first documents, at most {kit.params['pictures']}; the frame is the field"
        yield Section("Places to review", "image", ("Place", "Picture"), tuple(pictures(seen, kit)), note=note)
    if pages:
        note = "the first documents to review, a page of each: fields to review in red, the others in blue"
        yield Section("Pages and their fields", "image", ("Page", "Picture"), tuple(pictures(pages, kit)), note=note)
