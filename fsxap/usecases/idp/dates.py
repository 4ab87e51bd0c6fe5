"""Dates as they are printed in English, German, French, Spanish and Japanese: found and made ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from fsxap.usecases.idp.layout import Place, Segment

ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "r": 2018, "h": 1988, "s": 1925}
"""The year before the first of each era."""

MONTHS = (
    r"jan(?:uary|uar|ner|vier|v)?|ene(?:ro)?|feb(?:ruary|ruar|rero)?|fev(?:rier|r)?|mar(?:ch|s|zo)?|marz|mrz|maerz"
    r"|apr(?:il)?|avr(?:il)?|abr(?:il)?|mai|may(?:o)?|jun(?:e|i|io)?|juin|jul(?:y|i|io)?|juil(?:let)?|aug(?:ust)?"
    r"|aout|ago(?:sto)?|sep(?:t|tember|tembre|tiembre)?|oct(?:ober|obre|ubre)?|okt(?:ober)?|nov(?:ember|embre|iembre)?"
    r"|dec(?:ember|embre)?|dez(?:ember)?|dic(?:iembre)?"
)
_GLUED = r"(?=[0-2]?\d:[0-5]\d)"
"""A receipt's time may touch its date; a year ends where the time begins."""
_NUMERIC = re.compile(
    r"(?<![\d.,/-])(?P<a>\d{1,4})\s?(?P<s>[/.\-‐–])\s?(?P<b>\d{1,2})\s?(?P=s)\s?"
    rf"(?P<c>20\d\d{_GLUED}|\d\d{_GLUED}|(?:\d{{4}}|\d{{2}})(?![\d%]|[.,/-]\d))"
)
_COMPACT = re.compile(r"(?<!\d)(?P<y>20\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)(?!\d)")
_FADED = re.compile(r"(?<![\d.,/-])(?P<d>[0-3]\d)[/.\-]?(?P<m>[01]\d)[/.\-]?(?P<y>20\d\d)(?!\d)")
"""Separators get lost on thermal paper."""
_JAPANESE = re.compile(
    r"(?:(?P<era>令和|平成|昭和|(?<![a-z])[rhs])\.?\s?(?P<n>元|\d{1,2})"
    r"|(?P<y>\d{4}))\s?[年./]\s?(?P<m>\d{1,2})\s?[月./]"
    r"\s?(?P<d>\d{1,2})\s?日?(?!\d)"
)
_WORDED = re.compile(
    rf"(?<![\da-z])(?P<d>\d{{1,2}})(?:st|nd|rd|th|er)?\.?[\s\-/]*(?:de\s|of\s|day of\s)?\s?(?P<mon>{MONTHS})\.?,?"
    rf"[\s\-/]*(?:del?\s)?['’]?(?P<y>\d{{4}}|\d{{2}})(?!\d|:)"
    rf"|(?<![a-z])(?P<mon2>{MONTHS})\.?\s?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?[,.]?\s?(?P<y2>\d{{4}})(?!\d)"
)
EARLIEST, LATEST = 1950, 2100


@dataclass(frozen=True, slots=True)
class Day:
    """`sure` is less than 1 where day and month could be exchanged."""

    value: date
    place: Place
    start: int
    end: int
    sure: float = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """How numeric dates are meant here. `month_first` only where the document says so by a day above twelve, or by
    being American."""

    month_first: bool = False
    certain: bool = False


def order_of(text: str, american: bool) -> Order:
    """From every numeric date of a document: one with a number above twelve settles the others."""
    day_first = month_first = 0
    for match in _NUMERIC.finditer(text):
        if len(match["a"]) > 2:
            continue
        first, second = int(match["a"]), int(match["b"])
        day_first += 12 < first <= 31 and second <= 12
        month_first += first <= 12 < second <= 31
    if bool(day_first) != bool(month_first):
        return Order(bool(month_first), True)
    return Order(american, False)


def days(segment: Segment, order: Order, languages: tuple[str, ...], start: int = 0) -> Iterator[Day]:
    """Dates in a segment from a character on, in the order they stand in."""
    found: list[tuple[int, int, date, float]] = []
    folded = segment.folded
    readings: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[date | None, float]]], ...] = (
        (_JAPANESE, lambda match: (_japanese(match), 1.0)),
        (_WORDED, lambda match: (_worded(match, languages), 1.0)),
        (_NUMERIC, lambda match: _numeric(match, order)),
        (_COMPACT, lambda match: (_day(int(match["y"]), int(match["m"]), int(match["d"])), 0.8)),
        (_FADED, lambda match: (_day(int(match["y"]), int(match["m"]), int(match["d"])), 0.7)),
    )
    for pattern, reading in readings:
        for match in pattern.finditer(folded, start):
            if any(low < match.end() and match.start() < high for low, high, _, _ in found):
                continue
            value, sure = reading(match)
            if value:
                found.append((*match.span(), value, sure))
    for low, high, value, sure in sorted(found, key=lambda each: each[0]):
        yield Day(value, segment.part(low, high), low, high, sure)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if EARLIEST <= year <= LATEST else None
    except ValueError:
        return None


def _year(text: str) -> int:
    return int(text) + 2000 if len(text) == 2 else int(text)


def _numeric(match: re.Match[str], order: Order) -> tuple[date | None, float]:
    first, second, last = match["a"], int(match["b"]), match["c"]
    if len(first) == 4:
        return _day(int(first), second, int(last)), 1.0
    if len(first) == 3:
        return None, 0.0
    if int(first) > 31 or (match["s"] != "." and len(last) == 2 and int(first) > 12 and int(last) <= 12 < second):
        return None, 0.0
    day, month = (second, int(first)) if order.month_first else (int(first), second)
    if month > 12 >= day:
        day, month = month, day
    sure = 1.0 if order.certain or match["s"] == "." or max(day, month) > 12 or day == month else 0.9
    return _day(_year(last), month, day), sure


def _japanese(match: re.Match[str]) -> date | None:
    if match["y"]:
        return _day(int(match["y"]), int(match["m"]), int(match["d"]))
    years = 1 if match["n"] == "元" else int(match["n"])
    return _day(ERAS[match["era"]] + years, int(match["m"]), int(match["d"]))


def _worded(match: re.Match[str], languages: tuple[str, ...]) -> date | None:
    """A month's name is looked up by dateparser, once for each spelling: it takes milliseconds."""
    name = match["mon"] or match["mon2"]
    year, day = (match["y"], match["d"]) if match["mon"] else (match["y2"], match["d2"])
    month = _month(name, languages)
    return _day(_year(year), month, int(day)) if month else None


@lru_cache(maxsize=256)
def _month(name: str, languages: tuple[str, ...]) -> int | None:
    import dateparser

    known = [each for each in (*languages, "en", "de", "fr", "es") if each != "ja"]
    read = dateparser.parse(f"15 {name} 2000", languages=list(dict.fromkeys(known)))
    return read.month if read else None
