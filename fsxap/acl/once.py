"""What was made of a JSON value is not made again: a volume has far fewer access lists than objects."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")

KEPT = 1024
LONG = 1 << 15
"""Bytes of a value that is not kept, so that what is stays below 32 MB."""
_PLAIN = 2
"""The format of `marshal` without references, whose bytes depend on the values alone."""


def once(make: Callable[[Any], T]) -> Callable[[Any], T]:
    """`make`, a function of a JSON value, with its latest answers kept: the same object for an equal value."""

    @lru_cache(KEPT)
    def made(packed: bytes) -> T:
        return make(marshal.loads(packed))  # noqa: S302 - packed below

    def kept(value: Any) -> T:
        packed = marshal.dumps(value, _PLAIN)
        return made(packed) if len(packed) < LONG else make(value)

    return kept
