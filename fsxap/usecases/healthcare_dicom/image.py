"""Owns the pixel elements of a data set: what is in them besides the picture goes, the picture stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterable

from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom.frames import unused_bits, wordless
from fsxap.usecases.healthcare_dicom.parse import PIXELS, Element, Elements

ALLOCATED, STORED, HIGH, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103


def swept(elements: Iterable[Element], *, big: bool) -> Elements:
    """The elements, their pixel data without words in compressed streams and without bits that are not displayed."""
    elements = tuple(elements)
    embedded = any(0x6000 <= each.tag >> 16 < 0x6100 and each.tag & 0xFFFF == 0x0102 for each in elements)
    overlays = any(0x6000 <= each.tag >> 16 < 0x6100 and each.tag & 0xFFFF == 0x3000 for each in elements)
    return tuple(
        _swept(each, elements, big=big, embedded=embedded and not overlays) if each.tag == PIXELS else each
        for each in elements
    )


def _swept(pixels: Element, elements: Elements, *, big: bool, embedded: bool) -> Element:
    if pixels.encapsulated:
        if embedded:
            raise ItemError("an overlay is embedded in compressed pixel data", code="embedded-overlay")
        return pixels._replace(value=wordless(pixels.value))
    sizes = {each.tag: int.from_bytes(each.value[:2], "big" if big else "little") for each in elements if each.value}
    allocated = sizes.get(ALLOCATED, 0)
    high = sizes.get(HIGH, allocated - 1)
    if high + 1 != sizes.get(STORED, high + 1):
        # Stored bits that do not start at bit 0: what is a sample and what is not differs from reader to reader.
        return pixels
    value = unused_bits(pixels.value, allocated=allocated, high=high, signed=bool(sizes.get(SIGNED)), big=big)
    return pixels._replace(value=value)
