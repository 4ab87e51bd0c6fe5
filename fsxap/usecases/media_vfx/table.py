"""The small table of a sequence: one row a file, what was measured of it, or why nothing was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsxap.usecases.media_vfx.marks import Spark
    from fsxap.usecases.media_vfx.measure import Look

NEAR = 5
"""Frames on each side that a frame is held against."""
APART = 3
"""Frames that may be missing between two that still count as neighbours."""


@dataclass(frozen=True, slots=True)
class Row:
    """`problem` is a code and a reason, where there is no look. `lonely` are bright spots that neither neighbour has;
    `alone` says that there was none to ask."""

    frame: int
    view: str
    key: str
    size: int
    look: Look | None = None
    problem: tuple[str, str] | None = None
    lonely: tuple[Spark, ...] = ()
    alone: bool = False
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule broken by one frame; `detail` is what a person needs to find it."""

    rule: str
    row: Row
    detail: dict[str, Any] = field(default_factory=dict)


def around(rows: Sequence[Row], at: int, wanted: Callable[[Row], bool]) -> tuple[list[Row], list[Row]]:
    """Up to NEAR rows before and after, nearest first, that are wanted and not too far away."""
    return list(_side(rows, at, -1, wanted)), list(_side(rows, at, 1, wanted))


def _side(rows: Sequence[Row], at: int, way: int, wanted: Callable[[Row], bool]) -> Iterator[Row]:
    last, found, here = rows[at].frame, 0, at + way
    while 0 <= here < len(rows) and found < NEAR:
        if abs(rows[here].frame - last) > APART * 4:
            return
        last = rows[here].frame
        if wanted(rows[here]):
            found += 1
            yield rows[here]
        here += way


def median(values: Sequence[float]) -> float:
    """0 for nothing."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def stands_out(
    value: float, before: Sequence[float], after: Sequence[float], limit: Callable[[float], float], *, ends: bool
) -> bool:
    """Whether `value` is above `limit(usual)`, and values on both sides come back below it.

    A lasting change, a cut or a fade, comes back on neither or on one side only. Where there is one side only, the
    limit counts twice, or with `ends` False nothing is said.
    """
    sides = [side for side in (before, after) if side]
    if len(before) + len(after) < 2 or (len(sides) < 2 and not ends):
        return False
    usual = median([*before, *after])
    least = limit(usual) if len(sides) == 2 else limit(limit(usual))
    return value > least and all(min(side) <= max(usual, limit(usual) / 2) for side in sides)
