"""Owns what hides inside pixel data without being pixels: unused bits, and words in compressed streams.

Lengths never change, so offset tables stay true. Samples as they are displayed never change either.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from fsxap.errors import ItemError

SOI, EOI, SOS, COMMENT = b"\xff\xd8", b"\xff\xd9", 0xDA, 0xFE
JP2K_SOC, JP2K_COMMENT, JP2K_SOT = b"\xff\x4f\xff\x51", 0x64, 0x90
ADOBE, HP = b"Adobe", b"mrfx"
"""Application segments that say how colours are coded: without them colours change."""


def unused_bits(pixels: bytes, *, allocated: int, high: int, signed: bool, big: bool) -> bytes:
    """Samples of 8 or 16 bits without what stands above the high bit, where embedded overlays were kept.

    Signed samples extend their sign there, and keep doing so.
    """
    if allocated not in (8, 16) or high + 1 >= allocated:
        return pixels
    if _already_clean(pixels, allocated, high, signed=signed, big=big):
        return pixels
    size = allocated // 8
    whole = len(pixels) // size * size
    order = "big" if big else "little"
    count = whole // size
    ones = ((1 << count * allocated) - 1) // ((1 << allocated) - 1) if count else 0
    samples = int.from_bytes(pixels[:whole], order)  # type: ignore[arg-type]
    mask = (1 << high + 1) - 1
    kept = samples & ones * mask
    if signed:
        signs = samples >> high & ones
        kept |= signs * ((1 << allocated) - 1 - mask)
    return pixels if kept == samples else kept.to_bytes(whole, order) + pixels[whole:]  # type: ignore[arg-type]


def _already_clean(pixels: bytes, allocated: int, high: int, *, signed: bool, big: bool) -> bool:
    """Whether the bytes that hold the high bits say so by themselves: ten times cheaper than arithmetic on samples."""
    if allocated == 16 and high < 8:
        return False
    above = 0xFF << high % 8 + 1 & 0xFF
    sign = 1 << high % 8
    clean = bytes(byte for byte in range(256) if byte & above == (above if signed and byte & sign else 0))
    tops = pixels if allocated == 8 else pixels[0 if big else 1 : len(pixels) // 2 * 2 : 2]
    return not tops.translate(None, clean)


def fragments(value: bytes) -> Iterator[tuple[int, int]]:
    """Where each fragment's bytes start and end; the first is the offset table."""
    at = 0
    while at + 8 <= len(value):
        group, element, size = struct.unpack_from("<HHL", value, at)
        if (group, element) != (0xFFFE, 0xE000) or at + 8 + size > len(value):
            raise ItemError("the encapsulated pixel data is damaged", code="malformed")
        yield at + 8, at + 8 + size
        at += 8 + size


def wordless(value: bytes) -> bytes:
    """Encapsulated pixel data whose comments, EXIF, colour profiles and bytes behind the image are zeros."""
    made = bytearray(value)
    for index, (start, end) in enumerate(fragments(value)):
        if index == 0:
            _check_offsets(value[start:end], len(value))
        else:
            for first, last in _words(value[start:end]):
                made[start + first : start + last] = bytes(last - first)
    return bytes(made)


def _check_offsets(table: bytes, limit: int) -> None:
    offsets = struct.unpack(f"<{len(table) // 4}L", table[: len(table) // 4 * 4])
    if len(table) % 4 or list(offsets) != sorted(offsets) or any(offset >= limit for offset in offsets):
        raise ItemError("the offset table of the pixel data is damaged", code="malformed")


def _words(frame: bytes) -> Iterator[tuple[int, int]]:
    if frame.startswith(SOI):
        yield from _jpeg(frame)
    elif frame.startswith(JP2K_SOC):
        yield from _jpeg2000(frame)
    if frame.startswith((SOI, JP2K_SOC)):
        end = frame.rfind(EOI)
        if end >= 0 and frame[end + 2 :].strip(b"\0"):
            yield end + 2, len(frame)


def _jpeg(frame: bytes) -> Iterator[tuple[int, int]]:
    """Segments up to the first scan. Between scans only tables may stand."""
    at = 2
    while at + 4 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == SOS:
            return
        (size,) = struct.unpack_from(">H", frame, at + 2)
        body = frame[at + 4 : at + 2 + size]
        colour = body.startswith((ADOBE, HP)) and len(body) <= 16
        if marker == COMMENT or (0xE0 <= marker <= 0xEF and not colour):
            # JFIF says its version and density in 14 bytes; a thumbnail may follow.
            skip = 14 if marker == 0xE0 and body.startswith(b"JFIF\0") else 0
            if skip:
                yield at + 4 + 12, at + 2 + size
            else:
                yield at + 4, at + 2 + size
        at += 2 + size


def _jpeg2000(frame: bytes) -> Iterator[tuple[int, int]]:
    at = 2
    while at + 4 <= len(frame) and frame[at] == 0xFF and frame[at + 1] != JP2K_SOT:
        (size,) = struct.unpack_from(">H", frame, at + 2)
        if frame[at + 1] == JP2K_COMMENT:
            # Two bytes of registration stand before the text.
            yield at + 6, at + 2 + size
        at += 2 + size
