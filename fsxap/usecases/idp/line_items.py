"""Positions of an invoice: rows below a table's heading, checked by quantity times price."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from fsxap.documents import Box, around
from fsxap.usecases.idp.amounts import Amount, in_row
from fsxap.usecases.idp.field import LineItem
from fsxap.usecases.idp.layout import Row, overlap
from fsxap.usecases.idp.search import Text, hits

MOST = 2_000
COLUMNS = {
    "quantity": re.compile(
        r"(?<![a-z])(?:qty|quantity|quant|menge|anzahl|quantite|qte|cantidad|cant|stk|stuck|hours|units"
        r"|amount(?=.*(?:total|price)))"
        r"(?![a-z])|数量|個数"
    ),
    "unit_price": re.compile(
        r"(?<![a-z])(?:unit price|u/price|s/price|price|rate|unit cost|einzelpreis|nettopreis|stuckpreis|preis|e-preis"
        r"|preis/|prix unitaire|prix(?! ht)|p\.?\s?u\.?|unitaire|precio|precio unitario)(?![a-z])|単価|単 価"
    ),
    "total": re.compile(
        r"(?<![a-z])(?:amount|total|amt|line total|betrag|nettobetrag|gesamtbetrag|gesamtpreis|gesamt|gesamtsumme|summe"
        r"|nettowert|entgelt|positions.?betrag|positionsbetrag|netto|montant|prix ht|total ht|importe|sum)(?![a-z])"
        r"|金額|金 額|価格|小計"
    ),
    "description": re.compile(
        r"(?<![a-z])(?:description|descr|desc|item|items|product|produkt|artikel|artikelbezeichnung|artikelbeschreibung"
        r"|bezeichnung|beschreibung|leistung|designation|libelle|descripcion|concepto|articulo|service|particulars"
        r"|text)"
        r"(?![a-z])|品名|品目|項目|内容|摘要|商品|件名|品 名|サービス"
    ),
}
_FOOT = re.compile(r"ubertrag|carried|a reporter|次頁|以下余白|page|seite")
_PERCENT = re.compile(r"(\d{1,2}(?:[.,]\d{1,2})?)\s?%")
_THOUSAND = re.compile(r"^\D*\d{1,3}[.,]\d{3}\D*$")


@dataclass(frozen=True, slots=True)
class Heading:
    """Where each kind of column stands, by its words."""

    columns: dict[str, Box]


@dataclass(frozen=True, slots=True)
class Position:
    """Numbers of a row that are quantity, price and sum. `checked` says that they multiply."""

    quantity: Amount | None
    price: Amount | None
    total: Amount
    values: tuple[str, str, str]
    checked: bool


def line_items(text: Text) -> tuple[LineItem, ...]:
    """In reading order, at most 2,000; confidence is high where quantity times price is the sum."""
    return tuple(_items(text))[:MOST]


def _items(text: Text) -> Iterator[LineItem]:
    ends = summing_rows(text)
    headed = {at: found for at in range(len(text.rows)) if (found := _heading(text, at))}
    heading: Heading | None = None
    inside = not headed
    above: Row | None = None
    for at, row in enumerate(text.rows):
        if at in headed:
            heading, inside, above = headed[at], True, None
            continue
        position = _position(row, heading) if inside else None
        if inside and heading and not (position and position.checked):
            position = _over_two(text, at, heading) or position
        summing = at in ends and not (position and position.checked and position.price and len(in_row(row)) > 2)
        if summing and inside:
            # Without a heading a receipt's sums end its positions; below a heading the next page has one again.
            inside, above = False, None
            continue
        if position and (position.checked or heading):
            yield _item(row, position, heading, above)
            above = None
        elif inside:
            above = None if any(amount.exact for amount in in_row(row)) else row


def summing_rows(text: Text) -> frozenset[int]:
    """Rows that begin with a word for a sum and say an amount."""
    found = set()
    for name in ("total", "subtotal", "tax"):
        for hit in hits(text, name):
            row = text.rows[hit.row]
            starts = hit.at == 0 or hit.segment.box[0] > 0.4
            if hit.weight >= 0.8 and starts and len(hit.before.strip()) < 8 and in_row(row):
                found.add(hit.row)
    return frozenset(found)


def _heading(text: Text, at: int) -> Heading | None:
    """Two kinds of columns in a row without money; its neighbours may complete it."""
    row = text.rows[at]
    found = _columns(row)
    if len(found) < 2 or any(amount.exact for amount in in_row(row)):
        return None
    if not ({"total", "unit_price"} & set(found)) or (set(found) == {"total", "unit_price"} and len(row.segments) < 3):
        return None
    for near in (at - 1, at + 1):
        if 0 <= near < len(text.rows) and text.rows[near].page == row.page and not in_row(text.rows[near]):
            for kind, box in _columns(text.rows[near]).items():
                found.setdefault(kind, box)
    return Heading(found)


def _columns(row: Row) -> dict[str, Box]:
    found: dict[str, Box] = {}
    for segment in row.segments:
        for kind, pattern in COLUMNS.items():
            match = pattern.search(
                row.folded if "(?=" in pattern.pattern and len(row.segments) == 1 else segment.folded
            )
            if match and match.end() <= len(segment.folded):
                box = segment.part(*match.span()).box
                # A sum stands right of other columns of that name.
                if kind not in found or (kind == "total" and box[0] > found[kind][0]):
                    found[kind] = box
    return found


def _position(row: Row, heading: Heading | None) -> Position | None:
    numbers = in_row(row)
    if len(numbers) < 2 or len(numbers) > 14:
        return None
    checked = _multiplying(row, numbers, heading)
    if checked or heading is None:
        return checked
    return _by_column(numbers, heading)


def _over_two(text: Text, at: int, heading: Heading) -> Position | None:
    """A cell in the middle of a higher one stands a little lower, so that its sum comes as the next row."""
    if at + 1 >= len(text.rows) or text.rows[at + 1].page != text.rows[at].page:
        return None
    own, following = text.rows[at], text.rows[at + 1]
    extra = [amount for amount in in_row(following) if amount.exact]
    numbers = in_row(own)
    near = following.box[1] - own.box[3] < own.box[3] - own.box[1]
    if len(extra) != 1 or not near or not 2 <= len(numbers) <= 8 or "total" not in heading.columns:
        return None
    if not _under(extra[0], heading.columns["total"]):
        return None
    found = _multiplying(own, [*numbers, extra[0]], heading)
    return found if found and found.total == extra[0] else None


def _multiplying(row: Row, numbers: Sequence[Amount], heading: Heading | None) -> Position | None:
    """The best of all ways to read the row as quantity x price = sum, less a discount in percent."""
    percents = [Decimal(match.replace(",", ".")) for match in _PERCENT.findall(row.folded)][:2]
    best: tuple[float, Position] | None = None
    for quantity, price, total in permutations(range(len(numbers)), 3):
        if total < quantity and total < price:
            continue
        made = _product(numbers[quantity], numbers[price], numbers[total], percents)
        if made is None:
            continue
        score = _likely(numbers, (quantity, price, total), heading)
        if best is None or score > best[0]:
            best = score, made
    return best[1] if best and best[0] > 0 else None


def _likely(numbers: Sequence[Amount], at: tuple[int, int, int], heading: Heading | None) -> float:
    quantity, price, total = (numbers[index] for index in at)
    score = 1.0 + 0.2 * total.exact + 0.1 * price.exact + 0.1 * (at[2] == len(numbers) - 1) + 0.1 * (at[0] < at[1])
    score -= 0.15 * bool(quantity.currency)
    if heading:
        for kind, amount in (("quantity", quantity), ("unit_price", price), ("total", total)):
            if kind in heading.columns:
                score += 0.5 if _under(amount, heading.columns[kind]) else -0.4
    elif not (total.exact and price.exact) or quantity.value <= 0:
        return 0.0
    if not total.value:
        score -= 0.3
    return score


def _product(quantity: Amount, price: Amount, total: Amount, percents: Sequence[Decimal]) -> Position | None:
    for many in _readings(quantity):
        for each in _readings(price):
            slack = abs(many) * _unit(each) / 2 + Decimal("0.011")
            if abs(many) * _unit(each) > abs(total.value) / 10 + 1:
                slack = Decimal("0.011")
            for factor in (Decimal(1), *(1 - percent / 100 for percent in percents)):
                product = many * each * factor
                if abs(product - total.value) <= slack or (total.value < 0 and abs(product + total.value) <= slack):
                    values = (format(many, "f"), format(each, "f"), total.text)
                    return Position(quantity, price, total, values, True)
    return None


def _unit(value: Decimal) -> Decimal:
    """One in the last printed place: what a rounded price may hide."""
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(min(0, exponent)) if isinstance(exponent, int) and exponent < 0 else Decimal(0)


def _readings(amount: Amount) -> tuple[Decimal, ...]:
    """5,000 may be five thousand, or five with three decimals."""
    if _THOUSAND.match(amount.place.text):
        return amount.value, amount.value / 1000
    return (amount.value,)


def _by_column(numbers: Sequence[Amount], heading: Heading) -> Position | None:
    """Without a price that multiplies: what stands under the headings."""
    columns = heading.columns
    if "total" not in columns or "quantity" not in columns:
        return None
    totals = [amount for amount in numbers if _under(amount, columns["total"])]
    quantities = [amount for amount in numbers if _under(amount, columns["quantity"]) and amount not in totals[-1:]]
    if not totals or not quantities:
        return None
    prices = [amount for amount in numbers if "unit_price" in columns and _under(amount, columns["unit_price"])]
    price = next((amount for amount in prices if amount not in (totals[-1], quantities[0])), None)
    values = (quantities[0].text, price.text if price else "", totals[-1].text)
    return Position(quantities[0], price, totals[-1], values, False)


def _under(amount: Amount, column: Box) -> bool:
    """Numbers align with a heading's left, right or middle."""
    box = amount.place.box
    if overlap(box, column) > 0.2:
        return True
    return min(abs(box[2] - column[2]), abs(box[0] - column[0])) < 0.025


def _item(row: Row, position: Position, heading: Heading | None, above: Row | None) -> LineItem:
    quantity, price, total = position.values
    used = [each for each in (position.quantity, position.price, position.total) if each]
    described = _described(row, used, heading)
    if (
        not re.search(r"[^\W\d_]{3}|[\u3040-\u9fff]{2}", described)
        and above is not None
        and not _FOOT.search(above.folded)
    ):
        described = " ".join(segment.text for segment in above.segments)
    read = min(each.place.confidence for each in used)
    sure = (0.97 if position.checked else 0.7) * min(1.0, read + 0.02)
    return LineItem(described.strip(), quantity, price, total, sure, row.page, row.box)


def _described(row: Row, used: Sequence[Amount], heading: Heading | None) -> str:
    """The words of the row that are not its numbers, those under the heading before others."""
    column = heading.columns.get("description") if heading else None
    spans = [around([each.place.box]) for each in used]
    pieces = []
    for segment in row.segments:
        words = [word.text for word in segment.words if not any(overlap(word.box, span) > 0.5 for span in spans)]
        # A number before the words is the position's, one behind them belongs to what they describe.
        said = re.sub(r"^(?:[\d.,%€¥$]+(?:\s|$))+", "", " ".join(words))
        if said:
            pieces.append((bool(column and overlap(segment.box, column) > 0.3), said))
    chosen = [said for under, said in pieces if under] or [said for _, said in pieces]
    return max(chosen, key=len, default="")
