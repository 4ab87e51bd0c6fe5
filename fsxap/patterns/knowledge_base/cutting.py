"""Cuts the text of a page into passages: about as long as what an embedding model reads, ending with sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsxap.passages import Passage

LONGEST = 700
"""Characters: about 100 English words."""
OVERLAP = 120
"""At most so much of the end of a passage begins the next, so that no thought is cut in two everywhere."""
_ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n\s*\n")


def passages(pages: Iterable[tuple[int, str]]) -> Iterator[Passage]:
    """From (page number, text)."""
    number = 0
    for page, text in pages:
        for piece in pieces(text):
            number += 1
            yield Passage(page, number, piece)


def pieces(text: str) -> Iterator[str]:
    kept: list[str] = []
    fresh = False
    for sentence in _sentences(text):
        if kept and fresh and len(" ".join(kept)) + len(sentence) > LONGEST:
            yield " ".join(kept)
            kept, fresh = _tail(kept, sentence), False
        kept.append(sentence)
        fresh = True
    if fresh:
        yield " ".join(kept)


def _tail(kept: list[str], following: str) -> list[str]:
    last = kept[-1]
    return [last] if len(last) <= OVERLAP and len(last) + len(following) <= LONGEST else []


def _sentences(text: str) -> Iterator[str]:
    for sentence in _ENDS.split(text):
        shown = " ".join(sentence.split())
        while len(shown) > LONGEST:
            cut = shown.rfind(" ", LONGEST // 2, LONGEST)
            cut = LONGEST if cut < 0 else cut
            yield shown[:cut].strip()
            shown = shown[cut:].strip()
        if shown:
            yield shown
