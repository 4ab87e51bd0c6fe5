"""Reads OpenEXR: scan lines and tiles, half and float, one part or many; deep pictures are refused by name."""

from __future__ import annotations

import contextlib
import io
import struct
import threading
from collections.abc import Mapping
from typing import Any

import numpy
import OpenEXR
from numpy.typing import NDArray

from fsxap.errors import ItemError
from fsxap.providers.local.frames import check_size
from fsxap.rendering import Frame

CHANNELS = 1024
COLOUR = ("colorInteropID", "oiio:ColorSpace", "colorspace", "colorSpace")
PRIMARIES = {
    "0.640,0.330,0.300,0.600,0.150,0.060": "Rec.709 primaries",
    "0.735,0.265,0.000,1.000,0.000,-0.077": "ACES AP0 primaries",
    "0.713,0.293,0.165,0.830,0.128,0.044": "ACES AP1 primaries",
    "0.708,0.292,0.170,0.797,0.131,0.046": "Rec.2020 primaries",
}
_QUIET = threading.Lock()


def read(body: bytes, most_pixels: int) -> Frame:
    """The display window is the first part's; planes of further parts are named `part.channel`."""
    _check_complete(body)
    headers = _headers(body)
    first = headers[0]
    width, height = _size(first["displayWindow"])
    for header in headers:
        if "deep" in str(header.get("type", "")):
            raise ItemError("deep pictures are not judged", code="deep")
        columns, rows = _size(header["dataWindow"])
        check_size(columns, rows, most_pixels)
        if columns * rows * len(header["channels"]) > most_pixels * 16 or len(header["channels"]) > CHANNELS:
            raise ItemError(f"{len(header['channels'])} channels of {columns} by {rows} pixels", code="too-large")
    planes = _planes(body)
    missing = [each.name for each in first["channels"] if each.name not in planes]
    if missing:
        raise ItemError(f"channel {', '.join(missing[:8])} could not be decoded", code="truncated")
    begin, display = first["dataWindow"][0], first["displayWindow"][0]
    return Frame(
        width,
        height,
        planes,
        _depth(planes),
        window=(int(begin[0] - display[0]), int(begin[1] - display[1])),
        aspect=round(float(first.get("pixelAspectRatio", 1.0)), 4),
        colour=_colour(first),
    )


def _headers(body: bytes) -> list[Mapping[str, Any]]:
    try:
        file = OpenEXR.File(io.BytesIO(body), separate_channels=True, header_only=True, num_threads=0)
        headers = [part.header for part in file.parts]
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        raise ItemError(f"its header cannot be read: {_short(str(error))}", code="truncated") from error
    if not headers or not all("dataWindow" in header and header.get("channels") for header in headers):
        raise ItemError("its header says nothing of a picture", code="truncated")
    return headers


def _planes(body: bytes) -> dict[str, NDArray[Any]]:
    # What it cannot decode it leaves out, with a warning on sys.stdout, which belongs to records. Its older reader
    # raises instead, but crashes on some tiled files.
    with _QUIET, contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            parts = list(OpenEXR.File(io.BytesIO(body), separate_channels=True, num_threads=0).parts)
        except (RuntimeError, ValueError, TypeError, OSError, EOFError) as error:
            raise ItemError(f"its pixels cannot be decoded: {_short(str(error))}", code="truncated") from error
    if said.getvalue():
        why = said.getvalue().rpartition(" - ")[2]
        raise ItemError(f"its pixels cannot be decoded: {_short(why)}", code="truncated")
    found: dict[str, NDArray[Any]] = {}
    for number, part in enumerate(parts):
        label = str(part.header.get("name", number))
        for name, channel in part.channels.items():
            if channel.pixels is not None:
                found[name if number == 0 else f"{label}.{name}"] = channel.pixels
    return found


def _check_complete(body: bytes) -> None:
    """Every block of scan lines that the offset table names lies inside the file.

    OpenEXR rebuilds a table that was never written and then reads what is there; a render that was stopped looks
    complete to it. Tiled and multi-part files are left to the decoder.
    """
    if len(body) < 8 or struct.unpack_from("<I", body, 4)[0] & (TILED | DEEP | MULTI_PART):
        return
    attributes, begin = _attributes(body)
    lines = LINES.get(attributes.get("compression", b"")[:1])
    window = attributes.get("dataWindow", b"")
    if lines is None or len(window) != 16:
        return
    _left, top, _right, bottom = struct.unpack("<iiii", window)
    count = max(0, -(-(bottom - top + 1) // lines))
    if begin + 8 * count > len(body):
        raise ItemError("it is cut short inside its table of scan lines", code="truncated")
    offsets = numpy.frombuffer(body, "<u8", count, begin)
    gone = int(numpy.count_nonzero((offsets == 0) | (offsets > max(0, len(body) - 8))))
    if count and not gone:
        last = int(offsets.max())
        size = struct.unpack_from("<i", body, last + 4)[0]
        gone = int(size < 0 or last + 8 + size > len(body))
    if gone:
        raise ItemError(f"{gone} of {count} blocks of scan lines are not in the file", code="truncated")


TILED, DEEP, MULTI_PART = 0x200, 0x800, 0x1000
"""Bits of the version field."""

LINES = {bytes([code]): lines for code, lines in enumerate((1, 1, 1, 16, 32, 16, 32, 32, 32, 256))}
"""Scan lines in a block, by the code of the compression."""


def _attributes(body: bytes) -> tuple[dict[str, bytes], int]:
    """Name, type, size, value, until a name is empty; and where the offset table begins."""
    found: dict[str, bytes] = {}
    at = 8
    while at < len(body) and body[at]:
        kind = body.find(b"\0", at) + 1
        size = body.find(b"\0", kind) + 1
        if not 0 < kind < size or size + 4 > len(body):
            raise ItemError("it is cut short inside its header", code="truncated")
        end = size + 4 + struct.unpack_from("<I", body, size)[0]
        found[body[at : kind - 1].decode("latin-1")] = body[size + 4 : end]
        at = end
    if at >= len(body):
        raise ItemError("it is cut short inside its header", code="truncated")
    return found, at + 1


def _size(window: Any) -> tuple[int, int]:
    (left, top), (right, bottom) = window
    return int(right) - int(left) + 1, int(bottom) - int(top) + 1


def _depth(planes: Mapping[str, NDArray[Any]]) -> str:
    colour = [plane for name, plane in planes.items() if name in ("R", "G", "B", "Y")] or list(planes.values())
    return {"float16": "half", "float32": "float"}.get(str(colour[0].dtype), "uint")


def _colour(header: Mapping[str, Any]) -> str:
    for name in COLOUR:
        if isinstance(header.get(name), str) and header[name]:
            return str(header[name])[:80]
    values = header.get("chromaticities")
    if not values:
        return ""
    written = ",".join(f"{float(value):.3f}" for value in tuple(values)[:6])
    return PRIMARIES.get(written, f"primaries {written}")


def _short(words: str) -> str:
    return " ".join(words.split())[:160] or "no reason given"
