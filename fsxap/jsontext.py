"""JSON text of records: keys sorted, readable in any script, safe on any terminal; and what goes into it."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

# C1 controls, bidirectional overrides, line separators and lone surrogates can repaint a terminal, break a line
# or refuse to encode. Inside JSON text an escape says the same.
_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def _escape(match: re.Match[str]) -> str:
    """JSON's own form: characters beyond the first plane are two escapes."""
    return json.dumps(match[0])[1:-1]


def dumps(record: Any) -> str:
    """One line of JSON: keys sorted, compact, readable in any script, safe on any terminal."""
    try:
        text = _write(record)
    except ValueError:
        text = _write(_finite(record))
    return text if text.isascii() and "\x7f" not in text else _UNSAFE.sub(_escape, text)


def _finite(value: Any) -> Any:
    """NaN and infinity are no JSON: they become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "record"):
        return value.record()
    if hasattr(value, "as_tuple"):
        return format(value, "f")
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def timestamp(moment: datetime) -> str:
    """UTC, ISO 8601, seconds, ending in Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now() -> str:
    return timestamp(datetime.now(UTC))


def digest(*parts: object, size: int = 16) -> str:
    """A short stable fingerprint of JSON-able parts."""
    return hashlib.sha256(dumps(parts).encode()).hexdigest()[:size]


# json.dumps with options makes an encoder for every call, which costs more than a small record.
_write = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_encode, allow_nan=False
).encode
