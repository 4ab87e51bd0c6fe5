"""Owns the writing of elements as a DICOM file: explicit lengths, the same bytes for the same elements."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom.parse import (
    BIG,
    EXPLICIT,
    IMPLICIT,
    ITEM,
    LONG,
    SEQUENCE_END,
    UNDEFINED,
    Element,
)

IMPLEMENTATION = "2.25.329800735698586629295641978511506172918"
"""A UUID as UID (PS3.5 B.2): this program's, the same in every version so that outputs compare equal."""


class Writer:
    """Turns elements into bytes of one encoding."""

    def __init__(self, syntax: str) -> None:
        self.implicit = syntax == IMPLICIT
        self.order = ">" if syntax == BIG else "<"

    def elements(self, elements: Iterable[Element]) -> bytes:
        parts: list[bytes] = []
        for element in elements:
            self._element(element, parts)
        return b"".join(parts)

    def _element(self, element: Element, parts: list[bytes]) -> None:
        value = element.value
        if element.items is not None:
            value = b"".join(self._item(self.elements(item)) for item in element.items)
        elif len(value) % 2:
            value += b"\0" if element.vr in ("UI", "OB", "UN") else b" "
        length = UNDEFINED if element.encapsulated else len(value)
        parts.append(self._head(element, length))
        parts.append(value)
        if element.encapsulated:
            parts.append(self._mark(SEQUENCE_END, 0))

    def _head(self, element: Element, length: int) -> bytes:
        tag = (element.tag >> 16, element.tag & 0xFFFF)
        if self.implicit:
            return struct.pack(self.order + "HHL", *tag, length)
        vr = element.vr.encode()
        if element.vr in LONG:
            return struct.pack(self.order + "HH2sHL", *tag, vr, 0, length)
        if length > 0xFFFF:
            raise ItemError("a value is too long for its value representation", code="malformed")
        return struct.pack(self.order + "HH2sH", *tag, vr, length)

    def _mark(self, tag: int, length: int) -> bytes:
        return struct.pack(self.order + "HHL", tag >> 16, tag & 0xFFFF, length)

    def _item(self, body: bytes) -> bytes:
        return self._mark(ITEM, len(body)) + body


def write(elements: Iterable[Element], *, syntax: str, sop_class: str, sop_instance: str) -> bytes:
    """A Part 10 file with a preamble of zeros and nothing in the file meta group but what PS3.10 requires."""
    meta = Writer(EXPLICIT).elements(
        (
            Element(0x00020001, "OB", b"\0\1"),
            Element(0x00020002, "UI", sop_class.encode()),
            Element(0x00020003, "UI", sop_instance.encode()),
            Element(0x00020010, "UI", syntax.encode()),
            Element(0x00020012, "UI", IMPLEMENTATION.encode()),
            Element(0x00020013, "SH", b"FSXAP"),
        )
    )
    length = Writer(EXPLICIT).elements((Element(0x00020000, "UL", struct.pack("<L", len(meta))),))
    return b"\0" * 128 + b"DICM" + length + meta + Writer(syntax).elements(elements)
