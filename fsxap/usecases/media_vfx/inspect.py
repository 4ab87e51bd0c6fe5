"""Reads and measures the frames of a sequence, one after the other: one frame's pixels are in memory at a time."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fsxap.errors import ItemError
from fsxap.rendering import Frames
from fsxap.usecases.media_vfx.measure import measure
from fsxap.usecases.media_vfx.sequences import Member
from fsxap.usecases.media_vfx.table import APART, Row
from fsxap.usecases.media_vfx.temporal import unexplained


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one file and of one picture: a small file can hold a large one."""

    bytes: int
    pixels: int


def rows_of(
    members: Sequence[Member],
    read: Callable[[str], bytes],
    frames: Frames,
    limits: Limits,
    check: Callable[[], None],
    *,
    neighbours: bool = True,
) -> list[Row]:
    """A row for every member, in no certain order. `check` is called before each and may raise."""
    return list(_compared(_measured(members, read, frames, limits, check, pictures=neighbours)))


def unchanged(row: Row, read: Callable[[str], bytes]) -> bytes:
    """The file again; ItemError when it is no longer what was judged."""
    body = read(row.key)
    if hashlib.sha256(body).hexdigest() != row.sha256:
        raise ItemError(f"{row.key} changed after it was judged", code="changing", retryable=True)
    return body


def _measured(
    members: Sequence[Member],
    read: Callable[[str], bytes],
    frames: Frames,
    limits: Limits,
    check: Callable[[], None],
    *,
    pictures: bool,
) -> Iterator[Row]:
    for member in members:
        check()
        item = member.item
        row = Row(member.frame, member.view, item.key, item.size)
        if item.size > limits.bytes:
            words = f"{item.size} bytes are more than the limit of {limits.bytes}"
            yield replace(row, problem=("too-large", words))
            continue
        body = read(item.key)
        row = replace(row, size=len(body), sha256=hashlib.sha256(body).hexdigest())
        try:
            frame = frames.read(body, item.key.rpartition("/")[2], most_pixels=limits.pixels)
            yield replace(row, look=measure(frame, data=not pictures))
        except ItemError as error:
            yield replace(row, problem=(error.code, error.message))


def _compared(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows with the bright spots that no neighbour has: two on each side are asked, because one of them may be the
    faulty one. At most five tables of maxima are kept for that."""
    looked: deque[Row] = deque(maxlen=5)
    for row in rows:
        if row.look is None:
            yield row
            continue
        looked.append(row)
        if len(looked) >= 3:
            yield _without_table(looked[-3], looked)
    for row in list(looked)[-2:]:
        yield _without_table(row, looked)


def _without_table(row: Row, others: Iterable[Row]) -> Row:
    assert row.look is not None
    near = [each for each in others if each.view == row.view and abs(each.frame - row.frame) <= APART]
    before = [each.look for each in near if each.frame < row.frame and each.look]
    after = [each.look for each in near if each.frame > row.frame and each.look]
    lonely, alone = unexplained(row.look, before, after)
    return replace(row, look=replace(row.look, peaks=None), lonely=lonely, alone=alone)
