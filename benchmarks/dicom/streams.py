"""Owns identifiers inside compressed pixel data: comments and markers, offset tables, fragments, and behind the end."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from benchmarks.dicom import made
from benchmarks.dicom.case import Case, Plant
from benchmarks.dicom.draw import Draw

BASELINE, J2K_LOSSLESS, RLE = (f"1.2.840.10008.1.2.{tail}" for tail in ("4.50", "4.90", "5"))


def jpeg() -> bytes:
    stream = io.BytesIO()
    _picture().save(stream, "JPEG", quality=90)
    return stream.getvalue()


def jpeg2000() -> bytes:
    stream = io.BytesIO()
    _picture().save(stream, "JPEG2000", no_jp2=True, irreversible=False)
    return stream.getvalue()


def _picture() -> Image.Image:
    row = np.linspace(0, 200, made.COLUMNS).astype(np.uint8)
    return Image.fromarray(np.broadcast_to(row, (made.ROWS, made.COLUMNS)).copy())


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">HH", marker, len(body) + 2) + body


def exif(word: bytes) -> bytes:
    """APP1 with one entry: who made the picture."""
    value = word + b"\0"
    entry = struct.pack("<HHLL", 0x013B, 2, len(value), 26)
    return segment(0xFFE1, b"Exif\0\0" + b"II*\0" + struct.pack("<LH", 8, 1) + entry + struct.pack("<L", 0) + value)


def jpegs(word: bytes) -> Iterator[tuple[str, bytes]]:
    plain = jpeg()
    start, rest = plain[:2], plain[2:]
    yield "COM", start + segment(0xFFFE, word) + rest
    yield "EXIF", start + exif(word) + rest
    yield "APP0 thumbnail", start + segment(0xFFE0, b"JFXX\0\x13\1\1" + word.ljust(3, b"\0")) + rest
    yield "APP13", start + segment(0xFFED, b"Photoshop 3.0\0" + word) + rest
    yield "APP2", start + segment(0xFFE2, b"ICC_PROFILE\0\1\1" + word) + rest
    yield "APP14", start + segment(0xFFEE, b"Adobe\0" + word) + rest
    yield "unknown marker JPG0", start + segment(0xFFF0, word) + rest
    yield "behind EOI", plain + word
    at = plain.index(b"\xff\xda")
    yield "before SOS", plain[:at] + segment(0xFFFE, word) + plain[at:]
    yield "before SOI", word + plain
    yield "second picture behind EOI", plain + start + segment(0xFFFE, word) + rest
    yield "spare quantization table", start + segment(0xFFDB, b"\3" + word.ljust(64, b"\1")) + rest
    yield (
        "spare Huffman table",
        start + segment(0xFFC4, b"\x13" + bytes([0] * 4 + [len(word)] + [0] * 11) + word) + rest,
    )


def codestreams(word: bytes) -> Iterator[tuple[str, bytes]]:
    plain = jpeg2000()
    at = plain.index(b"\xff\x52")
    yield "J2K COM", plain[:at] + segment(0xFF64, struct.pack(">H", 1) + word) + plain[at:]
    yield "J2K binary COM", plain[:at] + segment(0xFF64, struct.pack(">H", 0) + word) + plain[at:]
    tile = plain.index(b"\xff\x93")
    yield "J2K behind EOC", plain + word
    length = int.from_bytes(plain[plain.index(b"\xff\x90") + 6 :][:4], "big")
    comment = segment(0xFF64, struct.pack(">H", 1) + word)
    sot = plain.index(b"\xff\x90")
    longer = struct.pack(">L", length + len(comment)) if length else b"\0" * 4
    yield "J2K tile COM", plain[: sot + 6] + longer + plain[sot + 10 : tile] + comment + plain[tile:]


def encapsulated(draw: Draw, syntax: str, value: bytes) -> bytes:
    header = made.base("DX", draw)
    for keyword in ("BitsAllocated", "BitsStored"):
        setattr(header, keyword, 8)
    header.HighBit = 7
    header.file_meta.TransferSyntaxUID = UID(syntax)
    header.add_new(0x7FE00010, "OB", value)
    header["PixelData"].is_undefined_length = True
    return made.stored(header)


def fragments(draw: Draw) -> Iterator[tuple[str, str, bytes, str]]:
    """What stands between and beside the frames."""
    plain = jpeg() + b"\0" * (len(jpeg()) % 2)
    item, word = made.raw, draw.word()
    yield BASELINE, "offset table", item(0xFFFEE000, "", word.encode().ljust(12)) + item(0xFFFEE000, "", plain), word
    word = draw.word()
    yield (
        BASELINE,
        "fragment more",
        item(0xFFFEE000, "", b"") + item(0xFFFEE000, "", plain) + item(0xFFFEE000, "", word.encode()),
        word,
    )
    word = draw.word()
    tail = item(0xFFFEE000, "", plain + b"\0\0" + word.encode())
    yield BASELINE, "padding of a fragment", item(0xFFFEE000, "", b"") + tail, word
    word = draw.word()
    rle = struct.pack("<16L", 1, 64, *[0] * 14)
    row = b"".join(bytes([0xD1, value]) for value in range(made.ROWS))
    frame = rle + row
    yield RLE, "behind an RLE segment", item(0xFFFEE000, "", b"") + item(0xFFFEE000, "", frame + word.encode()), word
    word = draw.word()
    head = rle[:8] + word.encode().ljust(56, b"\0")
    yield RLE, "unused RLE offsets", item(0xFFFEE000, "", b"") + item(0xFFFEE000, "", head + row), word
    word = draw.word()
    between = struct.pack("<16L", 1, 64 + 16, *[0] * 14) + word.encode().ljust(16) + row
    yield RLE, "before an RLE segment", item(0xFFFEE000, "", b"") + item(0xFFFEE000, "", between), word


def cases(seed: int) -> Iterator[Case]:
    draw = Draw(seed + 2000)
    for number in range(len(list(jpegs(b"x")))):
        word = draw.word()
        name, frame = list(jpegs(word.encode()))[number]
        yield made_case(name, encapsulated(draw, BASELINE, encapsulate([frame])), word)
    for number in range(len(list(codestreams(b"x")))):
        word = draw.word()
        name, frame = list(codestreams(word.encode()))[number]
        yield made_case(name, encapsulated(draw, J2K_LOSSLESS, encapsulate([frame])), word)
    for syntax, name, value, word in fragments(draw):
        yield made_case(name, encapsulated(draw, syntax, value), word)


def made_case(name: str, body: bytes, word: str) -> Case:
    return Case(f"stream-{name}".replace(" ", "-"), body, (Plant("compressed streams", name, word),), "DX")
