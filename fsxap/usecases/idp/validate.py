"""Whether what a document says can be right: sums, dates, check digits, and page against XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from fsxap.usecases.idp import identifiers
from fsxap.usecases.idp.extract import AMOUNTS, Extraction, day_of
from fsxap.usecases.idp.field import Field
from fsxap.usecases.idp.layout import fold
from fsxap.usecases.idp.totals import TOLERANCE, makes

COMPARED = ("number", "issue_date", "total", "iban")
"""Fields whose print is compared with the XML: what a reader pays by must be what the machine books."""

ROUNDED = Decimal("0.05")
"""Totals of tills are rounded to the smallest coin."""

LONGEST_TERM = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Problem:
    """`rule` is a finding's; `fields` are those that cannot all be right."""

    rule: str
    message: str
    fields: tuple[str, ...]


def problems(found: Extraction) -> Iterator[Problem]:
    yield from _arithmetic(found)
    yield from _dates(found.fields)
    for name, each in found.fields.items():
        if identifiers.valid(name, str(each.value)) is False:
            yield Problem("idp-check-digit", f"the check digit of {name} does not agree", (name,))
    yield from _contradictions(found)


def _arithmetic(found: Extraction) -> Iterator[Problem]:
    sums = {name: Decimal(str(found.fields[name].value)) for name in AMOUNTS if name in found.fields}
    slack = ROUNDED if found.kinds.kind == "receipt" else TOLERANCE
    if len(sums) == len(AMOUNTS) and not makes(sums["subtotal"], sums["tax"], sums["total"], slack):
        yield Problem("idp-arithmetic", "subtotal and tax do not make the total", AMOUNTS)
    # Printed lines lack discounts and charges that only XML tells exactly.
    if found.adjustments is not None and found.line_items and "subtotal" in sums:
        lines = sum((Decimal(item.total) for item in found.line_items if item.total), Decimal())
        if abs(lines + found.adjustments - sums["subtotal"]) > TOLERANCE:
            yield Problem("idp-arithmetic", "the positions do not make the subtotal", ("subtotal",))


def _dates(fields: Mapping[str, Field]) -> Iterator[Problem]:
    for first, second in (("issue_date", "due_date"), ("effective_date", "expiry_date")):
        begin, end = day_of(fields, first), day_of(fields, second)
        if begin and end and end < begin:
            yield Problem("idp-dates", f"{second} is before {first}", (first, second))
    issued, due = day_of(fields, "issue_date"), day_of(fields, "due_date")
    if issued and due and due - issued > LONGEST_TERM:
        yield Problem("idp-dates", "due_date is more than a year after issue_date", ("issue_date", "due_date"))


def _contradictions(found: Extraction) -> Iterator[Problem]:
    for name in COMPARED:
        own, printed = found.fields.get(name), found.printed.get(name)
        if own and printed and printed.confidence >= 0.9 and _key(own) != _key(printed):
            yield Problem("idp-mismatch", f"the page says another {name} than the XML", (name,))


def _key(each: Field) -> str:
    if each.name in AMOUNTS:
        return format(abs(Decimal(str(each.value))).normalize(), "f")
    return re.sub(r"\W", "", fold(str(each.value)))


def doubted(found: Extraction, failed: tuple[Problem, ...]) -> dict[str, Field]:
    """Fields that a failed check speaks against are less sure; an agreeing check digit makes one surer."""
    factors = {"idp-arithmetic": 0.6, "idp-dates": 0.6, "idp-check-digit": 0.6, "idp-mismatch": 1.0}
    doubts: dict[str, float] = {}
    for problem in failed:
        for name in problem.fields:
            doubts[name] = min(doubts.get(name, 1.0), factors[problem.rule])
    return {
        name: each if each.engine else each.at(each.confidence * doubts.get(name, 1.0))
        for name, each in found.fields.items()
    }
