"""Amounts of money as they are printed: found, read by locale, and their currency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from fsxap.usecases.idp.layout import Place, Row, Segment

SYMBOLS = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "£": "GBP", "gbp": "GBP", "¥": "JPY", "￥": "JPY", "円": "JPY",
    "jpy": "JPY", "us$": "USD", "usd": "USD", "chf": "CHF", "rm": "MYR", "myr": "MYR", "s$": "SGD", "sgd": "SGD",
    "a$": "AUD", "aud": "AUD", "c$": "CAD", "cad": "CAD", "mxn": "MXN", "sek": "SEK", "nok": "NOK", "dkk": "DKK",
    "pln": "PLN", "inr": "INR", "₹": "INR", "cny": "CNY", "krw": "KRW", "₩": "KRW", "$": "USD",
}  # fmt: skip
WHOLE = {"JPY", "KRW"}
"""Currencies whose amounts have no decimals."""

_SIGN = r"(?P<sign>[-–−+▲△]\s?)?"
_BEFORE = (
    r"(?P<before>us\$|s\$|a\$|c\$|€|£|¥|￥|\$|₹|₩|\\(?=\d)|(?<![a-z])(?:rm|eur|usd|gbp|chf|jpy|myr|sgd|inr)\.?)?\s{0,2}"
)
_BODY = (
    r"(?P<body>\d{1,3}(?:[.,'’]\d{3})+(?:\s?[.,]\s?\d{1,4})?"
    # A blank groups thousands only beside a currency: elsewhere it parts a quantity from a price.
    r"|\d{1,3}(?:\s\d{3})+\s?[.,]\s?\d{2}(?=\s?(?:€|eur|chf))"
    r"|\d+\s?[.,]\s?\d{1,4}|\d+)(?!\d|[.,]\d)"
)
_AFTER = r"(?P<after>\s?(?:€|円|eur(?:o|os)?(?![a-z])|usd|gbp|chf|jpy|£|\$))?(?P<minus>-(?=\s|$|[,.*※]))?"
_AMOUNT = re.compile(rf"(?<![\d.,/:])(?<![a-z]-)(?<!\d-){_SIGN}{_BEFORE}(?P<inner>[-–−]\s?)?{_BODY}{_AFTER}")
_NOT_MONEY = re.compile(r"\s{0,1}(?:%|/\d|:\d|-\d|[年月日])")
_LOOKALIKE = re.compile(r"(?<=[\d.,])[oO](?=[\d.,oO]|$|\s)|(?<=\s)[oO](?=[.,]\d)")


@dataclass(frozen=True, slots=True)
class Amount:
    """`exact` says that it looks like money: decimals of a currency, or a currency beside it."""

    value: Decimal
    place: Place
    currency: str = ""
    exact: bool = False
    start: int = 0
    end: int = 0

    @property
    def text(self) -> str:
        return format(self.value, "f")


def amounts(segment: Segment, start: int = 0) -> Iterator[Amount]:
    """Amounts in a segment from a character on. A minus stands before, inside or behind; ▲ is a Japanese one."""
    # A letter for a nought is the most common misreading beside digits.
    folded = _LOOKALIKE.sub("0", segment.folded)
    for match in _AMOUNT.finditer(folded, start):
        if _NOT_MONEY.match(folded, match.end()):
            continue
        value = number(match["body"])
        if value is None:
            continue
        mark = match["before"] or (match["after"] or "")
        currency = SYMBOLS.get(mark.strip(" ."), "JPY" if mark == "\\" else "")
        if (match["sign"] or "").strip() not in ("", "+") or match["inner"] or (match["minus"] and not _yen(match)):
            value = -value
        exact = bool(currency) or value.as_tuple().exponent == -2
        yield Amount(value, segment.part(*match.span()), currency, exact, *match.span())


def _yen(match: re.Match[str]) -> bool:
    """In ¥1,234- the stroke closes the amount, so that nothing can be added."""
    return (match["before"] or "").strip() in ("¥", "￥", "\\")


def number(text: str) -> Decimal | None:
    """A printed number, whatever its separators: the last one with one, two or four digits behind is the decimal's.

    One separator with three digits behind groups thousands.
    """
    from price_parser.parser import parse_number

    plain = re.sub(r"[\s'’٬\u00a0\u202f]", "", text)
    marks = [character for character in plain if character in ".,"]
    behind = len(plain) - 1 - max(plain.rfind("."), plain.rfind(","))
    if not marks:
        return Decimal(plain)
    decimal = None if behind == 3 and len(set(marks)) == 1 else marks[-1]
    if decimal is None:
        return Decimal(plain.replace(marks[-1], ""))
    found: Decimal | None = parse_number(plain, decimal_separator=decimal)
    return found


def in_row(row: Row) -> list[Amount]:
    return list(chain.from_iterable(amounts(segment) for segment in row.segments))


def currency_of(text: str) -> str:
    """The currency a text names by itself, as in "Beträge in EUR" or "Währung: CHF"."""
    found = re.search(r"(?<![a-z])(eur|usd|gbp|chf|jpy|myr|sgd|cad|aud|sek|nok|dkk|pln)(?![a-z])", text)
    return SYMBOLS[found[1]] if found else ""
