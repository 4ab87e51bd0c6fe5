"""Reads DPX (SMPTE 268M): uncompressed RGB, RGBA and luma of 8, 10, 12 and 16 bits, either byte order."""

from __future__ import annotations

import struct
from typing import Any

import numpy
from numpy.typing import NDArray

from fsxap.errors import ItemError
from fsxap.providers.local.frames import check_size
from fsxap.rendering import Frame

CHANNELS = {6: ("Y",), 50: ("R", "G", "B"), 51: ("R", "G", "B", "A"), 52: ("A", "B", "G", "R")}
TRANSFER = {1: "printing density", 2: "linear", 3: "logarithmic", 5: "SMPTE 274M", 6: "ITU-R 709"}
HEADER = 1664
"""Bytes up to the end of the orientation header, which all writers fill."""


def read(body: bytes, most_pixels: int) -> Frame:
    order = ">" if body.startswith(b"SDPX") else "<"
    if len(body) < HEADER:
        raise ItemError(f"cut short inside its header: {len(body)} bytes", code="truncated")
    start = struct.unpack_from(f"{order}I", body, 4)[0]
    width, height = struct.unpack_from(f"{order}II", body, 772)
    check_size(width, height, most_pixels)
    descriptor, transfer, _colorimetric, bits = struct.unpack_from("BBBB", body, 800)
    packing, encoding = struct.unpack_from(f"{order}HH", body, 804)
    names = CHANNELS.get(descriptor)
    if names is None or encoding or bits not in (8, 10, 12, 16):
        raise ItemError(f"DPX of descriptor {descriptor}, {bits} bits, encoding {encoding}", code="unsupported")
    at = struct.unpack_from(f"{order}I", body, 808)[0]
    at = start if at in (0, 0xFFFFFFFF) else at
    values = _values(body, at, order, bits, packing, (width, height, len(names)))
    planes = {name: values[:, :, each] for each, name in enumerate(names)}
    across, down = struct.unpack_from(f"{order}II", body, 1628)
    square = across in (0, 0xFFFFFFFF) or down in (0, 0xFFFFFFFF)
    return Frame(
        width,
        height,
        planes,
        str(bits),
        full=(1 << bits) - 1,
        aspect=1.0 if square else round(across / down, 4),
        colour=TRANSFER.get(transfer, ""),
    )


def _values(body: bytes, at: int, order: str, bits: int, packing: int, shape: tuple[int, int, int]) -> NDArray[Any]:
    """(H, W, channels) of uint16 or uint8."""
    width, height, channels = shape
    per_line = width * channels
    if bits == 10:
        if packing not in (1, 2) or channels != 3:
            raise ItemError(f"10-bit DPX of packing {packing} with {channels} channels", code="unsupported")
        words = numpy.frombuffer(_exactly(body, at, width * height * 4), f"{order}u4").reshape(height, width)
        shifts = (22, 12, 2) if packing == 1 else (20, 10, 0)
        return numpy.stack([(words >> shift) & 1023 for shift in shifts], axis=2).astype(numpy.uint16)
    if bits == 12 and packing != 1:
        raise ItemError(f"12-bit DPX of packing {packing}", code="unsupported")
    size = 1 if bits == 8 else 2
    # Each line is filled up to whole words of 32 bits.
    stride = -(-per_line * size // 4) * 4
    raw = numpy.frombuffer(_exactly(body, at, stride * height), numpy.uint8).reshape(height, stride)
    lines = numpy.ascontiguousarray(raw[:, : per_line * size])
    numbers: NDArray[Any] = lines if size == 1 else lines.view(f"{order}u2").astype(numpy.uint16)
    if bits == 12:
        numbers = numbers >> 4
    return numbers.reshape(height, width, channels)


def _exactly(body: bytes, at: int, size: int) -> bytes:
    found = body[at : at + size]
    if len(found) < size:
        raise ItemError(f"{size - len(found)} of {size} bytes of pixels are not in the file", code="truncated")
    return found
