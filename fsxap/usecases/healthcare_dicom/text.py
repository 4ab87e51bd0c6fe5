"""Owns the finding of identifiers in text: the header's own values, and what is written like a name, date or number.

The words of the standard's prose and code meanings are the vocabulary of what may be said; a name is what is written
like one and is not in it.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass

from fsxap.ports import PhiText
from fsxap.usecases.healthcare_dicom.profile import names
from fsxap.usecases.healthcare_dicom.shapes import (
    AGENTS,
    BRIEF,
    CAMEL,
    CARETS,
    CLINICAL,
    COMMON,
    CUES,
    INITIAL,
    INITIALS,
    PARTS,
    SHAPES,
    TITLES,
    WORD,
)

SHORT = 3
LETTERS = 4
"""Unknown words of fewer letters are abbreviations, unless they are a known name."""
TELLING = 5
"""Names of this length are looked for inside longer words too."""
LONGEST_CODE = 16
LONGEST = 1 << 16
"""Characters of a text; nobody reads a longer one here, and none stays."""
UNSEEN = ("Cf", "Mn", "Me", "Co", "Cn")
CODED = re.compile(r"(?=[A-Za-z+/]*\d|\S*=)(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{7,}={0,2}")
RUN = re.compile(r"\d(?:[-. /()]{0,2}\d){5,}")


def plain(text: str) -> str:
    """Text as it compares: one width, no case, single spaces."""
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split())


def unmarked(text: str) -> str:
    """Text without what is not seen, and without marks that make no letter: both hide words from a search."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(letter for letter in composed if unicodedata.category(letter) not in UNSEEN)


def unaccented(text: str) -> str:
    """Letters alone, as a name is written where there are no accents."""
    parts = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(part for part in parts if unicodedata.category(part) != "Mn"))


@dataclass(frozen=True, slots=True)
class Identity:
    """What the header says of persons and places. All are `plain`; dates are YYYYMMDD, UIDs as written.

    `values` are whole values of what is taken away, common words too: they count only where they stand alone. `places`
    are names of institutions: they count wherever their words follow one another. `persons` are the parts of each name:
    they count where all of them are said, in any order. `numbers` are digits without what separates them.
    """

    phrases: frozenset[str] = frozenset()
    tokens: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    uids: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    persons: frozenset[frozenset[str]] = frozenset()
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Detector:
    """Finds identifiers in one patient's texts: by its own rules, and in prose by `phi` besides."""

    identity: Identity
    vocabulary: frozenset[str]
    phi: PhiText | None = None

    def known(self, text: str) -> bool:
        """Whether a value of this header is said in the text."""
        own, flat = self.identity, plain(unmarked(text))
        parts = PARTS.split(flat)
        spaced = " ".join(parts).strip()
        if any(date in flat for date in own.dates) or self._numbered(flat):
            return True
        if any(phrase in said and _whole(phrase, said) for said in (flat, spaced) for phrase in own.phrases):
            return True
        if any(f" {place} " in f" {spaced} " for place in own.places):
            return True
        if not own.tokens.isdisjoint(parts) or any(person.issubset(parts) for person in own.persons):
            return True
        return any(token in flat for token in own.tokens if len(token) >= TELLING or not token.isascii())

    def _numbered(self, flat: str) -> bool:
        if not self.identity.numbers:
            return False
        runs = (re.sub(r"\D", "", found) for found in RUN.findall(flat))
        return any(run in self.identity.numbers for run in runs)

    def echoed(self, text: str) -> bool:
        """Whether the text is, as a whole, a value that was taken away elsewhere."""
        return plain(text) in self.identity.values

    def coded(self, text: str) -> bool:
        """Whether a code of a scheme that is no code repeats the header."""
        return len(text) > LONGEST_CODE or self.known(text)

    def suspicious(self, text: str) -> bool:
        """Whether an optional text may name somebody: by the header, form, cue, or a word nobody vouches for."""
        if (
            len(text) > LONGEST
            or unmarked(text) != text
            or _spells(text)
            or self.echoed(text)
            or self.known(text)
            or SHAPES.search(text)
            or INITIALS.search(text)
            or any(True for _ in self._cued(text))
        ):
            return True
        return any(self.unfamiliar(word.group()) for word in WORD.finditer(text))

    def recognised(self, text: str) -> bool:
        """Whether the service, where there is one, sees somebody in a text that the rules would keep."""
        return any(True for _ in self._seen(text))

    def _seen(self, text: str) -> Iterator[tuple[int, int]]:
        """Short codes are not asked about: they are no language."""
        if self.phi is not None and any(len(word) >= LETTERS for word in WORD.findall(text)):
            yield from ((span.start, span.end) for span in self.phi.find(text))

    def unfamiliar(self, word: str) -> bool:
        """Whether neither the standard nor a vendor has the word, in whatever case it is written."""
        if not word.isascii():
            return not self._spelt(word)
        if len(word) < SHORT or self._spelt(word):
            return False
        parts = re.split(r"['’-]", CAMEL.sub("-", word))
        return any(len(part) >= LETTERS or part.lower() in names() for part in parts if not self._spelt(part))

    def _spelt(self, word: str) -> bool:
        flat = word.lower()
        return flat in self.vocabulary or (flat not in names() and CLINICAL.fullmatch(flat) is not None)

    def clean(self, text: str) -> str:
        """Free text without identifiers: what is found is taken out, what is left keeps its words and their order."""
        if len(text) > LONGEST:
            return ""
        text = unmarked(text)
        spans = [found.span() for found in SHAPES.finditer(text)]
        spans += self._cued(text)
        spans += self._seen(text)
        spans += [
            word.span()
            for word in WORD.finditer(text)
            if self._strange(word.group()) or plain(word.group()) in self.identity.tokens
        ]
        if not spans:
            return "" if self.known(text) else text
        kept, at = [], 0
        for start, end in sorted(spans):
            kept.append(text[at : max(at, start)])
            at = max(at, end)
        kept.append(text[at:])
        left = " ".join("".join(kept).split(" "))
        return "" if self.known(left) else left.strip(" ,;:^=-")

    def _cued(self, text: str) -> Iterator[tuple[int, int]]:
        """Names behind a title or a role. A word of the vocabulary behind a role is prose (`patient position`)."""
        for found in TITLES.finditer(text):
            yield found.span(1)
        for found in AGENTS.finditer(text):
            yield found.span(1)
        for found in CARETS.finditer(text):
            if any(self._family(word) for word in WORD.findall(found.group())):
                yield found.span()
        for found in INITIAL.finditer(text):
            word = found.group(1) or found.group(2)
            if self._strange(word) or COMMON.fullmatch(word):
                yield found.span()
        for found in CUES.finditer(text):
            words = WORD.findall(found.group(1))
            if not words or any(not self._spelt(word) for word in words):
                yield found.span(1)

    def _family(self, word: str) -> bool:
        """Whether a word beside a caret may be a name of a person."""
        brief = len(word) < SHORT and word.lower() not in BRIEF
        return brief or self.unfamiliar(word) or COMMON.fullmatch(word) is not None

    def _strange(self, word: str) -> bool:
        """A word in prose that could be a name: nobody's vocabulary, and written with a capital or a known name."""
        if self._spelt(word):
            return False
        if not word.isascii():
            return True
        parts = [part for part in re.split(r"['’-]", word) if len(part) >= SHORT and not self._spelt(part)]
        return any(part.lower() in names() or (part[0].isupper() and not _abbreviated(part)) for part in parts)


def _spells(text: str) -> bool:
    """Whether a part of the text is base64 of letters."""
    for run in CODED.findall(text):
        try:
            said = b64decode(run.rstrip("=") + "=" * (-len(run.rstrip("=")) % 4))
        except ValueError:
            continue
        if said.isascii() and said.replace(b" ", b"").replace(b"^", b"").isalpha():
            return True
    return False


def _abbreviated(word: str) -> bool:
    return len(word) == SHORT and word.isupper()


def _whole(phrase: str, text: str) -> bool:
    """Not inside a longer number or word. Scripts without spaces have no such borders."""
    if not phrase.isascii():
        return True
    return re.search(rf"(?<![a-z0-9.]){re.escape(phrase)}(?![a-z0-9])", text) is not None
