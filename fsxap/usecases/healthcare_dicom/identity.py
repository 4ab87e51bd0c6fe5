"""Owns what a header tells about people and places: the dictionary that all other text is held against."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsxap.usecases.healthcare_dicom.charsets import decode, terms
from fsxap.usecases.healthcare_dicom.parse import Element
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.text import PARTS, WORD, Identity, plain

CHARSET = 0x00080005
PATIENT_ID, PATIENT_NAME, BIRTH_DATE, STUDY_UID = 0x00100020, 0x00100010, 0x00100030, 0x0020000D
WORDS = frozenset({"LO", "SH", "LT", "ST", "UT", "UC", "AE", "PN", "UR"})
STANDARD_ROOT = "1.2.840.10008."
EMPTY = frozenset(
    {"", "none", "unknown", "removed", "anonymous", "anonymized", "null", "n/a", "na", "yes", "no", "test"}
)
LEAST = 4


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


def identity_of(elements: Iterable[Element], profile: Profile, vocabulary: frozenset[str]) -> Identity:
    """Values of what the profile does not keep. Words that only name a body part or a vendor identify nobody."""
    phrases: set[str] = set()
    tokens: set[str] = set()
    dates: set[str] = set()
    uids: set[str] = set()
    whole: set[str] = set()
    for element, charset in walk(elements):
        action = profile.listed(element.tag)
        if element.items is not None or action == "K" or (action is None and element.vr != "PN"):
            continue
        if element.vr == "UI":
            uids.update(uid for uid in values(element, ()) if not uid.startswith(STANDARD_ROOT))
        elif element.vr in ("DA", "DT"):
            dates.update(text[:8] for text in values(element, ()) if re.match(r"\d{8}", text))
        elif element.vr in WORDS or element.vr == "UN":
            for text in values(element, charset):
                if len(text) >= LEAST and not text.isdigit() and plain(text) not in EMPTY:
                    whole.add(plain(text))
                _add(text, element.vr == "PN", vocabulary, phrases, tokens)
    return Identity(frozenset(phrases), frozenset(tokens), frozenset(dates), frozenset(uids), frozenset(whole))


def _add(text: str, name: bool, vocabulary: frozenset[str], phrases: set[str], tokens: set[str]) -> None:
    flat = plain(text)
    if flat in EMPTY or flat.strip("*?-x. ") == "":
        return
    if name:
        for group in flat.split("="):
            parts = [part for part in PARTS.split(group) if part]
            tokens.update(part for part in parts if _telling(part, vocabulary))
            for joined in {" ".join(parts), " ".join(reversed(parts)), ", ".join(parts), "".join(parts), group}:
                if len(joined) > LEAST:
                    phrases.add(joined)
        return
    words = WORD.findall(flat)
    digits = sum(letter.isdigit() for letter in flat)
    strange = any(word not in vocabulary and len(word) >= LEAST for word in words) or not flat.isascii()
    if len(flat) >= LEAST and (strange or digits >= LEAST):
        phrases.add(flat)


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
