"""Tables where ruling lines draw them: the grid, and the text in each of its cells."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from fsxap.documents import Box, Cell, Line, Table, Word, around
from fsxap.providers.local.documents.layout import lines_of

NEAR = 0.006
"""Ruling lines closer than this share of the page meet, or are one."""
MOST = 2_000
"""Cells of one table at most: more is graph paper."""


def tables_of(lines: Iterable[Line], rules: Sequence[Box], aspect: float) -> tuple[Table, ...]:
    """Grids of at least two rows and two columns with text in at least two cells, from top to bottom."""
    if len(rules) < 4:
        return ()
    words = [word for line in lines for word in line.words]
    tables = (_table(group, words, aspect) for group in _groups(rules))
    return tuple(sorted((table for table in tables if table), key=lambda table: table.box[1]))


def is_across(rule: Box, aspect: float = 1.0) -> bool:
    return (rule[2] - rule[0]) * aspect > rule[3] - rule[1]


def _groups(rules: Sequence[Box]) -> Iterable[list[Box]]:
    """Rules that touch each other, directly or through others."""
    group_of: dict[int, list[int]] = {}
    ordered = sorted(set(rules), key=lambda rule: rule[1])
    open_above: list[int] = []
    for index, rule in enumerate(ordered):
        open_above = [above for above in open_above if ordered[above][3] + NEAR >= rule[1]]
        group = group_of[index] = [index]
        for above in open_above:
            other = group_of[above]
            if other is not group and _touch(rule, ordered[above]):
                group += other
                for each in other:
                    group_of[each] = group
        open_above.append(index)
    distinct = {id(group): group for group in group_of.values()}
    return ([ordered[index] for index in group] for group in distinct.values())


def _touch(one: Box, other: Box) -> bool:
    return (
        one[0] - NEAR <= other[2]
        and other[0] - NEAR <= one[2]
        and one[1] - NEAR <= other[3]
        and other[1] - NEAR <= one[3]
    )


def _table(rules: Sequence[Box], words: Sequence[Word], aspect: float) -> Table | None:
    tops = _places([(rule[1] + rule[3]) / 2 for rule in rules if is_across(rule, aspect)])
    lefts = _places([(rule[0] + rule[2]) / 2 for rule in rules if not is_across(rule, aspect)])
    box = around(rules)
    # Many tables are open at the sides.
    if lefts and lefts[0] - box[0] > 3 * NEAR:
        lefts.insert(0, box[0])
    if lefts and box[2] - lefts[-1] > 3 * NEAR:
        lefts.append(box[2])
    if len(tops) < 3 or len(lefts) < 3 or len(tops) * len(lefts) > MOST:
        return None
    inside = _placed(words, tops, lefts)
    rows = tuple(
        tuple(
            _cell((left, top, right, bottom), inside.get((row, column), ()), aspect)
            for column, (left, right) in enumerate(pairwise(lefts))
        )
        for row, (top, bottom) in enumerate(pairwise(tops))
    )
    return Table(rows, box) if sum(bool(cell.text) for row in rows for cell in row) > 1 else None


def _placed(
    words: Sequence[Word], tops: Sequence[float], lefts: Sequence[float]
) -> Mapping[tuple[int, int], list[Word]]:
    """Words by row and column of the cell that their middle is in."""
    found: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        left, top, right, bottom = word.box
        row, column = bisect(tops, (top + bottom) / 2) - 1, bisect(lefts, (left + right) / 2) - 1
        if 0 <= row < len(tops) - 1 and 0 <= column < len(lefts) - 1:
            found.setdefault((row, column), []).append(word)
    return found


def _places(values: Iterable[float]) -> list[float]:
    """Where lines are, those almost at one place once."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > NEAR:
            places.append(value)
    return places


def _cell(box: Box, inside: Sequence[Word], aspect: float) -> Cell:
    if not inside:
        return Cell("", box)
    confidence = min(word.confidence for word in inside)
    return Cell("\n".join(line.text for line in lines_of(inside, aspect)), box, confidence)
