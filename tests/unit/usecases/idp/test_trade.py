"""Invoices, orders and receipts in layouts of their own: who, which number, and what amounts."""

from __future__ import annotations

import pytest

from fsxap.usecases.idp.extract import Extraction, extract
from fsxap.usecases.idp.registered import identifiers
from fsxap.usecases.idp.search import text_of
from tests.unit.usecases.idp.pages import At, document, text

AMERICAN: list[At] = [
    (20, 15, "Riverbend Catering Co."),
    (20, 21, "1200 Industrial Pkwy"),
    (20, 26, "Columbus, OH 43215"),
    (20, 31, "Phone 555-0142"),
    (130, 45, "INVOICE"),
    (20, 60, "BILL TO:"),
    (20, 66, "Northgate School District"),
    (20, 71, "77 King St W"),
    (20, 76, "Toronto, ON M5K 1A1"),
    (20, 88, "Invoice #"),
    (75, 88, "Date"),
    (130, 88, "Due Date"),
    (20, 94, "A/37580/25"),
    (75, 94, "04/03/2025"),
    (130, 94, "05/03/2025"),
    (20, 105, "Qty"),
    (40, 105, "Item"),
    (130, 105, "Unit Price"),
    (170, 105, "Amount"),
    (20, 113, "3"),
    (40, 113, "Socket set, 94 pieces"),
    (130, 113, "9.50"),
    (170, 113, "28.50"),
    (125, 130, "Net amount"),
    (170, 130, "28.50"),
    (125, 137, "Sales Tax (8.25%)"),
    (170, 137, "2.35"),
    (125, 144, "Gross total"),
    (170, 144, "$30.85"),
]

ORDER: list[At] = [
    (20, 15, "Autohaus König GmbH & Co. KG"),
    (120, 15, "Bestellung"),
    (120, 30, "Bestell-Nr.:"),
    (160, 30, "4500090598"),
    (120, 36, "Bestelldatum:"),
    (160, 36, "05.02.2024"),
    (20, 50, "Lieferant:"),
    (20, 56, "Nordlicht Software AG"),
    (20, 61, "Am Markt 4"),
    (20, 66, "18055 Rostock"),
]

TILL: list[At] = [
    (70, 10, "Bäckerei Schmitt"),
    (70, 17, "Am Markt 4"),
    (70, 22, "18055 Rostock"),
    (20, 32, "05.02.2024 08:41"),
    (20, 40, "Brötchen"),
    (150, 40, "2,40"),
    (20, 50, "SUMME"),
    (150, 50, "2,40 €"),
    (20, 57, "Bar"),
    (150, 57, "5,00"),
    (20, 64, "Rückgeld"),
    (150, 64, "2,60"),
    (20, 72, "Vielen Dank für Ihren Einkauf"),
]


def values(found: Extraction) -> dict[str, object]:
    return {name: each.value for name, each in found.fields.items()}


def test_a_row_of_labels_has_its_values_below() -> None:
    found = extract(document(AMERICAN))
    assert values(found) == {
        "vendor": "Riverbend Catering Co.",
        "vendor_address": "1200 Industrial Pkwy, Columbus, OH 43215",
        "customer": "Northgate School District",
        "number": "A/37580/25",
        "issue_date": "2025-04-03",
        "due_date": "2025-05-03",
        "subtotal": "28.50",
        "tax": "2.35",
        "total": "30.85",
        "currency": "USD",
    }
    (item,) = found.line_items
    assert (item.description, item.quantity, item.total) == ("Socket set, 94 pieces", "3", "28.50")


def test_an_order_goes_to_its_vendor() -> None:
    found = extract(document(ORDER, language="de"))
    assert found.kinds.kind == "purchase-order"
    said = values(found)
    assert said["number"] == "4500090598"
    assert said["issue_date"] == "2024-02-05"
    assert said["vendor"] == "Nordlicht Software AG"


def test_a_receipt_without_a_title() -> None:
    found = extract(document(TILL, language="de"))
    assert found.kinds.kind == "receipt"
    said = values(found)
    assert (said["vendor"], said["issue_date"], said["total"]) == ("Bäckerei Schmitt", "2024-02-05", "2.40")


@pytest.mark.parametrize(("bread", "found"), [("2.50", [("Brown bread", "2.50"), ("Milk 1 l", "1.20")]), ("2.60", [])])
def test_a_receipts_positions_without_a_quantity_must_make_its_sum(bread: str, found: list[tuple[str, str]]) -> None:
    lines: list[At] = [
        (20, 10, "RECEIPT"),
        (20, 16, "Corner Shop Ltd"),
        (20, 22, "05/02/2024 14:31"),
        (20, 28, "Deposit slip no. 7"),
        (70, 28, "9.99"),
        (20, 36, "Brown bread"),
        (70, 36, bread),
        (20, 42, "Milk 1 l"),
        (70, 42, "1.20"),
        (20, 50, "Total"),
        (70, 50, "3.70"),
        (20, 56, "Cash"),
        (70, 56, "5.00"),
        (20, 62, "Change"),
        (70, 62, "1.30"),
    ]
    said = extract(document(lines))
    assert said.kinds.kind == "receipt" and said.fields["total"].value == "3.70"
    assert [(item.description, item.total) for item in said.line_items] == found
    assert all((item.quantity, item.unit_price) == ("1", item.total) for item in said.line_items)


def test_an_orders_number_is_not_the_invoices() -> None:
    lines: list[At] = [(20, 20, "Rechnung"), (20, 30, "Bestell-Nr.: 4711-99"), (20, 40, "Rechnungs-Nr.: R-2024-17")]
    assert values(extract(document(lines, language="de")))["number"] == "R-2024-17"


def test_a_reference_in_a_list_is_no_title() -> None:
    lines: list[At] = [
        (20, 20, "Handelsrechnung Nr. 471113 vom 13.06.2018"),
        (20, 30, "Bestellung"),
        (80, 30, ": 2018-471331"),
    ]
    assert extract(document(lines, language="de")).kinds.kind == "invoice"


def test_blanks_group_thousands_where_a_language_does_so() -> None:
    lines: list[At] = [(20, 20, "Total TTC 5 199,90")]
    folded = [text_of(document(lines, language=each)).rows[0].folded for each in ("fr", "de")]
    assert folded == ["total ttc 5'199,90", "total ttc 5 199,90"]
    assert values(extract(document([*lines, (20, 40, "Facture n° 12")], language="fr")))["total"] == "5199.90"


def test_a_tax_number_beside_another_is_not_sure_enough() -> None:
    (alone,) = identifiers(text("USt-IdNr. DE136695976"))
    (beside,) = identifiers(text("USt-IdNr. DE123456789", "USt-IdNr. DE136695976"))
    assert alone.value == beside.value == "DE136695976"
    assert beside.confidence < 0.85 < alone.confidence
