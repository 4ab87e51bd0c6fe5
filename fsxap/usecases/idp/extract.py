"""From a read document to what it says: kind, fields, positions, pairs and check boxes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from fsxap.documents import Answer, Document
from fsxap.usecases.idp import contract, heading, registered, totals
from fsxap.usecases.idp.amounts import amounts
from fsxap.usecases.idp.classify import Kind, Kinds, classify
from fsxap.usecases.idp.customer import addressee, customer
from fsxap.usecases.idp.dates import Order, days, order_of
from fsxap.usecases.idp.einvoice import EInvoice
from fsxap.usecases.idp.field import Field, LineItem
from fsxap.usecases.idp.layout import Segment, fold
from fsxap.usecases.idp.line_items import line_items
from fsxap.usecases.idp.listed import listed_items
from fsxap.usecases.idp.search import Text, text_of
from fsxap.usecases.idp.single_items import single_items
from fsxap.usecases.idp.vendor import vendor, vendor_fields

TRADE: tuple[Kind, ...] = ("invoice", "receipt", "purchase-order")
DATES = ("issue_date", "due_date", "effective_date", "expiry_date")
AMOUNTS = ("subtotal", "tax", "total")
_AMERICAN = re.compile(
    r"\$|(?<![a-z])(?:usd|u\.?s\.?a\.?|united states|state of (?!the)[a-z]+|sales tax"
    r"|(?:al|az|ar|ca|co|ct|fl|ga|ia|il|ky|ma|md|mi|mn|mo|nc|nj|nv|ny|oh|ok|pa|sc|tn|tx|ut|va|wa|wi)\s\d{5})(?![a-z\d])"
)


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a document says. `printed` are fields read from the page where an e-invoice's XML says them too."""

    kinds: Kinds
    fields: Mapping[str, Field]
    line_items: tuple[LineItem, ...] = ()
    adjustments: Decimal | None = None
    printed: Mapping[str, Field] = field(default_factory=dict)


def extract(document: Document) -> Extraction:
    """By label, place and arithmetic."""
    text = text_of(document)
    kinds = classify(text, document)
    order = order_of(text.folded, american=_american(text))
    found = {each.name: each for each in _fields(text, kinds.kind, order)}
    for answer in document.answers:
        _merge(found, _answered(answer, order, text.languages))
    items = tuple(listed_items(document))
    if not items and kinds.kind in (*TRADE, "other"):
        items = line_items(text)
    if not items and kinds.kind == "receipt":
        items = single_items(text, found)
    return Extraction(kinds, found, _summed(items, found))


def extract_einvoice(invoice: EInvoice, document: Document | None) -> Extraction:
    """The XML is the invoice; the page, where there is one, says where a field stands and may contradict it."""
    kinds = Kinds("invoice", 1.0, (f"its XML is an invoice: {invoice.syntax}",))
    if document is None or not any(page.lines for page in document.pages):
        return Extraction(kinds, invoice.fields, invoice.line_items, invoice.adjustments)
    printed = extract(document).fields
    fields = {
        name: replace(each, page=printed[name].page, box=printed[name].box, raw=printed[name].raw)
        if name in printed and printed[name].value == each.value
        else each
        for name, each in invoice.fields.items()
    }
    return Extraction(kinds, fields, invoice.line_items, invoice.adjustments, printed)


def _fields(text: Text, kind: Kind, order: Order) -> Iterator[Field]:
    ordering = kind == "purchase-order"
    yield from _present(heading.number(text, order, ordering))
    issued = heading.issue_date(text, order, ordering)
    yield from _present(issued)
    yield from registered.identifiers(text)
    if kind == "contract":
        yield from contract.contract_fields(text, order)
        return
    if kind == "form":
        return
    receipt = kind == "receipt"
    buyer = customer(text, receipt)
    seller = vendor(text, receipt, buyer)
    if seller:
        yield from vendor_fields(text, seller)
    if buyer is None and not receipt:
        buyer = addressee(text, seller)
    if buyer:
        yield buyer.field("customer")
    if not receipt:
        yield from _present(heading.due_date(text, order, str(issued.value) if issued else ""))
    sums = totals.totals(text).fields
    yield from sums
    if sums:
        yield from _present(totals.currency(text))


def _present(found: Field | None) -> Iterator[Field]:
    if found:
        yield found


def _american(text: Text) -> bool:
    """An English page with dollars or a state of theirs: dates begin with the month."""
    whole = text.folded
    return text.languages[:1] in ((), ("en",)) and bool(_AMERICAN.search(whole)) and "rm" not in whole.split()


def _answered(answer: Answer, order: Order, languages: tuple[str, ...]) -> Field | None:
    """What an engine calls a field, normalised as ours are; what does not parse is not taken."""
    text = answer.value.strip()
    line = Segment((), answer.page, text, fold(text), answer.box, ())
    value = text
    if answer.name in DATES:
        value = next((day.value.isoformat() for day in days(line, order, languages)), "")
    elif answer.name in AMOUNTS:
        value = next((amount.text for amount in amounts(line)), "")
    return Field(answer.name, value, text, answer.confidence, answer.page, answer.box) if value else None


def _merge(found: dict[str, Field], other: Field | None) -> None:
    """Two readings that agree support each other; of two that do not, the surer one stands, less sure than before."""
    if other is None:
        return
    own = found.get(other.name)
    if own is None:
        found[other.name] = other
    elif own.value == other.value:
        found[other.name] = own.at(max(own.confidence, other.confidence) + 0.05)
    else:
        best, rest = (own, other) if own.confidence >= other.confidence else (other, own)
        found[other.name] = best.at(best.confidence - 0.5 * rest.confidence)


def _summed(items: Iterable[LineItem], found: Mapping[str, Field]) -> tuple[LineItem, ...]:
    """Positions whose sums make the subtotal or the total are sure, also where one alone could not be checked."""
    listed = tuple(items)
    total = sum((Decimal(item.total) for item in listed if item.total), Decimal())
    targets = [Decimal(str(found[name].value)) for name in ("subtotal", "total") if name in found]
    if listed and any(abs(total - target) <= totals.TOLERANCE for target in targets):
        return tuple(replace(item, confidence=max(item.confidence, 0.97)) for item in listed)
    return listed


def day_of(fields: Mapping[str, Field], name: str) -> date | None:
    return date.fromisoformat(str(fields[name].value)) if name in fields else None
