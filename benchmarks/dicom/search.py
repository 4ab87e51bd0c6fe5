"""Owns the search of an output for a planted identifier: in bytes, inflated, decoded, re-spelt, and in spare bits."""

from __future__ import annotations

import base64
import io
import re
import unicodedata
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array

from benchmarks.dicom.case import DATE, UID, UNREADABLE, Plant

ENCODINGS = (
    "utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "gb18030", "shift_jis", "iso2022_jp", "euc_jp", "euc_kr",
    "iso8859-1", "iso8859-2", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8",
)  # fmt: skip
DATES = (
    "%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d%m%Y",
    "%d %m %Y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%d.%m.%y",
)  # fmt: skip
INFLATED = 1 << 26
PIXELS = 1 << 16
"""Pixel data beyond this is searched in UTF-8, but not swapped, in other encodings, or as base64."""
ESCAPE = re.compile(rb"\x1b[$()*+,\-./]{1,2}[0-~]")
LEAST, DIGITS = 5, 7
"""Shorter parts of a name, and shorter numbers, stand in any file by chance."""


@dataclass(frozen=True, slots=True)
class Output:
    """An output's bytes as they are and in lower case; layers opened below them, large pixels left out; its texts.

    `squeezed` are the texts' letters and digits alone, without accents, so that spaces and marks hide nothing.
    """

    raw: bytes
    plain: bytes
    layers: bytes
    words: str
    squeezed: str
    times: tuple[str, ...]
    ages: tuple[str, ...]


def opened(body: bytes) -> Output:
    layers = [*_inflated(body)]
    outside = body
    words: list[str] = []
    times: list[str] = []
    ages: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read = pydicom.dcmread(io.BytesIO(body), force=True)
            if len(read.get("PixelData") or b"") > PIXELS:
                outside = body.replace(read.PixelData, b"", 1)
            layers += list(_spare_bits(read))
            for vr, said in _texts(read):
                words.append(said)
                if vr in ("TM", "DT"):
                    times.append(said)
                if vr == "AS":
                    ages.append(said)
        except UNREADABLE as error:
            # Whatever pydicom cannot open is searched as bytes alone; the release's readability is scored elsewhere.
            words.append(f"unreadable {type(error).__name__}")
    layers += [outside, ESCAPE.sub(b"", outside), *_swapped(outside)]
    said = "\0".join(words).casefold()
    low = b"\0\0".join(layers).lower()
    return Output(outside, body.lower(), low, said, squeezed(said), tuple(times), tuple(ages))


def squeezed(said: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", said) if each.isalnum()).casefold()


def _inflated(body: bytes) -> Iterator[bytes]:
    """What was deflated: the data set, or streams in it (PDF)."""
    starts = [(found.start(), zlib.MAX_WBITS) for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", body)]
    if b"1.2.840.10008.1.2.1.99" in body[:1024]:
        length = int.from_bytes(body[140:144], "little")
        starts.append((144 + length, -zlib.MAX_WBITS))
    for start, bits in starts[:200]:
        try:
            yield zlib.decompressobj(bits).decompress(body[start:], INFLATED)
        except zlib.error:
            continue


def _swapped(body: bytes) -> Iterator[bytes]:
    """Words of two bytes the other way round."""
    for start in (0, 1):
        even = body[start : start + (len(body) - start) // 2 * 2]
        yield np.frombuffer(even, "<u2").astype(">u2").tobytes()


def _spare_bits(read: Dataset) -> Iterator[bytes]:
    """Each bit plane of native 16-bit pixels that display does not use, packed into bytes both ways."""
    stored, high = read.get("BitsStored"), read.get("HighBit")
    body = read.get("PixelData")
    if read.get("BitsAllocated") != 16 or not stored or high is None or body is None:
        return
    if read.file_meta.TransferSyntaxUID.is_compressed:
        read = _decoded(read)
        body = read.PixelData
    pixels = np.frombuffer(body[: len(body) // 2 * 2], "<u2")
    for bit in range(16):
        if not high - stored < bit <= high:
            plane = (pixels >> bit & 1).astype(np.uint8)
            yield np.packbits(plane, bitorder="little").tobytes()
            yield np.packbits(plane, bitorder="big").tobytes()


def _decoded(read: Dataset) -> Dataset:
    """pydicom clears bits above those stored, so all are said to be."""
    whole, made = Dataset(read), Dataset()
    whole.file_meta = read.file_meta
    whole.BitsStored, whole.HighBit = 16, 15
    made.PixelData = pixel_array(whole, raw=True).astype("<u2").tobytes()
    return made


def _texts(read: Dataset) -> Iterator[tuple[str, str]]:
    for element in [*getattr(read, "file_meta", ()), *read.iterall()]:
        if element.VR == "SQ" or isinstance(element.value, bytes) or element.value is None:
            continue
        values = element.value if isinstance(element.value, (list, pydicom.multival.MultiValue)) else [element.value]
        for value in values:
            yield element.VR, str(value)


def parts(token: str) -> list[str]:
    """The token and each part that tells by itself."""
    whole = token.casefold()
    return [whole, *(part for part in re.split(r"[\s^=\\,/_@.:()-]+", whole) if _tells(part))]


def _tells(part: str) -> bool:
    if part in ("https", "example") or (part.isdigit() and len(part) < DIGITS):
        return False
    return len(part) >= LEAST if part.isascii() else len(part) >= 2


def spellings(plant: Plant) -> list[str]:
    if plant.form == DATE:
        return _dates(plant.token)
    return [plant.token] if plant.form == UID else parts(plant.token)


def written(plant: Plant) -> Iterator[bytes]:
    """How an identifier may stand in a text file: in small letters, and coded."""
    for spelling in spellings(plant):
        yield spelling.encode()
        # Shorter codes stand by chance in the digests a program keeps.
        yield from (code for code in (*_base64(spelling), *_hexadecimal(spelling)) if len(code) > 2 * LEAST)


def _dates(token: str) -> list[str]:
    day = datetime.strptime(token[:8], "%Y%m%d")
    return [day.strftime(form).casefold() for form in DATES]


def found(plant: Plant, output: Output) -> bool:
    """Whether the identifier, or a telling part of it, stands anywhere in the output."""
    match plant.form:
        case "bytes":
            value = bytes.fromhex(plant.token)
            return value in output.raw or value[::-1] in output.raw or value.lower() in output.layers
        case "time":
            return any(plant.token[:6] in time for time in output.times) or plant.token in output.words
        case "age":
            return plant.token in output.ages
        case "whole":
            return _alone(plant.token.casefold(), output)
    return any(_stands(spelling, output) for spelling in spellings(plant))


def _alone(said: str, output: Output) -> bool:
    """As a word of its own; short ones only as a whole value, because they stand in other words by chance."""
    if len(said) < LEAST + 1:
        return f"\0{said}\0" in f"\0{output.words}\0"
    return re.search(rf"(?<!\w){re.escape(said)}(?!\w)", output.words) is not None


def _stands(spelling: str, output: Output) -> bool:
    if spelling in output.words:
        return True
    written = {spelling.encode(name) for name in ENCODINGS if _encodes(spelling, name)}
    if spelling.encode() in output.plain or any(each in output.layers for each in written):
        return True
    if len(spelling) <= LEAST + 2:
        return False
    if (tight := squeezed(spelling)) in output.squeezed and len(tight) > LEAST + 2:
        return True
    if spelling.encode()[::-1] in output.layers or any(each in output.layers for each in _hexadecimal(spelling)):
        return True
    return any(each in output.raw for each in _base64(spelling))


def _encodes(spelling: str, name: str) -> bool:
    try:
        spelling.encode(name)
    except UnicodeEncodeError:
        return False
    return True


def _hexadecimal(spelling: str) -> Iterator[bytes]:
    for said in (spelling, spelling.upper(), spelling.title()):
        yield said.encode().hex().encode()
        yield said.encode("utf-16-be").hex().encode()


def _base64(spelling: str) -> Iterator[bytes]:
    """Base64 of the token at its three alignments, in the cases names are written in."""
    for said in (spelling, spelling.upper(), spelling.title()):
        for lead in range(3):
            coded = base64.b64encode(b"\0" * lead + said.encode())
            yield coded[(0, 2, 3)[lead] : -4]
