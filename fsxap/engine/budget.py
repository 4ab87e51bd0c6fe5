"""Stops a run cleanly before it would spend more than allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from fsxap.costs.deployment import added
from fsxap.costs.measures import item_units
from fsxap.engine.types import Params, UseCase
from fsxap.errors import UsageError
from fsxap.model import Item

SERVICES = {
    "textract": "documents",
    "comprehend": "entities",
    "rekognition": "text_on_frames",
    "moderation": "moderation",
}
"""The capability behind units that begin with a service's name."""

Price = Callable[[Mapping[str, int]], Decimal]
Units = Callable[[Item], Mapping[str, int]]


def dollars(text: str) -> Decimal | None:
    """An amount in USD; None for no text, UsageError for what is none."""
    if not text:
        return None
    try:
        amount = Decimal(text.lstrip("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise UsageError(f"--budget {text!r} is not an amount in USD", hint="for example --budget 2.50")
    return amount


def estimated(
    use_case: UseCase, params: Params, engines: Mapping[str, str], given: Mapping[str, int] | None = None
) -> Units:
    """What an item will consume: as the use case counts it, and by the measures of its engines. Embedded engines
    bill nothing. `engines` is capability → engine."""
    extra = item_units(engines, given or {})
    return lambda item: added(planned(use_case.units(item, params), engines), extra)


class Budget:
    """`spent` is priced from metered usage; what is in flight is held at its estimate, from `units`."""

    def __init__(self, limit: Decimal | None, price: Price, units: Units | None = None) -> None:
        self.limit = limit
        self.price = price
        self.units = units
        self.spent = Decimal(0)
        self.held: dict[str, Decimal] = {}
        self.exhausted = False

    def feed(self, items: Iterable[Item], units: Units) -> Iterator[Item]:
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
