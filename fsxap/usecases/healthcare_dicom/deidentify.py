"""Owns the walk through a data set: every element at any depth gets its action, and what nobody vouches for goes.

The order of judgement: groups that never stay (private, overlays, curves, group lengths), what the profile lists,
what the standard knows, everything else. Texts that stay are held against the header's own identifiers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fsxap.usecases.healthcare_dicom.bulk import FLOATS, OFFSETS, WAVEFORM, fitted, speaks
from fsxap.usecases.healthcare_dicom.charsets import TERMS, decode, encode, terms
from fsxap.usecases.healthcare_dicom.graphics import DATA, is_graphic, known_vr
from fsxap.usecases.healthcare_dicom.icc import blanked
from fsxap.usecases.healthcare_dicom.identity import (
    CHARSET,
    PATIENT_ID,
    PATIENT_NAME,
    WORDS,
    values,
)
from fsxap.usecases.healthcare_dicom.memory import LONGEST, MOST, Decisions
from fsxap.usecases.healthcare_dicom.parse import PIXELS, Element, Elements, text
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms, capped, shifted
from fsxap.usecases.healthcare_dicom.spoken import SCHEME, named, spoken, trimmed
from fsxap.usecases.healthcare_dicom.text import Detector, plain
from fsxap.usecases.healthcare_dicom.values import FREE, NUMERIC, OPAQUE, dummy, same_kind, well_formed

PIXEL_GROUP, OVERLAY_GROUP = 0x7FE0, 0x6000
ICC_PROFILE, LENGTH_TO_END = 0x00282000, 0x00080001
AGE, TIMEZONE = 0x00101010, 0x00080201
OFFSET = re.compile(rb"[+-](?:0\d|1[0-4])[0-5]\d ?")
REGISTERED = frozenset({0x00080016, 0x0008010C, 0x00080117, 0x00080118, 0x00081150, 0x00041510, 0x00041512})
"""Attributes whose UIDs name classes, coding schemes and value sets, never instances."""
CLASS = re.compile(r"(?:1\.2\.840\.10008|2\.16\.840\.1\.113883\.6)(?:\.\d{1,3})+")
"""DICOM and HL7: what they register names nobody, and has short numbers. Elsewhere anybody writes what he likes."""
WAVEFORM_GROUP = 0x5400
PICTURE = {PIXELS, *FLOATS, *OFFSETS}
"""What a picture consists of; the coefficients of older editions are nobody's pixels."""
PERSON = 0x0040A123
CLEANED = {PERSON: "PN", 0x0040A160: "UT", 0x00700006: "ST"}
"""What content items and annotations say in words."""
CONTENT = {0x0040A730: "structured", 0x00400555: "structured", 0x00400610: "structured", 0x0040B020: "structured"}
CONTENT |= {0x00700001: "graphics"}
"""Sequence → option that keeps what is said inside it, cleaned (PS3.15 E.3.4, E.3.3)."""
OURS = frozenset({0x00120062, 0x00120063, 0x00120064, 0x00280303})
"""What is written anew about the de-identification itself."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What the whole walk through one file shares. `counts` is its tally of actions.

    `big`: numbers are big endian. `overlays`: their bitmaps were searched for text, and clean graphics may keep them.
    `decisions`: what earlier walks under the same header did.
    """

    profile: Profile
    pseudonyms: Pseudonyms
    detector: Detector
    patient: str
    sop_class: str
    counts: Counter[str] = field(default_factory=Counter)
    overlays: bool = False
    big: bool = False
    decisions: Decisions = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the data set the walk is: below which sequence, in which character set, after which creators.

    `cleaned`: inside content whose texts are cleaned, not replaced.
    """

    parent: int = 0
    charset: tuple[str, ...] = ()
    creators: Mapping[int, str] = field(default_factory=dict)
    scheme: str = ""
    cleaned: bool = False


def deidentify(elements: Iterable[Element], walk: Walk, place: Place | None = None) -> Elements:
    """The elements that stay, in the order they came."""
    elements, place = fitted(tuple(elements), big=walk.big), place or Place()
    charset = next((terms(each.value) for each in elements if each.tag == CHARSET), place.charset)
    scheme = next((text(each.value) for each in elements if each.tag == SCHEME), "")
    place = Place(place.parent, charset, _creators(elements), scheme, place.cleaned)
    kept: list[Element] = []
    around = (place.parent, place.charset, place.scheme, place.cleaned)
    for element in elements:
        action, made = _recalled(element, walk, place, around)
        walk.counts[action] += 1
        if made is not None:
            kept.append(made)
    return tuple(_used_creators(kept, place))


def _recalled(element: Element, walk: Walk, place: Place, around: tuple[object, ...]) -> tuple[str, Element | None]:
    """As it was decided before for an equal element at an equal place, or now."""
    if element.items is not None or len(element.value) > LONGEST or element.tag >= PIXELS:
        return _one(element, walk, place)
    creator = place.creators.get(element.tag & 0xFFFFFF00, "") if element.tag >> 16 & 1 else ""
    key = (element.tag, element.vr, element.value, creator, around)
    found = walk.decisions.get(key)
    if found is None:
        found = _one(element, walk, place)
        if len(walk.decisions) < MOST:
            walk.decisions[key] = found
    return found


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
    if not tag & 0xFFFF or group < 8 or group == 0xFFFC or tag == LENGTH_TO_END:
        return "X", None
    if is_graphic(tag):
        return _graphic(element, walk, place)
    if not place.parent and tag in OURS:
        return "X", None
    if group & 1:
        return _private(element, walk, place)
    action = walk.profile.action(tag, walk.sop_class, place.parent)
    if place.cleaned and CLEANED.get(tag) == element.vr and action in (None, "D", "C"):
        return "C", _content(element, walk, place)
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
    if action == "U" or (element.vr == "UI" and action == "D"):
        return action, _uids(element, walk)
    if action == "C":
        return _filled(element, _clean(element, walk, place), walk, place)
    if action == "K":
        return _clean(element, walk, place) if element.tag == AGE else _retained(element, walk, place)
    return action, element._replace(value=dummy(element.vr, len(element.value)))


def _retained(element: Element, walk: Walk, place: Place) -> tuple[str, Element]:
    """What an option keeps may still repeat what no option keeps."""
    element = trimmed(element)
    if not well_formed(element.vr, element.value):
        return "D", element._replace(value=dummy(element.vr, len(element.value)))
    if element.vr in FREE or element.vr in ("CS", "PN", "AE", "DS", "IS"):
        said = decode(element.value, place.charset).split("\\")
        if any(named(each.strip(), element, walk.detector) for each in said):
            return "D", element._replace(value=dummy(element.vr, 0))
    if element.vr == "UI" and "uids" not in walk.profile.options:
        # A device's own UID may be made of the patient's number and birth date.
        identity = walk.detector.identity
        if not (identity.numbers | identity.dates).isdisjoint(re.split(r"[.\\]", text(element.value))):
            return "U", _uids(element, walk)
    return "K", element


def _into(element: Element, walk: Walk, place: Place) -> Element:
    cleaned = place.cleaned or CONTENT.get(element.tag) in walk.profile.options
    inner = Place(element.tag, place.charset, cleaned=cleaned)
    return element._replace(items=tuple(deidentify(item, walk, inner) for item in element.items or ()))


def _content(element: Element, walk: Walk, place: Place) -> Element:
    """What a content item says: persons as pseudonyms, text without identifiers, and never nothing at all."""
    if element.tag == PERSON:
        name = plain(" ".join(values(element, place.charset)))
        return element._replace(value=f"N{walk.pseudonyms.identifier(name, 'person')}".encode())
    _, made = _clean(element, walk, place)
    return made if made is not None and made.value.strip() else element._replace(value=dummy(element.vr, 0))


def _graphic(element: Element, walk: Walk, place: Place) -> tuple[str, Element | None]:
    """Elements of overlays and curves, which stay only where graphics are cleaned and bitmaps were looked at."""
    vr = known_vr(element.tag)
    overlay = element.tag >> 16 >= OVERLAY_GROUP
    if "graphics" not in walk.profile.options or vr is None or element.items is not None or place.parent:
        return "X", None
    if (overlay and not walk.overlays) or not same_kind(element.vr, vr):
        return "X", None
    if element.tag & 0xFFFF == DATA:
        return ("X", None) if speaks(element.value) else ("C", element)
    return _judged(element, walk, place)


def _uids(element: Element, walk: Walk) -> Element:
    made = []
    for uid in element.value.decode("latin-1").split("\\"):
        uid = text(uid.encode("latin-1"))
        made.append(uid if not uid or uid in walk.profile.tables.uids else walk.pseudonyms.uid(uid))
    return element._replace(vr="UI", value="\\".join(made).encode())


def _clean(element: Element, walk: Walk, place: Place) -> tuple[str, Element | None]:
    """Dates move, ages are capped, text loses its identifiers; what cannot be cleaned is emptied."""
    if element.vr in ("DA", "DT"):
        by = walk.pseudonyms.shift(walk.patient)
        moved = [shifted(each, by) or "" for each in text(element.value).split("\\")]
        return "C", element._replace(value="\\".join(moved).encode())
    if element.vr == "TM":
        time = trimmed(element)
        return "C", time if well_formed("TM", time.value) else time._replace(value=b"")
    if element.vr == "AS":
        return "C", element._replace(value=(capped(text(element.value)) or "").encode())
    if element.vr not in FREE:
        return "Z", element._replace(value=b"")
    if element.tag == TIMEZONE and OFFSET.fullmatch(element.value):
        return "C", element
    visible = element.value.split(b"\0", 1)[0]
    said = decode(visible, place.charset)
    cleaned = "\\".join(walk.detector.clean(part) for part in said.split("\\"))
    raw = visible if cleaned == said else encode(cleaned, place.charset)
    return "C", element._replace(value=raw if raw is not None else b"")


def _filled(
    element: Element, cleaned: tuple[str, Element | None], walk: Walk, place: Place
) -> tuple[str, Element | None]:
    """A dummy where cleaning left nothing of a value that the IOD requires."""
    action, made = cleaned
    if made is None or made.value.strip(b" \0") or not element.value.strip(b" \0"):
        return cleaned
    required = walk.profile.type_of(element.tag, walk.sop_class, place.parent) in ("1", "1C")
    return (action, made._replace(value=dummy(element.vr, len(element.value)))) if required else cleaned


def _unlisted(element: Element, walk: Walk, place: Place) -> tuple[str, Element | None]:
    """An attribute that the profile does not name: kept when the standard knows it and it says nothing of anybody."""
    known = walk.profile.tables.dictionary.get(element.tag)
    if known is None:
        return "X", None
    if element.items is not None:
        return ("K", _into(element, walk, place)) if known.lstrip("-") == "SQ" else ("X", None)
    if element.tag == CHARSET:
        # Other texts cannot be read without it, and its terms are the standard's.
        return ("K", element) if all(term in TERMS for term in place.charset) else ("X", None)
    if not same_kind(element.vr, known.lstrip("-")):
        return "X", None
    retired = known.startswith("-")
    if element.vr in ("DA", "DT", "TM", "PN", "AE", "UR") or (retired and element.vr in WORDS):
        return "X", None
    if element.vr == "UI":
        named = text(element.value).split("\\")
        registered = element.tag in REGISTERED and all(CLASS.fullmatch(each) for each in named)
        return ("K", trimmed(element)) if registered else ("U", _uids(element, walk))
    if element.tag == ICC_PROFILE:
        profile = blanked(element.value)
        return ("C", element._replace(value=profile)) if profile is not None else ("X", None)
    if element.tag >> 16 == PIXEL_GROUP:
        # Pictures inside sequences are icons and the like, which the profile removes.
        return ("X", None) if place.parent or element.tag not in PICTURE else ("K", element)
    if element.vr in NUMERIC or (element.tag >> 16 == WAVEFORM_GROUP and element.vr in OPAQUE):
        return ("X", None) if speaks(element.value, samples=element.tag == WAVEFORM) else ("K", element)
    if element.vr in OPAQUE:
        return "X", None
    return _judged(element, walk, place)


def _judged(element: Element, walk: Walk, place: Place) -> tuple[str, Element]:
    return spoken(element, walk.detector, walk.profile.tables.counts, place.charset, place.scheme)


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
            return _judged(element, walk, place)
        return _clean(element, walk, place) if "modified-dates" in walk.profile.options else ("X", None)
    return _judged(element, walk, place)
