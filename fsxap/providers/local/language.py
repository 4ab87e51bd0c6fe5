"""Which language a text is in: by its script, and by the small words that texts of each language are full of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

LETTERS = {"de": "äöüß", "fr": "çèêàùœëîôû", "es": "ñ¿¡áíóú", "pt": "ãõâêç", "it": "òàùì"}
"""Letters seen in few other languages."""

WORD = re.compile(r"[^\W\d_]+")
JAPANESE = re.compile("[\u3041-\u30fa\u30fc\uff66-\uff9d円込払]")
"""Kana, and what is written so in no other language: a form may have few words in kana."""
HAN = re.compile("[\u4e00-\u9fff]")
ENOUGH = 2_000
"""Characters that decide; more change nothing."""
LEAST = 2
"""Words that must speak for a language."""


def language_of(text: str, among: Sequence[str] = ()) -> str:
    """ISO 639-1 of the most likely of the languages known here, or of those of them that may occur.

    Empty when there is too little text, or two are as likely.
    """
    text = text[:ENOUGH]
    letters = sum(map(len, WORD.findall(text)))
    han = len(HAN.findall(text))
    if letters + 2 * han < 10:
        return ""
    if len(JAPANESE.findall(text)) > 0.02 * letters and _may("ja", among):
        return "ja"
    if han > 0.3 * letters:
        return next((language for language in ("zh", "ja") if _may(language, among)), "")
    count = Counter(WORD.findall(text.lower()))
    scores = sorted(((_score(each, count), each) for each in _vocabularies() if _may(each, among)), reverse=True)
    if not scores or scores[0][0] < LEAST or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return ""
    return scores[0][1]


def _may(language: str, among: Sequence[str]) -> bool:
    return not among or language in among


@cache
def _vocabularies() -> Mapping[str, frozenset[str]]:
    """By language; the same word may be of several."""
    found: dict[str, set[str]] = {}
    listed = files("fsxap.providers.local").joinpath("data/small_words.txt").read_text(encoding="utf-8")
    for line in listed.splitlines():
        if not line.startswith("#"):
            language, *words = line.split()
            found.setdefault(language, set()).update(words)
    return {language: frozenset(words) for language, words in found.items()}


def _score(language: str, count: Counter[str]) -> float:
    """Words of the language, one that comes again and again no more than four times; letters of its own count half."""
    score: float = sum(min(4, count[word]) for word in count.keys() & _vocabularies()[language])
    own = set(LETTERS.get(language, ""))
    if own:
        score += 0.5 * sum(min(2, number) for word, number in count.items() if not own.isdisjoint(word))
    return score
