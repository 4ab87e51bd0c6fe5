"""Owns values that stand for others: dummies that are valid for their value representation, and checks of form."""

from __future__ import annotations

import re
from collections.abc import Mapping

TEXT = "REMOVED"
DATE, TIME = "19000101", "000000"
DUMMIES: Mapping[str, bytes] = {
    "AE": TEXT.encode(),
    "AS": b"000Y",
    "CS": TEXT.encode(),
    "DA": DATE.encode(),
    "DS": b"0",
    "DT": (DATE + TIME).encode(),
    "IS": b"0",
    "LO": TEXT.encode(),
    "LT": TEXT.encode(),
    "PN": TEXT.encode(),
    "SH": TEXT.encode(),
    "ST": TEXT.encode(),
    "TM": TIME.encode(),
    "UC": TEXT.encode(),
    "UR": b"urn:removed",
    "UT": TEXT.encode(),
}
WIDTHS = {"AT": 4, "FD": 8, "FL": 4, "SL": 4, "SS": 2, "SV": 8, "UL": 4, "US": 2, "UV": 8}
FORMS = {
    "CS": re.compile(rb"[A-Z0-9 _\\]*"),
    "DS": re.compile(rb"[0-9+\-.eE \\]*"),
    "IS": re.compile(rb"[0-9+\- \\]*"),
    "AS": re.compile(rb"(\d{3}[DWMY][ \\]*)*"),
    "TM": re.compile(rb"[\d.:\-\\ ]*"),
    "DA": re.compile(rb"[\d.\-\\ ]*"),
    "DT": re.compile(rb"[\d.+\-\\ ]*"),
}
FREE = frozenset({"LT", "ST", "UT", "LO", "SH", "UC"})
TEXTUAL = FREE | {"CS", "DS", "IS", "AS", "TM", "DA", "DT", "UI", "AE", "UR", "PN"}
OPAQUE = frozenset({"OB", "UN"})
NUMERIC = frozenset({"OW", "OF", "OD", "OL", "OV"})


def dummy(vr: str, length: int) -> bytes:
    """A value that says nothing; numbers keep their count, because other attributes may depend on it."""
    if vr in WIDTHS:
        return b"\0" * max(length, WIDTHS[vr])
    if vr in OPAQUE or vr in NUMERIC:
        return b"\0" * 8
    return DUMMIES[vr]


def well_formed(vr: str, value: bytes) -> bool:
    """Whether a value keeps to the letters of its representation, or to whole numbers of its width."""
    if vr in WIDTHS:
        return len(value) % WIDTHS[vr] == 0
    form = FORMS.get(vr)
    return form is None or form.fullmatch(value) is not None


def same_kind(stored: str, known: str) -> bool:
    """Whether the stored VR is one the dictionary's attribute may have; the standard leaves some a choice."""
    return stored == known or any({stored, known} <= group for group in ALIKE)


ALIKE = (
    frozenset({"US", "SS", "OW"}),
    frozenset({"OB", "OW"}),
    frozenset({"LO", "SH", "LT", "ST", "UT", "UC"}),
    frozenset({"DS", "IS"}),
    frozenset({"UL", "US", "SL", "SS", "SV", "UV"}),
)
