"""Makes pictures of every kind in every transfer syntax, and a finder that always finds the same box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import imagecodecs
import numpy
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import UID

from fsxap.ports import TextLine
from fsxap.usecases.healthcare_dicom.pixels.burned_in import Region
from fsxap.usecases.healthcare_dicom.pixels.layout import Box
from tests.unit.usecases.healthcare_dicom.made import dataset

ROOT = "1.2.840.10008.1.2"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
Samples = NDArray[Any]


def noise(*shape: int, bits: int = 8, signed: bool = False, seed: int = 1) -> Samples:
    made = numpy.random.default_rng(seed).integers(1, 1 << bits, shape)
    if signed:
        made -= 1 << bits - 1
    return made.astype(f"{'i' if signed else 'u'}{1 if bits <= 8 else 2 if bits <= 16 else 4}")


def compressed(frame: Samples, syntax: str, *, bits: int = 8, mct: bool = False) -> bytes:
    """One frame by the encoders of the library; lossless where the syntax can be."""
    number = syntax.removeprefix(f"{ROOT}.")
    if number == "4.50":
        return bytes(imagecodecs.jpeg8_encode(frame, level=95))
    if number == "4.51":
        return bytes(imagecodecs.jpeg8_encode(frame, level=95, bitspersample=12))
    if number in ("4.57", "4.70"):
        return bytes(imagecodecs.jpeg8_encode(frame, lossless=True, predictor=1, bitspersample=bits))
    if number in ("4.80", "4.81"):
        return bytes(imagecodecs.jpegls_encode(frame, level=2 if number == "4.81" else 0))
    if number in ("4.90", "4.91"):
        lossy = {"level": 40, "reversible": False} if number == "4.91" else {"level": 0, "reversible": True}
        return bytes(imagecodecs.jpeg2k_encode(frame, codecformat="j2k", mct=mct, bitspersample=bits, **lossy))
    return bytes(imagecodecs.htj2k_encode(frame, reversible=True))


def picture(frames: Samples, photometric: str = "MONOCHROME2", *, bits: int = 8, **changes: Any) -> Dataset:
    """Uncompressed, little endian: (n, rows, columns) or (n, rows, columns, 3)."""
    values: dict[str, Any] = {
        "SOPClassUID": CAPTURE,
        "Modality": "OT",
        "ConversionType": "WSD",
        "NumberOfFrames": len(frames) if len(frames) > 1 else None,
        "Rows": frames.shape[1],
        "Columns": frames.shape[2],
        "SamplesPerPixel": frames.shape[3] if frames.ndim == 4 else 1,
        "PlanarConfiguration": 0 if frames.ndim == 4 else None,
        "PhotometricInterpretation": photometric,
        "BitsAllocated": frames.itemsize * 8,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(frames.dtype.kind == "i"),
        "PixelData": frames.astype(frames.dtype.newbyteorder("<")).tobytes() + b"\0" * (frames.nbytes % 2),
    }
    made = dataset(**(values | changes))
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made["PixelData"].VR = "OB" if frames.itemsize == 1 else "OW"
    return made


def encapsulated(
    made: Dataset, streams: Sequence[bytes], syntax: str, *, table: str = "basic", cut: int = 1
) -> Dataset:
    """`table`: none, basic or extended; `cut`: fragments a frame."""
    if table == "extended":
        made.PixelData, made.ExtendedOffsetTable, made.ExtendedOffsetTableLengths = encapsulate_extended(list(streams))
    else:
        made.PixelData = encapsulate(list(streams), has_bot=table == "basic", fragments_per_frame=cut)
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    made.file_meta.TransferSyntaxUID = UID(syntax)
    return made


class Finder:
    """Stands for a detector; what it would find is said by `found`."""

    engine = "a finder that is told"

    def find(self, picture: Samples, *, read: bool = True) -> Sequence[TextLine]:
        raise AssertionError("nobody asks it")


def told(*boxes: Box, frames: tuple[int, ...] | None = None) -> Any:
    """`find_regions` that finds these boxes at the first look, and nothing at the second."""
    looks: list[int] = []

    def find_regions(_frames: Any, _own: Iterable[str], _finder: Any) -> tuple[Region, ...]:
        looks.append(1)
        return tuple(Region(box, frames, "identifier") for box in boxes) if len(looks) == 1 else ()

    return find_regions
