"""From a sample of items and a way of running them to usage and money: the arithmetic behind `fsxap cost`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, sqrt

from fsxap.costs import deployment
from fsxap.costs.deployment import Month, Stack, added
from fsxap.costs.measures import MEASURES, NAMES, item_units, run_units
from fsxap.costs.pricing import Line, Prices, between, bounds, total
from fsxap.engine.budget import planned
from fsxap.engine.types import Params, UseCase
from fsxap.model import Item, Record, Section

HALF, WHOLE, TWICE = Fraction(1, 2), Fraction(1), Fraction(2)
STRETCHES = (HALF, WHOLE, TWICE)
Look = Callable[[Item], Mapping[str, int]]
"""What a look at an item tells, by measure; nothing where it does not."""


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
    """`units` of all `items`: at least, probably and at most. `looked` items were opened, and `counted` says of how
    many of them each measure was told."""

    items: int
    units: Mapping[Fraction, Mapping[str, int]]
    looked: int = 0
    counted: Mapping[str, int] = field(default_factory=dict)


class Totals:
    """Units of the items of one choice; with `spread`, also what the range of a sample needs, which costs time."""

    def __init__(self, choice: Choice, *, spread: bool = False) -> None:
        self.choice, self.spread = choice, spread
        self._paged = "documents" in choice.engines
        self._pages: dict[tuple[tuple[str, int], ...], list[int]] = {}
        self.items = 0
        self.own: dict[Fraction, Counter[str]] = {stretch: Counter() for stretch in STRETCHES}
        self.squares: Counter[str] = Counter()
        self.told: Counter[tuple[tuple[str, int], ...]] = Counter()
        """What was counted of items, and of how many the same: their engines are priced once for all."""

    def add(self, item: Item) -> None:
        attrs = item.attrs
        told = tuple((name, attrs[name]) for name in NAMES if isinstance(attrs.get(name), int)) if attrs else ()
        self.items += 1
        self.told[told] += 1
        if told not in self._pages:
            self._pages[told] = [_measures(self.choice, told, stretch)["pages"] for stretch in STRETCHES]
        units: Mapping[str, int] = {}
        pages = -1
        for (stretch, sums), wanted in zip(self.own.items(), self._pages[told], strict=True):
            if pages < 0 or (self._paged and wanted != pages):
                pages = wanted
                counted = replace(item, attrs={**attrs, "pages": pages}) if self._paged else item
                units = self.choice.use_case.units(counted, self.choice.params)
            for name, number in units.items():
                sums[name] += number
            if self.spread and stretch == WHOLE:
                for name, number in added(units, self._extra(told, stretch)).items():
                    self.squares[name] += number * number

    def _extra(self, told: tuple[tuple[str, int], ...], stretch: Fraction) -> dict[str, int]:
        return item_units(self.choice.engines, _measures(self.choice, told, stretch))

    def sums(self, stretch: Fraction) -> dict[str, int]:
        found = dict(planned(self.own[stretch], self.choice.engines))
        for told, items in self.told.items():
            found = added(found, self._extra(told, stretch), items)
        return found

    def scaled(self, items: int) -> dict[Fraction, dict[str, int]]:
        """For `items` like those that were added; a sample has a range of two standard errors."""
        share = Fraction(items, self.items) if self.items else Fraction(0)
        middle, found = self.sums(WHOLE), {}
        for stretch in STRETCHES:
            sign = (stretch > WHOLE) - (stretch < WHOLE)
            found[stretch] = {
                name: max(0, ceil(number * share + sign * self._range(middle.get(name, 0), name, items)))
                for name, number in self.sums(stretch).items()
            }
        return found

    def _range(self, total: int, name: str, items: int) -> int:
        if not self.spread or items <= self.items or self.items < 2:
            return 0
        mean = Fraction(total, self.items)
        variance = (Fraction(self.squares[name]) - self.items * mean * mean) / (self.items - 1)
        return ceil(2 * items * sqrt(variance / self.items * (1 - Fraction(self.items, items))))


@cache
def _assumed(stretch: Fraction) -> Mapping[str, int]:
    return {each.name: ceil(each.default * stretch) for each in MEASURES}


def _measures(choice: Choice, told: tuple[tuple[str, int], ...], stretch: Fraction) -> dict[str, int]:
    """What is given, or else counted, or else assumed and stretched."""
    return {**_assumed(stretch), **dict(told), **choice.measures}


def sample(choices: Sequence[Choice], items: Iterable[Item], look: Look | None = None, most: int = 0) -> list[Sample]:
    """One pass over the items for all choices; with `look`, at most so many of them are opened, drawn by chance.

    Memory is that of the items drawn.
    """
    totals = [Totals(choice, spread=look is not None) for choice in choices]
    drawn: list[Item] = []
    chance, number = random.Random(0), 0  # noqa: S311  # equal listings give equal estimates
    for item in items:
        number += 1
        if look is None:
            for each in totals:
                each.add(item)
        elif len(drawn) < most:
            drawn.append(item)
        elif (place := chance.randrange(number)) < most:
            drawn[place] = item
    counted: Counter[str] = Counter()
    for item in drawn:
        told = look(item) if look else {}
        counted.update(told.keys())
        for each in totals:
            each.add(replace(item, attrs={**item.attrs, **told}))
    return [Sample(number, each.scaled(number), len(drawn), counted) for each in totals]


def repeated(choices: Sequence[Choice], item: Item, times: int) -> list[Sample]:
    """As many items like this one. Of none, one is the sample for those to come."""
    found = []
    for choice in choices:
        totals = Totals(choice)
        totals.add(item)
        number = max(times, 1) if choice.month else times
        found.append(Sample(number, totals.scaled(number)))
    return found


def usage(choice: Choice, found: Sample, stretch: Fraction = WHOLE, *, again: bool = False) -> dict[str, int]:
    """Units by costs/prices.json. `stretch` multiplies what is assumed, `again` processes everything at every run."""
    assumed = _measures(choice, (), stretch)
    if choice.month is None:
        return added(found.units[stretch], run_units(choice.engines, assumed))
    items = choice.month.processed_again if again else choice.month.processed
    # Items to come are taken to be like those looked at.
    share = Fraction(items, found.items) if found.items else Fraction(0)
    engines = {name: ceil(number * share) for name, number in found.units[stretch].items()}
    engines = added(engines, run_units(choice.engines, assumed), ceil(choice.month.runs))
    if choice.stack is None:
        return engines
    return added(engines, deployment.usage(choice.stack, choice.month, stretch, again=again))


def lines(choice: Choice, found: Sample, prices: Prices, region: str, *, again: bool = False) -> list[Line]:
    """One for each unit that is sold, with the range of its price and of what was assumed."""
    low, middle, high = (prices.lines(usage(choice, found, stretch, again=again), region) for stretch in STRETCHES)
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
