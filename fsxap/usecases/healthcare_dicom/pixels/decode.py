"""Owns pictures as they are to be looked at: decoded from any transfer syntax, colours as RGB, one frame or all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy
from numpy.typing import NDArray

from fsxap.usecases.healthcare_dicom.frames import frames_of
from fsxap.usecases.healthcare_dicom.parse import PIXELS, Element, Elements
from fsxap.usecases.healthcare_dicom.pixels import codec
from fsxap.usecases.healthcare_dicom.pixels.layout import (
    FLOATS,
    PALETTE,
    Box,
    Layout,
    Undecodable,
    layout_of,
)

OFFSETS, LENGTHS, TOTAL = 0x7FE00001, 0x7FE00002, 0x7FE00003


@dataclass(frozen=True, slots=True)
class Frames:
    """Decoded values: grey (n, rows, columns) as stored, or RGB (n, rows, columns, 3).

    Palettes are applied (8 bits a channel) and luminances converted. Windows are (centre, width) from the header, to
    be applied after `slope` and `intercept`. `ultrasound` are the regions that hold image data.
    """

    values: NDArray[Any]
    photometric: str
    windows: tuple[tuple[float, float], ...] = ()
    slope: float = 1.0
    intercept: float = 0.0
    ultrasound: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A file's pixel element with what its header says of it.

    `data` is its value with bytes in the order of samples; `places` are the fragments of each compressed frame.
    """

    element: Element
    layout: Layout
    data: bytes
    places: tuple[tuple[tuple[int, int], ...], ...] = ()

    def stream(self, index: int) -> bytes:
        """The code stream of a compressed frame."""
        return b"".join(self.data[start:end] for start, end in self.places[index])


def picture_of(elements: Elements, *, syntax: str, big: bool) -> Picture | None:
    """None where there are no pixels; `Undecodable` where they are not what the header says."""
    found = next((each for each in elements if each.tag == PIXELS or each.tag in FLOATS), None)
    if found is None:
        return None
    layout = layout_of(elements, syntax=syntax, big=big)
    if found.encapsulated:
        offsets = next((each.value for each in elements if each.tag == OFFSETS), b"")
        table = tuple(numpy.frombuffer(offsets[: len(offsets) // 8 * 8], "<u8").tolist())
        return Picture(found, layout, found.value, frames_of(found.value, layout.frames, table))
    if not found.value or len(found.value) * 8 < layout.frame_bits * layout.frames:
        raise Undecodable("its pixel data is shorter than its header says")
    if layout.halved and len(found.value) * 2 >= layout.frame_bits // 8 * layout.frames * 3:
        # Some leave the colours whole and still call them halved.
        layout = replace(layout, photometric=layout.photometric.replace("_422", ""))
    return Picture(found, layout, ordered(found, layout))


def ordered(element: Element, layout: Layout) -> bytes:
    """Samples of a byte that were written as words of a big endian file lie there in pairs the other way round."""
    if not (layout.big and layout.bits[0] <= 8 and element.vr == "OW"):
        return element.value
    return numpy.frombuffer(element.value[: len(element.value) // 2 * 2], ">u2").astype("<u2").tobytes()


def decoded(picture: Picture) -> Frames:
    """Every frame, ready to be looked at."""
    layout = picture.layout
    first = viewed(picture, 0)
    values = numpy.empty((layout.frames, *first.shape), first.dtype)
    values[0] = first
    for index in range(1, layout.frames):
        values[index] = viewed(picture, index)
    grey = values.ndim == 3
    return Frames(
        values,
        layout.photometric if grey else "RGB",
        layout.windows if grey else (),
        layout.slope,
        layout.intercept,
        layout.ultrasound,
    )


def viewed(picture: Picture, index: int) -> NDArray[Any]:
    """One frame: grey as stored, colours as RGB."""
    samples, layout = stored_frame(picture, index), picture.layout
    if layout.photometric == PALETTE:
        return _looked_up(samples, layout)
    if samples.ndim == 3 and layout.photometric.startswith("YBR_") and not _is_rgb(layout):
        return _from_luminance(samples, layout)
    return samples


def stored_frame(picture: Picture, index: int) -> NDArray[Any]:
    """One frame's samples as stored, sign and unused bits put right; lossy JPEG as RGB."""
    if picture.places:
        return stored(codec.decode(picture.stream(index), picture.layout), picture.layout)
    return native(picture.data, picture.layout, index)


def stored(samples: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Samples of whole containers as values of the stored bits, signed where the header says so."""
    allocated, bits, _high = layout.bits
    if layout.floating or allocated < 8:
        return samples
    width = max(allocated, 8)
    if samples.dtype.kind == "i":
        samples = samples.view(f"u{samples.itemsize}")
    if samples.itemsize * 8 != width:
        samples = samples.astype(f"u{width // 8}")
    if bits < width:
        samples = samples >> layout.shift & (1 << bits) - 1
    if not layout.signed:
        return samples
    if bits < width:
        sign = samples.dtype.type(1 << bits - 1)
        samples = (samples ^ sign) - sign
    return samples.view(f"i{width // 8}")


def native(data: bytes | bytearray, layout: Layout, index: int) -> NDArray[Any]:
    """The stored samples of one uncompressed frame; half colours are given to both of their pixels."""
    allocated = layout.bits[0]
    order = ">" if layout.big else "<"
    rows, columns = layout.rows, layout.columns
    if allocated == 1:
        first = layout.frame_bits * index
        whole = numpy.frombuffer(data, numpy.uint8)[first // 8 : (first + layout.frame_bits + 7) // 8]
        ones = numpy.unpackbits(whole, bitorder="little")[first % 8 : first % 8 + layout.frame_bits]
        return ones.reshape(rows, columns) if layout.samples == 1 else ones.reshape(rows, columns, layout.samples)
    frame = containers(data, layout, index)
    if layout.halved:
        pairs = frame.reshape(rows, columns // 2, 4)
        made = numpy.empty((rows, columns, 3), frame.dtype)
        made[:, 0::2, 0], made[:, 1::2, 0] = pairs[:, :, 0], pairs[:, :, 1]
        made[:, :, 1] = numpy.repeat(pairs[:, :, 2], 2, axis=1)
        made[:, :, 2] = numpy.repeat(pairs[:, :, 3], 2, axis=1)
        frame = made
    elif layout.samples > 1:
        frame = frame.reshape(3, rows, columns).transpose(1, 2, 0) if layout.planar else frame.reshape(rows, columns, 3)
    else:
        frame = frame.reshape(rows, columns)
    native_order = frame.astype(frame.dtype.newbyteorder("="), copy=False) if order == ">" else frame
    return stored(native_order, layout)


def containers(data: bytes | bytearray, layout: Layout, index: int) -> NDArray[Any]:
    """One uncompressed frame as it lies in the file, flat; a view, so that a bytearray can be painted through it."""
    allocated = layout.bits[0]
    if layout.halved and layout.columns % 2:
        raise Undecodable("its pixels come in pairs and its columns are odd")
    kind = "f" if layout.floating else "u"
    size = layout.frame_bits // allocated
    dtype = numpy.dtype(f"{'>' if layout.big else '<'}{kind}{allocated // 8}")
    return numpy.frombuffer(data, dtype, size, size * dtype.itemsize * index)


def _is_rgb(layout: Layout) -> bool:
    """Where the codec has undone the transformation."""
    undone = codec.LOSSY_JPEG | codec.JPEG_XL
    return layout.syntax in undone or layout.photometric in ("YBR_RCT", "YBR_ICT")


def _looked_up(samples: NDArray[Any], layout: Layout) -> NDArray[Any]:
    channels = []
    for first, _bits, entries in layout.palette:
        table = numpy.asarray(entries)
        # Entries of 16 bits that use only 8 are 8 bits, whatever the descriptor says.
        table = (table >> 8 if table.max() > 255 else table).astype(numpy.uint8)
        channels.append(table[numpy.clip(samples.astype(numpy.int64) - first, 0, len(table) - 1)])
    return numpy.stack(channels, axis=-1)


def _from_luminance(samples: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """RGB of luminance and chrominance (PS3.3 C.7.6.3.1.2)."""
    if samples.dtype != numpy.uint8:
        raise Undecodable("its luminances have more than 8 bits")
    y, blue, red = (samples[:, :, index].astype(numpy.float32) for index in range(3))
    blue -= 128
    red -= 128
    if layout.photometric.startswith("YBR_PARTIAL"):
        y = (y - 16) * (255 / 219)
        blue *= 255 / 224
        red *= 255 / 224
    colours = (y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue)
    return numpy.stack([numpy.clip(numpy.rint(each), 0, 255) for each in colours], axis=-1).astype(numpy.uint8)
