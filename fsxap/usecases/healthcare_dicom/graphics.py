"""Owns overlays and curves (PS3.3 C.9.2, retired C.10.2): which of their elements may stay, and overlay bitmaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fsxap.errors import ItemError
from fsxap.ports import TextInImage
from fsxap.usecases.healthcare_dicom.parse import Element, Elements

OVERLAYS, CURVES = range(0x6000, 0x6020, 2), range(0x5000, 0x5020, 2)
ROWS, COLUMNS, FRAMES, ALLOCATED, DATA = 0x0010, 0x0011, 0x0015, 0x0100, 0x3000
KNOWN: Mapping[int, Mapping[int, str]] = {
    0x6000: {
        ROWS: "US",
        COLUMNS: "US",
        FRAMES: "IS",
        0x0022: "LO",
        0x0040: "CS",
        0x0045: "LO",
        0x0050: "SS",
        0x0051: "US",
        ALLOCATED: "US",
        0x0102: "US",
        0x1301: "IS",
        0x1302: "DS",
        0x1303: "DS",
        0x1500: "LO",
        DATA: "OW",
        0x4000: "LT",
    },
    0x5000: {
        0x0005: "US",
        0x0010: "US",
        0x0020: "CS",
        0x0022: "LO",
        0x0030: "SH",
        0x0040: "SH",
        0x0103: "US",
        0x0104: "US",
        0x0105: "US",
        0x0106: "SH",
        0x0110: "US",
        0x0112: "US",
        0x0114: "US",
        0x2500: "LO",
        DATA: "OW",
    },
}
"""Group → element → VR. What is not here (sound, statistics of a curve's drawing) does not stay."""
MOST = 1 << 28
"""Bits of one overlay; a larger one is an attack on the reader."""


@dataclass(frozen=True, slots=True)
class Plane:
    """One overlay: `bits` are packed, the first pixel in the lowest bit of the first byte, rows one after another."""

    group: int
    rows: int
    columns: int
    frames: int
    bits: bytes


def is_graphic(tag: int) -> bool:
    group = tag >> 16
    return 0x5000 <= group < 0x5100 or 0x6000 <= group < 0x6100


def known_vr(tag: int) -> str | None:
    """The VR of an element of an overlay or a curve; None for what does not stay."""
    group = tag >> 16
    if group not in OVERLAYS and group not in CURVES:
        return None
    return KNOWN[group & 0xFF00].get(tag & 0xFFFF)


def overlay_planes(elements: Iterable[Element], *, big: bool = False) -> tuple[Plane, ...]:
    """The overlays that have a bitmap of their own; those embedded in pixel data are not among them.

    `ItemError` for a plane whose bitmap is shorter than its size says.
    """
    found: dict[int, dict[int, bytes]] = {}
    for element in elements:
        if element.tag >> 16 in OVERLAYS and element.items is None:
            found.setdefault(element.tag >> 16, {})[element.tag & 0xFFFF] = element.value
    planes = []
    for group, values in sorted(found.items()):
        if DATA not in values:
            continue
        order = "big" if big else "little"
        rows, columns = (int.from_bytes(values.get(name, b"")[:2], order) for name in (ROWS, COLUMNS))  # type: ignore[arg-type]
        said = values.get(FRAMES, b"").strip(b" \0")
        frames = int(said) if said.isdigit() and len(said) < 7 else 1
        number = rows * columns * frames
        if not number or number > MOST or len(values[DATA]) * 8 < number:
            raise ItemError("an overlay is not as large as it says", code="malformed")
        bits = values[DATA][: (number + 7) // 8 + 1]
        if big:
            bits = b"".join(bits[at : at + 2][::-1] for at in range(0, len(bits), 2))
        planes.append(Plane(group, rows, columns, frames, bits[: (number + 7) // 8]))
    return tuple(planes)


def with_planes(elements: Iterable[Element], planes: Iterable[Plane], *, big: bool = False) -> Elements:
    """The elements with the bitmaps of these planes, and without the groups of overlays that are none of them."""
    bitmaps = {plane.group: plane.bits + b"\0" * (len(plane.bits) % 2) for plane in planes}
    kept = []
    for element in elements:
        group = element.tag >> 16
        if not 0x6000 <= group < 0x6100:
            kept.append(element)
        elif group in bitmaps:
            if element.tag & 0xFFFF == DATA:
                bits = bitmaps[group]
                if big:
                    bits = b"".join(bits[at : at + 2][::-1] for at in range(0, len(bits), 2))
                element = element._replace(value=bits, vr="OW")
            kept.append(element)
    return tuple(kept)


def wordless_planes(planes: Iterable[Plane], finder: TextInImage) -> tuple[Plane, ...]:
    """The planes in which the finder sees no text, on any frame, upright or turned."""
    return tuple(plane for plane in planes if not _worded(plane, finder))


def _worded(plane: Plane, finder: TextInImage) -> bool:
    import numpy

    number = plane.rows * plane.columns * plane.frames
    bits = numpy.unpackbits(numpy.frombuffer(plane.bits, numpy.uint8), bitorder="little")[:number]
    frames = bits.reshape(plane.frames, plane.rows, plane.columns) * numpy.uint8(255)
    looks = (look for frame in frames if frame.any() for look in (frame, numpy.rot90(frame), numpy.rot90(frame, 3)))
    return any(finder.find(numpy.ascontiguousarray(look), read=False) for look in looks)
