"""How values become words: numbers, durations, shares, and names that hold characters nobody can see."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from fsxap.model import dumps

_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def visible(text: str) -> str:
    """Control, bidirectional, zero-width, unassigned and surrogate characters as escapes, the rest as it is."""
    return text if text.isprintable() else "".join(map(_spell, text))


def _shows(char: str) -> bool:
    # Ideographic and no-break spaces are ordinary in file names, though Python calls them unprintable.
    return char.isprintable() or unicodedata.category(char) == "Zs"


def _spell(char: str) -> str:
    if _shows(char):
        return char
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def plain(value: Any) -> str:
    """Any cell value as one line; a mapping or list as compact JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, str | int):
        return visible(str(value))
    return json_line(value).strip('"')


def _decimal(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    if value and abs(value) < 0.001:
        return f"{value:.3g}"
    return f"{value:.4f}".rstrip("0").rstrip(".")


def finite(value: Any) -> Any:
    """The same value with NaN and infinities as their names, which JSON cannot say as numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): finite(inner) for name, inner in value.items()}
    return [finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def json_line(value: Any) -> str:
    """One line of valid JSON in which every invisible character is an escape."""
    line = dumps(finite(value))
    return line if line.isprintable() else "".join(map(_escape, line))


def _escape(char: str) -> str:
    return char if _shows(char) else json.dumps(char)[1:-1]


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, saying how many are left out."""
    return text if len(text) <= limit else f"{text[:limit]}… ({count(len(text) - limit, 'character')} more)"


def number(value: int) -> str:
    return f"{value:,}"


def count(value: int, noun: str, plural: str = "") -> str:
    """`1 item`, `12,000 items`."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def share(part: int, whole: int) -> str:
    """A percentage that says neither 0 nor 100 unless it is."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "<0.1 %"
    if 99.9 < percent < 100:
        return ">99.9 %"
    return f"{percent:.1f} %"


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def moment(stamp: str) -> str:
    """`2025-03-01T08:00:00Z` as `2025-03-01 08:00:00 UTC`; anything else unchanged."""
    if len(stamp) == 20 and stamp[10] == "T" and stamp.endswith("Z"):
        return f"{stamp[:10]} {stamp[11:19]} UTC"
    return visible(stamp)
