"""Owns the cutting of long texts into pieces a text service takes: whole words, whole characters, places kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """`text` stands at `start` in the whole text, in characters."""

    start: int
    text: str


def chunks(text: str, size: int, overlap: int = 0) -> Iterator[Chunk]:
    """Pieces of at most `size` bytes of UTF-8, cut at white space where there is any in the last half.

    `overlap` characters before a cut are said again behind it, so that what stands across it is seen whole once.
    """
    # Services refuse lone surrogates and control characters; spaces in their place keep every offset.
    text = _NOT_TEXT.sub(" ", text)
    start = 0
    while start < len(text):
        end = start + _fitting(text[start : start + size], size)
        if end < len(text):
            end = _word_end(text, start, end)
        yield Chunk(start, text[start:end])
        if end == len(text):
            return
        start = max(_word_start(text, end - overlap, end), start + 1) if overlap else end


def _fitting(text: str, size: int) -> int:
    """How many characters of `text` take at most `size` bytes."""
    encoded = text.encode()
    return len(text) if len(encoded) <= size else len(encoded[:size].decode(errors="ignore"))


def _word_end(text: str, start: int, end: int) -> int:
    """The last place behind white space; scripts without spaces are cut anywhere."""
    for at in range(end, start + (end - start) // 2, -1):
        if text[at - 1].isspace():
            return at
    return end


def _word_start(text: str, wanted: int, end: int) -> int:
    for at in range(max(wanted, 1), end):
        if text[at - 1].isspace():
            return at
    return max(wanted, 0)
