"""One pass over a frame's pixels: everything that is judged later is a small number or a small picture from here."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy
from numpy.typing import NDArray

from fsxap.rendering import Frame
from fsxap.usecases.media_vfx.marks import Block, Spark, cells_of, flat_blocks, isolated

Plane = NDArray[numpy.float32]

REC709 = (0.2126, 0.7152, 0.0722)
TABLE = (64, 36)
"""Columns and rows of the luminance picture that frames are compared by."""
PREVIEW = 160
"""Columns of the picture that people look at."""
CEILING = 1e6
"""No light is brighter; sums of what is would overflow."""
CELLS = 240
"""Columns of the table of local maxima, at most."""


@dataclass(frozen=True, slots=True)
class Alpha:
    """`edge`: share of partly covered pixels that are brighter than premultiplied colour can be there."""

    least: float
    most: float
    mean: float
    edge: float


@dataclass(frozen=True, slots=True)
class Look:
    """What a frame is. Numbers are in the file's own scale for floats and 0 to 1 for integers.

    `plateau` is the share of pixels that are exactly as bright as the brightest. `levels` counts distinct values of
    one channel in a quarter of the pixels. `sum` is equal for frames of equal pixels.
    """

    width: int
    height: int
    channels: tuple[str, ...]
    depth: str
    aspect: float
    colour: str
    whole: bool
    least: float
    most: float
    mean: float
    constant: bool
    nonfinite: int
    bad_pixel: tuple[str, int, int] | None
    negative: float
    plateau: float
    levels: int
    sum: int
    table: Plane
    preview: NDArray[numpy.uint8]
    cell: int
    """Pixels on a side of a cell of `peaks`."""
    peaks: Plane | None = None
    sparks: tuple[Spark, ...] = ()
    blocks: tuple[Block, ...] = ()
    even: NDArray[numpy.bool_] | None = None
    """Which cells of 16 by 16 pixels are of one value."""
    alpha: Alpha | None = None


def measure(frame: Frame, *, data: bool = False) -> Look:
    """`data` leaves out what only pictures can be judged by."""
    names = beauty(frame)
    raw = [frame.planes[name] for name in names]
    nonfinite, where = _nonfinite(frame)
    colour = [_floats(plane, frame.full) for plane in raw]
    if nonfinite:
        for plane in colour:
            numpy.nan_to_num(plane, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    extremes = [(float(plane.min()), float(plane.max())) for plane in colour]
    least, most = min(low for low, _ in extremes), max(high for _, high in extremes)
    if max(-least, most) > CEILING:
        colour = [numpy.clip(plane, -CEILING, CEILING) for plane in colour]
    luma = _luma(colour)
    picture = not data and is_picture(names) and min(luma.shape) >= 32
    cells = cells_of(luma) if picture else None
    cell = max(8, -(-luma.shape[1] // CELLS))
    return Look(
        width=frame.width,
        height=frame.height,
        channels=tuple(sorted(frame.planes)),
        depth=frame.depth,
        aspect=frame.aspect,
        colour=frame.colour,
        whole=frame.full is not None,
        least=least,
        most=most,
        mean=float(luma.mean()),
        constant=all(low == high for low, high in extremes),
        nonfinite=nonfinite,
        bad_pixel=where,
        negative=numpy.count_nonzero(luma < -0.05) / luma.size if least < -0.05 else 0.0,
        plateau=max(
            _plateau(plane, min(most, CEILING))
            for plane, (_, high) in zip(colour, extremes, strict=True)
            if high == most
        ),
        levels=_levels(raw[min(1, len(raw) - 1)]),
        sum=_sum(raw),
        table=numpy.asarray(cv2.resize(luma, TABLE, interpolation=cv2.INTER_AREA), numpy.float32),
        preview=_preview(colour, linear=frame.full is None),
        cell=cell,
        peaks=_peaks(luma, cell) if picture else None,
        sparks=isolated(luma, 0.8 if frame.full else 2.0) if picture else (),
        blocks=flat_blocks(luma, colour, cells) if cells else (),
        even=cells.even if cells else None,
        alpha=_alpha(frame, luma) if "A" in frame.planes else None,
    )


def beauty(frame: Frame) -> tuple[str, ...]:
    """The channels that are the picture: RGB, else luminance, else a layer's RGB, else whatever comes first."""
    planes = frame.planes
    for prefix in ("", *sorted({name.rpartition(".")[0] + "." for name in planes if "." in name}, key=_layer)):
        names = tuple(f"{prefix}{each}" for each in "RGB")
        if all(name in planes for name in names) and len({planes[name].shape for name in names}) == 1:
            return names
    first = next((name for name in ("Y", "G", "R", "B") if name in planes), "")
    return (first or max(sorted(planes), key=lambda name: planes[name].size),)


def _layer(prefix: str) -> tuple[bool, str]:
    return not prefix.lower().startswith(("beauty", "rgb", "combined", "left", "viewlayer.combined")), prefix


def is_picture(names: tuple[str, ...]) -> bool:
    """Depth, normals and ids have jumps and flat areas that mean nothing."""
    return names[0].rpartition(".")[2] in ("R", "G", "B", "Y")


def _floats(plane: NDArray[Any], full: int | None) -> Plane:
    """A copy, because what is not finite is replaced in it."""
    made = plane.astype(numpy.float32)
    if full:
        made /= full
    return numpy.ascontiguousarray(made)


def _luma(colour: list[Plane]) -> Plane:
    if len(colour) < 3:
        return colour[0]
    mixed = cv2.addWeighted(colour[0], REC709[0], colour[1], REC709[1], 0.0)
    return numpy.asarray(cv2.addWeighted(mixed, 1.0, colour[2], REC709[2], 0.0), numpy.float32)


def _nonfinite(frame: Frame) -> tuple[int, tuple[str, int, int] | None]:
    """How many numbers are NaN, or infinite outside of depth, and the first of them as channel, x, y."""
    total, first = 0, None
    for name, plane in frame.planes.items():
        if plane.dtype.kind != "f":
            continue
        bits, ones, sign = (
            (plane.view(numpy.uint16), 0x7C00, 0x7FFF)
            if plane.dtype == numpy.float16
            else (plane.view(numpy.uint32), 0x7F800000, 0x7FFFFFFF)
        )
        depth = name.rpartition(".")[2].lower() in ("z", "zback", "depth")
        bad = (bits & sign) > ones if depth else (bits & sign) >= ones
        number = int(numpy.count_nonzero(bad))
        if number and first is None:
            y, x = divmod(int(bad.argmax()), plane.shape[1])
            first = (name, x, y)
        total += number
    return total, first


def _plateau(plane: Plane, most: float) -> float:
    """A channel that never gets as bright as the brightest has none."""
    return int(numpy.count_nonzero(plane >= most)) / plane.size


def _levels(plane: NDArray[Any]) -> int:
    sample = numpy.ascontiguousarray(plane[::2, ::2])
    if sample.dtype.itemsize == 2:
        return int(numpy.count_nonzero(numpy.bincount(sample.view(numpy.uint16).ravel(), minlength=1 << 16)))
    if sample.dtype == numpy.uint8:
        return int(numpy.count_nonzero(numpy.bincount(sample.ravel(), minlength=256)))
    return len(numpy.unique(plane[::4, ::4]))


def _sum(raw: list[NDArray[Any]]) -> int:
    crc = 0
    for plane in raw:
        crc = zlib.crc32(numpy.ascontiguousarray(plane).view(numpy.uint8).data, crc)
    return crc


def _peaks(luma: Plane, side: int) -> Plane:
    """The brightest pixel of each cell."""
    down, right = -luma.shape[0] % side, -luma.shape[1] % side
    whole = cv2.copyMakeBorder(luma, 0, down, 0, right, cv2.BORDER_REPLICATE) if down or right else luma
    rows, columns = whole.shape[0] // side, whole.shape[1] // side
    bands = whole.reshape(rows, side, columns * side).max(axis=1)
    return bands.reshape(rows, columns, side).max(axis=2)  # type: ignore[no-any-return]


def _preview(colour: list[Plane], *, linear: bool) -> NDArray[numpy.uint8]:
    """(rows, columns, 3), as a screen shows it: highlights cut, floats by a screen's curve."""
    height, width = colour[0].shape
    step = max(1, width // PREVIEW)
    small = numpy.stack([plane[::step, ::step] for plane in (colour * 3)[:3] if height], axis=2)
    shown = numpy.clip(small, 0.0, 1.0)
    if linear:
        shown **= 1 / 2.2
    return (shown * 255).astype(numpy.uint8)


def _alpha(frame: Frame, luma: Plane) -> Alpha | None:
    plane = frame.planes["A"]
    if plane.shape != luma.shape:
        return None
    alpha = _floats(plane[::2, ::2], frame.full)
    numpy.nan_to_num(alpha, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    least, most = float(alpha.min()), float(alpha.max())
    partly = (alpha > 0.02) & (alpha < 0.98)
    edge = 0.0
    if least < 0.98 and partly.any():
        under = luma[::2, ::2]
        solid = under[alpha >= 0.98]
        if solid.size:
            edge = float(numpy.mean(under[partly] > alpha[partly] * float(solid.max()) * 1.05 + 0.02))
    return Alpha(least, most, float(alpha.mean()), edge)
