"""Owns what becomes of a line of text found in a picture: only what is wholly explained as a label stays."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein
from rapidfuzz.fuzz import partial_ratio_alignment

from fsxap.ports import TextLine
from fsxap.usecases.healthcare_dicom.pixels.labels import bare, explained
from fsxap.usecases.healthcare_dicom.shapes import PARTS, SHAPES

LEGIBLE = 0.7
"""A reading below this confidence proves nothing."""

TEXTURE, SCRAP = 0.4, 4
"""A few characters read with less confidence than this are no text: edges of anatomy. Print, however faint, reads
with more, or as more."""

SHORTEST = 5
"""Letters of an identifier that is looked for inside a line and misread; a shorter one counts as a word of its own."""

LIKE = 80.0
"""Percent of an identifier's letters that have to be there in order: recognition errs in one of ten."""

ROMAN = str.maketrans({"0": "o", "1": "i", "l": "i", "5": "s", "8": "b", "|": "i", "!": "i"})
"""What recognition confuses, as one letter each."""


@dataclass(frozen=True, slots=True)
class Own:
    """The patient's identifiers as they compare. `words` stand alone in a line, `long` may be anywhere in it."""

    words: frozenset[str]
    long: tuple[str, ...]


def own_of(identifiers: Iterable[str]) -> Own:
    """From header values: names in DICOM's form, dates as YYYYMMDD, numbers, institutions."""
    words: set[str] = set()
    for text in identifiers:
        words.add(_letters(text))
        words.update(_letters(part) for part in PARTS.split(text))
        if re.fullmatch(r"(?:19|20)\d{6}", text):
            year, month, day = text[:4], text[4:6], text[6:]
            words |= {_letters(each) for each in (day + month + year, month + day + year, day + month + year[2:])}
    # An initial is no identifier: it would take every side marker with it.
    words = {word for word in words if len(word) > 1}
    return Own(frozenset(words), tuple(sorted(word for word in words if len(word) >= SHORTEST)))


def reason(line: TextLine, own: Own) -> str:
    """Why the line is taken away; empty when it stays."""
    if line.confidence < TEXTURE and len(line.text) <= SCRAP:
        return ""
    if line.confidence < LEGIBLE:
        return "unread"
    if _echoes(line.text, own):
        return "identifier of the header"
    if explained(line.text):
        return ""
    return "date or number" if SHAPES.search(line.text) else "not a known label"


def reasons(lines: Sequence[TextLine], own: Own) -> list[str]:
    """One for each line. A scrap beside a line that is taken away goes with it: "12" of "12 MAY 1961"."""
    first = [reason(line, own) for line in lines]
    return [
        said or ("beside an identifier" if bare(line.text) and _beside(line, lines, first) else "")
        for line, said in zip(lines, first, strict=True)
    ]


def _echoes(text: str, own: Own) -> bool:
    said = _letters(text)
    if said in own.words or not own.words.isdisjoint(_letters(part) for part in PARTS.split(text)):
        return True
    for word in own.long:
        if len(said) < len(word):
            if Levenshtein.distance(word, said, score_cutoff=1) <= 1:
                return True
            continue
        found = partial_ratio_alignment(word, said, score_cutoff=LIKE)
        if found is not None and found.score >= LIKE:
            return True
    return False


def _beside(line: TextLine, lines: Sequence[TextLine], said: Sequence[str]) -> bool:
    """Whether a line that is taken away stands within a letter's height on the same row."""
    left, top, right, bottom = _bounds(line)
    height = bottom - top
    for other, why in zip(lines, said, strict=True):
        if not why or other is line:
            continue
        x0, y0, x1, y1 = _bounds(other)
        if min(bottom, y1) - max(top, y0) > 0.5 * min(height, y1 - y0) and max(x0 - right, left - x1) < height:
            return True
    return False


def _bounds(line: TextLine) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in line.quad], [y for _, y in line.quad]
    return min(xs), min(ys), max(xs), max(ys)


def _letters(text: str) -> str:
    """Letters and digits alone, without marks or case, what looks alike made one."""
    flat = unicodedata.normalize("NFKD", text).casefold().translate(ROMAN)
    return "".join(letter for letter in flat if letter.isalnum())
