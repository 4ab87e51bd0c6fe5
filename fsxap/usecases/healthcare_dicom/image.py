"""Owns the pixel elements of a data set: what is in them besides the picture goes, the picture stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from fsxap.usecases.healthcare_dicom.frames import unused_bits, without_bits, wordless
from fsxap.usecases.healthcare_dicom.parse import PIXELS, Element, Elements, text
from fsxap.usecases.healthcare_dicom.streams import wordless_deflated, wordless_rle, wordless_stream

SAMPLES, PHOTOMETRIC, FRAMES, ROWS, COLUMNS = 0x00280002, 0x00280004, 0x00280008, 0x00280010, 0x00280011
RLE, DEFLATED_FRAMES = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1"
ALLOCATED, STORED, HIGH, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103


def swept(elements: Iterable[Element], *, syntax: str, big: bool) -> Elements:
    """The elements, their pixel data without words in compressed streams and without bits that are not displayed."""
    elements = tuple(elements)
    return tuple(_swept(each, elements, syntax, big=big) if each.tag == PIXELS else each for each in elements)


def overlaid(elements: Elements) -> bool:
    """Whether compressed samples may hold an overlay, which is known only once they are decoded."""
    return bool(_overlay_bits(elements, big=False)) and any(e.tag == PIXELS and e.encapsulated for e in elements)


def _overlay_bits(elements: Elements, *, big: bool) -> list[int]:
    """Bits of the samples that overlays without data of their own are said to lie in."""
    groups = {each.tag >> 16 for each in elements if each.tag & 0xFFFF == 0x3000}
    return [
        int.from_bytes(each.value[:2], "big" if big else "little")
        for each in elements
        if 0x6000 <= each.tag >> 16 < 0x6100 and each.tag & 0xFFFF == 0x0102 and each.tag >> 16 not in groups
    ]


def _swept(pixels: Element, elements: Elements, syntax: str, *, big: bool) -> Element:
    sizes = {each.tag: int.from_bytes(each.value[:2], "big" if big else "little") for each in elements if each.value}
    if pixels.encapsulated:
        clean = _cleaning(syntax, sizes)
        return pixels._replace(value=wordless(pixels.value, _frames(elements), clean))
    allocated = sizes.get(ALLOCATED, 0)
    low, high = _used(sizes)
    value = pixels.value[: _length(elements, sizes, len(pixels.value))]
    if allocated > 16 and not sizes.get(SIGNED):
        value = without_bits(value, range(high + 1, allocated), allocated=allocated, big=big)
    else:
        value = unused_bits(value, allocated=allocated, high=high, signed=bool(sizes.get(SIGNED)), big=big)
    return pixels._replace(value=without_bits(value, range(low), allocated=allocated, big=big))


def _used(sizes: Mapping[int, int]) -> tuple[int, int]:
    """The lowest and the highest bit of a sample; all of them where the header contradicts itself."""
    allocated = sizes.get(ALLOCATED, 0)
    stored = sizes.get(STORED, allocated)
    high = max(sizes.get(HIGH, stored - 1), stored - 1)
    return high + 1 - stored, high


def _cleaning(syntax: str, sizes: Mapping[int, int]) -> Callable[[bytes], bytes]:
    """What takes the words out of one compressed frame."""
    pixels, allocated = sizes.get(ROWS, 0) * sizes.get(COLUMNS, 0), sizes.get(ALLOCATED, 8)
    samples = sizes.get(SAMPLES, 1)
    if syntax == RLE:
        length = (pixels + 7) // 8 if allocated == 1 else pixels
        return partial(wordless_rle, length=length, planes=_planes(sizes) * samples)
    if syntax == DEFLATED_FRAMES:
        return partial(wordless_deflated, size=(pixels * samples * allocated + 7) // 8)
    return wordless_stream


def _planes(sizes: Mapping[int, int]) -> list[bytes | None]:
    """What the bytes of a sample become, the most significant first, so that only stored bits are left."""
    low, high = _used(sizes)
    made: list[bytes | None] = []
    for byte in reversed(range(max(1, sizes.get(ALLOCATED, 8) // 8))):
        bits = [bit for bit in range(8) if low <= byte * 8 + bit <= high]
        signed = bool(sizes.get(SIGNED)) and high // 8 <= byte
        if len(bits) == 8 or sizes.get(ALLOCATED) == 1 or (signed and not bits):
            made.append(None)
            continue
        mask = sum(1 << bit for bit in bits)
        above, sign = 0xFF << (high % 8 + 1) & 0xFF, 1 << high % 8
        made.append(bytes(each & mask | (above if signed and each & sign else 0) for each in range(256)))
    return made


def _frames(elements: Elements) -> int:
    said = next((text(each.value) for each in elements if each.tag == FRAMES), "")
    return int(said) if said.isdigit() and int(said) else 1


def _length(elements: Elements, sizes: Mapping[int, int], whole: int) -> int | None:
    """Bytes that belong to frames; what stands behind them is shown by nobody. None when the header does not say."""
    rows, columns, allocated = (sizes.get(tag, 0) for tag in (ROWS, COLUMNS, ALLOCATED))
    if not (rows and columns and allocated):
        return None
    samples = sizes.get(SAMPLES, 1)
    bits = rows * columns * samples * allocated * _frames(elements)
    colours = next((text(each.value) for each in elements if each.tag == PHOTOMETRIC), "")
    if colours.endswith("_422") and samples == 3 and whole * 8 < bits:
        # Two pixels share their colour, though some leave the colours whole and still say so.
        bits = bits // 3 * 2
    return (bits + 15) // 16 * 2
