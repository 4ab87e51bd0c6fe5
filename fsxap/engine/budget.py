"""Stops a run cleanly before it would spend more than allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from fsxap.model import Item

SERVICES = {"textract": "documents", "comprehend": "entities"}
"""The capability behind units that begin with a service's name."""

Price = Callable[[Mapping[str, int]], Decimal]


class Budget:
    """`spent` is priced from metered usage; what is in flight is held at its estimate."""

    def __init__(self, limit: Decimal | None, price: Price) -> None:
        self.limit = limit
        self.price = price
        self.spent = Decimal(0)
        self.held: dict[str, Decimal] = {}
        self.exhausted = False

    def feed(self, items: Iterable[Item], units: Callable[[Item], Mapping[str, int]]) -> Iterator[Item]:
        """Items for as long as the next one fits."""
        for item in items:
            if self.limit is not None:
                estimate = self.price(units(item))
                if self.spent + sum(self.held.values()) + estimate > self.limit:
                    self.exhausted = True
                    return
                self.held[item.key] = estimate
            yield item

    def settle(self, key: str, usage: Mapping[str, int]) -> None:
        self.held.pop(key, None)
        if usage and self.limit is not None:
            self.spent += self.price(usage)


def planned(units: Mapping[str, int], engines: Mapping[str, str]) -> Mapping[str, int]:
    """What is billed with these engines: nothing for what is read on this machine."""
    return {
        unit: number
        for unit, number in units.items()
        if engines.get(SERVICES.get(unit.partition("_")[0], ""), "aws") == "aws"
    }
