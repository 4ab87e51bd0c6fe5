"""Owns the bits of samples that are never displayed, and the fragments that compressed frames come in.

Lengths never change, so offset tables stay true. Samples as they are displayed never change either.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence

from fsxap.errors import ItemError

STARTS = (b"\xff\xd8", b"\xff\x4f\xff\x51", b"\xff\x0a", b"\0\0\0\x0cjP  ")
"""How code streams begin: JPEG and JPEG-LS, JPEG 2000, JPEG XL, and JPEG 2000 as a file."""


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


def without_bits(pixels: bytes, bits: Iterable[int], *, allocated: int, big: bool) -> bytes:
    """Samples of whole bytes with some of their bits cleared."""
    gone = sum(1 << bit for bit in set(bits) if bit < allocated)
    if allocated % 8 or not gone:
        return pixels
    size = allocated // 8
    whole = len(pixels) // size * size
    mask = ((1 << allocated) - 1 - gone).to_bytes(size, "big" if big else "little") * (whole // size)
    kept = int.from_bytes(pixels[:whole], "big") & int.from_bytes(mask, "big")
    return kept.to_bytes(whole, "big") + pixels[whole:]


def fragments(value: bytes) -> list[tuple[int, int]]:
    """Where each fragment's bytes start and end; the first is the offset table."""
    found, at = [], 0
    while at + 8 <= len(value):
        group, element, size = struct.unpack_from("<HHL", value, at)
        if (group, element) != (0xFFFE, 0xE000) or at + 8 + size > len(value):
            raise ItemError("the encapsulated pixel data is damaged", code="malformed")
        found.append((at + 8, at + 8 + size))
        at += 8 + size
    return found


def frames_of(value: bytes, frames: int, table: Sequence[int] = ()) -> tuple[tuple[tuple[int, int], ...], ...]:
    """For each frame, where its fragments lie in the encapsulated value. `table` is the extended offset table."""
    (start, end), *parts = fragments(value) or [(0, 0)]
    table = table or struct.unpack(f"<{(end - start) // 4}L", value[start : end - (end - start) % 4])
    if frames == 1:
        found = [tuple(parts)]
    elif len(parts) == frames:
        found = [(part,) for part in parts]
    else:
        places = [at - 8 - end for at, _ in parts]
        if len(table) == frames and set(table) <= set(places):
            starts = [place in table for place in places]
        else:
            starts = [value.startswith(STARTS, at) for at, _ in parts]
        found = []
        for part, begins in zip(parts, starts, strict=True):
            if begins:
                found.append((part,))
            elif found:
                found[-1] += (part,)
    if len(found) != frames or not all(found) or sum(map(len, found)) != len(parts):
        raise ItemError("its fragments are not as many frames as its header says", code="undecodable")
    return tuple(found)


def wordless(value: bytes, frames: int, clean: Callable[[bytes], bytes]) -> bytes:
    """Encapsulated pixel data with each frame's code stream as `clean` makes it, of the same length."""
    (start, end), *_ = fragments(value) or [(0, 0)]
    _check_offsets(value[start:end], len(value))
    made = bytearray(value)
    for places in frames_of(value, frames):
        stream = clean(b"".join(value[start:end] for start, end in places))
        at = 0
        for start, end in places:
            made[start:end] = stream[at : at + end - start]
            at += end - start
    return bytes(made)


def _check_offsets(table: bytes, limit: int) -> None:
    offsets = struct.unpack(f"<{len(table) // 4}L", table[: len(table) // 4 * 4])
    if len(table) % 4 or list(offsets) != sorted(offsets) or any(offset >= limit for offset in offsets):
        raise ItemError("the offset table of the pixel data is damaged", code="malformed")
