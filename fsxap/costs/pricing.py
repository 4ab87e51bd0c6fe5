"""Usage times dated prices: the one arithmetic for estimates, budgets and bills."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import resources
from typing import Any

from fsxap.model import Record

FALLBACK = "us-east-1"
"""Where a region has no figure, this one's is used, or else any known, and the basis says so."""


@dataclass(frozen=True, slots=True)
class Line:
    """`low` and `high` are `usd` by the cheapest and dearest figure that may hold; None where there is no figure."""

    service: str
    item: str
    quantity: int
    unit: str
    usd: Decimal | None
    basis: str
    low: Decimal | None = None
    high: Decimal | None = None

    def record(self) -> Record:
        amounts = {"usd": self.usd, "low": self.low, "high": self.high}
        return {
            "type": "estimate",
            "service": self.service,
            "item": self.item,
            "quantity": self.quantity,
            "unit": self.unit,
            "basis": self.basis,
            **{name: None if amount is None else money(amount) for name, amount in amounts.items()},
        }


@dataclass(frozen=True, slots=True)
class Prices:
    """`rows` are figures with unit, region, source, date and certainty; `free` what is not charged for each month."""

    dated: str
    rows: tuple[Mapping[str, Any], ...]
    free: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def bundled(cls) -> Prices:
        return cls.parse(resources.files("fsxap.costs").joinpath("prices.json").read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Prices:
        """ValueError, KeyError, TypeError or ArithmeticError where `text` is not a price file."""
        content = json.loads(text)
        for row in content["rows"]:
            if not Decimal(row["usd"]) >= 0 or not Decimal(row["per"]) > 0:
                raise ValueError(f"{row['unit']} in {row['region']} has no usable price")
        return cls(content["dated"], tuple(content["rows"]), tuple(content.get("free", ())))

    def text(self) -> str:
        """The file `parse` reads, a figure a line."""
        rows, free = (",\n".join(f"    {json.dumps(row)}" for row in part) for part in (self.rows, self.free))
        head = f'{{\n  "currency": "USD",\n  "dated": {json.dumps(self.dated)},\n'
        return f'{head}  "rows": [\n{rows}\n  ],\n  "free": [\n{free}\n  ]\n}}\n'

    def lines(self, usage: Mapping[str, int], region: str) -> list[Line]:
        """One line per unit used that is sold; units nobody charges for (calls, files) have none."""
        return [line for unit, quantity in sorted(usage.items()) if (line := self._line(unit, quantity, region))]

    def allowances(self, usage: Mapping[str, int], region: str) -> list[Line]:
        """What the free tiers would take off, were nothing else in the account to use them."""
        found = []
        for row in self.free:
            unit, quantity = row["unit"], min(row["quantity"], usage.get(row["unit"], 0))
            for line in self.lines({unit: quantity}, region) if quantity else ():
                amount = -line.usd if line.usd is not None else None
                basis = f"{row['quantity']} {row['when']}; not in the total; {row['source']}, {row['dated']}"
                found.append(Line("free tier", f"{line.service}: {line.item}", quantity, unit, amount, basis))
        return found

    def _line(self, unit: str, quantity: int, region: str) -> Line | None:
        rows = {row["region"]: row for row in self.rows if row["unit"] == unit}
        if not rows:
            return None
        row = rows.get(region) or rows.get(FALLBACK) or next(iter(rows.values()))
        borrowed = row["region"] != region
        known = list(rows.values()) if borrowed else [row]
        basis = f"{row['source']}, {row['dated']}"
        if row.get("certainty", "good") != "good":
            basis += ", to be verified"
        if borrowed:
            basis += f" (price of {row['region']}: none known for {region or 'no region'})"
        low = min(_usd(each.get("low", each["usd"]), each, quantity) for each in known)
        high = max(_usd(each.get("high", each["usd"]), each, quantity) for each in known)
        return Line(row["service"], row["item"], quantity, unit, _usd(row["usd"], row, quantity), basis, low, high)


def _usd(figure: str, row: Mapping[str, Any], quantity: int) -> Decimal:
    return Decimal(figure) * quantity / Decimal(row["per"])


def between(low: Sequence[Line], lines: Sequence[Line], high: Sequence[Line]) -> list[Line]:
    """`lines` with the range that less and more usage give, which `low` and `high` are the lines of."""
    least = {line.unit: line.low for line in low}
    most = {line.unit: line.high for line in high}
    return [replace(line, low=least.get(line.unit, Decimal(0)), high=most.get(line.unit, line.high)) for line in lines]


def total(lines: Sequence[Line]) -> Decimal:
    return sum((line.usd for line in lines if line.usd is not None), Decimal(0))


def bounds(lines: Sequence[Line]) -> tuple[Decimal, Decimal]:
    """The total by the cheapest and by the dearest figures."""
    low = sum((line.low for line in lines if line.low is not None), Decimal(0))
    return low, sum((line.high for line in lines if line.high is not None), Decimal(0))


def money(amount: Decimal) -> str:
    """Cents, or as many places as small amounts need."""
    if amount == 0:
        return "0.00"
    places = 2 if abs(amount) >= 1 else 6
    return format(amount.quantize(Decimal(1).scaleb(-places)), "f")


def cost_record(usage: Mapping[str, int], prices: Prices, region: str) -> dict[str, str]:
    """The `cost` of a summary; the range of what was metered is that of its prices."""
    lines = prices.lines(usage, region)
    low, high = bounds(lines)
    return {"usd": money(total(lines)), "low": money(low), "high": money(high), "prices_dated": prices.dated}
