"""Owns what stands in a code stream besides the picture: comments, unknown markers, unused tables, gaps and tails.

All of it becomes zeros in place, so that no length changes and the picture decodes to the same samples.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Sequence

from fsxap.errors import ItemError

SOI, JP2K_SOC, JXL = b"\xff\xd8", b"\xff\x4f\xff\x51", b"\xff\x0a"
JP2, ICC = b"\0\0\0\x0cjP  ", b"acsp"
EOI, SOS, DQT, DHT, COMMENT = 0xD9, 0xDA, 0xDB, 0xC4, 0xFE
FRAME_HEADERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {DHT, 0xC8, 0xCC}
SIZED = {0xDC: 2, 0xDD: 2, 0xCC: 2, 0xF8: 11}
"""Bytes of number of lines, restart interval, one arithmetic conditioning, and the thresholds of JPEG-LS."""
ADOBE, HP, JFIF = b"Adobe", b"mrfx", b"JFIF\0"
"""Application segments that say how colours are coded: without them colours change."""
MARKER = re.compile(rb"\xff+[\xc0-\xcf\xd8-\xfe]")
SOT, SOD, SOT_SIZE = 0x90, 0x93, 12
PARAMETERS = frozenset({0x50, *range(0x51, 0x54), 0x55, *range(0x57, 0x5A), *range(0x5C, 0x62), 0x63})
RLE_HEADER = struct.Struct("<16L")
Span = tuple[int, int]


class Damaged(ItemError):
    """Where the picture ends and something else begins cannot be told."""

    code = "undecodable"


def wordless_stream(stream: bytes) -> bytes:
    """A JPEG, JPEG-LS, JPEG 2000 or JPEG XL stream, by what it is and not by what it is said to be."""
    try:
        if stream.startswith(SOI):
            return _blanked(stream, _jpeg(stream))
        if stream.startswith(JP2K_SOC):
            return _blanked(stream, _jpeg2000(stream, 0))
        if stream.startswith(JP2):
            return _blanked(stream, _boxed(stream))
    except (struct.error, IndexError):
        raise Damaged("a compressed frame is damaged") from None
    if stream.startswith(JXL):
        return stream
    raise Damaged("a compressed frame does not begin as one")


def _blanked(stream: bytes, spans: Iterator[Span]) -> bytes:
    made = bytearray(stream)
    for start, end in spans:
        if start < end:
            made[start:end] = bytes(end - start)
    return bytes(made)


def _segment(stream: bytes, at: int) -> tuple[int, int, int]:
    """Marker, start and end of the body of the segment at a place; fill bytes may stand before it."""
    while stream[at] == stream[at + 1] == 0xFF:
        at += 1
    marker = stream[at + 1]
    if stream[at] != 0xFF or marker < 0x4F:
        raise Damaged("something stands between the segments of a compressed frame")
    if marker == EOI:
        return marker, at + 2, at + 2
    (size,) = struct.unpack_from(">H", stream, at + 2)
    if size < 2 or at + 2 + size > len(stream):
        raise Damaged("a segment of a compressed frame is cut short")
    return marker, at + 4, at + 2 + size


def _jpeg(stream: bytes) -> Iterator[Span]:
    at, quantizers = 2, set[int]()
    # Tables that no scan has used yet, and where their values stand.
    waiting: dict[tuple[int, int], Span] = {}
    while True:
        marker, start, end = _segment(stream, at)
        at = end
        if marker == EOI:
            break
        if marker in FRAME_HEADERS:
            quantizers = {stream[place] for place in range(start + 8, end, 3)}
            _exactly(end - start, 6 + 3 * stream[start + 5])
        elif marker in (DQT, DHT):
            for name, span in _tables(stream, marker, start, end):
                yield waiting.get(name, (0, 0))
                waiting[name] = span
        elif marker == SOS:
            _exactly(end - start, 4 + 2 * stream[start])
            for place in range(start + 2, end - 3, 2):
                used = stream[place]
                for name in ((DHT, used >> 4), (DHT, 0x10 | used & 15)):
                    waiting.pop(name, None)
            for table in quantizers:
                waiting.pop((DQT, table), None)
            found = MARKER.search(stream, end)
            if found is None:
                raise Damaged("a compressed frame has no end")
            at = found.start()
        elif marker in SIZED:
            _exactly((end - start) % SIZED[marker], 0)
        else:
            yield from _spoken(stream, marker, start, end)
    yield from waiting.values()
    yield at, len(stream)


def _exactly(length: int, expected: int) -> None:
    if length != expected:
        raise Damaged("a segment of a compressed frame is longer than what it says")


def _tables(stream: bytes, marker: int, at: int, end: int) -> Iterator[tuple[tuple[int, int], Span]]:
    """Each table of a segment, by kind and number; of Huffman tables what their codes stand for."""
    while at < end:
        named = stream[at]
        if marker == DQT:
            start, name = at + 1, (DQT, named & 15)
            at = start + (128 if named >> 4 else 64)
        else:
            start, name = at + 17, (DHT, named)
            at = start + sum(stream[at + 1 : start])
        if at > end:
            raise Damaged("a table of a compressed frame is cut short")
        yield name, (start, at)


def _spoken(stream: bytes, marker: int, start: int, end: int) -> Iterator[Span]:
    """What of a segment that codes nothing has to go: all of it, but for how colours are coded and the density."""
    body = stream[start:end]
    if marker == 0xE0 and body.startswith(JFIF):
        # A thumbnail may follow the 12 bytes of version and density.
        yield start + 12, end
    elif marker == 0xEE and body.startswith(ADOBE) and len(body) <= 12:
        # Flags; what counts is the last byte.
        yield start + 7, min(start + 11, end)
    elif not (body.startswith(HP) and len(body) == 5):
        yield start, end


def _boxed(stream: bytes) -> Iterator[Span]:
    """A JP2 file in place of a code stream, against PS3.5 A.4.4 and met all the same: its other boxes are metadata."""
    at = 0
    while at < len(stream):
        size, kind = struct.unpack_from(">L4s", stream, at)
        if kind == b"jp2c" and size != 1:
            yield from _jpeg2000(stream, at + 8)
            return
        if not 8 <= size <= len(stream) - at or (kind == b"jp2h" and ICC in stream[at : at + size]):
            raise Damaged("a compressed frame is wrapped in what is not known")
        if kind not in (b"jP  ", b"ftyp", b"jp2h"):
            yield at + 8, at + size
        at += size


def _jpeg2000(stream: bytes, at: int) -> Iterator[Span]:
    at += 2
    while at + 2 <= len(stream):
        marker, start, end = _segment(stream, at)
        if marker == EOI:
            yield end, len(stream)
            return
        if marker != SOT:
            yield from _commented(marker, start, end)
            at = end
            continue
        _exactly(end - start, SOT_SIZE - 4)
        (size,) = struct.unpack_from(">L", stream, start + 2)
        # Without a length the tile part reaches to the end of the code stream.
        last = start - 4 + size if size else stream.rfind(b"\xff\xd9")
        at = end
        while stream[at + 1] != SOD:
            marker, start, at = _segment(stream, at)
            yield from _commented(marker, start, at)
        if last < at:
            raise Damaged("a tile of a compressed frame is cut short")
        at = last


def _commented(marker: int, start: int, end: int) -> Iterator[Span]:
    if marker == 0x64:
        # Two bytes of registration stand before the text.
        yield start + 2, end
    elif marker not in PARAMETERS:
        yield start, end


def wordless_rle(stream: bytes, length: int, planes: Sequence[bytes | None]) -> bytes:
    """An RLE frame (PS3.5 G) whose segments decode to `length` bytes each.

    `planes` has, for each segment, what its bytes become: bits that are no samples are lost.
    """
    if len(stream) < RLE_HEADER.size:
        raise Damaged("an RLE frame is cut short")
    count, *offsets = RLE_HEADER.unpack_from(stream)
    ends = [*offsets[1:count], len(stream)]
    if count != len(planes) or offsets[0] < RLE_HEADER.size or offsets[:count] != sorted(offsets[:count]):
        raise Damaged("an RLE frame has other segments than its header needs")
    made = bytearray(stream)
    made[4 + 4 * count : offsets[0]] = bytes(offsets[0] - 4 - 4 * count)
    for start, end, plane in zip(offsets, ends, planes, strict=False):
        if end > len(stream):
            raise Damaged("an RLE frame is cut short")
        last = _translated(made, start, end, length, plane) if plane else _decoded_to(made, start, end, length)
        made[last:end] = bytes(end - last)
    return bytes(made)


def _decoded_to(stream: bytes | bytearray, at: int, end: int, length: int) -> int:
    """Where a segment ends that decodes to so many bytes."""
    while length > 0 and at < end:
        code = stream[at]
        if code < 128:
            at += code + 2
            length -= code + 1
        elif code > 128:
            at += 2
            length -= 257 - code
        else:
            at += 1
    if length > 0 or at > end:
        raise Damaged("an RLE segment is cut short")
    return at


def _translated(made: bytearray, at: int, end: int, length: int, plane: bytes) -> int:
    """The same, while the bytes of the segment lose their unused bits."""
    last = _decoded_to(made, at, end, length)
    while at < last:
        code = made[at]
        after = at + (code + 2 if code < 128 else 2 if code > 128 else 1)
        made[at + 1 : after] = made[at + 1 : after].translate(plane)
        at = after
    return last


def wordless_deflated(stream: bytes, size: int) -> bytes:
    """A deflated frame of so many bytes; what follows it is zeros."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        made = inflate.decompress(stream, size + 2)
    except zlib.error:
        made = b""
    if not inflate.eof or not size <= len(made) <= size + size % 2:
        raise Damaged("a deflated frame is not of the size that its header says")
    tail = len(inflate.unused_data)
    return stream[: len(stream) - tail] + bytes(tail)
