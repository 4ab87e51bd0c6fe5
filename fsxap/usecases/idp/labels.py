"""The words that stand beside fields, in English, German, French, Spanish and Japanese, and how telling each is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from fsxap.usecases.idp.layout import fold


@dataclass(frozen=True, slots=True)
class Label:
    """`weight` is 0 to 1: how likely what stands beside it is the field."""

    pattern: re.Pattern[str]
    weight: float


def _pattern(label: str) -> re.Pattern[str]:
    folded = fold(label)
    pieces = [re.escape(piece).replace(r"\.", r"\.?") for piece in folded.split()]
    body = r"[\s.\-:/]{0,3}".join(pieces).replace("°", "[°oº0]?").replace("n[°oº0]?", "n[°oº0.]?")
    latin = folded[:1].isascii() and folded[:1].isalpha()
    ending = r"(?![a-z](?!m?\s?\d))" if folded[-1:].isascii() and folded[-1:].isalpha() else ""
    return re.compile((r"(?<![a-z])" if latin else "") + body + ending)


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[Label, ...]]:
    """Field → its labels, the longer before the shorter, since those are contained in them."""
    listed: dict[str, dict[str, float]] = {}
    name = ""
    for line in (resources.files(__package__) / "data" / "labels.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            weight, labels = line.split(maxsplit=1)
            listed.setdefault(name, {}).update(dict.fromkeys(labels.split("|"), float(weight)))
    return {
        name: tuple(Label(_pattern(label), labels[label]) for label in sorted(labels, key=len, reverse=True))
        for name, labels in listed.items()
    }
