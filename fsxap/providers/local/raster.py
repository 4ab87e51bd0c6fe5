"""Reads PNG, TIFF, JPEG and TGA at their own depth, and notices what is cut short where the decoders do not."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy
from numpy.typing import NDArray
from PIL import Image

from fsxap.errors import ItemError
from fsxap.providers.local.frames import check_size
from fsxap.rendering import Frame

GREY, GREY_ALPHA, RGB, RGBA = ("Y",), ("Y", "A"), ("R", "G", "B"), ("R", "G", "B", "A")
NAMES = {1: GREY, 2: GREY_ALPHA, 3: RGB, 4: RGBA}


def read_png(body: bytes, most_pixels: int) -> Frame:
    """Chunk sums are checked: the decoder fills with zeros what it does not find."""
    colour, header = "", b""
    for kind, data in _chunks(body):
        if kind == b"IHDR":
            header = data
        elif kind in (b"cICP", b"iCCP", b"sRGB", b"gAMA") and not colour:
            colour = _png_colour(kind, data)
    if len(header) != 13:
        raise ItemError("it has no PNG header", code="truncated")
    width, height, bits, kind_of_colour = struct.unpack(">IIBB", header[:10])
    check_size(width, height, most_pixels)
    pixels = _decode(body)
    if kind_of_colour == 4:
        # OpenCV makes colour of grey with alpha.
        pixels = pixels[:, :, [0, 3]]
    return _frame(pixels, str(max(bits, 8)), colour, swapped=kind_of_colour != 4)


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(body):
        size = struct.unpack_from(">I", body, at)[0]
        end = at + 12 + size
        if end > len(body):
            break
        kind = body[at + 4 : at + 8]
        if zlib.crc32(memoryview(body)[at + 4 : end - 4]) != struct.unpack_from(">I", body, end - 4)[0]:
            raise ItemError(f"the sum of a {kind.decode('latin-1')!r} chunk is wrong", code="truncated")
        yield kind, body[at + 8 : end - 4] if kind != b"IDAT" else b""
        if kind == b"IEND":
            return
        at = end
    raise ItemError("it ends before its last chunk", code="truncated")


def _png_colour(kind: bytes, data: bytes) -> str:
    if kind == b"gAMA" and len(data) == 4:
        return f"gamma {struct.unpack('>I', data)[0] / 100000:.3f}"
    if kind == b"iCCP":
        return f"ICC {data.split(bytes(1), 1)[0].decode('latin-1')[:60]}"
    return {b"sRGB": "sRGB", b"cICP": f"CICP {'-'.join(map(str, data[:2]))}"}.get(kind, "")


def read_tiff(body: bytes, most_pixels: int) -> Frame:
    tags = _tags(body)
    check_size(_one(tags, 256), _one(tags, 257), most_pixels)
    pieces = zip(tags.get(273) or tags.get(324) or (), tags.get(279) or tags.get(325) or (), strict=False)
    gone = sum(1 for offset, size in pieces if offset + size > len(body) or not offset)
    if gone:
        raise ItemError(f"{gone} strips or tiles are not in the file", code="truncated")
    pixels = _decode(body)
    bits = {"float32": "float", "float64": "float", "float16": "half"}.get(str(pixels.dtype), str(_one(tags, 258)))
    return _frame(pixels, bits, "ICC profile" if 34675 in tags else "")


def _tags(body: bytes) -> dict[int, tuple[int, ...]]:
    """Whole numbers of the first directory."""
    order = "<" if body.startswith(b"II") else ">"
    sizes = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 7: ("B", 1)}
    found: dict[int, tuple[int, ...]] = {}
    try:
        at = struct.unpack_from(f"{order}I", body, 4)[0]
        for entry in range(struct.unpack_from(f"{order}H", body, at)[0]):
            tag, kind, count = struct.unpack_from(f"{order}HHI", body, at + 2 + 12 * entry)
            if kind not in sizes or count > len(body):
                continue
            letter, size = sizes[kind]
            where = at + 10 + 12 * entry
            where = where if size * count <= 4 else struct.unpack_from(f"{order}I", body, where)[0]
            found[tag] = struct.unpack_from(f"{order}{min(count, 1 << 20)}{letter}", body, where)
    except struct.error as error:
        raise ItemError("its directory lies behind the end of the file", code="truncated") from error
    return found


def _one(tags: dict[int, tuple[int, ...]], tag: int) -> int:
    return tags[tag][0] if tags.get(tag) else 0


def _decode(body: bytes) -> NDArray[Any]:
    """(H, W, channels) in OpenCV's order."""
    flags = cv2.IMREAD_UNCHANGED
    try:
        pixels = cv2.imdecode(numpy.frombuffer(body, numpy.uint8), flags)
    except cv2.error as error:
        raise ItemError("its pixels cannot be decoded", code="truncated") from error
    if pixels is None:
        raise ItemError("its pixels cannot be decoded", code="truncated")
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _frame(pixels: NDArray[Any], depth: str, colour: str, *, swapped: bool = True) -> Frame:
    height, width, channels = pixels.shape
    if channels not in NAMES:
        raise ItemError(f"{channels} channels", code="unsupported")
    order = (2, 1, 0, 3) if swapped and channels > 2 else range(channels)
    planes = {name: pixels[:, :, at] for name, at in zip(NAMES[channels], order, strict=False)}
    whole = numpy.issubdtype(pixels.dtype, numpy.integer)
    return Frame(
        width, height, planes, depth, full=int(numpy.iinfo(pixels.dtype).max) if whole else None, colour=colour
    )


def read_jpeg(body: bytes, most_pixels: int) -> Frame:
    return _by_pillow(body, most_pixels, "JPEG")


def read_tga(body: bytes, most_pixels: int) -> Frame:
    return _by_pillow(body, most_pixels, "TGA")


def _by_pillow(body: bytes, most_pixels: int, kind: str) -> Frame:
    """Pillow refuses to fill up what is missing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(body), formats=(kind,))
        check_size(*picture.size, most_pixels)
        picture.load()
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as error:
        why = " ".join(str(error).split())[:120]
        raise ItemError(f"its pixels cannot be decoded: {why}", code="truncated") from error
    if picture.mode not in ("L", "LA", "RGB", "RGBA"):
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    pixels = numpy.asarray(picture)
    colour = "ICC profile" if picture.info.get("icc_profile") else ""
    return _frame(pixels if pixels.ndim == 3 else pixels[:, :, None], "8", colour, swapped=False)
