"""Owns what a DICOM file is, from its header: kind, modality, and whether its pixels may say who the patient is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fsxap.usecases.healthcare_dicom.parse import VRS, Element, File, text
from fsxap.usecases.healthcare_dicom.profile import names, tables

HEADER = 64 * 1024
LIMIT = 1 << 20
"""Classifying reads at most this much of a file."""
STORAGE = "1.2.840.10008.5.1.4.1.1."
DIRECTORY = "1.2.840.10008.1.3.10"
KINDS = {
    "88": "structured-report",
    "104": "document",
    "11": "presentation-state",
    "481": "radiotherapy",
    "9": "waveform",
    "66": "segmentation",
    "67": "parameters",
    "7": "secondary-capture",
    "6": "image",
    "78": "measurements",
    "200": "planning",
    "201": "planning",
}
"""Kind by the branch of the storage SOP classes (PS3.4 B.5)."""
BY_CLASS = {
    f"{STORAGE}66.1": "parameters",
    f"{STORAGE}66.2": "parameters",
    f"{STORAGE}66.3": "parameters",
    f"{STORAGE}66": "raw-data",
    f"{STORAGE}88.67": "dose-report",
    f"{STORAGE}481.1": "image",
    f"{STORAGE}30": "parameters",
}
SPEAKING = frozenset(
    {"US", "IVUS", "ES", "XC", "GM", "SM", "OP", "OPT", "DOC", "SC", "XA", "RF", "OT", "ECG", "HC", "FID"}
)
"""Modalities whose pictures come with text burned in, or may show a face or a label."""
QUIET = frozenset({"CT", "MR", "PT", "NM", "RTDOSE", "RTIMAGE", "SEG", "MG", "CR", "DX", "IO", "PX", "BDUS", "REG"})
VIDEO = tuple(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 109))
HEAD = ("HEAD", "BRAIN", "SKULL", "FACE", "ORBIT", "SINUS", "NECK", "JAW", "TEETH")
FIELDS = {
    0x00080016: "sop_class",
    0x00080008: "image_type",
    0x00080060: "modality",
    0x00080064: "conversion",
    0x00180015: "body_part",
    0x00280301: "burned_in",
    0x00280004: "photometric",
    0x00280010: "rows",
    0x0020000D: "study",
    0x0020000E: "series",
}


@dataclass(frozen=True, slots=True)
class Class:
    """`risk` of text in the pixels: none (no picture), low, high. `refused` says why it is not for this pipeline."""

    kind: str
    modality: str
    sop_class: str
    body_part: str
    risk: str
    why: str = ""
    refused: str = ""
    face: bool = False


def is_dicom(head: bytes) -> bool:
    """By content: the magic behind the preamble, or a data set that begins the way data sets do."""
    if head[128:132] == b"DICM":
        return True
    if len(head) < 8 or head[:1] not in (b"\x02", b"\x08", b"\x00"):
        return False
    little, big = int.from_bytes(head[:2], "little"), int.from_bytes(head[:2], "big")
    if head[4:6].decode("latin-1") in VRS:
        return little in (2, 8) or big in (2, 8)
    # Implicit: a short first value of an early element.
    return little in (2, 8) and head[3:4] in (b"\0", b"\x01") and int.from_bytes(head[4:8], "little") <= 128


def fields(elements: Iterable[Element]) -> dict[str, str]:
    found = {}
    for element in elements:
        if element.tag in FIELDS and element.items is None:
            name = FIELDS[element.tag]
            found[name] = "1" if name == "rows" else text(element.value).upper()
    return found


def classify(file: File) -> Class:
    found = fields(file.elements)
    meta = {each.tag: text(each.value) for each in file.meta if each.items is None}
    sop_class = found.get("sop_class") or meta.get(0x00020002, "")
    modality = found.get("modality", "")
    kind = _kind(sop_class, "rows" in found)
    risk, why = _risk(found, kind, modality)
    return Class(
        kind,
        _public(modality),
        sop_class if sop_class in tables().uids else "",
        _public(found.get("body_part", "")),
        risk,
        why,
        _refusal(kind, file.syntax),
        modality in ("CT", "MR", "PT") and any(part in found.get("body_part", "") for part in HEAD),
    )


def _public(word: str) -> str:
    """A defined term, which may be told; the header of a file may hold any other word."""
    plain = word.lower()
    return word if word.isalnum() and plain in tables().vocabulary and plain not in names() else ""


def _kind(sop_class: str, picture: bool) -> str:
    if sop_class == DIRECTORY:
        return "directory"
    if sop_class in BY_CLASS:
        return BY_CLASS[sop_class]
    if not sop_class:
        return "unknown"
    if not sop_class.startswith(STORAGE):
        return "private" if not sop_class.startswith("1.2.840.10008.") else "not-stored"
    if sop_class not in tables().uids:
        return "unregistered"
    branch = sop_class[len(STORAGE) :].split(".")[0]
    kind = KINDS.get(branch, "image")
    return "image" if kind in ("radiotherapy", "waveform") and picture else kind


def _risk(found: dict[str, str], kind: str, modality: str) -> tuple[str, str]:
    if "rows" not in found:
        return "none", ""
    kinds = found.get("image_type", "").split("\\")
    if found.get("burned_in") == "YES":
        return "high", "the header says that text is burned in"
    if kind == "secondary-capture" or found.get("conversion") not in (None, "", "SYN"):
        return "high", "it is a secondary capture"
    if any(word in each for each in kinds for word in ("SCREEN", "SAVE", "CAPTURE", "SECONDARY", "DOSE", "PASTED")):
        return "high", "its image type is a derived or captured picture"
    if modality in ("CT", "MR") and not found.get("photometric", "MONOCHROME").startswith("MONOCHROME"):
        return "high", "it is a colour picture of a modality that measures in grey"
    if kind == "segmentation":
        return "low", ""
    if modality in SPEAKING:
        return "high", "pictures of this modality usually carry text"
    if modality not in QUIET:
        return "high", "its modality is not known to be free of text"
    return "low", ""


def _refusal(kind: str, syntax: str) -> str:
    """Why the object is not de-identified here, whatever its content."""
    reasons = {
        "directory": "a DICOMDIR names the original files; make a new one from what was released",
        "document": "an encapsulated document cannot be cleaned",
        "raw-data": "raw data is opaque to everyone but its vendor",
        "unregistered": "its SOP class is not among those of the standard that is known here",
        "private": "its SOP class is private, so that nobody can say what it holds",
        "not-stored": "its SOP class is not one of stored objects",
        "unknown": "it does not say what it is (no SOP class)",
    }
    if kind in reasons:
        return reasons[kind]
    if syntax.startswith(VIDEO):
        return "video streams may carry words that are not checked here"
    if not re.fullmatch(r"1\.2\.840\.10008\.1\.2[0-9.]*", syntax):
        return "its transfer syntax is private"
    return ""
