"""Owns the proof of painted pixels: read again by pydicom and its codecs, which had no part in making them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import imagecodecs
import numpy
from numpy.typing import NDArray

from fsxap.usecases.healthcare_dicom.pixels.codec import LOSSLESS_JPEG, keeps
from fsxap.usecases.healthcare_dicom.pixels.decode import stored_frame
from fsxap.usecases.healthcare_dicom.pixels.examine import Examined


def flaws(made: bytes, examined: Examined) -> Iterator[str]:
    """What is wrong with the pixels of an output, as kinds; nothing means that they are proved.

    Outside the boxes every sample is the input's, inside each box there is one value, and a frame that was not
    painted has the bytes it came with.
    """
    import pydicom

    data = pydicom.dcmread(io.BytesIO(made))
    picture, layout = examined.picture, examined.picture.layout
    if (int(data.get("NumberOfFrames") or 1), data.Rows, data.Columns) != (layout.frames, layout.rows, layout.columns):
        yield "another size than the input"
        return
    spliced = bool(picture.places) and keeps(layout)
    if spliced:
        yield from _kept(data, examined)
    for index in examined.recoded if spliced else range(layout.frames):
        try:
            after = _read(data, index)
        except Exception as error:  # noqa: BLE001 - every plug-in raises its own; unread means unproved
            yield f"a frame that cannot be read again ({type(error).__name__})"
            return
        yield from _compared(stored_frame(picture, index), after, examined, index)


def _read(data: Any, index: int) -> NDArray[Any]:
    from pydicom.pixels.utils import pixel_array

    if data.BitsAllocated == 1:
        # Frames of single bits may begin inside a byte, where pydicom finds them only in the whole.
        whole = numpy.asarray(pixel_array(data, raw=True))
        return whole[index] if int(data.get("NumberOfFrames") or 1) > 1 else whole
    if str(data.file_meta.TransferSyntaxUID) not in LOSSLESS_JPEG:
        # Its correction of unused bits takes every sample to begin at the first.
        samples = numpy.asarray(pixel_array(data, index=index, raw=True, correct_unused_bits=False))
        return samples >> _shift(data) if _shift(data) else samples
    # Every plug-in of pydicom's for lossless JPEG is under the GPL or brings the process down; this one shares
    # nothing with the encoder.
    return numpy.asarray(imagecodecs.jpegsof3_decode(_streams(data)[index]))


def _shift(data: Any) -> int:
    """Bits below each sample, where containers are stored as they are; other codecs hold samples alone."""
    from pydicom.uid import RLELossless

    whole = data.file_meta.TransferSyntaxUID == RLELossless or not data.file_meta.TransferSyntaxUID.is_encapsulated
    return int(data.HighBit + 1 - data.BitsStored) if whole and "HighBit" in data and "PixelData" in data else 0


def _streams(data: Any) -> list[bytes]:
    from pydicom.encaps import generate_frames

    table = (data.ExtendedOffsetTable, data.ExtendedOffsetTableLengths) if "ExtendedOffsetTable" in data else None
    number = int(data.get("NumberOfFrames") or 1)
    return list(generate_frames(data.PixelData, number_of_frames=number, extended_offsets=table))


def _kept(data: Any, examined: Examined) -> Iterator[str]:
    """Compressed frames that were not painted, byte for byte."""
    for index, stream in enumerate(_streams(data)):
        if index not in examined.recoded and stream != examined.picture.stream(index):
            yield "another frame than the input's"


def _compared(before: NDArray[Any], after: NDArray[Any], examined: Examined, index: int) -> Iterator[str]:
    if before.shape != after.shape:
        yield "a frame of another shape"
        return
    # Readers differ in what they make of the unused bits and of the sign: the stored bits count.
    bits = min(examined.picture.layout.bits[1], 32)
    if before.dtype.kind == "f" or bits == 64:
        same = (before == after) | (numpy.isnan(before) & numpy.isnan(after))
    else:
        same = (before.astype(numpy.int64) ^ after.astype(numpy.int64)) & ((1 << bits) - 1) == 0
    for left, above, right, below in examined.boxes.get(index, ()):
        inside = after[above:below, left:right]
        if (inside != inside[:1, :1]).any():
            yield "a box that was not painted"
        same[above:below, left:right] = True
    if not same.all():
        yield "other pixels outside the boxes than the input's"
