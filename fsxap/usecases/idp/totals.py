"""What a document sums up to: subtotal, tax and total, chosen together so that they add up, and the currency."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from fsxap.usecases.idp.amounts import Amount, amounts, currency_of, in_row
from fsxap.usecases.idp.field import Field
from fsxap.usecases.idp.layout import Row
from fsxap.usecases.idp.search import Hit, Text, hits, zones

TOLERANCE = Decimal("0.02")
_NOT_TOTAL = re.compile(
    r"(?:sub|sub-|qty|quantity|item|items|disc(?:ount)?|saving|savings|points|zwischen|positions|steuer|umsatz|ust|mwst"
    r"|accepted|net|vat|gst|tax|no of|number of|teil|zu-/abschlag|gesamtbetrag der|税|小|消費)[\s.:\-]*$"
)
_NOT_TOTAL_AFTER = re.compile(
    r"^[\s.:\-(]*(?:qty|quantity|items?(?!\w)|disc|saving|point|tax(?!.?inv)|gst(?! ?incl)|vat|ht(?![a-z])|hors"
    r"|excl|before|without|net(?:to)?(?![a-z])|ohne|exkl|zzgl|umsatz|ust|mwst|steuer|der zu|der ab|tva|iva"
    r"|de la tva|sin"
    r"|taxes|unit|pcs|ctn|no|number|amount ?excl|amt ?excl|sales ?excl|sales ?\(excl|amount ?\(excl|abschl|zuschl"
    r"|税抜|点)"
)
_EXCLUDING = re.compile(
    r"exclu?d?|excl\.?|w/o|before (?:tax|gst)|ohne|netto|exkl|(?<![a-z])ht(?![a-z])|hors|税抜|sin iva"
)
_INCLUDING = re.compile(r"incl|inkl|with (?:tax|gst)|brutto|ttc|税込|con iva|after rounding|rounded")
_CHANGE = re.compile(r"(?<![a-z])(?:change|balance(?! due)|cash ?change|wechselgeld|ruckgeld|rendu|お釣)(?!d)")
_ROUNDING = re.compile(r"round|rund(?:ung|en)|arrondi|redondeo|端数")
_TENDERED = re.compile(
    r"(?<![a-z])(?:cash(?! ?bill| ?sales?|ier)|tender(?:ed)?|accepted|paid|gegeben|bar(?![a-z])|especes|お預)"
)


@dataclass(frozen=True, slots=True)
class Sum:
    """A candidate for one of the three."""

    amount: Amount
    score: float


@dataclass(frozen=True, slots=True)
class Totals:
    """`adds_up` is None where there is nothing to add."""

    fields: tuple[Field, ...]
    adds_up: bool | None


def totals(text: Text) -> Totals:
    """The best candidates; where subtotal and tax make the total, each speaks for the others."""
    found = {name: _ranked(_candidates(text, name)) for name in ("total", "subtotal", "tax")}
    found["tax"] = _ranked(iter([*found["tax"], *_summed(text)]))
    if not found["total"]:
        found["total"] = _ranked(_largest(text))
    supported = Counter(amount.value for row in text.rows for amount in in_row(row))
    cash, rounding = _paid(text), _roundings(text)
    found["total"] = _ranked(iter([*found["total"], *_derived(text, found["total"], cash, rounding)]))
    best_score = -1.0
    best_pick: tuple[Sum | None, Sum | None, Sum | None] = (None, None, None)
    none: list[Sum | None] = [None]
    for total, subtotal, tax in product(found["total"] or none, [*found["subtotal"], None], [*found["tax"], None]):
        score = _worth(total, subtotal, tax, supported, cash, rounding)
        if score > best_score:
            best_score, best_pick = score, (total, subtotal, tax)
    return _chosen(best_pick, found, supported, cash, rounding)


def _worth(
    total: Sum | None,
    subtotal: Sum | None,
    tax: Sum | None,
    supported: Counter[Decimal],
    cash: frozenset[Decimal],
    rounding: frozenset[Decimal],
) -> float:
    score = sum(each.score * weight for each, weight in ((total, 1.0), (subtotal, 0.3), (tax, 0.3)) if each)
    if total:
        score += 0.04 * min(3, supported[total.amount.value] - 1) + (0.25 if total.amount.value in cash else 0.0)
    if total and subtotal and tax:
        adds = _adds(total, subtotal, tax, rounding)
        score += 0.5 if adds and tax.amount.value else -0.12 if not adds else 0.05
    if total and subtotal and not tax and abs(subtotal.amount.value) > abs(total.amount.value) * Decimal("1.5"):
        score -= 0.3
    if total and tax and abs(tax.amount.value) * 2 > abs(total.amount.value) and tax.amount.value:
        score -= 0.4
    return score


def _chosen(
    pick: tuple[Sum | None, Sum | None, Sum | None],
    found: dict[str, list[Sum]],
    supported: Counter[Decimal],
    cash: frozenset[Decimal],
    rounding: frozenset[Decimal],
) -> Totals:
    total, subtotal, tax = pick
    adds_up, fits = None, False
    if total and subtotal and tax:
        adds_up = _adds(total, subtotal, tax, rounding)
        fits = makes(subtotal.amount.value, tax.amount.value, total.amount.value)
    fields = []
    for name, each in (("total", total), ("subtotal", subtotal), ("tax", tax)):
        if each is None:
            continue
        rivals = [other.score for other in found[name] if other.amount.value != each.amount.value]
        margin = min(1.0, 0.8 + (each.score - max(rivals, default=0.0)) * 0.5) if rivals else 1.0
        sure = min(1.0, each.score) * margin
        if adds_up and tax and tax.amount.value:
            sure = max(sure, 0.97)
        elif name == "total" and each.amount.value in cash:
            sure = max(sure, 0.95)
        elif name == "total" and supported[each.amount.value] > 1:
            sure = min(1.0, sure + 0.05)
        elif adds_up is False and not fits:
            sure *= 0.7
        place = each.amount.place
        confidence = sure * min(1.0, place.confidence + 0.02)
        fields.append(Field(name, each.amount.text, place.text.strip(), confidence, place.page, place.box))
    return Totals(tuple(fields), adds_up)


def _ranked(found: Iterator[Sum], most: int = 8) -> list[Sum]:
    """The best candidate of each value."""
    kept: dict[Decimal, Sum] = {}
    for each in found:
        if each.amount.value not in kept or kept[each.amount.value].score < each.score:
            kept[each.amount.value] = each
    return sorted(kept.values(), key=lambda each: -each.score)[:most]


def _candidates(text: Text, name: str) -> Iterator[Sum]:
    for hit in hits(text, name):
        if not _fits(text, hit):
            continue
        kind = 0.0
        row = text.rows[hit.row].folded
        if name == "total":
            kind = (0.06 if _INCLUDING.search(row) else 0.0) - (
                0.5 if _EXCLUDING.search(hit.before + hit.after) else 0.0
            )
        for amount, near in _values(text, hit):
            exact = 0.0 if amount.exact else -0.15
            # Sums stand below what they sum: of two, the lower one.
            depth = 0.08 * hit.row / max(1, len(text.rows))
            empty = 0.4 if name == "total" and not amount.value else 0.0
            yield Sum(amount, max(0.05, hit.weight * near + kind + exact + depth - 0.06 - empty))


def _fits(text: Text, hit: Hit) -> bool:
    if hit.name == "total":
        left = "  ".join(each.folded for each in text.rows[hit.row].segments[: hit.at]) + "  " + hit.before
        inclusive = _INCLUDING.search(hit.segment.folded[hit.start : hit.end])
        return not _NOT_TOTAL.search(left.rstrip()) and bool(inclusive or not _NOT_TOTAL_AFTER.match(hit.after))
    if hit.name == "tax":
        return not re.search(
            r"ohne\s*$|excl\w*\s*$|inkl?\.?\s*$|incl\w*\.?\s*$|\(.{0,12}$|hors\s*$", hit.before
        ) and not re.match(
            r"[\s.\-:]*(?:id|ident|invoice|reg|no|nr|code|rate|summary|client|intra|n°|satz|%)", hit.after
        )
    return True


def _values(text: Text, hit: Hit) -> Iterator[tuple[Amount, float]]:
    """In the label's row the last amount, which is the sum; else the first one below."""
    beside = list(amounts(hit.segment, hit.end))
    for segment in text.rows[hit.row].segments[hit.at + 1 :]:
        beside += amounts(segment)
    money = [amount for amount in beside if amount.exact] or [amount for amount in beside if abs(amount.value) >= 10]
    if money:
        yield money[-1], 1.0
        if len(money) > 1:
            yield money[0], 0.72
        return
    yield from _column(text, hit)


def _column(text: Text, hit: Hit) -> Iterator[tuple[Amount, float]]:
    """Below a label the next amount, or of a column the last one where it sums up the others."""
    column: list[tuple[Amount, float]] = []
    for zone in zones(text, hit, 6):
        if zone.row == hit.row:
            continue
        below = [amount for amount in amounts(zone.segment) if amount.exact]
        if not below:
            break
        column.append((below[0], max(0.6, zone.nearness)))
    for end in range(len(column), 1, -1):
        if column[end - 1][0].value == sum(amount.value for amount, _ in column[: end - 1]):
            yield column[end - 1][0], 0.97
            return
    if len(column) > 1 and column[0][0].value == column[1][0].value:
        yield column[1][0], 0.97
    elif column:
        yield column[0]


def _summed(text: Text) -> Iterator[Sum]:
    """Taxes of several rates, where only each of them is printed."""
    rows: dict[int, Amount] = {}
    for hit in hits(text, "tax"):
        found = [amount for amount in in_row(text.rows[hit.row]) if amount.exact]
        if found and _fits(text, hit):
            rows[hit.row] = found[-1]
    values = list(rows.values())
    if len(values) > 1:
        total = sum((amount.value for amount in values), Decimal())
        yield Sum(replace(values[0], value=total), 0.8)


def makes(subtotal: Decimal, tax: Decimal, total: Decimal, slack: Decimal = TOLERANCE) -> bool:
    """Whether three sums fit: tax comes on top, or is contained where prices include it."""
    return abs(total - subtotal - tax) <= slack or (abs(total - subtotal) <= slack and abs(tax) < abs(total) / 3)


def _adds(total: Sum, subtotal: Sum, tax: Sum, rounding: frozenset[Decimal]) -> bool:
    lack = total.amount.value - subtotal.amount.value - tax.amount.value
    return abs(lack) <= (TOLERANCE if not rounding else Decimal(0)) or lack in rounding


def _roundings(text: Text) -> frozenset[Decimal]:
    """Countries without small coins round the total to pay, and print by how much."""
    found = {value for row in text.rows if _ROUNDING.search(row.folded) for value in _exact(row)}
    near = {value for value in found if 0 < abs(value) <= Decimal("0.09")}
    # The sign is small print: it may be lost, or stand apart.
    return frozenset(near | {-value for value in near})


def _derived(
    text: Text, labelled: Sequence[Sum], cash: frozenset[Decimal], rounding: frozenset[Decimal]
) -> Iterator[Sum]:
    """Printed amounts without a label of their own that are a total after rounding, or what was paid."""
    rounded = {each.amount.value + change for each in labelled if each.score > 0.6 for change in rounding}
    for row in text.rows:
        for amount in in_row(row):
            if amount.exact and amount.value in rounded:
                yield Sum(amount, 1.05)
            elif amount.exact and amount.value in cash:
                yield Sum(amount, 0.7)


def _paid(text: Text) -> frozenset[Decimal]:
    """What was paid less the change given back: the total, twice over."""
    tendered = [value for row in text.rows if _TENDERED.search(row.folded) for value in _exact(row)]
    change = [value for row in text.rows if _CHANGE.search(row.folded) for value in _exact(row)]
    return frozenset(
        paid - back
        for paid, back in product(tendered[:6], change[:4])
        if back >= 0 and paid - back > 0 and paid != back
    )


def _exact(row: Row) -> list[Decimal]:
    return [amount.value for amount in in_row(row) if amount.exact]


def _largest(text: Text) -> Iterator[Sum]:
    """Without any label the largest amount of money may be the total: a weak guess that goes to review."""
    found = [amount for row in text.rows for amount in in_row(row) if amount.exact]
    if found:
        yield Sum(max(found, key=lambda each: each.value), 0.3)


def currency(text: Text) -> Field | None:
    """The currency printed with most amounts, or named by itself; never guessed from a language."""
    votes: Counter[str] = Counter()
    places: dict[str, Amount] = {}
    for row in text.rows:
        for amount in in_row(row):
            if amount.currency:
                votes[amount.currency] += 1
                places.setdefault(amount.currency, amount)
    if votes:
        code, number = votes.most_common(1)[0]
        share = number / sum(votes.values())
        place = places[code].place
        return Field("currency", code, place.text.strip(), 0.99 * max(share, 0.5), place.page, place.box)
    for row in text.rows:
        for segment in row.segments:
            if code := currency_of(segment.folded):
                place = segment.whole()
                return Field("currency", code, place.text, 0.95, place.page, place.box)
    return None
