"""How often a schedule expression of EventBridge Scheduler comes round in a month."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta
from fractions import Fraction

HOURS = 730
"""Of a month, as AWS's calculator counts them."""

_HOURS = {"minute": Fraction(1, 60), "hour": Fraction(1), "day": Fraction(24)}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_YEAR = 2026
_FORMS = "rate(1 hour), cron(0 6 ? * MON-FRI *) and at(2026-01-31T06:00:00) are"


def runs_a_month(expression: str) -> Fraction:
    """ValueError for what is no schedule, or one whose days (L, W, #) are not counted here."""
    text = " ".join(expression.split())
    if found := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", text):
        if not int(found[1]):
            raise ValueError(f"{text}: a rate is at least 1")
        return HOURS / (int(found[1]) * _HOURS[found[2]])
    if re.fullmatch(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)", text):
        return Fraction(1)
    found = re.fullmatch(r"cron\((.+)\)", text)
    fields = found[1].split() if found else []
    if len(fields) != 6:
        raise ValueError(f"{text!r} is not a schedule: {_FORMS}")
    return _cron(fields)


def _cron(fields: list[str]) -> Fraction:
    minutes, hours = _values(fields[0], range(60)), _values(fields[1], range(24))
    days, months = _values(fields[2], range(1, 32)), _values(fields[3], range(1, 13), _MONTHS, first=1)
    weekdays = _values(fields[4], range(1, 8), _DAYS, first=1)
    matching, day = 0, date(_YEAR, 1, 1)
    while day.year == _YEAR:
        # Cron counts the days of the week from Sunday, which is 1.
        matching += day.month in months and day.day in days and day.isoweekday() % 7 + 1 in weekdays
        day += timedelta(days=1)
    return Fraction(matching * len(minutes) * len(hours), 12)


def _values(field: str, allowed: range, names: tuple[str, ...] = (), first: int = 0) -> Collection[int]:
    if field in ("*", "?"):
        return allowed
    found: set[int] = set()
    for part in field.upper().split(","):
        for at, name in enumerate(names, first):
            part = part.replace(name, str(at))
        match = re.fullmatch(r"(?:(\d+)(?:-(\d+))?|\*)(?:/(\d+))?", part)
        if match is None or match[3] == "0":
            raise ValueError(f"{field!r} cannot be counted: numbers, names, lists, ranges and steps can")
        start = int(match[1]) if match[1] else allowed[0]
        open_ended = match[1] is None or (match[3] and not match[2])
        end = int(match[2]) if match[2] else allowed[-1] if open_ended else start
        if start not in allowed or end not in allowed or end < start:
            raise ValueError(f"{part} is not within {allowed[0]}-{allowed[-1]}")
        found.update(range(start, end + 1, int(match[3] or 1)))
    return found
