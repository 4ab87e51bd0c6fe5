"""Owns the sizes of bulk data: tables, waveforms and pixel attributes that are longer than what describes them.

What no reader would look at is where words survive; it is cut off or left out.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from itertools import pairwise

from fsxap.usecases.healthcare_dicom.parse import PIXELS, Element, Elements, text

FLOATS = (0x7FE00008, 0x7FE00009)
OFFSETS = frozenset({0x7FE00001, 0x7FE00002, 0x7FE00003})
"""Extended offset tables and lengths: optional, and few readers check what stands in them."""
FRAMES = 0x00280008
PHOTOMETRIC = 0x00280004
TABLES: Mapping[int, int] = {
    0x00281201: 0x00281101,
    0x00281202: 0x00281102,
    0x00281203: 0x00281103,
    0x00283006: 0x00283002,
}
"""Look-up table → its descriptor: entries, first value, bits of an entry."""
PALETTE = frozenset({0x00281201, 0x00281202, 0x00281203, 0x00281221, 0x00281222, 0x00281223})
WAVEFORM, CHANNELS, SAMPLES, BITS = 0x54001010, 0x003A0005, 0x003A0010, 0x54001004
PRINTED = re.compile(rb"[A-Za-z0-9 ^.,:/'-]")
LETTERS = re.compile(rb"[A-Za-z]")
RUN = re.compile(rb"[A-Za-z][A-Za-z0-9 ^,.'-]{11,}")
SHORTEST = 8
WIDE = re.compile(rb"(?:[A-Za-z]\0){6,}|(?:\0[A-Za-z]){6,}")
STEP = 3
"""Letters of a word are further apart than neighbours in a table."""


def fitted(elements: Elements, *, big: bool) -> Elements:
    """One level of a data set without what its own descriptions do not cover."""
    found = {each.tag: each for each in elements}
    if not (PIXELS in found or WAVEFORM in found or not OFFSETS.isdisjoint(found) or not PALETTE.isdisjoint(found)):
        return elements if TABLES.keys().isdisjoint(found) else _tables(elements, found, big)
    kept = [each for each in _tables(elements, found, big) if each.tag not in OFFSETS or _located(each, found)]
    if PIXELS in found:
        kept = [each for each in kept if each.tag not in FLOATS]
    return tuple(_waveform(each, found, big) if each.tag == WAVEFORM else each for each in kept)


def _located(offsets: Element, found: Mapping[int, Element]) -> bool:
    """Whether an extended offset table (PS3.5 A.4) has a number for each frame that lies inside the pixel data."""
    pixels = found.get(PIXELS)
    if pixels is None or not pixels.encapsulated:
        return False
    frames = text(found[FRAMES].value) if FRAMES in found else ""
    number = 1 if offsets.tag == 0x7FE00003 or not frames.isdigit() else int(frames)
    if len(offsets.value) != 8 * number:
        return False
    return all(place <= len(pixels.value) for (place,) in struct.iter_unpack("<Q", offsets.value))


def _tables(elements: Elements, found: Mapping[int, Element], big: bool) -> Elements:
    coloured = PIXELS not in found or text(found[PHOTOMETRIC].value if PHOTOMETRIC in found else b"") == "PALETTE COLOR"
    # Pictures that are grey with some colour (PS3.3 C.7.6.23) say so beside their tables.
    coloured = coloured or 0x00089205 in found
    return tuple(
        each
        for each in elements
        if (each.tag not in PALETTE or coloured) and (each.tag not in TABLES or _fits(each, found, big))
    )


def _fits(table: Element, found: Mapping[int, Element], big: bool) -> bool:
    descriptor = found.get(TABLES[table.tag])
    if descriptor is None or len(descriptor.value) != 6:
        return False
    order = "big" if big else "little"
    entries = int.from_bytes(descriptor.value[:2], order) or 1 << 16  # type: ignore[arg-type]
    # Eight-bit entries stand in words of their own in older files.
    return len(table.value) in (entries, entries + entries % 2, entries * 2)


def _waveform(element: Element, found: Mapping[int, Element], big: bool) -> Element:
    order = "big" if big else "little"
    sizes = [int.from_bytes(found[tag].value[:4], order) if tag in found else 0 for tag in (CHANNELS, SAMPLES, BITS)]  # type: ignore[arg-type]
    length = sizes[0] * sizes[1] * sizes[2] // 8
    return element._replace(value=element.value[: length + length % 2])


def speaks(value: bytes, *, samples: bool = False) -> bool:
    """Whether what should be numbers is words: mostly letters, or a long run of them that is no ramp.

    `samples` of a signal are as small, and as near to one another, as letters of two bytes.
    """
    bare = value.strip(b"\0 ")
    if len(bare) < SHORTEST:
        return False
    if len(bare) <= 1024 and len(PRINTED.findall(bare)) * 10 >= len(bare) * 9:
        return len(LETTERS.findall(bare)) * 2 >= len(bare) and not _ramp(bare)
    if not samples and any(not _smooth(run.replace(b"\0", b"")) for run in WIDE.findall(value)):
        return True
    return any(not _ramp(run) for run in RUN.findall(value))


def _smooth(value: bytes) -> bool:
    return all(abs(after - before) <= STEP for before, after in pairwise(value))


def _ramp(value: bytes) -> bool:
    ordered = sorted(value)
    return list(value) in (ordered, ordered[::-1])
