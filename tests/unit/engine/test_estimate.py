from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as some

from fsxap.costs.deployment import Month, Stack
from fsxap.costs.pricing import Prices, money, total
from fsxap.engine import estimate
from fsxap.engine.budget import estimated
from fsxap.engine.estimate import Choice
from fsxap.engine.types import Kit, Params, UseCase
from fsxap.model import Item, Result

PRICES = Prices.bundled()


def units(item: Item, params: Params) -> Mapping[str, int]:
    return {"textract_text_pages": 1 + item.size // 1000, "bytes_read": item.size}


def process(item: Item, _kit: Kit) -> Result:
    """Consumes exactly what it said it would."""
    return Result(item, "ok", usage=units(item, {}))


CASE = UseCase("pages", "Pages", process, units=units, engines=("documents",))
AWS = Choice("", CASE, {}, {"documents": "aws"}, {})
LOCAL = replace(AWS, engines={"documents": "local"})
items = some.lists(some.builds(Item, some.just("a.pdf"), some.integers(0, 50_000)), max_size=30)


@given(items, some.sampled_from(["us-east-1", "eu-west-1", "ap-northeast-1"]))
def test_the_estimate_of_a_run_is_its_metered_usage_times_prices(given: list[Item], region: str) -> None:
    metered: Counter[str] = Counter()
    for item in given:
        result: Result = process(item, None)  # type: ignore[arg-type]
        metered.update(result.usage)
    (found,) = estimate.sample([AWS], given)
    *_, last = estimate.records([AWS], [found], PRICES, region)
    bill = money(total(PRICES.lines(metered, region)))
    assert (last["service"], last["usd"]) == ("total", bill)
    held = Counter[str]()
    for item in given:
        held.update(estimated(CASE, {}, AWS.engines)(item))
    assert money(total(PRICES.lines(held, region))) == bill


@given(items)
def test_the_total_is_the_sum_of_its_lines(given: list[Item]) -> None:
    month = replace(AWS, month=Month(Fraction(30), len(given), 2), stack=Stack(512))
    found = estimate.sample([month, LOCAL], given)
    rows = list(estimate.records([month, LOCAL], found, PRICES, "us-east-1"))
    lines = [row for row in rows if row["service"] not in ("total", "compare", "free tier")]
    assert abs(sum(Decimal(row["usd"]) for row in lines) - Decimal(rows[-1]["usd"])) < Decimal("0.05")
    assert Decimal(rows[-1]["low"]) <= Decimal(rows[-1]["usd"]) <= Decimal(rows[-1]["high"])


def test_embedded_engines_bill_nothing() -> None:
    (found,) = estimate.sample([LOCAL], [Item("a.pdf", 5000)])
    (only,) = estimate.records([LOCAL], [found], PRICES, "us-east-1")
    assert (only["usd"], only["basis"]) == ("0.00", "embedded engines: nothing is billed")
    assert estimated(CASE, {}, LOCAL.engines)(Item("a.pdf", 5000)) == {"bytes_read": 5000}


def test_reprocessing_stands_beside_doing_each_once() -> None:
    """1,000 one-page documents polled hourly: 730 times the Textract bill."""
    hourly = replace(AWS, month=Month(Fraction(730), 1000))
    found = estimate.repeated([hourly], Item("a.pdf"), 1000)
    rows = {row["item"]: row for row in estimate.records([hourly], found, PRICES, "us-east-1")}
    assert rows["the first month"]["usd"] == "1.50"
    assert rows["reprocessing everything"]["usd"] == "1095.00"
    assert rows["reprocessing everything"]["quantity"] == 730_000


def test_items_to_come_are_like_the_one_described() -> None:
    fresh = replace(AWS, month=Month(Fraction(10), 0, 5))
    found = estimate.repeated([fresh], Item("a.pdf", 2000), 0)
    assert estimate.usage(fresh, found[0]) == {"textract_text_pages": 150, "bytes_read": 100_000}


COUNTED = UseCase("counted", "Counted", process, units=lambda item, _: {"textract_text_pages": item.attrs["pages"]},
                  engines=("documents",))  # fmt: skip


def test_what_is_given_goes_before_what_is_counted_and_that_before_what_is_assumed() -> None:
    asked = Choice("", COUNTED, {}, {"documents": "aws"}, {})
    told = {"a": {"pages": 7}, "b": {}}
    (found,) = estimate.sample([asked], [Item("a"), Item("b")], lambda item: told[item.key], 9)
    assert [found.units[each]["textract_text_pages"] for each in estimate.STRETCHES] == [8, 8, 9]
    assert (found.looked, found.counted) == (2, {"pages": 1})
    given = replace(asked, measures={"pages": 2})
    (found,) = estimate.sample([given], [Item("a"), Item("b")], lambda item: told[item.key], 9)
    assert {found.units[each]["textract_text_pages"] for each in estimate.STRETCHES} == {4}


@given(some.lists(some.integers(0, 40), min_size=1, max_size=60), some.integers(1, 70))
def test_a_sample_has_a_range_and_everything_has_none(pages: list[int], most: int) -> None:
    asked = Choice("", COUNTED, {}, {"documents": "aws"}, {})
    listing = [Item(str(number)) for number in range(len(pages))]
    opened: list[str] = []

    def look(item: Item) -> dict[str, int]:
        opened.append(item.key)
        return {"pages": pages[int(item.key)]}

    (found,) = estimate.sample([asked], listing, look, most)
    low, middle, high = (found.units[each].get("textract_text_pages", 0) for each in estimate.STRETCHES)
    assert len(opened) == len(set(opened)) == found.looked == min(most, len(pages))
    assert found.items == len(pages)
    assert 0 <= low <= middle <= high
    if most >= len(pages):
        assert low == middle == high == sum(pages)


def test_samples_are_near_what_they_are_drawn_from() -> None:
    """Of 5,000 documents 300 are opened; the truth lies in the range."""
    asked = Choice("", COUNTED, {}, {"documents": "aws"}, {})
    listing = (Item(str(number)) for number in range(5_000))
    (found,) = estimate.sample([asked], listing, lambda item: {"pages": 1 + int(item.key) % 9}, 300)
    low, middle, high = (found.units[each].get("textract_text_pages", 0) for each in estimate.STRETCHES)
    truth = sum(1 + number % 9 for number in range(5_000))
    assert low < truth < high
    assert abs(middle - truth) < 0.15 * truth
