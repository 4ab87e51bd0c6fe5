"""Owns the judgement of values that the profile does not name: each stays only if it says nothing of anybody.

Texts must be made of words that the standard or vendors use, codes must look like codes of their scheme, and numbers
must be as many as the attribute takes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fsxap.usecases.healthcare_dicom.bulk import speaks
from fsxap.usecases.healthcare_dicom.charsets import decode
from fsxap.usecases.healthcare_dicom.parse import Element
from fsxap.usecases.healthcare_dicom.shapes import WORD
from fsxap.usecases.healthcare_dicom.text import Detector
from fsxap.usecases.healthcare_dicom.values import FREE, TEXTUAL, WIDTHS, dummy, well_formed

CODE, SCHEME, SCHEME_VERSION = 0x00080100, 0x00080102, 0x00080103
SCHEMES = re.compile(
    r"ACR|BI|C4|C5|CD2|DC|DCM|DCMUID|FMA|HL7|I10P?|I11|I9C?|IBSI|ICDO3|ISO3166_1|ISO639_[12]|ITIS_TSN|LN|MA|MDC|MSH|NCDR|"
    r"NCI[Tt]|NEU|PATHLEX|POS|PUBCHEM_CID|RADELEMENT|RADLEX|RFC3066|RFC5646|RO|SCPECG|SCT|SDM|SNM3|SRT|UBERON|UCUM|UMLS|UNS"
)
"""Schemes (PS3.16 8) whose codes are numbers or look like them. What numbers persons (NPI) is not among them."""
SNOMED = re.compile(r"[A-Z][A-Z0-9]?-[0-9A-Z]{4,7}")
CODE_SHAPES = {
    "DCM": re.compile(r"\d{5,6}|[A-Z0-9_]{1,8}(?<!\d{7})"),
    "SCT": re.compile(r"\d{6,18}"),
    "SRT": SNOMED,
    "SNM3": SNOMED,
    "LN": re.compile(r"\d{1,6}-\d"),
}
LONGEST_NUMBER = 4
"""Digits of a coded value; more are a number of somebody."""
LEAST_CODE = 3
LONGEST_COUNT = 7
"""Digits of an integer string that counts something; more are a number of somebody."""
COUNTS = frozenset({0x00180070, 0x00181152, 0x00181153, 0x00541310, 0x00541311})
"""Integer strings that grow longer: counts of an emission, exposures in µAs."""
STANDARD = re.compile(r"ISO_\d{5}_\d")
BORN = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


def spoken(
    element: Element, detector: Detector, counts: Mapping[int, int], charset: tuple[str, ...], scheme: str = ""
) -> tuple[str, Element]:
    """K with the value as it is, or D with a dummy for what may name somebody. `counts`: values an attribute takes."""
    element = trimmed(element)
    if not well_formed(element.vr, element.value):
        return "D", _dummy(element)
    if element.vr in FREE:
        return ("D", _dummy(element)) if _telling(element, detector, charset, scheme) else ("K", element)
    if element.vr in WIDTHS:
        most = counts.get(element.tag, 0)
        fits = not most or len(element.value) <= most * WIDTHS[element.vr]
        return ("K", element) if fits and not speaks(element.value) else ("D", _dummy(element))
    if element.vr not in ("DS", "IS", "CS"):
        return "K", element
    said = element.value.decode("latin-1").split("\\")
    other = dummy(element.vr, 0).decode()
    kept = [other if named(each.strip(), element, detector) else each for each in said]
    return ("K", element) if kept == said else ("D", element._replace(value="\\".join(kept).encode("latin-1")))


def named(said: str, element: Element, detector: Detector) -> bool:
    """Whether a code or a number names somebody, or is somebody's number."""
    if len(said) < LEAST_CODE:
        return False
    if element.vr == "CS":
        words = said.replace("_", " ")
        if detector.known(words) or (" " in said and detector.suspicious(words)):
            return True
        if sum(letter.isdigit() for letter in said) > LONGEST_NUMBER and not STANDARD.fullmatch(said):
            return True
        return any(detector.unfamiliar(word) for word in WORD.findall(words))
    long = element.vr == "IS" and len(said.strip("+-0 ")) > LONGEST_COUNT and element.tag not in COUNTS
    return long or BORN.fullmatch(said) is not None or detector.known(said)


def trimmed(element: Element) -> Element:
    """Text up to its NUL: what stands behind one is padding, or hidden."""
    at = element.value.find(b"\0") if element.vr in TEXTUAL else -1
    return element if at < 0 else element._replace(value=element.value[:at])


def _telling(element: Element, detector: Detector, charset: tuple[str, ...], scheme: str) -> bool:
    said = decode(element.value, charset)
    if element.tag in (CODE, SCHEME, SCHEME_VERSION) and SCHEMES.fullmatch(scheme):
        bare = said.strip()
        shape = CODE_SHAPES.get(scheme) if element.tag == CODE else None
        if detector.coded(bare) or (shape is not None and not shape.fullmatch(bare)):
            return True
        return shape is None and any(detector.unfamiliar(word) for word in WORD.findall(bare) if bare != scheme)
    parts = said.split("\\") if element.vr in ("LO", "SH", "UC") else [said]
    return any(detector.suspicious(part) or detector.recognised(part) for part in parts if part.strip())


def _dummy(element: Element) -> Element:
    return element._replace(value=dummy(element.vr, 0))
