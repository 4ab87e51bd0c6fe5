from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fsxap.costs.pricing import Prices, between, bounds, cost_record, money, total

BUNDLED = Prices.bundled()
UNITS = sorted({row["unit"] for row in BUNDLED.rows})
REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "ap-southeast-1", "ap-southeast-2"]
usages = some.dictionaries(some.sampled_from([*UNITS, "bytes_read"]), some.integers(0, 10**12), max_size=6)


def test_every_figure_says_where_it_is_from_and_how_sure_it_is() -> None:
    for row in BUNDLED.rows:
        assert row["source"] and row["dated"] and row["region"], row
        assert row["certainty"] in ("good", "verify"), row
        assert Decimal(row.get("low", row["usd"])) <= Decimal(row["usd"]) <= Decimal(row.get("high", row["usd"]))
    pairs = [(row["unit"], row["region"]) for row in BUNDLED.rows]
    assert len(pairs) == len(set(pairs))
    assert BUNDLED.dated == max(row["dated"] for row in BUNDLED.rows)


def test_the_file_is_what_it_writes() -> None:
    assert Prices.parse(BUNDLED.text()) == BUNDLED


@given(usages, some.sampled_from(REGIONS))
def test_a_bill_is_usage_times_prices(usage: dict[str, int], region: str) -> None:
    known = {(row["unit"], row["region"]): row for row in BUNDLED.rows}
    expected = Decimal(0)
    for unit, quantity in usage.items():
        rows = [row for row in BUNDLED.rows if row["unit"] == unit]
        row = known.get((unit, region)) or known.get((unit, "us-east-1")) or next(iter(rows), None)
        if row:
            expected += Decimal(row["usd"]) * quantity / Decimal(row["per"])
    lines = BUNDLED.lines(usage, region)
    # Sums of 28 digits depend on their order.
    assert abs(total(lines) - expected) <= Decimal("1e-20") * (1 + expected)
    assert cost_record(usage, BUNDLED, region)["usd"] == money(total(lines))
    low, high = bounds(lines)
    assert low <= total(lines) <= high


@given(usages, usages)
def test_bills_add_up(first: dict[str, int], second: dict[str, int]) -> None:
    both = {unit: first.get(unit, 0) + second.get(unit, 0) for unit in {*first, *second}}
    parts = total(BUNDLED.lines(first, "eu-west-1")) + total(BUNDLED.lines(second, "eu-west-1"))
    assert abs(total(BUNDLED.lines(both, "eu-west-1")) - parts) < Decimal("1e-9") * (1 + parts)


def test_a_borrowed_price_says_so_and_has_a_range() -> None:
    (line,) = BUNDLED.lines({"rekognition_images": 1000}, "eu-west-1")
    assert (line.usd, line.low, line.high) == (Decimal("1.00"), Decimal("1.00"), Decimal("1.30"))
    assert "price of us-east-1: none known for eu-west-1" in line.basis


def test_free_tiers_stand_apart() -> None:
    (line,) = BUNDLED.allowances({"sfn_transitions": 5000}, "us-east-1")
    assert (line.service, line.quantity, line.usd) == ("free tier", 4000, Decimal("-0.1"))
    assert not BUNDLED.allowances({"athena_bytes": 10**12}, "us-east-1")


def test_the_range_comes_from_less_and_more_usage() -> None:
    low, middle, high = (BUNDLED.lines({"textract_text_pages": pages}, "us-east-1") for pages in (500, 1000, 3000))
    (line,) = between(low, middle, high)
    assert (line.low, line.usd, line.high) == (Decimal("0.75"), Decimal("1.5"), Decimal("4.5"))


def test_textract_costs_what_its_features_cost() -> None:
    # Forms with tables is 65 USD for 1,000 pages where plain text is 1.50: a factor of 43.
    text = total(BUNDLED.lines({"textract_text_pages": 1000}, "us-east-1"))
    both = total(BUNDLED.lines({"textract_forms_pages": 1000, "textract_tables_pages": 1000}, "us-east-1"))
    assert (text, both) == (Decimal("1.5"), Decimal(65))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "no json",
        json.dumps({"dated": "2026-01-01", "rows": [{"unit": "x", "region": "y", "usd": "-1", "per": 1}]}),
        json.dumps({"dated": "2026-01-01", "rows": [{"unit": "x", "region": "y", "usd": "1", "per": 0}]}),
        json.dumps({"dated": "2026-01-01", "rows": [{"unit": "x", "region": "y", "usd": "dear", "per": 1}]}),
    ],
)
def test_what_is_no_price_file_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, ArithmeticError)):
        Prices.parse(text)
