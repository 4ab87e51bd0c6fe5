"""A receipt's positions that have an amount and nothing else: one piece each, if their sum is the receipt's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from fsxap.usecases.idp.amounts import in_row
from fsxap.usecases.idp.field import Field, LineItem
from fsxap.usecases.idp.line_items import summing_rows
from fsxap.usecases.idp.search import Text
from fsxap.usecases.idp.totals import TOLERANCE

MOST = 200
_WORDS = re.compile(r"[^\W\d_]{2}|[\u3040-\u9fff]")


def single_items(text: Text, fields: Mapping[str, Field]) -> tuple[LineItem, ...]:
    """The rows above the first sum, from wherever on they make the subtotal or the total; else none.

    The sum is the only proof that these are positions, so that all of them have to be there.
    """
    targets = [Decimal(str(fields[name].value)) for name in ("subtotal", "total") if name in fields]
    rows = list(_rows(text))[-MOST:]
    total = Decimal()
    for count, item in enumerate(reversed(rows), 1):
        total += Decimal(item.total)
        if total and any(abs(total - target) <= TOLERANCE for target in targets):
            return tuple(replace(each, confidence=0.9 * each.confidence) for each in rows[-count:])
    return ()


def _rows(text: Text) -> Iterator[LineItem]:
    """Rows of words and one amount at their end, before the first row with a sum."""
    ends = summing_rows(text)
    for at, row in enumerate(text.rows):
        if at in ends:
            return
        numbers = in_row(row)
        exact = [amount for amount in numbers if amount.exact]
        if len(exact) != 1 or exact[0] is not numbers[-1]:
            continue
        amount = exact[0]
        words = [
            word.text for segment in row.segments for word in segment.words if word.box[2] <= amount.place.box[0] + 1e-6
        ]
        described = " ".join(words)
        if _WORDS.search(described):
            sure = amount.place.confidence
            yield LineItem(described, "1", amount.text, amount.text, sure, row.page, row.box)
