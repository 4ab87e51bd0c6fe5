"""Owns the finding of identifiers in text: the header's own values, and the shapes that names, dates and numbers have.

The words of the standard's prose and code meanings are the vocabulary of what may be said; a name is what is written
like one and is not in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_STREET = r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct|Blvd)"
SHAPES = re.compile(
    "|".join(
        (
            r"(?<![\d.])(?:19|20)\d{2}(?:[-/. ]?(?:0[1-9]|1[0-2])[-/. ]?(?:0[1-9]|[12]\d|3[01]))(?!\d)",
            r"(?<![\d.])\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)?\d{2}(?![\d.])",
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?[-. ]+{_MONTH}[-, ]+(?:\d{{4}}|\d{{2}})\b",
            rf"\b{_MONTH}[-. ]+\d{{1,2}}(?:st|nd|rd|th)?,?[- ]+\d{{4}}\b",
            r"(?:明治|大正|昭和|平成|令和|西暦)?\s*[\d０-９元]{1,4}\s*年\s*[\d０-９]{1,2}\s*月(?:\s*[\d０-９]{1,2}\s*日)?",
            r"[\w.+-]+@[\w-]+\.[\w.-]+",
            r"\b(?:https?|ftp)://\S+|\bwww\.\S+|\\\\[\w.-]+\\\S+|\b[A-Za-z]:\\\S+|(?<![\w/])/(?:home|Users|data|mnt)/\S+",
            r"(?<![\w.])[1-9]\d{1,2}(?:\.(?:0|[1-9]\d{0,2})){3}(?![\d.])",
            r"(?<![\d.])\d{3}-\d{2}-\d{4}(?!\d)",
            r"(?<![\w.])\+?\(?\d{2,4}\)?[- /]\d{2,4}[- /]?\d{3,4}(?:[- ]?\d{2,4})?(?![\w.])",
            r"(?<![\w.])\d+(?:\.\d+){4,}",
            r"(?<![\d.])\d{6,}(?![\d.])",
            r"\b(?=[A-Z0-9-]*\d{4})[A-Z]{1,6}[- ]?[A-Z0-9-]{4,}\b",
            r"\b(?:19|20)\d{6}T?\d{0,6}",
            rf"\b\d{{1,5}}[A-Za-z]?,? (?:[A-Z][\w']+ ){{1,3}}{_STREET}\b\.?",
            r"[^\W\d_]+\^[^\W\d_^]+[^\s]*",
        )
    ),
    re.IGNORECASE,
)
CUES = re.compile(
    r"(?i:\b(?:dr|mr|mrs|ms|miss|prof|herr|frau|mme|sr|sra|md|dictated|signed|seen|referred|read|reviewed|performed|"
    r"reported|operator|technologist|nurse|physician|surgeon|doctor|radiologist|patient|pt|name|mrn|dob|ssn|"
    r"acc(?:ession)?|id)\b[.:#]*(?:\s+by\b)?(?:\s+dr\b\.?)?\s*[:=#]?\s*)"
    r"([^\W\d_][\w'’-]*(?:[\s,]+[A-Z][\w'’-]*)*|[A-Z0-9-]*\d[\w-]*)"
)
INITIAL = re.compile(r"\b([^\W\d_]{3,}),? [A-Z]\.|\b[A-Z]\. ?([^\W\d_]{3,})")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
PARTS = re.compile(r"[\^=\s,.;:/\\|()\[\]_&+*-]+")
SHORT = 3
LONGEST_CODE = 16


def plain(text: str) -> str:
    """Text as it compares: one width, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, slots=True)
class Identity:
    """What the header says of persons and places. All are `plain`; dates are YYYYMMDD, UIDs as written.

    `values` are whole values of what is taken away, common words too: they count only where they stand alone.
    """

    phrases: frozenset[str] = frozenset()
    tokens: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    uids: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Detector:
    """Finds identifiers in one patient's texts."""

    identity: Identity
    vocabulary: frozenset[str]

    def known(self, text: str) -> bool:
        """Whether a value of this header is said in the text."""
        flat = plain(text)
        if any(date in flat for date in self.identity.dates):
            return True
        if any(phrase in flat and _whole(phrase, flat) for phrase in self.identity.phrases):
            return True
        if not self.identity.tokens.isdisjoint(PARTS.split(flat)):
            return True
        return any(not token.isascii() and token in flat for token in self.identity.tokens)

    def echoed(self, text: str) -> bool:
        """Whether the text is, as a whole, a value that was taken away elsewhere."""
        return plain(text) in self.identity.values

    def coded(self, text: str) -> bool:
        """Whether a code of a scheme that is no code repeats the header."""
        return len(text) > LONGEST_CODE or self.known(text)

    def suspicious(self, text: str) -> bool:
        """Whether a short technical text names somebody: by the header, by shape, by cue, or by unknown words."""
        if self.echoed(text) or self.known(text) or SHAPES.search(text) or any(True for _ in self._cued(text)):
            return True
        if any(self._strange(found.group(1) or found.group(2)) for found in INITIAL.finditer(text)):
            return True
        strange = 0
        for word in WORD.finditer(text):
            strange = strange + 1 if self._strange(word.group()) else 0
            if strange > 1 or (strange and not word.group().isascii()):
                return True
        return False

    def clean(self, text: str) -> str:
        """Free text without identifiers: what is found is taken out, what is left keeps its words and their order."""
        spans = [found.span() for found in SHAPES.finditer(text)]
        spans += self._cued(text)
        spans += [
            word.span()
            for word in WORD.finditer(text)
            if self._strange(word.group()) or plain(word.group()) in self.identity.tokens
        ]
        kept, at = [], 0
        for start, end in sorted(spans):
            kept.append(text[at : max(at, start)])
            at = max(at, end)
        kept.append(text[at:])
        left = " ".join("".join(kept).split(" "))
        return "" if self.known(left) else left.strip(" ,;:^=-")

    def _cued(self, text: str) -> Iterator[tuple[int, int]]:
        """Names behind a title or a role. A word of the vocabulary behind one is prose (`patient position`)."""
        for found in CUES.finditer(text):
            words = WORD.findall(found.group(1))
            if not words or any(plain(word) not in self.vocabulary for word in words):
                yield found.span(1)

    def _strange(self, word: str) -> bool:
        """A word that could be a name: not the standard's, and written with a capital or in another script."""
        if not word.isascii():
            return True
        if len(word) < SHORT or not word[0].isupper() or word.lower() in self.vocabulary:
            return False
        return not all(part.lower() in self.vocabulary for part in re.split(r"['-]", word))


def _whole(phrase: str, text: str) -> bool:
    """Not inside a longer number or word. Scripts without spaces have no such borders."""
    if not phrase.isascii():
        return True
    return re.search(rf"(?<![a-z0-9.]){re.escape(phrase)}(?![a-z0-9])", text) is not None
