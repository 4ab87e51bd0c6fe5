"""Owns masked pixel data as elements: in place, spliced between untouched frames, or uncompressed as a whole."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy
from numpy.typing import NDArray

from fsxap.usecases.healthcare_dicom.frames import fragments
from fsxap.usecases.healthcare_dicom.parse import EXPLICIT, PIXELS, Element, Elements
from fsxap.usecases.healthcare_dicom.pixels import codec
from fsxap.usecases.healthcare_dicom.pixels.decode import (
    LENGTHS,
    OFFSETS,
    TOTAL,
    Picture,
    ordered,
    stored,
    stored_frame,
)
from fsxap.usecases.healthcare_dicom.pixels.layout import HIGH, PHOTOMETRIC, PLANAR, Box, Layout, Undecodable
from fsxap.usecases.healthcare_dicom.pixels.mask import black, paint, paint_native

SMALLEST, LARGEST = 0x00280106, 0x00280107
LOSSY, RATIO, METHOD = 0x00282110, 0x00282112, 0x00282114
FRAGMENT = struct.Struct("<HHL")
LIMIT = 0xFFFFFFFE


@dataclass(frozen=True, slots=True)
class Masked:
    """The data set after painting. `recoded` frames were decoded and encoded again; the others kept their bytes."""

    elements: Elements
    syntax: str
    recoded: tuple[int, ...]


def masked(elements: Elements, picture: Picture, boxes: Mapping[int, Sequence[Box]]) -> Masked:
    """Boxes painted, by frame; they must be `fitted` to the picture. A frame without any loses its unused bits."""
    if not picture.places:
        data = bytearray(picture.data)
        for index, painted in boxes.items():
            paint_native(data, picture.layout, index, painted)
        value = ordered(picture.element._replace(value=bytes(data)), picture.layout)
        made = picture.element._replace(value=value)
        return Masked(_with(elements, {made.tag: made}), picture.layout.syntax, tuple(sorted(boxes)))
    if codec.keeps(picture.layout):
        streams = {index: _painted(picture, index, each) for index, each in boxes.items()}
        return Masked(_spliced(elements, picture, streams), picture.layout.syntax, tuple(sorted(boxes)))
    return Masked(_expanded(elements, picture, boxes), EXPLICIT, tuple(range(picture.layout.frames)))


def _painted(picture: Picture, index: int, boxes: Sequence[Box]) -> bytes:
    original = picture.stream(index)
    coded = codec.decode(original, picture.layout)
    values = stored(coded, picture.layout)
    # Overlays may be hidden in the bits that are not stored; what a code stream calls the sign stays as it is.
    samples = numpy.array(
        values.astype(coded.dtype) if coded.dtype.kind == "i" else coded & _used(coded, picture.layout)
    )
    paint(samples, boxes, black(samples, values, picture.layout))
    return codec.encode(samples, original, picture.layout)


def _used(samples: NDArray[Any], layout: Layout) -> Any:
    return samples.dtype.type((1 << min(layout.bits[1], samples.itemsize * 8)) - 1 << layout.shift)


def _spliced(elements: Elements, picture: Picture, streams: Mapping[int, bytes]) -> Elements:
    """New code streams between the fragments of the other frames; both kinds of offset tables tell the truth again."""
    parts: list[bytes] = []
    offsets, lengths = [], []
    at = 0
    for index, places in enumerate(picture.places):
        kept = [picture.data[start:end] for start, end in places]
        frame = [streams[index]] if index in streams else kept
        offsets.append(at)
        lengths.append(sum(len(part) for part in frame))
        for part in frame:
            parts += (FRAGMENT.pack(0xFFFE, 0xE000, len(part)), part)
            at += 8 + len(part)
    start, end = fragments(picture.data)[0]
    table = b"" if start == end or offsets[-1] > LIMIT else struct.pack(f"<{len(offsets)}L", *offsets)
    value = b"".join((FRAGMENT.pack(0xFFFE, 0xE000, len(table)), table, *parts))
    changed = {PIXELS: picture.element._replace(value=value)}
    for tag, numbers in ((OFFSETS, offsets), (LENGTHS, lengths), (TOTAL, [sum(lengths)])):
        changed |= {
            each.tag: each._replace(value=struct.pack(f"<{len(numbers)}Q", *numbers))
            for each in elements
            if each.tag == tag
        }
    return _with(elements, changed)


def _expanded(elements: Elements, picture: Picture, boxes: Mapping[int, Sequence[Box]]) -> Elements:
    """The whole picture uncompressed, because its compression cannot hold a painted frame without loss."""
    layout = picture.layout
    kind = after(layout)
    frames = []
    for index in range(layout.frames):
        samples = numpy.array(stored_frame(picture, index))
        if index in boxes:
            paint(samples, boxes[index], black(samples, samples, kind))
        frames.append(samples)
    value = _bytes(frames, layout)
    changed = {
        PIXELS: Element(PIXELS, "OB" if layout.bits[0] <= 8 else "OW", value + b"\0" * (len(value) % 2)),
        PHOTOMETRIC: Element(PHOTOMETRIC, "CS", kind.photometric.encode()),
        HIGH: Element(HIGH, "US", struct.pack("<H", layout.bits[1] - 1)),
    }
    if layout.samples > 1:
        changed[PLANAR] = Element(PLANAR, "US", b"\0\0")
    gone = {OFFSETS, LENGTHS, TOTAL}
    kept = tuple(each for each in elements if each.tag not in gone)
    lossy = _lossy(kept, len(picture.data), len(value)) if layout.syntax in codec.LOSSY_JPEG else {}
    return _with(kept, changed | lossy)


def after(layout: Layout) -> Layout:
    """What the header says of the picture once it is uncompressed."""
    named = layout.photometric
    if layout.samples > 1 and (layout.syntax in codec.LOSSY_JPEG | codec.JPEG_XL or named in ("YBR_RCT", "YBR_ICT")):
        named = "RGB"
    elif named == "YBR_PARTIAL_422":
        raise Undecodable("its colours have no whole form that the standard names")
    return replace(layout, photometric="YBR_FULL" if named == "YBR_FULL_422" else named)


def _bytes(frames: Iterable[NDArray[Any]], layout: Layout) -> bytes:
    if layout.bits[0] == 1:
        return numpy.packbits(numpy.concatenate([each.reshape(-1) for each in frames]), bitorder="little").tobytes()
    return b"".join(each.astype(each.dtype.newbyteorder("<"), copy=False).tobytes() for each in frames)


def _lossy(elements: Elements, compressed: int, whole: int) -> dict[int, Element]:
    """What was lost stays lost, and the compression is no longer there to say so (PS3.3 C.7.6.1.1.5)."""
    said = {each.tag for each in elements if each.value.strip(b" \0")}
    made = {LOSSY: Element(LOSSY, "CS", b"01")}
    if not {RATIO, METHOD} <= said:
        made[RATIO] = Element(RATIO, "DS", f"{whole / max(compressed, 1):.2f}".encode())
        made[METHOD] = Element(METHOD, "CS", b"ISO_10918_1")
    return made


def _with(elements: Elements, changed: Mapping[int, Element]) -> Elements:
    """The elements with others in place of some. What summed up the old pixels goes."""
    found = {each.tag: each for each in elements if each.tag not in (SMALLEST, LARGEST)} | dict(changed)
    return tuple(found[tag] for tag in sorted(found))
