"""Owns the making of one output: de-identified, said so truthfully, written, and proved before it may be released."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import fsxap
from fsxap.errors import ItemError
from fsxap.ports import PhiText
from fsxap.usecases.healthcare_dicom import verify
from fsxap.usecases.healthcare_dicom.deidentify import Walk, deidentify
from fsxap.usecases.healthcare_dicom.encode import write
from fsxap.usecases.healthcare_dicom.graphics import overlay_planes, with_planes, wordless_planes
from fsxap.usecases.healthcare_dicom.identity import STUDY_UID, identity_of, patient_of
from fsxap.usecases.healthcare_dicom.image import overlaid, swept
from fsxap.usecases.healthcare_dicom.memory import Memory
from fsxap.usecases.healthcare_dicom.parse import (
    BIG,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    PIXELS,
    Element,
    Elements,
    File,
    read,
    text,
)
from fsxap.usecases.healthcare_dicom.pixels.examine import Examined, Finder, examine, own_texts
from fsxap.usecases.healthcare_dicom.profile import CODES, Profile
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms
from fsxap.usecases.healthcare_dicom.text import Detector

SOP_CLASS, SOP_INSTANCE, SERIES_UID, ROWS = 0x00080016, 0x00080018, 0x0020000E, 0x00280010
SYNTAX, BURNED_IN = 0x00020010, 0x00280301


@dataclass(frozen=True, slots=True)
class Released:
    """`key` is the name of the output, from new UIDs alone."""

    key: str
    body: bytes
    elements: Elements
    big: bool
    actions: Mapping[str, int]
    pixels_untouched: bool
    masked_regions: int = 0
    masked_frames: int = 0
    pixels_examined: bool = False
    engine: str = ""
    """What looked at the pixels and decoded them."""
    thumbnail: bytes = b""
    """A PNG of the first painted frame."""


class NotProved(ItemError):
    """The output was made, and the proof failed."""

    code = "not-proved"


def release(
    file: File,
    body: bytes,
    profile: Profile,
    pseudonyms: Pseudonyms,
    finder: Finder | None = None,
    *,
    phi: PhiText | None = None,
    memory: Memory | None = None,
) -> Released:
    """The output of a file; `ItemError` when it cannot be made or proved. With a finder its pixels are examined.

    `phi` reads texts besides the rules; `memory` holds what was decided in other files.
    """
    top = {each.tag: each for each in file.elements}
    if ROWS in top and file.trailing and not verify.PIXELS & top.keys():
        raise ItemError("it describes a picture and cannot be read to its pixels", code="malformed")
    identity = identity_of((*file.meta, *file.elements), profile, profile.tables.vocabulary)
    sop_class = _plain(top, SOP_CLASS) or _plain({each.tag: each for each in file.meta}, 0x00020002)
    if not sop_class:
        raise ItemError("it does not say what it is (no SOP class)", code="unknown")
    syntax = _syntax(file)
    before = swept(file.elements, syntax=syntax, big=file.big)
    searched = "graphics" in profile.options and finder is not None
    if finder is not None and searched:
        planes = overlay_planes(before, big=file.big)
        before = with_planes(before, wordless_planes(planes, finder()) if planes else (), big=file.big)
    examined = _examined(before, syntax, own_texts(identity, profile.tables.vocabulary), finder)
    detector = Detector(identity, profile.tables.vocabulary, phi)
    walk = Walk(profile, pseudonyms, detector, patient_of(file.elements), sop_class, big=file.big, overlays=searched)
    walk = memory.recalling(walk) if memory else walk
    kept = {each.tag: each for each in deidentify(examined.elements if examined else before, walk)}
    kept[SOP_CLASS] = Element(SOP_CLASS, "UI", sop_class.encode())
    if not _plain(kept, SOP_INSTANCE):
        kept[SOP_INSTANCE] = Element(SOP_INSTANCE, "UI", pseudonyms.uid(pseudonyms.content(body)).encode())
    kept |= {each.tag: each for each in _statements(profile, examined is not None)}
    elements = tuple(kept[tag] for tag in sorted(kept))
    syntax = examined.syntax if examined else syntax
    made = write(elements, syntax=syntax, sop_class=sop_class, sop_instance=_plain(kept, SOP_INSTANCE))
    _prove(file, made, elements, walk, examined)
    return Released(
        key=_name(kept, pseudonyms.content(body)),
        body=made,
        elements=elements,
        big=syntax == BIG,
        actions=dict(sorted(Counter(walk.counts).items())),
        pixels_untouched=verify.pixels(file.elements) == verify.pixels(elements),
        masked_regions=examined.regions if examined else 0,
        masked_frames=len(examined.boxes) if examined else 0,
        pixels_examined=examined is not None,
        engine=examined.engine if examined else "",
        thumbnail=_thumbnail(examined),
    )


def _syntax(file: File) -> str:
    """The transfer syntax of the output, if its pixels stay as they are."""
    if any(each.tag == PIXELS and each.encapsulated for each in file.elements):
        if file.syntax not in (IMPLICIT, EXPLICIT, DEFLATED, BIG):
            return file.syntax
        named = next((text(each.value) for each in file.meta if each.tag == SYNTAX), "")
        if named in ("", IMPLICIT, EXPLICIT, DEFLATED, BIG):
            raise ItemError("its pixels are compressed, and it does not say how", code="malformed")
        return named
    # Compressors differ from machine to machine, and outputs must not.
    return EXPLICIT if file.syntax == DEFLATED else file.syntax


def _examined(elements: Elements, syntax: str, own: frozenset[str], finder: Finder | None) -> Examined | None:
    """None where nobody was to look at the pixels, or there are none."""
    hidden = overlaid(elements)
    if finder is None:
        if hidden:
            raise ItemError("an overlay may be hidden in its compressed pixels", code="embedded-overlay")
        return None
    return examine(elements, syntax=syntax, big=syntax == BIG, own=own, finder=finder, overlaid=hidden)


def _thumbnail(examined: Examined | None) -> bytes:
    if examined is None or not examined.boxes:
        return b""
    from fsxap.usecases.healthcare_dicom.pixels.thumbnail import thumbnail

    return thumbnail(examined)


def _plain(elements: Mapping[int, Element], tag: int) -> str:
    return text(elements[tag].value) if tag in elements and elements[tag].items is None else ""


def _prove(file: File, made: bytes, elements: Elements, walk: Walk, examined: Examined | None) -> None:
    again = read(made, walk.profile.tables.dictionary)
    found = sorted(set(verify.leaks(again, walk.detector.identity, walk.profile)))
    if verify.pixels(again.elements) != verify.pixels(elements):
        found.append("other pixels than were meant")
    found += sorted(set(verify.wanting(file.elements, again, walk.profile)))
    if examined and examined.recoded:
        from fsxap.usecases.healthcare_dicom.pixels.proof import flaws

        found += sorted(set(flaws(made, examined)))
    if found:
        raise NotProved(f"the proof of the output found {', '.join(found)}")


def _statements(profile: Profile, examined: bool) -> Elements:
    """What was done, as PS3.15 E.1.1 and PS3.3 C.7.1.1 want it said. Clean pixels are earned by looking at them."""
    options = profile.options - {"pixels"} | ({"pixels"} if examined else set())
    dates = "UNMODIFIED" if "full-dates" in options else "MODIFIED" if "modified-dates" in options else "REMOVED"
    method = [f"fsxap {fsxap.__version__}", profile.tables.edition, *sorted(options)]
    method += ["local policy"] if profile.overrides else []
    earned = [code for code in profile.codes if code != CODES["pixels"]]
    codes = tuple(
        (
            Element(0x00080100, "SH", code.encode()),
            Element(0x00080102, "SH", b"DCM"),
            Element(0x00080104, "LO", meaning.encode()),
        )
        for code, meaning in sorted([*earned, CODES["pixels"]] if examined and earned else earned)
    )
    made = [
        Element(0x00120062, "CS", b"YES"),
        Element(0x00120063, "LO", "\\".join(part[:64] for part in method).encode()),
        Element(0x00280303, "CS", dates.encode()),
    ]
    made += [Element(BURNED_IN, "CS", b"NO")] if examined else []
    made += [Element(0x00120064, "SQ", b"", codes)] if codes else []
    return tuple(made)


def _name(elements: Mapping[int, Element], content: str) -> str:
    """Study, series and instance by their new UIDs. Files that share an instance UID are told apart by content."""
    study, series = (_folder(_plain(elements, tag)) for tag in (STUDY_UID, SERIES_UID))
    return f"{study}/{series}/{_folder(_plain(elements, SOP_INSTANCE))}-{content}.dcm"


def _folder(uid: str) -> str:
    """UIDs that are retained come from outside, and a name must not lead anywhere."""
    return uid if uid and len(uid) <= 64 and uid.replace(".", "").isdigit() and ".." not in uid else "none"
