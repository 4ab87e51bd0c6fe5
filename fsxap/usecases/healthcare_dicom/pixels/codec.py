"""Owns compressed frames: samples as a code stream holds them, and back, lossless."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy
from numpy.typing import NDArray

from fsxap.usecases.healthcare_dicom.pixels.layout import COLOUR, HALVED, RLE, Layout, Undecodable

Samples = NDArray[Any]
ROOT = "1.2.840.10008.1.2"
LOSSY_JPEG = frozenset(f"{ROOT}.4.{number}" for number in (50, 51, 52, 53, 54, 55, 56))
LOSSLESS_JPEG = frozenset(f"{ROOT}.4.{number}" for number in (57, 58, 65, 66, 70))
JPEG_LS = frozenset({f"{ROOT}.4.80", f"{ROOT}.4.81"})
JPEG_2000 = frozenset({f"{ROOT}.4.90", f"{ROOT}.4.91"})
HIGH_THROUGHPUT = frozenset({f"{ROOT}.4.201", f"{ROOT}.4.202", f"{ROOT}.4.203"})
DEFLATED_FRAMES = f"{ROOT}.8.1"
JPEG_XL = frozenset({f"{ROOT}.4.110", f"{ROOT}.4.111", f"{ROOT}.4.112"})
ADOBE, JFIF, SPIFF = b"Adobe", b"JFIF", b"\xff\xe8"
JP2K_SOC, JP2K_SIZE, JP2K_STYLE = b"\xff\x4f\xff\x51", 42, b"\xff\x52"


def engine() -> str:
    return f"imagecodecs {imagecodecs.__version__}"


def decode(stream: bytes, layout: Layout) -> Samples:
    """(rows, columns) or (rows, columns, 3); lossy JPEG comes as RGB, all else as the photometric attribute says."""
    try:
        made: Samples = _decoder(layout.syntax)(stream, layout)
    except Undecodable:
        raise
    except Exception as error:  # noqa: BLE001 - every codec raises its own, and some of them quote bytes
        raise Undecodable(f"a frame cannot be decoded ({type(error).__name__})") from None
    shape = (layout.rows, layout.columns) if layout.samples == 1 else (layout.rows, layout.columns, layout.samples)
    if made.shape != shape or made.dtype.kind not in "ui" or made.itemsize * 8 > max(layout.bits[0], 8):
        raise Undecodable("a frame is not of the size that the header says")
    return made


def _decoder(syntax: str) -> Callable[[bytes, Layout], Any]:
    if syntax == RLE:
        return _rle
    if syntax == DEFLATED_FRAMES:
        return _inflated
    if syntax in LOSSY_JPEG | LOSSLESS_JPEG:
        return _jpeg
    if syntax in JPEG_LS:
        return lambda stream, _: imagecodecs.jpegls_decode(stream)
    if syntax in JPEG_2000 | HIGH_THROUGHPUT:
        return lambda stream, _: imagecodecs.jpeg2k_decode(stream)
    if syntax in JPEG_XL:
        return lambda stream, _: imagecodecs.jpegxl_decode(stream)
    raise Undecodable("its transfer syntax is not one that can be decoded")


def _rle(stream: bytes, layout: Layout) -> Samples:
    size, pixels = max(layout.bits[0] // 8, 1), layout.rows * layout.columns
    count, *offsets = struct.unpack_from("<16L", stream)
    starts = offsets[:count]
    if count != layout.samples * size or starts != sorted(starts):
        raise Undecodable("an RLE frame has other segments than its header needs")
    length = (pixels + 7) // 8 if layout.bits[0] == 1 else pixels
    made = numpy.empty((layout.samples, size, length), numpy.uint8)
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(stream)], strict=True)):
        plane = numpy.frombuffer(imagecodecs.packbits_decode(stream[start:end]), numpy.uint8)
        # Each segment is one byte of the samples, the most significant first.
        made[divmod(index, size)] = plane[:length]
    if layout.bits[0] == 1:
        return numpy.unpackbits(made[0, 0], count=pixels, bitorder="little").reshape(layout.rows, layout.columns)
    whole = numpy.ascontiguousarray(made.transpose(0, 2, 1)).view(f">u{size}").astype(f"u{size}")
    shaped = whole.reshape(layout.samples, layout.rows, layout.columns)
    return shaped[0] if layout.samples == 1 else numpy.ascontiguousarray(shaped.transpose(1, 2, 0))


def _inflated(stream: bytes, layout: Layout) -> Samples:
    size = (layout.frame_bits + 7) // 8
    data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream, size + 1)
    if len(data) not in (size, size + 1) or layout.halved:
        raise Undecodable("a deflated frame is not of the size that its header says")
    if layout.bits[0] == 1:
        made = numpy.unpackbits(numpy.frombuffer(data, numpy.uint8), count=layout.frame_bits, bitorder="little")
    else:
        made = numpy.frombuffer(data, f"<u{layout.bits[0] // 8}", layout.rows * layout.columns * layout.samples)
    if layout.planar:
        return made.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
    return made.reshape(layout.rows, layout.columns, *([layout.samples] if layout.samples > 1 else []))


def _jpeg(stream: bytes, layout: Layout) -> Any:
    said = stream[: stream.find(b"\xff\xda")]
    if layout.samples == 1 or layout.syntax in LOSSLESS_JPEG:
        return imagecodecs.jpeg8_decode(stream)
    # Without a marker that says how colours are coded libjpeg takes YCbCr for granted; the header knows better.
    unsaid = ADOBE not in said and JFIF not in said
    if unsaid and layout.photometric == "RGB":
        return imagecodecs.jpeg8_decode(stream, colorspace="RGB", outcolorspace="RGB")
    return imagecodecs.jpeg8_decode(stream, outcolorspace="RGB")


def keeps(layout: Layout) -> bool:
    """Whether a frame can be encoded again, lossless, so that it stands beside the untouched ones of the file.

    Irreversible colours (ICT) cannot stand beside reversible ones under one photometric interpretation.
    """
    lossless = JPEG_LS | JPEG_2000 | LOSSLESS_JPEG | {RLE}
    return layout.syntax in lossless and layout.photometric not in ("YBR_ICT", *HALVED) and layout.bits[0] > 1


def encode(samples: Samples, original: bytes, layout: Layout) -> bytes:
    """A code stream that decodes to exactly these samples; `original` lends its precision. Even length."""
    samples = numpy.ascontiguousarray(samples)
    if layout.syntax == RLE:
        made = _to_rle(samples)
    elif layout.syntax in JPEG_LS:
        made = _without_spiff(bytes(imagecodecs.jpegls_encode(samples, level=0)))
    elif layout.syntax in LOSSLESS_JPEG:
        # Told that they are RGB already, libjpeg leaves the samples alone, whatever they are.
        colours = "RGB" if layout.photometric in COLOUR else None
        bits = max(2, min(layout.bits[1], samples.itemsize * 8))
        bits = bits if not int(samples.max()) >> bits else samples.itemsize * 8
        made = bytes(
            imagecodecs.jpeg8_encode(
                samples, lossless=True, predictor=1, bitspersample=bits, colorspace=colours, outcolorspace=colours
            )
        )
    else:
        transformed = layout.photometric == "YBR_RCT" or _transformed(original)
        made = bytes(
            imagecodecs.jpeg2k_encode(
                samples,
                level=0,
                codecformat="j2k",
                reversible=True,
                mct=transformed,
                bitspersample=_precision(original, samples),
            )
        )
    return made + b"\0" * (len(made) % 2)


def _precision(stream: bytes, samples: Samples) -> int:
    at = stream.find(JP2K_SOC)
    return (stream[at + JP2K_SIZE] & 0x7F) + 1 if at >= 0 else samples.itemsize * 8


def _transformed(stream: bytes) -> bool:
    at = stream.find(JP2K_STYLE)
    return at >= 0 and stream[at + 8 : at + 9] == b"\1"


def _without_spiff(stream: bytes) -> bytes:
    """DICOM names no use for the SPIFF header that CharLS writes, and some readers stumble over it."""
    at = 2
    while stream[at : at + 2] == SPIFF:
        at += 2 + struct.unpack_from(">H", stream, at + 2)[0]
    return stream[:2] + stream[at:]


def _to_rle(samples: Samples) -> bytes:
    segments = []
    size = samples.itemsize
    for plane in samples[None] if samples.ndim == 2 else samples.transpose(2, 0, 1):
        parts = numpy.ascontiguousarray(plane).astype(f">u{size}").view(numpy.uint8).reshape(*plane.shape, size)
        for byte in range(size):
            # Row by row, as PS3.5 G.3.1 wants it.
            segment = bytes(imagecodecs.packbits_encode(numpy.ascontiguousarray(parts[:, :, byte])))
            segments.append(segment + b"\0" * (len(segment) % 2))
    offsets, at = [], 64
    for segment in segments:
        offsets.append(at)
        at += len(segment)
    return struct.pack("<16L", len(segments), *offsets, *[0] * (15 - len(segments))) + b"".join(segments)
