"""Owns the count of what services bill: added where a call is made, taken where an item ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

Count = Callable[[str, int], None]
"""Takes a unit of costs/prices.json and how many of it a call consumed."""


class Meter:
    """Counts apart for each thread, because one thread works on one item from beginning to end."""

    def __init__(self) -> None:
        self._local = threading.local()

    def add(self, unit: str, number: int) -> None:
        units = self._units()
        units[unit] = units.get(unit, 0) + number

    def take(self) -> dict[str, int]:
        """What this thread's calls consumed since it last asked."""
        units = dict(self._units())
        self._units().clear()
        return units

    def _units(self) -> dict[str, int]:
        units: dict[str, int] = self._local.__dict__.setdefault("units", {})
        return units
