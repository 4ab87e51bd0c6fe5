"""Where a listing in the order of its names will be some keys further on, judged by the names of a page."""

from __future__ import annotations

import string
from collections.abc import Sequence

KINDS = (
    string.digits,
    "0123456789ABCDEF",
    "0123456789abcdef",
    string.ascii_uppercase,
    string.ascii_lowercase,
    string.digits + string.ascii_uppercase,
    string.digits + string.ascii_lowercase,
    string.digits + string.ascii_uppercase + string.ascii_lowercase,
)
"""What names count in, each in the order of S3."""
FINE = 100
"""How many places a name of the page can have, for each of its names."""


def ahead(names: Sequence[str], after: str, step: float, count: int) -> list[str]:
    """Up to `count` texts in growing order, each `step` keys further on, the first behind `after`.

    The page, in order, has names that nothing stands before in common with others: what follows a directory. Names
    are read as numbers, place by place in the smallest kind of digits that fits. None where they do not count.
    """
    first, last = names[0], names[-1]
    fixed = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    places: list[str] = []
    room = 1
    for at in range(fixed, len(last)):
        seen = {name[at] for name in names if len(name) > at}
        places.append(_digits(seen))
        room *= len(places[-1])
        if room >= FINE * len(names):
            break
    if not places or len(places[0]) < 2:
        return []
    # What stands before all alike counts on when those behind are at their end: 0999, 1000.
    places[:0] = [places[0] if char in places[0] else char for char in last[:fixed]]
    start = _number(after, places)
    each = (_number(last, places) - _number(first, places)) / (len(names) - 1)
    numbers = [start + round(each * step * turn) for turn in range(1, count + 1)]
    # Only the first few may not be behind `after`, which can be of another kind than the page.
    return sorted({text for number in numbers if (text := _text(number, places)) > after})


def _digits(seen: set[str]) -> str:
    if len(seen) == 1 and not seen <= set(string.digits):
        return seen.pop()
    return next((kind for kind in KINDS if seen <= set(kind)), "".join(sorted(seen)))


def _number(text: str, places: Sequence[str]) -> int:
    """Grows with the text, as far as its places are of these kinds."""
    number = 0
    for at, digits in enumerate(places):
        below = sum(digit < text[at] for digit in digits) if at < len(text) else 0
        number = number * len(digits) + min(below, len(digits) - 1)
    return number


def _text(number: int, places: Sequence[str]) -> str:
    """Empty where there are not enough places."""
    text = ""
    for digits in reversed(places):
        number, digit = divmod(number, len(digits))
        text = digits[digit] + text
    return "" if number else text
