"""E-invoices: the XML of ZUGFeRD, Factur-X and XRechnung, in the CII and UBL syntaxes, read field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from fsxap.errors import ItemError
from fsxap.usecases.idp.field import Field, LineItem
from fsxap.usecases.idp.markup import Element, parse

CII_ROOTS = ("CrossIndustryDocument", "CrossIndustryInvoice")
UBL_ROOTS = ("Invoice", "CreditNote")
DATE_FORMATS = {"102": "%Y%m%d", "": "%Y%m%d"}
"""UNTDID 2379 codes of whole days."""


@dataclass(frozen=True, slots=True)
class EInvoice:
    """`syntax` is CII or UBL with its guideline; `kind` is the document's code in UNTDID 1001, such as 380."""

    syntax: str
    kind: str
    fields: Mapping[str, Field]
    line_items: tuple[LineItem, ...]
    adjustments: Decimal = Decimal()
    """Charges less allowances on document level: what the lines' sum lacks to the subtotal."""


def looks_like(body: bytes) -> bool:
    """Whether bytes may be XML at all: cheap, before anything is parsed."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read(body: bytes) -> EInvoice:
    """An e-invoice from its XML; `ItemError` when it is none, or damaged."""
    root = parse(body)
    if root.tag in CII_ROOTS:
        return _cii(root)
    if root.tag in UBL_ROOTS and root.first("AccountingSupplierParty"):
        return _ubl(root)
    raise ItemError("its XML is not an invoice in CII or UBL", code="unsupported")


def among(attachments: Mapping[str, bytes]) -> tuple[EInvoice | None, tuple[str, ...]]:
    """The invoice among a document's attachments, and why others that look like XML were not read."""
    notes: list[str] = []
    # ZUGFeRD 2 and Factur-X allow both generations in one file; the newer name says more.
    for name in sorted(attachments, key=lambda each: ("factur-x" not in each.lower(), each)):
        if not looks_like(attachments[name]):
            continue
        try:
            return read(attachments[name]), tuple(notes)
        except ItemError as error:
            notes.append(f"an attachment was not read as an e-invoice: {error.message}")
    return None, tuple(notes)


def _cii(root: Element) -> EInvoice:
    head = root.first("HeaderExchangedDocument|ExchangedDocument") or Element("", {})
    deal = root.first("SpecifiedSupplyChainTradeTransaction|SupplyChainTradeTransaction") or Element("", {})
    agreement = _part(deal, "ApplicableSupplyChainTradeAgreement|ApplicableHeaderTradeAgreement")
    settled = _part(deal, "ApplicableSupplyChainTradeSettlement|ApplicableHeaderTradeSettlement")
    sums = _part(settled, "SpecifiedTradeSettlementMonetarySummation|SpecifiedTradeSettlementHeaderMonetarySummation")
    currency = settled.say("InvoiceCurrencyCode")
    seller, buyer = _part(agreement, "SellerTradeParty"), _part(agreement, "BuyerTradeParty")
    said = {
        "vendor": seller.say("Name"),
        "vendor_address": _cii_address(seller),
        "vendor_tax_id": _tax_id(seller),
        "customer": buyer.say("Name"),
        "number": head.say("ID"),
        "issue_date": _day(head.first("IssueDateTime", "DateTimeString")),
        "due_date": _day(settled.first("SpecifiedTradePaymentTerms", "DueDateDateTime", "DateTimeString")),
        "subtotal": _amount(sums.say("TaxBasisTotalAmount")),
        "tax": _amount(_in_currency(sums, "TaxTotalAmount", currency)),
        "total": _amount(_in_currency(sums, "GrandTotalAmount", currency)),
        "currency": currency,
        "iban": settled.say(
            "SpecifiedTradeSettlementPaymentMeans", "PayeePartyCreditorFinancialAccount", "IBANID"
        ).replace(" ", ""),
    }
    lines = tuple(_cii_lines(deal))
    guide = root.say(
        "SpecifiedExchangedDocumentContext|ExchangedDocumentContext", "GuidelineSpecifiedDocumentContextParameter", "ID"
    )
    change = _decimal(sums.say("ChargeTotalAmount")) - _decimal(sums.say("AllowanceTotalAmount"))
    return _made(f"CII {guide}".strip(), head.say("TypeCode"), said, lines, change)


def _cii_lines(deal: Element) -> Iterator[LineItem]:
    for line in deal.all("IncludedSupplyChainTradeLineItem"):
        settled = _part(line, "SpecifiedSupplyChainTradeSettlement|SpecifiedLineTradeSettlement")
        agreed = _part(line, "SpecifiedSupplyChainTradeAgreement|SpecifiedLineTradeAgreement")
        delivered = _part(line, "SpecifiedSupplyChainTradeDelivery|SpecifiedLineTradeDelivery")
        sums = "SpecifiedTradeSettlementMonetarySummation|SpecifiedTradeSettlementLineMonetarySummation"
        made = LineItem(
            line.say("SpecifiedTradeProduct", "Name"),
            _amount(delivered.say("BilledQuantity")),
            _amount(agreed.say("NetPriceProductTradePrice", "ChargeAmount")),
            _amount(settled.say(sums, "LineTotalAmount")),
        )
        # ZUGFeRD 1 writes notes on the whole invoice as lines that have neither a product nor a sum.
        if made.description or made.total:
            yield made


def _ubl(root: Element) -> EInvoice:
    seller = _part(root, "AccountingSupplierParty", "Party")
    buyer = _part(root, "AccountingCustomerParty", "Party")
    sums = _part(root, "LegalMonetaryTotal")
    currency = root.say("DocumentCurrencyCode")
    due = root.say("DueDate") or root.say("PaymentMeans", "PaymentDueDate")
    said = {
        "vendor": _ubl_name(seller),
        "vendor_address": _ubl_address(seller),
        "vendor_tax_id": _ubl_tax_id(seller),
        "customer": _ubl_name(buyer),
        "number": root.say("ID"),
        "issue_date": _iso(root.say("IssueDate")),
        "due_date": _iso(due),
        "subtotal": _amount(sums.say("TaxExclusiveAmount")),
        "tax": _amount(_ubl_tax(root, currency)),
        "total": _amount(sums.say("TaxInclusiveAmount")),
        "currency": currency,
        "iban": root.say("PaymentMeans", "PayeeFinancialAccount", "ID").replace(" ", ""),
    }
    lines = tuple(
        LineItem(
            line.say("Item", "Name") or line.say("Item", "Description"),
            _amount(line.say("InvoicedQuantity|CreditedQuantity")),
            _amount(line.say("Price", "PriceAmount")),
            _amount(line.say("LineExtensionAmount")),
        )
        for line in root.all("InvoiceLine|CreditNoteLine")
    )
    kind = root.say("InvoiceTypeCode|CreditNoteTypeCode")
    change = _decimal(sums.say("ChargeTotalAmount")) - _decimal(sums.say("AllowanceTotalAmount"))
    return _made(f"UBL {root.say('CustomizationID')}".strip(), kind, said, lines, change)


def _made(
    syntax: str, kind: str, said: Mapping[str, str], lines: tuple[LineItem, ...], adjustments: Decimal
) -> EInvoice:
    engine = f"e-invoice XML ({syntax.partition(' ')[0]})"
    fields = {name: Field(name, value, value, 1.0, engine=engine) for name, value in said.items() if value}
    return EInvoice(syntax, kind, fields, lines, adjustments)


def _part(element: Element, *path: str) -> Element:
    return element.first(*path) or Element("", {})


def _in_currency(sums: Element, tag: str, currency: str) -> str:
    """A sum may stand twice, also in the currency taxes are accounted in."""
    found = [each for each in sums.all(tag) if each.text.strip()]
    matching = [each for each in found if each.attributes.get("currencyID", currency) == currency]
    return (matching or found)[0].text.strip() if found else ""


def _ubl_tax(root: Element, currency: str) -> str:
    for total in root.all("TaxTotal"):
        amount = total.first("TaxAmount")
        if amount and amount.attributes.get("currencyID", currency) == currency:
            return amount.text.strip()
    return ""


def _tax_id(party: Element) -> str:
    """The VAT identification number before the number at the tax office."""
    ids = {
        each.attributes.get("schemeID", ""): each.text.strip() for each in party.all("SpecifiedTaxRegistration", "ID")
    }
    return ids.get("VA") or ids.get("VAT") or ids.get("FC") or next(iter(ids.values()), "")


def _ubl_tax_id(party: Element) -> str:
    schemes = list(party.all("PartyTaxScheme"))
    first = next((each for each in schemes if each.say("TaxScheme", "ID") == "VAT"), None)
    return (first or (schemes[0] if schemes else Element("", {}))).say("CompanyID")


def _ubl_name(party: Element) -> str:
    return party.say("PartyLegalEntity", "RegistrationName") or party.say("PartyName", "Name")


def _cii_address(party: Element) -> str:
    address = _part(party, "PostalTradeAddress")
    town = f"{address.say('PostcodeCode')} {address.say('CityName')}".strip()
    return _joined((*map(address.say, ("LineOne", "LineTwo", "LineThree")), town, address.say("CountryID")))


def _ubl_address(party: Element) -> str:
    address = _part(party, "PostalAddress")
    town = f"{address.say('PostalZone')} {address.say('CityName')}".strip()
    lines = (address.say("StreetName"), address.say("AdditionalStreetName"), address.say("AddressLine", "Line"))
    return _joined((*lines, town, address.say("Country", "IdentificationCode")))


def _joined(parts: tuple[str, ...]) -> str:
    return ", ".join(part for part in parts if part)


def _day(element: Element | None) -> str:
    if element is None:
        return ""
    code = element.attributes.get("format", "")
    if code not in DATE_FORMATS:
        return ""
    return _checked(element.text.strip(), lambda text: datetime.strptime(text, DATE_FORMATS[code]))


def _iso(text: str) -> str:
    return _checked(text[:10], lambda day: datetime.strptime(day, "%Y-%m-%d"))


def _checked(text: str, read_day: Callable[[str], datetime]) -> str:
    """An impossible date is no date: validation says that it is missing."""
    try:
        return read_day(text).date().isoformat()
    except ValueError:
        return ""


def _amount(text: str) -> str:
    if not text:
        return ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return ""
    return format(number, "f") if number.is_finite() else ""


def _decimal(text: str) -> Decimal:
    return Decimal(_amount(text) or 0)
