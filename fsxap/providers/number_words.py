"""Numbers written as English words, found in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TO_19 = f"zero one two three four five six seven eight nine {_TEENS}"
_TENS = "ten twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: 10 * number for number, word in enumerate(_TENS.split(), 1)}
_SMALL |= {word: number for number, word in enumerate(_TO_19.split())}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
# Longest first, or "sixteen" would be read as "six".
_WORD = "|".join(sorted((*_SMALL, "hundred", "dozen", *_LARGE), key=len, reverse=True))
_SPOKEN = re.compile(rf"(?<!\w)(?:an?\s+)?(?:{_WORD})(?:(?:\s+|-|\s+and\s+)(?:{_WORD}))*(?!\w)", re.IGNORECASE)
# They compare two numbers, and the result is never a fact.
_RELATIVE = re.compile(
    r"\b(?:half|halves|thirds|quarters?|twice|thrice|doubled?|tripled?|dozens|hundreds|thousands|millions|billions)\b",
    re.IGNORECASE,
)


def spoken(text: str) -> Iterator[tuple[int, str, Decimal | None]]:
    """Where each number in words starts, the words and the value; None for words such as "half" that name no number."""
    for match in _SPOKEN.finditer(text):
        words = re.findall(_WORD, match[0].lower())
        # After digits the scale belongs to them: "3 million" is one number.
        if words[0] in _SMALL or not re.search(r"\d[\s-]*$", text[: match.start()]):
            yield match.start(), match[0], Decimal(_value(words))
    for match in _RELATIVE.finditer(text):
        yield match.start(), match[0], None


def _value(words: list[str]) -> int:
    total = current = 0
    for word in words:
        if word in _SMALL:
            current += _SMALL[word]
        elif word in _LARGE:
            total += max(current, 1) * _LARGE[word]
            current = 0
        else:
            current = max(current, 1) * (100 if word == "hundred" else 12)
    return total + current
