"""Amounts, dates and identifiers in single lines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.usecases.idp.amounts import amounts, number
from fsxap.usecases.idp.dates import Order, days, order_of
from fsxap.usecases.idp.identifiers import ibans, registration_numbers, valid, vat_numbers
from fsxap.usecases.idp.layout import Segment, fold, segments
from tests.unit.usecases.idp.pages import page


def segment(text: str) -> Segment:
    (found,) = segments(page([(10, 10, text)]))
    return found


@pytest.mark.parametrize(
    ("text", "values", "currency"),
    [
        ("1.234,56 €", ["1234.56"], "EUR"),
        ("1 234,56 €", ["1234.56"], "EUR"),
        ("20 198,00", ["20", "198.00"], ""),
        ("$1,234.50", ["1234.50"], "USD"),
        ("RM 9.00", ["9.00"], "MYR"),
        ("RM9.O0", ["9.00"], "MYR"),
        ("¥12,800-", ["12800"], "JPY"),
        ("12,800円", ["12800"], "JPY"),
        ("▲1,000", ["-1000"], ""),
        ("-20,48 €", ["-20.48"], "EUR"),
        ("0,00-", ["0.00"], ""),
        ("41,1765 €", ["41.1765"], "EUR"),
        ("CHF 1'250.00", ["1250.00"], "CHF"),
        ("19 %", [], ""),
        ("12:30", [], ""),
        ("25.12.2018", [], ""),
    ],
)
def test_amounts(text: str, values: list[str], currency: str) -> None:
    found = list(amounts(segment(text)))
    assert [each.value for each in found] == [Decimal(value) for value in values]
    assert {each.currency for each in found} <= {currency}


@given(st.integers(0, 10**9), st.sampled_from([",.", ".,", "'.", " ,"]))
def test_a_number_is_read_back_whatever_its_separators(cents: int, marks: str) -> None:
    whole, rest = divmod(cents, 100)
    text = f"{whole:,}".replace(",", marks[0]) + f"{marks[1]}{rest:02d}"
    assert number(text) == Decimal(cents) / 100


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("25/12/2018 8:13:39 PM", "2018-12-25"),
        ("18-11-18", "2018-11-18"),
        ("28-04-201820:10:51", "2018-04-28"),
        ("Date:2016-07-3113:48:37", "2016-07-31"),
        ("27/06/185:02:32 PM", "2018-06-27"),
        ("27032018", "2018-03-27"),
        ("20180304", "2018-03-04"),
        ("12 March 2026", "2026-03-12"),
        ("March 1st, 2024", "2024-03-01"),
        ("24. Januar 2014", "2014-01-24"),
        ("1er février 2023", "2023-02-01"),
        ("3 de marzo de 2021", "2021-03-03"),
        ("15 MAR 2018", "2018-03-15"),
        ("令和6年5月1日", "2024-05-01"),
        ("令和元年12月3日", "2019-12-03"),
        ("R6.5.1", "2024-05-01"),
        ("2024年 5月 1日", "2024-05-01"),
        ("2023.09.10", "2023-09-10"),
        ("31.02.2020", None),
        ("13.13.2020", None),
        ("1.2.3.4", None),
    ],
)
def test_dates(text: str, wanted: str | None) -> None:
    found = [each.value.isoformat() for each in days(segment(text), Order(), ("en",))]
    assert found == ([wanted] if wanted else [])


def test_one_date_settles_the_order_of_the_others() -> None:
    assert order_of("03/04/2024 and 03/25/2024", american=False) == Order(month_first=True, certain=True)
    assert order_of("03/04/2024 and 25/03/2024", american=True) == Order(month_first=False, certain=True)
    (day,) = days(segment("03/04/2024"), Order(month_first=True), ("en",))
    assert day.value == date(2024, 3, 4)
    assert day.sure < 1


@given(
    st.dates(date(1990, 1, 1), date(2060, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%Y年%m月%d日"]),
)
def test_a_date_is_read_back(day: date, form: str) -> None:
    assert [each.value for each in days(segment(day.strftime(form)), Order(), ())] == [day]


def test_identifiers_with_their_check_digits() -> None:
    (good,) = ibans(segment("IBAN DE89 3704 0044 0532 0130 00"), labelled=True)
    assert (good.value, good.valid) == ("DE89370400440532013000", True)
    (bad,) = ibans(segment("IBAN DE88 3704 0044 0532 0130 00"), labelled=True)
    assert not bad.valid
    (repaired,) = ibans(segment("DE89 37O4 0044 0532 0130 00"), labelled=False)
    assert repaired.valid
    assert not list(ibans(segment("DE88 3704 0044 0532 0130 00"), labelled=False))
    (tax,) = vat_numbers(segment("USt-IdNr. DE136695976"))
    assert (tax.value, tax.valid) == ("DE136695976", True)
    (issuer,) = registration_numbers(segment("登録番号:T7000012050002"))
    assert (issuer.value, issuer.valid) == ("T7000012050002", True)
    assert valid("registration_number", "T7000012050003") is False
    assert valid("vendor_tax_id", "DE136695977") is False
    assert valid("vendor_tax_id", "201/113/40209") is None


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_a_part_of_a_segment_has_its_own_place() -> None:
    whole = segment("Total:9.00")
    part = whole.part(6, 10)
    assert part.text == "9.00"
    assert part.box[0] > whole.box[0]
    assert part.box[2] == pytest.approx(whole.box[2])
