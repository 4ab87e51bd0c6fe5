"""Where one document of a stack ends and the next begins, and when that is only a doubt."""

from __future__ import annotations

import random

import pytest

from fsxap.usecases.idp.stack import Stack, moved, part_of, parts, stack_of
from tests.unit.usecases.idp.pages import At, document


def invoice(
    number: str, vendor: str = "Northgate Tools Ltd", total: str = "120.00", title: str = "INVOICE"
) -> list[At]:
    return [
        (20, 15, vendor),
        (80, 30, title),
        (20, 45, f"Invoice number: {number}"),
        (20, 55, "Invoice date: 5 March 2024"),
        (20, 120, "Subtotal"),
        (150, 120, f"{float(total) / 1.2:.2f}"),
        (20, 130, "VAT 20%"),
        (150, 130, f"{float(total) / 6:.2f}"),
        (20, 140, "Total"),
        (150, 140, total),
    ]


def counted(page: list[At], text: str) -> list[At]:
    return [*page, (170, 285, text)]


RECEIPT: list[At] = [
    (20, 15, "Harbour Cafe"),
    (80, 25, "RECEIPT"),
    (20, 35, "06/03/2024 12:31"),
    (20, 60, "Total"),
    (150, 60, "9.40"),
    (20, 70, "Cash"),
    (150, 70, "10.00"),
    (20, 80, "Change"),
    (150, 80, "0.60"),
]
TERMS: list[At] = [(20, 20 + 10 * at, "The customer accepts our terms of delivery and of payment.") for at in range(9)]
ANNEX: list[At] = [(20, 15, "TIMESHEET"), *((20.0, 30.0 + 10 * at, f"Day {at}, eight hours") for at in range(5))]


@pytest.mark.parametrize(
    ("pages", "starts", "doubts"),
    [
        ([invoice("A-1001"), invoice("A-1002", total="60.00"), invoice("B-7", "Quay Ltd"), RECEIPT], (1, 2, 3, 4), ()),
        ([invoice("A-1001"), TERMS, invoice("A-1002", total="60.00"), TERMS], (1, 3), ()),
        ([invoice("A-1001"), invoice("A-1001")[:4] + TERMS[4:], TERMS], (1,), ()),
        ([counted(invoice("A-1001")[:4], "Page 1 of 2"), counted(invoice("A-1001"), "Page 2 of 2")], (1,), ()),
        ([counted(invoice("A-1001"), "1/1"), counted(invoice("A-1001"), "1/1")], (1, 2), ()),
        ([counted(invoice("A-1001"), "Seite 1 von 2"), counted(invoice("A-9", "Quay"), "Seite 2 von 2")], (1,), ()),
        ([counted(invoice("A-1001"), "Page 1 of 1"), counted(ANNEX, "Page 1 of 1")], (1, 2), ()),
        ([invoice("A-1001"), counted(ANNEX, "Page 1 of 3"), counted(ANNEX, "Page 2 of 3")], (1,), ()),
        ([invoice("A-1001"), [(20, 45, "as agreed in our Invoice number: Z-44 of last year"), *TERMS[3:]]], (1,), (2,)),
        ([invoice("A-1001")], (1,), ()),
        ([TERMS, TERMS, TERMS], (1,), ()),
    ],
)  # fmt: skip
def test_where_documents_begin(pages: list[list[At]], starts: tuple[int, ...], doubts: tuple[int, ...]) -> None:
    assert stack_of(document(*pages)) == Stack(starts, doubts)


CLAUSES = (
    "Invoice No. {number} of {day} remains payable in full; the total of EUR {sum} is due within thirty days.",
    "Purchase order {number} dated {day} forms part of this agreement and is paid against an invoice.",
    "Upon receipt of the invoice the customer pays the total amount of {sum} EUR plus VAT to the supplier.",
    "between {party} and the customer, hereinafter the parties, each with its registered office as above.",
    "{page}.1 The invoice date and the due date are stated on every invoice; the first is dated {day}.",
    "This agreement is governed by the laws of Ireland and replaces the contract of {day} with {party}.",
    "Payment to {party}, IBAN DE89 3704 0044 0532 0130 00, subtotal {sum}, VAT 20 %, total {sum}, by {day}.",
    "The purchase order and this contract are read together; an invoice alone is no contract of the parties.",
)
HEADINGS = ("Services Agreement", "Invoices and payment", "Annex to the contract", "Schedule of fees", "")
PARTIES = ("Northgate Tools Ltd", "Quay Shipping GmbH", "Harbour Cafe Ltd")


def clauses(page: int, chance: random.Random) -> list[At]:
    """A page of dense prose, every sentence with another number, day, sum and party."""
    lines: list[At] = [(20, 15, chance.choice(HEADINGS))] if page > 1 else [(20, 15, HEADINGS[0])]
    for at in range(24):
        said = chance.choice(CLAUSES).format(
            number=f"{chance.choice('ABX')}-{chance.randint(1000, 9999)}",
            day=f"{chance.randint(1, 28)} March 20{chance.randint(20, 25)}",
            sum=f"{chance.randint(100, 99999)}.{chance.randint(10, 99)}",
            party=chance.choice(PARTIES),
            page=page,
        )
        lines.append((20, 30 + 9 * at, said))
    return [each for each in lines if each[2]]


@pytest.mark.parametrize("seed", range(3))
def test_dense_prose_about_invoices_is_one_document(seed: int) -> None:
    chance = random.Random(seed)
    assert stack_of(document(*(clauses(page, chance) for page in range(1, 7)))).starts == (1,)


def test_an_invoice_behind_a_contract_is_another_document() -> None:
    chance = random.Random(5)
    pages = [clauses(1, chance), clauses(2, chance), invoice("B-1007", "Quay Shipping GmbH")]
    assert stack_of(document(*pages)).starts == (1, 3)


def test_parts_are_numbered_from_one_and_what_they_say_by_the_file() -> None:
    from fsxap.usecases.idp.extract import extract

    whole = document(invoice("A-1001"), TERMS, invoice("A-1002", total="60.00"))
    (first, one), (second, other) = parts(whole, Stack((1, 3)))
    assert (first, [page.number for page in one.pages]) == (1, [1, 2])
    assert (second, [page.number for page in other.pages]) == (3, [1])
    found = moved(extract(other), second - 1)
    assert (found.fields["number"].value, found.fields["number"].page) == ("A-1002", 3)
    assert part_of(whole, 1, 3) is whole
