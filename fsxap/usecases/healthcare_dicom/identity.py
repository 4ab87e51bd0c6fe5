"""Owns what a header tells about people and places: the dictionary that all other text is held against."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsxap.usecases.healthcare_dicom.charsets import decode, terms
from fsxap.usecases.healthcare_dicom.parse import Element
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.shapes import PARTS, WORD
from fsxap.usecases.healthcare_dicom.text import Identity, plain, unaccented
from fsxap.usecases.healthcare_dicom.values import FREE

CHARSET = 0x00080005
PATIENT_ID, PATIENT_NAME, BIRTH_DATE, STUDY_UID = 0x00100020, 0x00100010, 0x00100030, 0x0020000D
WORDS = frozenset({"LO", "SH", "LT", "ST", "UT", "UC", "AE", "PN", "UR"})
EMPTY = frozenset(
    {"", "none", "unknown", "removed", "anonymous", "anonymized", "null", "n/a", "na", "yes", "no", "test"}
)
LEAST = 4
LONG_NUMBER = 6
NUMBERED = frozenset({PATIENT_ID, 0x00101000, 0x00080050, 0x00380010, 0x00401001, 0x00402016, 0x00402017, 0x00181000})
"""Attributes whose values are somebody's or something's number, however short."""
PLACED = frozenset({0x00080080, 0x00080081, 0x00081010, 0x00101040, 0x00380300, 0x00380400})
"""Attributes that name a place, also where its name is made of common words."""


def walk(elements: Iterable[Element], charset: tuple[str, ...] = ()) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """Every element at any depth, with the character set in force there."""
    elements = tuple(elements)
    charset = next((terms(each.value) for each in elements if each.tag == CHARSET), charset)
    for element in elements:
        yield element, charset
        for item in element.items or ():
            yield from walk(item, charset)


def values(element: Element, charset: tuple[str, ...]) -> list[str]:
    """The values as text, each up to its NUL and what is behind one as a value of its own."""
    decoded = decode(element.value, charset)
    if element.vr not in ("LT", "ST", "UT", "UR"):
        decoded = decoded.replace("\\", "\0")
    return [part.strip() for part in decoded.split("\0") if part.strip()]


class _Found:
    """What was collected on the way through a header."""

    def __init__(self, vocabulary: frozenset[str], registered: frozenset[str]) -> None:
        self.vocabulary, self.registered = vocabulary, registered
        self.phrases: set[str] = set()
        self.tokens: set[str] = set()
        self.dates: set[str] = set()
        self.uids: set[str] = set()
        self.whole: set[str] = set()
        self.places: set[str] = set()
        self.persons: set[frozenset[str]] = set()
        self.numbers: set[str] = set()

    def add(self, element: Element, charset: tuple[str, ...], *, cleaned: bool) -> None:
        """`cleaned`: its words may stay, so that they are nobody's; its numbers and dates are, wherever they stand."""
        if element.vr == "UI":
            self.uids.update(uid for uid in values(element, ()) if uid not in self.registered)
        elif element.vr in ("DA", "DT"):
            self.dates.update(text[:8] for text in values(element, ()) if re.match(r"\d{8}", text))
        elif element.vr in WORDS or element.vr == "UN":
            for text in values(element, charset):
                flat = plain(text)
                if flat in EMPTY or flat.strip("*?-x. ") == "":
                    continue
                self._numbers(flat)
                if cleaned and element.vr in FREE:
                    continue
                if len(flat) >= LEAST and not flat.isdigit():
                    self.whole.add(flat)
                if element.vr == "PN":
                    self._person(flat)
                else:
                    self._text(flat, element.tag)

    def _numbers(self, flat: str) -> None:
        digits = "".join(letter for letter in flat if "0" <= letter <= "9")
        if len(digits) >= LONG_NUMBER and len(set(digits)) > 1:
            self.numbers.add(digits)

    def _person(self, flat: str) -> None:
        for group in flat.split("="):
            parts = [part for part in PARTS.split(group) if part]
            spelt = (part if part.isascii() else unaccented(part) for part in parts)
            self.tokens.update(part for part in (*parts, *spelt) if _telling(part, self.vocabulary))
            self.whole.update(part for part in parts if len(part) >= LEAST - 1 and not part.isdigit())
            for joined in {" ".join(parts), " ".join(reversed(parts)), ", ".join(parts), "".join(parts), group}:
                if len(joined) > LEAST:
                    self.phrases.add(joined)
            family, given = (*parts, "", "")[:2]
            if len(family) > 1 and given and family != given:
                self.persons.add(frozenset((family, given)))
                if len(family) >= LEAST - 1:
                    self.persons.add(frozenset((family, given[0])))

    def _text(self, flat: str, tag: int) -> None:
        self.phrases.update(re.findall(r"\d{7,}", flat))
        words = WORD.findall(flat)
        digits = sum(letter.isdigit() for letter in flat)
        strange = any(word not in self.vocabulary and len(word) >= LEAST for word in words) or not flat.isascii()
        least = 1 if tag in NUMBERED else LEAST
        if len(flat) >= LEAST and (strange or digits >= least):
            self.phrases.add(flat)
        spaced = " ".join(part for part in PARTS.split(flat) if part)
        if tag in PLACED and len(spaced) >= LEAST:
            self.places.add(spaced)


def identity_of(elements: Iterable[Element], profile: Profile, vocabulary: frozenset[str]) -> Identity:
    """Values of what the profile does not keep. Words that only name a body part or a vendor identify nobody."""
    found = _Found(vocabulary, profile.tables.uids)
    for element, charset in walk(elements):
        action = profile.listed(element.tag)
        if element.items is None and action != "K" and (action is not None or element.vr == "PN"):
            found.add(element, charset, cleaned=action == "C")
    return Identity(
        phrases=frozenset(found.phrases),
        tokens=frozenset(found.tokens),
        dates=frozenset(found.dates),
        uids=frozenset(found.uids),
        values=frozenset(found.whole),
        places=frozenset(found.places),
        persons=frozenset(found.persons),
        numbers=frozenset(found.numbers),
    )


def _telling(part: str, vocabulary: frozenset[str]) -> bool:
    if not part.isascii():
        return len(part) > 1
    return len(part) >= LEAST - 1 and part not in vocabulary and part not in EMPTY and not part.isdigit()


def patient_of(elements: Iterable[Element]) -> str:
    """What tells this patient from others: the ID, else name and birth date, else the study."""
    found = {}
    charset: tuple[str, ...] = ()
    for element in elements:
        if element.tag == CHARSET:
            charset = terms(element.value)
        if element.tag in (PATIENT_ID, PATIENT_NAME, BIRTH_DATE, STUDY_UID):
            found[element.tag] = plain(" ".join(values(element, charset)))
    if found.get(PATIENT_ID):
        return found[PATIENT_ID]
    if found.get(PATIENT_NAME):
        return f"{found[PATIENT_NAME]}\0{found.get(BIRTH_DATE, '')}"
    return found.get(STUDY_UID, "")
