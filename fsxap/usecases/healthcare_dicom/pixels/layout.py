"""Owns what a header says about its pixel data: sizes, samples, colours, windows, regions; not one pixel is read."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom.parse import BIG, DEFLATED, EXPLICIT, IMPLICIT, Element, Elements, text

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom lie outside."""
SAMPLES, PHOTOMETRIC, PLANAR, FRAMES, ROWS, COLUMNS = (0x00280000 + tag for tag in (0x02, 0x04, 0x06, 0x08, 0x10, 0x11))
ALLOCATED, STORED, HIGH, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103
CENTER, WIDTH, INTERCEPT, SLOPE = 0x00281050, 0x00281051, 0x00281052, 0x00281053
REGIONS = 0x00186011
CORNERS = (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E)
DESCRIPTORS, TABLES, SEGMENTED = 0x00281101, 0x00281201, 0x00281221
FLOATS = {0x7FE00008: 32, 0x7FE00009: 64}
GREY = ("MONOCHROME1", "MONOCHROME2")
PALETTE = "PALETTE COLOR"
HALVED = ("YBR_FULL_422", "YBR_PARTIAL_422")
"""Two pixels share their colour where samples are not compressed."""
RLE = f"{IMPLICIT}.5"
UNCODED = (IMPLICIT, EXPLICIT, DEFLATED, BIG, f"{IMPLICIT}.8.1")
COLOUR = ("RGB", "YBR_FULL", "YBR_PARTIAL", *HALVED, "YBR_RCT", "YBR_ICT")
BYTES = 1 << 29
"""Decoded pixels of one file; more is quarantined rather than held in memory."""
WINDOWS = 8


class Undecodable(ItemError):
    """The picture cannot be looked at; nobody can say what it shows."""

    code = "undecodable"


@dataclass(frozen=True, slots=True)
class Layout:
    """`palette` holds, for red, green and blue, the first stored value mapped, the bits of an entry, and the entries.

    Windows are (centre, width), slope and intercept come before them. `bits` are allocated, stored and the high bit.
    """

    rows: int
    columns: int
    samples: int
    frames: int
    bits: tuple[int, int, int]
    signed: bool
    planar: bool
    photometric: str
    syntax: str
    big: bool
    floating: bool = False
    palette: tuple[tuple[int, int, tuple[int, ...]], ...] = ()
    windows: tuple[tuple[float, float], ...] = ()
    slope: float = 1.0
    intercept: float = 0.0
    ultrasound: tuple[Box, ...] = ()

    @property
    def halved(self) -> bool:
        """Whether two pixels share their colour; codecs hand out whole ones."""
        return self.photometric in HALVED and self.syntax in UNCODED

    @property
    def shift(self) -> int:
        """Bits that lie below a sample where whole containers are stored; picture codecs hold samples alone."""
        return self.bits[2] + 1 - self.bits[1] if self.syntax in (*UNCODED, RLE) else 0

    @property
    def frame_bits(self) -> int:
        """Bits of one native frame."""
        if self.halved:
            return self.rows * self.columns * 2 * self.bits[0]
        return self.rows * self.columns * self.samples * self.bits[0]


def turned(box: Box) -> Box:
    """The same box where rows and columns are exchanged."""
    return box[1], box[0], box[3], box[2]


def layout_of(elements: Elements, *, syntax: str, big: bool) -> Layout:
    """`Undecodable` when sizes are missing, contradict one another or are too large."""
    top = {each.tag: each for each in elements}
    floating = next((bits for tag, bits in FLOATS.items() if tag in top), 0)
    allocated = floating or number(top, ALLOCATED, big)
    stored = floating or number(top, STORED, big, allocated)
    photometric = text(top[PHOTOMETRIC].value).upper() if PHOTOMETRIC in top else ""
    samples = number(top, SAMPLES, big, 1)
    found = Layout(
        rows=number(top, ROWS, big),
        columns=number(top, COLUMNS, big),
        samples=samples,
        frames=_frames(top),
        bits=(allocated, stored, floating - 1 if floating else number(top, HIGH, big, stored - 1)),
        signed=bool(number(top, SIGNED, big, 0)) and not floating,
        planar=samples > 1 and bool(number(top, PLANAR, big, 0)),
        photometric=photometric,
        syntax=syntax,
        big=big,
        floating=bool(floating),
        palette=_palette(top, big) if photometric == PALETTE else (),
        windows=_windows(elements),
        slope=_first(elements, SLOPE, 1.0) or 1.0,
        intercept=_first(elements, INTERCEPT, 0.0),
        ultrasound=_ultrasound(top, big),
    )
    _check(found)
    return found


def _check(found: Layout) -> None:
    allocated, stored, high = found.bits
    if found.photometric not in (*GREY, PALETTE, *COLOUR):
        raise Undecodable("the kind of its colours is not known")
    if found.samples != (3 if found.photometric in COLOUR else 1):
        raise Undecodable("its colours and its samples per pixel contradict one another")
    if not (found.rows and found.columns and found.frames > 0):
        raise Undecodable("it has no size")
    if allocated not in (1, 8, 16, 32, 64) or not 0 < stored <= allocated or not stored - 1 <= high < allocated:
        raise Undecodable("its bits per sample are none that can be read")
    if found.rows * found.columns * found.samples * found.frames * max(allocated // 8, 1) > BYTES:
        raise Undecodable(f"its decoded pixels are more than {BYTES >> 20} MiB")


def number(top: Mapping[int, Element], tag: int, big: bool, default: int | None = None) -> int:
    """A value of 16 bits."""
    element = top.get(tag)
    if element is not None and len(element.value) >= 2:
        return int.from_bytes(element.value[:2], "big" if big else "little")
    if default is None:
        raise Undecodable("its header does not describe the picture")
    return default


def _frames(top: Mapping[int, Element]) -> int:
    said = text(top[FRAMES].value) if FRAMES in top else ""
    if said and not said.isdigit():
        raise Undecodable("its number of frames is no number")
    # Some write 0 for the one frame they have.
    return int(said or 1) or 1


def _each(elements: Elements, tag: int) -> Iterator[Element]:
    """The attribute at any depth: enhanced objects keep theirs in functional groups."""
    for element in elements:
        if element.tag == tag and element.items is None:
            yield element
        for item in element.items or ():
            yield from _each(item, tag)


def _decimals(element: Element) -> list[float]:
    try:
        return [float(part) for part in text(element.value).split("\\") if part.strip()]
    except ValueError:
        return []


def _windows(elements: Elements) -> tuple[tuple[float, float], ...]:
    pairs = (
        pair
        for centre, width in zip(_each(elements, CENTER), _each(elements, WIDTH), strict=False)
        for pair in zip(_decimals(centre), _decimals(width), strict=False)
        if pair[1] >= 1
    )
    return tuple(dict.fromkeys(pairs))[:WINDOWS]


def _first(elements: Elements, tag: int, default: float) -> float:
    return next((value for each in _each(elements, tag) for value in _decimals(each)), default)


def _ultrasound(top: Mapping[int, Element], big: bool) -> tuple[Box, ...]:
    found = []
    for item in top[REGIONS].items or () if REGIONS in top else ():
        inside = {each.tag: each.value for each in item}
        if all(len(inside.get(tag, b"")) == 4 for tag in CORNERS):
            left, above, right, below = (int.from_bytes(inside[tag], "big" if big else "little") for tag in CORNERS)
            found.append((left, above, right + 1, below + 1))
    return tuple(found)


def _palette(top: Mapping[int, Element], big: bool) -> tuple[tuple[int, int, tuple[int, ...]], ...]:
    order = ">" if big else "<"
    channels = []
    for index in range(3):
        described = top.get(DESCRIPTORS + index)
        if described is None or len(described.value) != 6:
            raise Undecodable("its palette is not described")
        count, first, bits = struct.unpack(order + "HHH", described.value)
        count = count or 1 << 16
        if TABLES + index in top:
            data = top[TABLES + index].value
            entries = _entries(data, count, bits, order)
        elif SEGMENTED + index in top:
            data = top[SEGMENTED + index].value
            entries = _expanded(struct.unpack(f"{order}{len(data) // 2}H", data[: len(data) // 2 * 2]), count)
        else:
            raise Undecodable("its palette is missing")
        if len(entries) < count:
            raise Undecodable("its palette is cut short")
        channels.append((first, bits, entries[:count]))
    return tuple(channels)


def _entries(data: bytes, count: int, bits: int, order: str) -> tuple[int, ...]:
    # Entries of 8 bits come packed two to a word, or each in a word of its own, whatever the standard says.
    if bits == 8 and len(data) < 2 * count:
        return tuple(data)
    return struct.unpack(f"{order}{len(data) // 2}H", data[: len(data) // 2 * 2])


def _expanded(words: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Segmented tables (PS3.3 C.7.9.2): discrete, linear and indirect segments."""
    made: list[int] = []
    at = 0
    while at < len(words) and len(made) < count:
        at = _segment(words, at, made, count)
    return tuple(made)


def _segment(words: tuple[int, ...], at: int, made: list[int], count: int) -> int:
    """Expand the segment at a position; where the next one stands."""
    if at + 2 > len(words):
        raise Undecodable("its palette is damaged")
    kind, length, *rest = words[at : at + 4]
    if kind == 0:
        made.extend(words[at + 2 : at + 2 + length])
        return at + 2 + length
    if kind == 1 and made and rest and length:
        start = made[-1]
        made.extend(round(start + (rest[0] - start) * step / length) for step in range(1, length + 1))
        return at + 3
    if kind == 2 and len(rest) == 2:
        # The segments from an earlier place once more; those may not be indirect themselves.
        place = (rest[0] | rest[1] << 16) // 2
        for _ in range(length):
            if place + 2 >= len(words) or words[place] == 2 or len(made) > count:
                break
            place = _segment(words, place, made, count)
        return at + 4
    raise Undecodable("its palette is damaged")
