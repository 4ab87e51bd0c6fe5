"""Judges a frame by its neighbours: bright spots that only it has, repeats, and flicker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from fsxap.usecases.media_vfx.marks import Spark
from fsxap.usecases.media_vfx.measure import Look
from fsxap.usecases.media_vfx.table import APART, Fault, Row, median

Plane = NDArray[numpy.float32]

REACH = 2
"""Cells that a bright thing may move by itself between two frames."""
FASTEST = 96
"""Pixels that everything together may move."""
FADES = 6.0
"""What twinkles keeps at least this part of its brightness."""
HELD = 0.3
"""More repeats than this are how the sequence is animated: on twos, or with long holds."""
LONGEST_FREEZE = 24
GRAINY = 0.2
"""The share of pixels that changes with every frame where there is grain, or where the camera moves."""
LEAST_FLICKER, LEAST_AT_END = 0.06, 0.15
"""Natural logarithms of a change of brightness."""
AGREE = 0.3
"""The part of the picture that may be of another opinion."""
MOST_FLICKERS = 40
ALIKE = 0.35
"""How far both sides of a flicker may differ about it; a lamp that goes on is a matter of one side."""
SHORT = 3
"""Frames of a freeze that grain alone gives away."""


def unexplained(look: Look, before: Sequence[Look], after: Sequence[Look]) -> tuple[tuple[Spark, ...], bool]:
    """Bright spots that no neighbour has where motion may have put them; and whether there was nobody to ask."""
    sparks, sides = look.sparks, 0
    for side in (before, after):
        able = [other for other in side if _comparable(look, other)]
        sides += bool(able)
        for other in able:
            moves = _common_moves(look.sparks, other.sparks) if sparks else []
            # Where things move together they need not be looked for further away.
            reach = 1 if moves else REACH
            places = ((0, 0), *moves)
            sparks = tuple(each for each in sparks if not any(_has(other, each, move, reach) for move in places))
    if sides == 1:
        # What is at the border of the first frame may have left, and of the last frame may have come.
        sparks = tuple(spark for spark in sparks if not _at_border(look, spark))
    return sparks, not sides


def _comparable(look: Look, other: Look) -> bool:
    return look.peaks is not None and other.peaks is not None and look.peaks.shape == other.peaks.shape


def _at_border(look: Look, spark: Spark) -> bool:
    assert look.peaks is not None
    rows, columns = look.peaks.shape
    x, y = spark.x // look.cell, spark.y // look.cell
    return not (REACH <= x < columns - REACH and REACH <= y < rows - REACH)


def _has(other: Look, spark: Spark, move: tuple[int, int], reach: int) -> bool:
    assert other.peaks is not None
    x, y = (spark.x + move[0]) // other.cell, (spark.y + move[1]) // other.cell
    near = other.peaks[max(0, y - reach) : max(0, y + reach + 1), max(0, x - reach) : max(0, x + reach + 1)]
    # What a pan has just brought into the picture is in no earlier frame.
    outside = move != (0, 0) and not (0 <= x < other.peaks.shape[1] and 0 <= y < other.peaks.shape[0])
    return outside or (near.size > 0 and float(near.max()) >= spark.value / FADES)


def _common_moves(here: Sequence[Spark], there: Sequence[Spark]) -> list[tuple[int, int]]:
    """The displacement that most spots share, when so many do that it is no chance."""
    votes: Counter[tuple[int, int]] = Counter()
    for one in here[:200]:
        for other in there[:200]:
            dx, dy = other.x - one.x, other.y - one.y
            if abs(dx) <= FASTEST and abs(dy) <= FASTEST:
                votes[round(dx / 4), round(dy / 4)] += 1
    if not votes:
        return []
    (x, y), number = votes.most_common(1)[0]
    return [(x * 4, y * 4)] if number >= max(4, min(len(here), 200) * 0.3) else []


def duplicates(rows: Sequence[Row]) -> Iterator[Fault]:
    """Frames whose pixels another frame has, where the sequence does not hold still by itself."""
    looks = [(row, row.look) for row in rows if row.look is not None]
    if len(looks) < 4:
        return
    changes = [change(a, b) for (_, a), (_, b) in pairwise(looks)]
    same = [a.sum == b.sum for (_, a), (_, b) in pairwise(looks)]
    if not all(same) and sum(same) <= HELD * len(same):
        start = 0
        for end in range(1, len(looks) + 1):
            if end < len(looks) and same[end - 1]:
                continue
            if 1 < end - start <= LONGEST_FREEZE and _is_freeze(changes, same, start, end):
                for row, _look in looks[start + 1 : end]:
                    yield Fault("frame-duplicate", row, {"of": looks[start][0].frame})
            start = end
    yield from _returns([(row, look.sum) for row, look in looks])


def _is_freeze(changes: Sequence[Change], same: Sequence[bool], start: int, end: int) -> bool:
    """Frames `start` to `end` are one picture. A fault jumps afterwards, or breaks a steady motion or moving grain;
    an animated hold comes to rest before and starts slowly after."""
    first = max(0, start - 6)
    near = [change for change, held in zip(changes[first : end + 6], same[first : end + 6], strict=True) if not held]
    usual = median([change.mean for change in near])
    if len(near) < 2 or usual <= 0:
        return False
    jump = end - 1 < len(changes) and changes[end - 1].mean >= 1.3 * usual
    restless = end - start <= SHORT and min(change.share for change in near) >= GRAINY
    return jump or restless or min(change.mean for change in near) >= 0.3 * usual


def _returns(sums: Sequence[tuple[Row, int]]) -> Iterator[Fault]:
    """Pixels of a frame long past. Cycles repeat much; one repeat in a sequence that never repeats is a mistake."""
    first: dict[int, int] = {}
    found = []
    for at, (row, each) in enumerate(sums):
        if each in first and sums[at - 1][1] != each:
            found.append((row, sums[first[each]][0]))
        first.setdefault(each, at)
    loop = len(found) == 1 and found[0][0] is sums[-1][0] and found[0][1] is sums[0][0]
    if found and not loop and len(sums) >= 8 and len(first) >= 0.9 * len(sums):
        yield from (Fault("frame-duplicate", row, {"of": earlier.frame}) for row, earlier in found)


class Change(NamedTuple):
    """Between two frames: mean difference of luminance, and the share of pixels that changed at all."""

    mean: float
    share: float


def change(one: Look, other: Look) -> Change:
    mean = float(numpy.mean(numpy.abs(one.table - other.table)))
    if one.preview.shape != other.preview.shape:
        return Change(mean, 1.0)
    return Change(mean, float(numpy.mean((one.preview != other.preview).any(axis=2))))


def flicker(rows: Sequence[Row]) -> Iterator[Fault]:
    """Brighter, or darker, than the frames before and the frames after, in most of the picture.

    The worst comes first and is then left out, so that it does not speak for its neighbours.
    """
    looks = [(row, row.look.table) for row in rows if row.look is not None]
    if len(looks) < 4:
        return
    floor = 0.05 * median([float(numpy.median(table)) for _, table in looks]) + 1e-4
    left = [(row, numpy.maximum(table, 0.0) + numpy.float32(floor)) for row, table in looks]
    for _ in range(min(MOST_FLICKERS, len(looks) // 4)):
        opinions = [_opinions(left, at) for at in range(len(left))]
        restless = 1.4826 * median([min(map(abs, each)) for each in opinions])
        strengths = [_strength(each, restless, 0 < at < len(left) - 1) for at, each in enumerate(opinions)]
        worst = max(range(len(left)), key=lambda at: abs(strengths[at]))
        if not strengths[worst]:
            return
        yield Fault("frame-flicker", left[worst][0], {"gain": round(float(numpy.exp(strengths[worst])), 3)})
        del left[worst]


def _strength(opinions: tuple[float, float], restless: float, inside: bool) -> float:
    """The smaller of two opinions that agree and are large enough; else 0."""
    least, most = sorted(opinions, key=abs)
    enough = max(LEAST_FLICKER if inside else LEAST_AT_END, 6 * restless)
    return least if least * most > 0 and abs(least) >= ALIKE * abs(most) and abs(least) > enough else 0.0


def _opinions(tables: Sequence[tuple[Row, Plane]], at: int) -> tuple[float, float]:
    """Logarithms of how much brighter a frame is than before, and than after.

    In a fade, at a cut or when a lamp goes on they do not agree. At the ends the second opinion is the trend.
    """
    row, table = tables[at]
    before = [other for near, other in tables[max(0, at - 2) : at][::-1] if row.frame - near.frame <= APART + 1]
    after = [other for near, other in tables[at + 1 : at + 3] if near.frame - row.frame <= APART + 1]
    if before and after:
        return _ratio(table, before), _ratio(table, after)
    side = before or after
    if len(side) < 2:
        return 0.0, 0.0
    trend = numpy.maximum(2 * side[0] - side[1], numpy.minimum(side[0], side[1]) * numpy.float32(0.1))
    return _ratio(table, side), _ratio(table, [trend])


def _ratio(table: Plane, side: Sequence[Plane]) -> float:
    ratios = numpy.log(table / numpy.mean(side, axis=0))
    # Lower than the median: a flame lights up a half of the picture, a fault all of it.
    low, high = numpy.quantile(ratios, (AGREE, 1 - AGREE))
    return float(low if low > 0 else high if high < 0 else 0.0)
