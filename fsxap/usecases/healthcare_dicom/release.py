"""Owns the making of one output: de-identified, said so truthfully, written, and proved before it may be released."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import fsxap
from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom import verify
from fsxap.usecases.healthcare_dicom.deidentify import Walk, deidentify
from fsxap.usecases.healthcare_dicom.encode import write
from fsxap.usecases.healthcare_dicom.identity import STUDY_UID, identity_of, patient_of
from fsxap.usecases.healthcare_dicom.image import swept
from fsxap.usecases.healthcare_dicom.parse import DEFLATED, EXPLICIT, Element, Elements, File, read, text
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms
from fsxap.usecases.healthcare_dicom.text import Detector

SOP_CLASS, SOP_INSTANCE, SERIES_UID, ROWS = 0x00080016, 0x00080018, 0x0020000E, 0x00280010


@dataclass(frozen=True, slots=True)
class Released:
    """`key` is the name of the output, from new UIDs alone."""

    key: str
    body: bytes
    actions: Mapping[str, int]
    pixels_untouched: bool


class NotProved(ItemError):
    """The output was made, and the proof failed."""

    code = "not-proved"


def release(file: File, body: bytes, profile: Profile, pseudonyms: Pseudonyms) -> Released:
    """The output of a file; `ItemError` when it cannot be made or proved."""
    top = {each.tag: each for each in file.elements}
    if ROWS in top and file.trailing and not verify.PIXELS & top.keys():
        raise ItemError("it describes a picture and cannot be read to its pixels", code="malformed")
    identity = identity_of((*file.meta, *file.elements), profile, profile.tables.vocabulary)
    sop_class = _plain(top, SOP_CLASS) or _plain({each.tag: each for each in file.meta}, 0x00020002)
    if not sop_class:
        raise ItemError("it does not say what it is (no SOP class)", code="unknown")
    walk = Walk(
        profile, pseudonyms, Detector(identity, profile.tables.vocabulary), patient_of(file.elements), sop_class
    )
    kept = {each.tag: each for each in deidentify(swept(file.elements, big=file.big), walk)}
    kept[SOP_CLASS] = Element(SOP_CLASS, "UI", sop_class.encode())
    if not _plain(kept, SOP_INSTANCE):
        kept[SOP_INSTANCE] = Element(SOP_INSTANCE, "UI", pseudonyms.uid(pseudonyms.content(body)).encode())
    kept |= {each.tag: each for each in _statements(profile)}
    elements = tuple(kept[tag] for tag in sorted(kept))
    # Compressors differ from machine to machine, and outputs must not.
    syntax = EXPLICIT if file.syntax == DEFLATED else file.syntax
    made = write(elements, syntax=syntax, sop_class=sop_class, sop_instance=_plain(kept, SOP_INSTANCE))
    _prove(made, elements, walk)
    return Released(
        key=_name(kept, pseudonyms.content(body)),
        body=made,
        actions=dict(sorted(Counter(walk.counts).items())),
        pixels_untouched=verify.pixels(file.elements) == verify.pixels(elements),
    )


def _plain(elements: Mapping[int, Element], tag: int) -> str:
    return text(elements[tag].value) if tag in elements and elements[tag].items is None else ""


def _prove(made: bytes, elements: Elements, walk: Walk) -> None:
    again = read(made, walk.profile.tables.dictionary)
    found = sorted(set(verify.leaks(again, walk.detector.identity, walk.profile)))
    if verify.pixels(again.elements) != verify.pixels(elements):
        found.append("other pixels than were meant")
    if found:
        raise NotProved(f"the output still holds {', '.join(found)}")


def _statements(profile: Profile) -> Elements:
    """What was done, as PS3.15 E.1.1 and PS3.3 C.7.1.1 want it said."""
    options = profile.options
    dates = "UNMODIFIED" if "full-dates" in options else "MODIFIED" if "modified-dates" in options else "REMOVED"
    method = [f"fsxap {fsxap.__version__}", profile.tables.edition, *sorted(options)]
    method += ["local policy"] if profile.overrides else []
    codes = tuple(
        (
            Element(0x00080100, "SH", code.encode()),
            Element(0x00080102, "SH", b"DCM"),
            Element(0x00080104, "LO", meaning.encode()),
        )
        for code, meaning in profile.codes
    )
    made = [
        Element(0x00120062, "CS", b"YES"),
        Element(0x00120063, "LO", "\\".join(part[:64] for part in method).encode()),
        Element(0x00280303, "CS", dates.encode()),
    ]
    return tuple(made) + ((Element(0x00120064, "SQ", b"", codes),) if codes else ())


def _name(elements: Mapping[int, Element], content: str) -> str:
    """Study, series and instance by their new UIDs. Files that share an instance UID are told apart by content."""
    study, series = (_folder(_plain(elements, tag)) for tag in (STUDY_UID, SERIES_UID))
    return f"{study}/{series}/{_folder(_plain(elements, SOP_INSTANCE))}-{content}.dcm"


def _folder(uid: str) -> str:
    """UIDs that are retained come from outside, and a name must not lead anywhere."""
    return uid if uid and len(uid) <= 64 and uid.replace(".", "").isdigit() and ".." not in uid else "none"
