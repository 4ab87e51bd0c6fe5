"""Owns the proof: an output is read again and searched for what its input said, without asking what was done to it.

It judges by the values found in the input's header, not by the walk's decisions, and by the bytes of the output, not
by its elements. It shares the reader, and what counts as an identifying value, with the walk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsxap.usecases.healthcare_dicom.charsets import spellings
from fsxap.usecases.healthcare_dicom.encode import Writer
from fsxap.usecases.healthcare_dicom.graphics import is_graphic, known_vr
from fsxap.usecases.healthcare_dicom.identity import EMPTY, values, walk
from fsxap.usecases.healthcare_dicom.parse import Element, File, text
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.text import Identity

PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
REMOVED_FLAG = 0x00120062
SOP_CLASS = 0x00080016
LEAST = 5
"""Shorter texts stand by chance in any file."""


def leaks(output: File, identity: Identity, profile: Profile) -> Iterator[str]:
    """What of the input is left, as the kinds of it; never the values. Nothing means that it is clean."""
    searched = _searchable(output)
    if any(_stands(text, searched) for text in identity.phrases | identity.tokens if _telling(text)):
        yield "a name, number or description of the header"
    if "uids" not in profile.options and any(uid.encode() in searched for uid in identity.uids if len(uid) > 9):
        yield "a UID"
    if not profile.options & {"full-dates", "modified-dates"}:
        if any(_stands(date, searched) for date in identity.dates):
            yield "a date"
    elif "full-dates" not in profile.options and _dated(output, identity):
        yield "a date in text"
    yield from _structure(output, profile)


def _telling(text: str) -> bool:
    if text in EMPTY or (text.isascii() and len(text) < LEAST):
        return False
    return not text.isdigit() or len(text) > LEAST


def _searchable(output: File) -> bytes:
    """The bytes of everything but native pixels, lower case; the head of each compressed frame is words too."""
    parts = [Writer(output.syntax).elements(each for each in output.elements if each.tag not in PIXELS)]
    parts += [each.value for each in output.elements if each.encapsulated]
    parts += [each.value for each in output.meta]
    return b"\0".join(parts).lower()


def _stands(text: str, searched: bytes) -> bool:
    for spelling in spellings(text):
        at = searched.find(spelling)
        while at >= 0:
            if not text.isascii() or _alone(searched, at, at + len(spelling)):
                return True
            at = searched.find(spelling, at + 1)
    return False


def _alone(searched: bytes, start: int, end: int) -> bool:
    """Not inside a longer word or number, where the same letters stand by chance."""
    before, after = searched[max(0, start - 1) : start], searched[end : end + 1]
    return not (re.match(rb"[a-z0-9.]", before) or re.match(rb"[a-z0-9]", after))


def _dated(output: File, identity: Identity) -> bool:
    """Moved dates may meet another original date; in text there is no such excuse."""
    for element, charset in walk(output.elements):
        if element.items is None and element.vr in ("LO", "SH", "LT", "ST", "UT", "UC", "PN", "CS"):
            said = " ".join(values(element, charset))
            if any(date in said for date in identity.dates):
                return True
    return False


def _structure(output: File, profile: Profile) -> Iterator[str]:
    """What must hold for every output, whatever was in the input."""
    found: dict[int, Element] = {each.tag: each for each in output.elements}
    for element, _charset in walk(output.elements):
        group = element.tag >> 16
        if group & 1 and "safe-private" not in profile.options:
            yield "a private element"
        elif is_graphic(element.tag):
            if "graphics" not in profile.options or known_vr(element.tag) is None:
                yield "an overlay or a curve"
        elif not group & 1 and element.tag not in profile.tables.dictionary:
            yield "an element that the standard does not know"
    meta = {each.tag: text(each.value) for each in output.meta}
    for inside, outside in ((0x00080016, 0x00020002), (0x00080018, 0x00020003)):
        if inside not in found or text(found[inside].value) != meta.get(outside):
            yield "its class or instance is not what its file meta says"
    if REMOVED_FLAG not in found:
        yield "it does not say that it was de-identified"
    if output.trailing:
        yield "bytes behind the data set"


def wanting(before: Iterable[Element], output: File, profile: Profile) -> Iterator[str]:
    """What the output's IOD requires, the input had, and the output lacks. Conditional attributes are not judged."""
    found = {each.tag: each for each in output.elements}
    sop_class = text(found[SOP_CLASS].value) if SOP_CLASS in found else ""
    for element in before:
        kind, left = profile.type_of(element.tag, sop_class, 0), found.get(element.tag)
        if (kind == "1" and _filled(element) and not (left and _filled(left))) or (kind == "2" and left is None):
            yield "less than its IOD requires"


def _filled(element: Element) -> bool:
    return bool(element.value.strip(b" \0")) if element.items is None else bool(element.items)


def pixels(elements: Iterable[Element]) -> list[tuple[int, bytes]]:
    """The pixel data of a file, to be compared."""
    return [(each.tag, each.value) for each in elements if each.tag in PIXELS]
