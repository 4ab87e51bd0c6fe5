"""Owns the walk through a data set: every element at any depth gets its action, and what nobody vouches for goes.

The order of judgement: groups that never stay (private, overlays, curves, group lengths), what the profile lists,
what the standard knows, everything else. Texts that stay are held against the header's own identifiers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fsxap.usecases.healthcare_dicom.charsets import CODECS, decode, encode, terms
from fsxap.usecases.healthcare_dicom.icc import blanked
from fsxap.usecases.healthcare_dicom.identity import CHARSET, PATIENT_ID, PATIENT_NAME, STANDARD_ROOT, WORDS
from fsxap.usecases.healthcare_dicom.parse import Element, Elements, text
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms, capped, shifted
from fsxap.usecases.healthcare_dicom.text import Detector
from fsxap.usecases.healthcare_dicom.values import FREE, NUMERIC, OPAQUE, dummy, same_kind, well_formed

PIXEL_GROUP = 0x7FE0
ICC_PROFILE = 0x00282000
AGE = 0x00101010
REGISTERED = frozenset({0x00080016, 0x0008010C, 0x00080117, 0x00080118, 0x00081150, 0x00041510, 0x00041512})
"""Attributes whose UIDs name classes, coding schemes and value sets, never instances."""
CODE, SCHEME, SCHEME_VERSION = 0x00080100, 0x00080102, 0x00080103
SCHEMES = frozenset({"DCM", "SRT", "SCT", "SNM3", "UCUM", "LN", "RADLEX", "FMA", "NCIT", "UMLS", "MDC", "BI", "I10"})
"""Schemes whose codes are numbers or look like them."""
LONGEST_NUMBER = 4
"""Digits of a coded value; more are a number of somebody."""
OURS = frozenset({0x00120062, 0x00120063, 0x00120064, 0x00280303})
"""What is written anew about the de-identification itself."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What the whole walk through one file shares. `counts` is its tally of actions."""

    profile: Profile
    pseudonyms: Pseudonyms
    detector: Detector
    patient: str
    sop_class: str
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the data set the walk is: below which sequence, in which character set, after which creators."""

    parent: int = 0
    charset: tuple[str, ...] = ()
    creators: Mapping[int, str] = field(default_factory=dict)
    scheme: str = ""


def deidentify(elements: Iterable[Element], walk: Walk, place: Place | None = None) -> Elements:
    """The elements that stay, in the order they came."""
    elements, place = tuple(elements), place or Place()
    charset = next((terms(each.value) for each in elements if each.tag == CHARSET), place.charset)
    scheme = next((text(each.value) for each in elements if each.tag == SCHEME), "")
    place = Place(place.parent, charset, _creators(elements), scheme)
    kept: list[Element] = []
    for element in elements:
        action, made = _one(element, walk, place)
        walk.counts[action] += 1
        if made is not None:
            kept.append(made)
    return tuple(_used_creators(kept, place))


def _creators(elements: Elements) -> dict[int, str]:
    """Private block (group and high byte) → creator."""
    return {
        (each.tag & 0xFFFF0000) | (each.tag & 0xFF) << 8: text(each.value)
        for each in elements
        if each.tag >> 16 & 1 and 0x10 <= each.tag & 0xFFFF <= 0xFF
    }


def _used_creators(kept: list[Element], place: Place) -> Iterable[Element]:
    """Private creators stay only where something of their block did."""
    blocks = {each.tag & 0xFFFFFF00 for each in kept if each.tag >> 16 & 1 and each.tag & 0xFFFF > 0xFF}
    for block in sorted(blocks):
        tag = (block & 0xFFFF0000) | (block >> 8 & 0xFF)
        kept.append(Element(tag, "LO", place.creators[block].encode()))
    return sorted(kept, key=lambda each: each.tag) if blocks else kept


def _one(element: Element, walk: Walk, place: Place) -> tuple[str, Element | None]:
    """What was done, and what is left."""
    tag, group = element.tag, element.tag >> 16
    if not tag & 0xFFFF or group < 8 or group == 0xFFFC or 0x5000 <= group < 0x5100 or 0x6000 <= group < 0x6100:
        return "X", None
    if not place.parent and tag in OURS:
        return "X", None
    if group & 1:
        return _private(element, walk, place)
    action = walk.profile.action(tag, walk.sop_class, place.parent)
    if action is None:
        return _unlisted(element, walk, place)
    return _listed(element, action, walk, place)


def _listed(element: Element, action: str, walk: Walk, place: Place) -> tuple[str, Element | None]:
    known = walk.profile.tables.dictionary.get(element.tag, "UN").lstrip("-")
    if element.items is None and not same_kind(element.vr, known):
        element = element._replace(vr=known, value=b"") if known not in ("UN", "SQ") else element
        action = "X" if known in ("UN", "SQ") else "Z" if action in ("K", "C") else action
    if action == "X":
        return action, None
    if element.tag in (PATIENT_NAME, PATIENT_ID) and action in ("Z", "D"):
        return action, element._replace(value=walk.pseudonyms.patient(walk.patient).encode())
    if action == "Z":
        return action, element._replace(value=b"", items=None if element.items is None else ())
    if element.items is not None:
        return action, _into(element, walk, place)
    if action == "U":
        return action, _uids(element, walk)
    if action == "C":
        return _clean(element, walk, place)
    if action == "K":
        return _clean(element, walk, place) if element.tag == AGE else _retained(element, walk, place)
    return action, element._replace(value=dummy(element.vr, len(element.value)) if element.vr != "UI" else b"")


def _retained(element: Element, walk: Walk, place: Place) -> tuple[str, Element]:
    """What an option keeps may still repeat what no option keeps."""
    element = _trimmed(element)
    if element.vr in FREE or element.vr in ("CS", "PN", "AE", "DS", "IS"):
        said = decode(element.value, place.charset).split("\\")
        if any(_names(each.strip(), element.vr, walk) for each in said):
            return "D", element._replace(value=dummy(element.vr, 0))
    return "K", element


def _into(element: Element, walk: Walk, place: Place) -> Element:
    inner = Place(element.tag, place.charset)
    return element._replace(items=tuple(deidentify(item, walk, inner) for item in element.items or ()))


def _uids(element: Element, walk: Walk) -> Element:
    made = []
    for uid in element.value.decode("latin-1").split("\\"):
        uid = text(uid.encode("latin-1"))
        made.append(uid if not uid or uid.startswith(STANDARD_ROOT) else walk.pseudonyms.uid(uid))
    return element._replace(vr="UI", value="\\".join(made).encode())


def _clean(element: Element, walk: Walk, place: Place) -> tuple[str, Element | None]:
    """Dates move, ages are capped, text loses its identifiers; what cannot be cleaned is emptied."""
    if element.vr in ("DA", "DT"):
        by = walk.pseudonyms.shift(walk.patient)
        moved = [shifted(each, by) or "" for each in text(element.value).split("\\")]
        return "C", element._replace(value="\\".join(moved).encode())
    if element.vr == "TM":
        return "C", _trimmed(element)
    if element.vr == "AS":
        return "C", element._replace(value=(capped(text(element.value)) or "").encode())
    if element.vr not in FREE:
        return "Z", element._replace(value=b"")
    said = decode(element.value.split(b"\0", 1)[0], place.charset)
    cleaned = "\\".join(walk.detector.clean(part) for part in said.split("\\"))
    raw = element.value if cleaned == said else encode(cleaned, place.charset)
    return "C", element._replace(value=raw if raw is not None else b"")


def _unlisted(element: Element, walk: Walk, place: Place) -> tuple[str, Element | None]:
    """An attribute that the profile does not name: kept when the standard knows it and it says nothing of anybody."""
    known = walk.profile.tables.dictionary.get(element.tag)
    if known is None:
        return "X", None
    if element.items is not None:
        return ("K", _into(element, walk, place)) if known.lstrip("-") == "SQ" else ("X", None)
    if element.tag == CHARSET:
        # Other texts cannot be read without it, and its terms are the standard's.
        return ("K", element) if all(term in CODECS for term in place.charset) else ("X", None)
    if not same_kind(element.vr, known.lstrip("-")):
        return "X", None
    retired = known.startswith("-")
    if element.vr in ("DA", "DT", "TM", "PN", "AE", "UR") or (retired and element.vr in WORDS):
        return "X", None
    if element.vr == "UI":
        return ("K", _trimmed(element)) if element.tag in REGISTERED else ("U", _uids(element, walk))
    if element.tag == ICC_PROFILE:
        profile = blanked(element.value)
        return ("C", element._replace(value=profile)) if profile is not None else ("X", None)
    if element.tag >> 16 == PIXEL_GROUP or element.vr in NUMERIC:
        return "K", element
    if element.vr in OPAQUE:
        return "X", None
    return _spoken(element, walk, place)


def _spoken(element: Element, walk: Walk, place: Place) -> tuple[str, Element | None]:
    """A value that may echo an identifier: kept as it is, or replaced where it does."""
    element = _trimmed(element)
    if not well_formed(element.vr, element.value):
        return "D", element._replace(value=dummy(element.vr, 0))
    if element.vr in FREE:
        return _free(element, walk, place)
    if element.vr in ("DS", "IS", "CS"):
        said = element.value.decode("latin-1").split("\\")
        if any(_names(each.strip(), element.vr, walk) for each in said if len(each) > 2):
            return "D", element._replace(value=dummy(element.vr, 0))
    return "K", element


def _names(said: str, vr: str, walk: Walk) -> bool:
    """Whether a code or a number names somebody. Codes have words of their own, so only phrases are judged by words."""
    spoken = vr == "CS" and (" " in said or sum(letter.isdigit() for letter in said) > LONGEST_NUMBER)
    return walk.detector.known(said.replace("_", " ")) or (spoken and walk.detector.suspicious(said))


def _free(element: Element, walk: Walk, place: Place) -> tuple[str, Element]:
    said = decode(element.value, place.charset)
    parts = said.split("\\") if element.vr in ("LO", "SH", "UC") else [said]
    if element.tag in (CODE, SCHEME, SCHEME_VERSION) and place.scheme in SCHEMES:
        coded = walk.detector.coded(said.strip())
        return ("D", element._replace(value=dummy(element.vr, 0))) if coded else ("K", element)
    if not any(_judged(part, element.vr, walk) for part in parts if part.strip()):
        return "K", element
    return "D", element._replace(value=dummy(element.vr, 0))


def _judged(part: str, vr: str, walk: Walk) -> bool:
    """A word alone may be a name in prose, while short texts are full of vendors' own words."""
    if vr in ("LO", "SH"):
        return walk.detector.suspicious(part)
    return walk.detector.echoed(part) or walk.detector.clean(part) != part.strip()


def _private(element: Element, walk: Walk, place: Place) -> tuple[str, Element | None]:
    if "safe-private" not in walk.profile.options or element.tag & 0xFFFF <= 0xFF:
        return "X", None
    creator = place.creators.get(element.tag & 0xFFFFFF00, "")
    safe = walk.profile.tables.private.get((element.tag >> 16, creator, element.tag & 0xFF))
    if safe is None:
        return "X", None
    vr, action = safe
    if element.items is not None:
        return ("K", _into(element, walk, place)) if vr == "SQ" else ("X", None)
    element = element._replace(vr=vr) if element.vr == "UN" else element
    if not same_kind(element.vr, vr) or vr in ("PN", "SQ"):
        return "X", None
    if action == "U" or vr == "UI":
        return "U", _uids(element, walk)
    if vr in ("DA", "DT", "TM"):
        if "full-dates" in walk.profile.options:
            return _spoken(element, walk, place)
        return _clean(element, walk, place) if "modified-dates" in walk.profile.options else ("X", None)
    return _spoken(element, walk, place)


def _trimmed(element: Element) -> Element:
    """Text up to its NUL: what stands behind one is padding, or hidden."""
    if element.vr in FREE or element.vr in ("CS", "DS", "IS", "AS", "TM", "DA", "DT", "UI", "AE", "UR", "PN"):
        at = element.value.find(b"\0")
        return element if at < 0 else element._replace(value=element.value[:at])
    return element
