"""The nouns of retrieval: passages of documents, the words they are found by, and what keeps and ranks them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

_WORDS = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆ー]+")
"""Scripts written without blanks, where two letters stand for a word."""
_ENDINGS = (("sses", "ss"), ("ies", "i"), ("ing", ""), ("edly", ""), ("ed", ""), ("ly", ""), ("s", ""))
_STOPS = frozenset(
    re.findall(
        "[a-z]+",
        "a an and are as at be been but by can could did do does for from had has have how if in into is it its may "
        "must no not of on or such that the their then there these they this to was were what when where which who "
        "why will with would",
    )
)
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Passage:
    """`page` counts from 1; 0 for documents without pages. `number` counts the document's passages from 1."""

    page: int
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A passage of the document `key`; a higher `score` is better, and means nothing between two questions."""

    key: str
    page: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Known:
    """What an index holds of a document. `state` is ok, skipped or failed, `reason` why."""

    version: str
    digest: str
    state: str = "ok"
    reason: str = ""
    modified: str = ""


class Embedder(Protocol):
    """Texts to vectors of `size` numbers and length 1; texts of like meaning get like vectors."""

    @property
    def engine(self) -> str: ...
    @property
    def size(self) -> int: ...
    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]: ...


class Index(Protocol):
    """Passages of one source, kept between questions."""

    @property
    def engine(self) -> str: ...

    def known(self) -> Mapping[str, Known]:
        """By key."""
        ...

    def changing(self) -> AbstractContextManager[Any]:
        """What is done within it is kept whole, or not at all."""
        ...

    def put(self, key: str, about: Known, passages: Iterable[Passage]) -> None:
        """Instead of what was there."""
        ...

    def touch(self, key: str, about: Known) -> None:
        """The same content by another version."""
        ...

    def remove(self, keys: Iterable[str]) -> None: ...

    def search(self, question: str, number: int, readable: Iterable[str] | None = None) -> list[Found]:
        """The best passages of the documents whose keys are `readable`, best first; of all with None. Others have no
        part in it: the answer is what it would be if they were not there."""
        ...


def terms(text: str) -> Iterator[str]:
    """The words a text is found by: folded, without their endings; of scripts without blanks every two letters."""
    for word in _WORDS.findall(unicodedata.normalize("NFKC", text).casefold()):
        start = 0
        for run in _LETTERS.finditer(word):
            yield from _word(word[start : run.start()])
            letters = run[0]
            yield from (letters[i : i + 2] for i in range(len(letters) - 1)) if len(letters) > 1 else (letters,)
            start = run.end()
        yield from _word(word[start:])


def _word(word: str) -> Iterator[str]:
    if word and word not in _STOPS:
        yield stem(word)[:_LONGEST]


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """English plurals and verb endings off, where enough is left to tell words apart."""
    if not word.isascii() or len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            found = word[: len(word) - len(ending)] + instead
            # hopping, planned: the letter was doubled for the ending.
            doubled = ending in ("ing", "ed") and len(found) > 3 and found[-1] == found[-2] and found[-1] not in "lsz"
            found = found[:-1] if doubled else found
            return found[:-1] if found.endswith("e") and len(found) > 4 else found
    return word[:-1] if word.endswith("e") and len(word) > 4 else word
