"""`fsxap cost` of a pattern: a month of its stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from fsxap.cli.session import Session
from fsxap.costs.pricing import Prices, between
from fsxap.costs.schedule import runs_a_month
from fsxap.deploy import values
from fsxap.deploy.render import render
from fsxap.engine.estimate import summed
from fsxap.engine.types import Pattern, Workload
from fsxap.errors import UsageError
from fsxap.model import Item, Record


def tell(
    session: Session,
    pattern: Pattern,
    items: Iterable[Item],
    schedule: str,
    fresh: int,
    pairs: Iterable[str],
    prices: Prices,
) -> int:
    """Write the estimate; `pairs` are parameters of the template (`VectorStore=...`)."""
    try:
        runs = runs_a_month(schedule)
    except ValueError as error:
        raise UsageError(f"--schedule: {error}") from None
    number = size = 0
    for item in items:
        number, size = number + 1, size + item.size
    chosen = values.read_pairs(pairs)
    if unknown := sorted(set(chosen) - set(render(pattern, {}).parameters)):
        raise UsageError(f"the template of {pattern.name} has no parameter {unknown[0]!r}")
    for record in records(
        pattern, Workload(number, size, runs, fresh, chosen), prices, session.settings.text("region")
    ):
        session.output.write(record)
    session.progress.note(f"assumed: {pattern.assumed}; sizes are halved and doubled for low and high")
    return 0


def records(pattern: Pattern, work: Workload, prices: Prices, region: str) -> Iterator[Record]:
    low, middle, high = (
        prices.lines(_stretched(pattern, work, by), region) for by in (Fraction(1, 2), Fraction(1), Fraction(2))
    )
    lines = between(low, middle, high)
    for line in lines:
        yield line.record()
    yield summed("total", "the first month", work.items, lines, f"prices of {prices.dated}").record()


def _stretched(pattern: Pattern, work: Workload, by: Fraction) -> dict[str, int]:
    """What is counted stays; how much text is in it is assumed."""
    return dict(pattern.month(replace(work, size=int(work.size * by))))
