"""From a sample of items and a way of running them to usage and money: the arithmetic behind `fsxap cost`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from fsxap.costs import deployment
from fsxap.costs.deployment import Month, Stack, added
from fsxap.costs.measures import MEASURES, item_units, run_units
from fsxap.costs.pricing import Line, Prices, between, bounds, total
from fsxap.engine.budget import planned
from fsxap.engine.types import Params, UseCase
from fsxap.model import Item, Record, Section

HALF, WHOLE, TWICE = Fraction(1, 2), Fraction(1), Fraction(2)


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to run a use case. `engines` is capability → engine, `measures` are those that were given.

    Without `month` and `stack` it is one run from here; with them a month of a deployed pipeline.
    """

    label: str
    use_case: UseCase
    params: Params
    engines: Mapping[str, str]
    measures: Mapping[str, int]
    month: Month | None = None
    stack: Stack | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Items looked at, and what the use case says they consume, embedded engines or not."""

    items: int
    units: Mapping[str, int]


def sample(choices: Sequence[Choice], items: Iterable[Item]) -> list[Sample]:
    """One pass over the items for all choices."""
    units: list[Counter[str]] = [Counter() for _ in choices]
    number = 0
    for item in items:
        number += 1
        for choice, counted in zip(choices, units, strict=True):
            counted.update(choice.use_case.units(item, choice.params))
    return [Sample(number, dict(counted)) for counted in units]


def repeated(choices: Sequence[Choice], item: Item, times: int) -> list[Sample]:
    """As many items like this one. Of none, one is the sample for those to come."""
    found = []
    for choice in choices:
        number = max(times, 1) if choice.month else times
        units = choice.use_case.units(item, choice.params)
        found.append(Sample(number, {name: each * number for name, each in units.items()}))
    return found


def usage(choice: Choice, found: Sample, stretch: Fraction = WHOLE, *, again: bool = False) -> dict[str, int]:
    """Units by costs/prices.json. `stretch` multiplies what is assumed, `again` processes everything at every run."""
    measures = {each.name: choice.measures.get(each.name, ceil(each.default * stretch)) for each in MEASURES}
    billed = planned(found.units, choice.engines)
    if choice.month is None:
        engines = added(billed, item_units(choice.engines, measures), found.items)
        return added(engines, run_units(choice.engines, measures))
    items = choice.month.processed_again if again else choice.month.processed
    # Items to come are taken to be like those looked at.
    share = Fraction(items, found.items) if found.items else Fraction(0)
    own = {name: ceil(number * share) for name, number in billed.items()}
    engines = added(own, item_units(choice.engines, measures), items)
    engines = added(engines, run_units(choice.engines, measures), ceil(choice.month.runs))
    if choice.stack is None:
        return engines
    return added(engines, deployment.usage(choice.stack, choice.month, stretch, again=again))


def lines(choice: Choice, found: Sample, prices: Prices, region: str, *, again: bool = False) -> list[Line]:
    """One for each unit that is sold, with the range of its price and of what was assumed."""
    low, middle, high = (
        prices.lines(usage(choice, found, stretch, again=again), region) for stretch in (HALF, WHOLE, TWICE)
    )
    return between(low, middle, high)


def summed(service: str, item: str, items: int, priced: Sequence[Line], basis: str) -> Line:
    low, high = bounds(priced)
    return Line(service, item, items, "items", total(priced), basis, low, high)


def records(choices: Sequence[Choice], found: Sequence[Sample], prices: Prices, region: str) -> Iterable[Record]:
    """The first choice line by line, its free tiers, the others and full reprocessing beside it, and its total."""
    mine, seen = choices[0], found[0]
    priced = lines(mine, seen, prices, region)
    for line in priced:
        yield line.record()
    for line in prices.allowances(usage(mine, seen), region):
        yield line.record()
    for other, its in zip(choices[1:], found[1:], strict=True):
        number = other.month.processed if other.month else its.items
        yield summed("compare", other.label, number, lines(other, its, prices, region), "instead of the total").record()
    month = mine.month
    if month is not None:
        every = lines(mine, seen, prices, region, again=True)
        basis = "were every file processed at every run, instead of the total"
        yield summed("compare", "reprocessing everything", month.processed_again, every, basis).record()
        if month.backlog and month.fresh:
            later = replace(mine, month=replace(month, backlog=0))
            basis = "once the backlog is done, instead of the total"
            number = replace(month, backlog=0).processed
            yield summed("compare", "later months", number, lines(later, seen, prices, region), basis).record()
    number = month.processed if month else seen.items
    basis = f"prices of {prices.dated}" if priced else "embedded engines: nothing is billed"
    yield summed("total", "the first month" if month else "one run", number, priced, basis).record()


def sections(rows: Sequence[Record]) -> tuple[Section, ...]:
    """The records of an estimate as charts and tables of a page."""
    parts: dict[str, list[Record]] = {"line": [], "free tier": [], "compare": [], "total": []}
    for row in rows:
        parts[row["service"] if row["service"] in parts else "line"].append(row)
    columns = ("service", "item", "quantity", "usd", "low", "high", "basis")
    costly = sorted((row for row in parts["line"] if row["usd"]), key=lambda row: -Decimal(row["usd"]))
    beside = [*parts["total"], *parts["compare"]]
    made = [
        Section("Total", "facts", rows=tuple((row["item"], _range(row)) for row in parts["total"])),
        Section("Where it goes", "bars", ("item", "USD"), tuple((_name(row), row["usd"]) for row in costly)),
        Section("Beside it", "bars", ("instead", "USD"), tuple((row["item"], row["usd"]) for row in beside)),
        Section("Lines", "table", columns, tuple(tuple(row[name] for name in columns) for row in parts["line"])),
        Section(
            "Free tiers, not in the total",
            "table",
            columns,
            tuple(tuple(row[name] for name in columns) for row in parts["free tier"]),
        ),
    ]
    return tuple(part for part in made if part.rows)


def _name(row: Record) -> str:
    return f"{row['service']}: {row['item']}"


def _range(row: Record) -> str:
    return f"{row['usd']} USD for {row['quantity']} items, between {row['low']} and {row['high']}; {row['basis']}"
