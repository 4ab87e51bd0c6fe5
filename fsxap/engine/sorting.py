"""Sorting what may not fit in memory: chunks are sorted, spilled to one temporary file and merged."""

from __future__ import annotations

import heapq
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from fsxap.errors import ConfigurationError

T = TypeVar("T")

MERGE_MEMORY = 8 << 20
"""Bytes of read-ahead shared by all chunks while they are merged."""

_LENGTH = struct.Struct("<I")


def spill_sort(
    lines: Iterable[T],
    key: Callable[[T], Any] | None,
    encode: Callable[[T], bytes],
    decode: Callable[[bytes], T],
    chunk: int = 50_000,
    scratch: Path | None = None,
) -> Iterator[T]:
    """`lines` in order of `key`, stable, with about one chunk of them in memory.

    Up to one chunk nothing touches the disk. What is spilled goes to one file in `scratch` (the system's temporary
    folder), readable by its owner only, that has no name from the start or loses it when the iterator ends, fails or
    is dropped. ConfigurationError when that file cannot be written.
    """
    source, order = iter(lines), key or _itself
    run = sorted(islice(source, chunk), key=order)
    following = next(source, _END)
    if following is _END:
        yield from run
        return
    try:
        spill = tempfile.TemporaryFile(prefix="fsxap-", dir=scratch, buffering=0)  # noqa: SIM115 - closed below
    except OSError as error:
        raise _unwritable(scratch, error) from error
    with spill:
        bounds = [_spill(spill, run, encode, scratch)]
        while following is not _END:
            run = sorted([following, *islice(source, chunk - 1)], key=order)
            bounds.append(_spill(spill, run, encode, scratch))
            following = next(source, _END)
        del run
        block = max(4096, MERGE_MEMORY // len(bounds))
        runs = [_read(spill, start, end, block, decode) for start, end in bounds]
        yield from heapq.merge(*runs, key=order)


_END: Any = object()


def _itself(entry: Any) -> Any:
    return entry


def _spill(spill: BinaryIO, run: list[T], encode: Callable[[T], bytes], scratch: Path | None) -> tuple[int, int]:
    """Append a sorted run, each entry after its length: an encoded file name may hold any byte."""
    start, pending, size = spill.tell(), bytearray(), 0
    try:
        for entry in run:
            line = encode(entry)
            pending += _LENGTH.pack(len(line)) + line
            if len(pending) > 1 << 20:
                size += _write(spill, pending)
                pending.clear()
        size += _write(spill, pending)
    except OSError as error:
        raise _unwritable(scratch, error) from error
    return start, start + size


def _write(spill: BinaryIO, data: bytearray) -> int:
    """All of it: an unbuffered file may take less than it is given."""
    with memoryview(data) as view:
        done = 0
        while done < len(view):
            done += spill.write(view[done:])
    return done


def _read(spill: BinaryIO, start: int, end: int, block: int, decode: Callable[[bytes], T]) -> Iterator[T]:
    held, offset, position = b"", 0, start
    while position < end or offset < len(held):
        if len(held) - offset < 4 or len(held) - offset - 4 < _LENGTH.unpack_from(held, offset)[0]:
            # Every run has its own place in the one file, so each read seeks first.
            spill.seek(position)
            fresh = spill.read(min(block, end - position))
            if not fresh:
                raise EOFError("a sorted run ends in the middle of an entry")
            position += len(fresh)
            held, offset = held[offset:] + fresh, 0
            continue
        size = _LENGTH.unpack_from(held, offset)[0]
        yield decode(held[offset + 4 : offset + 4 + size])
        offset += 4 + size


def _unwritable(scratch: Path | None, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"cannot sort on disk in {scratch or tempfile.gettempdir()}: {error.strerror or error}",
        code="scratch-unwritable",
        hint="free some space there, or name another folder with TMPDIR",
    )
