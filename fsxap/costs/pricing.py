"""Usage times dated prices: the one arithmetic for estimates, budgets and bills."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

from fsxap.model import Record

FALLBACK = "us-east-1"
"""Where a region has no figure, this one's is used and the basis says so."""


@dataclass(frozen=True, slots=True)
class Line:
    service: str
    item: str
    quantity: int
    unit: str
    usd: Decimal | None
    basis: str

    def record(self) -> Record:
        return {
            "type": "estimate",
            "service": self.service,
            "item": self.item,
            "quantity": self.quantity,
            "unit": self.unit,
            "usd": None if self.usd is None else money(self.usd),
            "basis": self.basis,
        }


@dataclass(frozen=True, slots=True)
class Prices:
    dated: str
    rows: tuple[Mapping[str, Any], ...]

    @classmethod
    def bundled(cls) -> Prices:
        return cls.parse(resources.files("fsxap.costs").joinpath("prices.json").read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Prices:
        content = json.loads(text)
        return cls(content["dated"], tuple(content["rows"]))

    def lines(self, usage: Mapping[str, int], region: str) -> list[Line]:
        """One line per unit used that is sold; units nobody charges for (calls, files) have none."""
        return [line for unit, quantity in sorted(usage.items()) if (line := self._line(unit, quantity, region))]

    def _line(self, unit: str, quantity: int, region: str) -> Line | None:
        rows = {row["region"]: row for row in self.rows if row["unit"] == unit}
        if not rows:
            return None
        row = rows.get(region) or rows.get(FALLBACK)
        if row is None:
            return Line("", unit, quantity, unit, None, f"no price known for {region}")
        borrowed = "" if row["region"] == region else f" (price of {row['region']}: none known for {region})"
        usd = Decimal(row["usd"]) * quantity / Decimal(row["per"])
        return Line(row["service"], row["item"], quantity, unit, usd, f"{row['source']}, {row['dated']}{borrowed}")


def total(lines: list[Line]) -> Decimal:
    return sum((line.usd for line in lines if line.usd is not None), Decimal(0))


def money(amount: Decimal) -> str:
    """Cents, or as many places as small amounts need."""
    if amount == 0:
        return "0.00"
    places = 2 if amount >= 1 else 6
    return format(amount.quantize(Decimal(1).scaleb(-places)), "f")


def cost_record(usage: Mapping[str, int], prices: Prices, region: str) -> dict[str, str]:
    """The `cost` of a summary; what was metered has no range."""
    amount = money(total(prices.lines(usage, region)))
    return {"usd": amount, "low": amount, "high": amount, "prices_dated": prices.dated}
