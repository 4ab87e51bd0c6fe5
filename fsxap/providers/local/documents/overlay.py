"""Writes PDF pages of pictures and invisible words: text in no colour that viewers find, mark and copy."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fsxap.providers.local.documents.drawn import Matrix

EM, _ASCENT, _DESCENT = 1000, 800, -200
"""Units of a letter's side, and how far it reaches above and below the line it stands on."""
GLYPHS = 2
MOST_CODES = 0xFFFF
PER_BLOCK = 100
"""Lines that a block of a character map may have."""


@dataclass(frozen=True, slots=True)
class Placed:
    """`matrix` takes the square from (0, 0) to (1, 1) to the word's box, the first corner where reading begins."""

    text: str
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG file, or the compressed rows of a PNG file. `matrix` takes the unit square to its place on the page."""

    body: bytes
    width: int
    height: int
    colours: int
    bits: int
    jpeg: bool
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page in points."""

    width: float
    height: float
    words: Sequence[Placed]
    picture: Picture | None = None


def written(sheets: Sequence[Sheet]) -> bytes:
    """The PDF file."""
    codes = _codes(sheets)
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", *_font(codes)]
    kids = []
    for sheet in sheets:
        shown = b""
        drawn = b""
        if sheet.picture:
            objects.append(_image(sheet.picture))
            drawn = b"/XObject<</I %d 0 R>>" % len(objects)
            shown = b"q %s cm /I Do Q\n" % _numbers(*sheet.picture.matrix)
        objects.append(_stream(shown + b"".join(_shown(word, codes) for word in sheet.words)))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %s]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>%s>>>>"
            % (_numbers(sheet.width, sheet.height), len(objects), drawn)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(kids))
    return _file(objects)


def _codes(sheets: Sequence[Sheet]) -> Mapping[str, int]:
    """A code for each character, from 1."""
    said = sorted({character for sheet in sheets for word in sheet.words for character in word.text})
    return {character: code for code, character in enumerate(said[:MOST_CODES], 1)}


def _shown(word: Placed, codes: Mapping[str, int]) -> bytes:
    """The word as wide and as high as its box, whatever the letters are."""
    said = b"".join(b"%04X" % codes[character] for character in word.text if character in codes)
    a, b, c, d, e, f = word.matrix
    size = (c * c + d * d) ** 0.5
    long = (a * a + b * b) ** 0.5
    if not said or not size or not long:
        return b""
    wide = 100 * long * 4 / (len(said) * size)
    turn = (a / long, b / long, c / size, d / size, e - _DESCENT / EM * c, f - _DESCENT / EM * d)
    return b"BT 3 Tr /F %s Tf %s Tz %s Tm <%s> Tj ET\n" % (_numbers(size), _numbers(wide), _numbers(*turn), said)


def _image(picture: Picture) -> bytes:
    colours = b"/DeviceGray" if picture.colours == 1 else b"/DeviceRGB"
    how = b"/DCTDecode"
    if not picture.jpeg:
        how = b"/FlateDecode/DecodeParms<</Predictor 15/Colors %d/BitsPerComponent %d/Columns %d>>" % (
            picture.colours, picture.bits, picture.width,
        )  # fmt: skip
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace%s/BitsPerComponent %d/Filter%s" % (
        picture.width, picture.height, colours, picture.bits, how,
    )  # fmt: skip
    return _raw(picture.body, entries)


def _font(codes: Mapping[str, int]) -> list[bytes]:
    """Objects 3 to 8: a font of glyphs without area, all as wide, told apart by its character map alone."""
    descriptor = (
        b"<</Type/FontDescriptor/FontName/Invisible/Flags 4/FontBBox[0 %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight %d/StemV 80/FontFile2 6 0 R>>"
    ) % (_DESCENT, EM, _ASCENT, _ASCENT, _DESCENT, _ASCENT)
    return [
        b"<</Type/Font/Subtype/Type0/BaseFont/Invisible/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 8 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Invisible/FontDescriptor 5 0 R/DW %d/CIDToGIDMap 7 0 R"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>" % EM,
        descriptor,
        _stream(glyphless()),
        _stream(b"\0\1" * (len(codes) + 1)),
        _stream(_to_unicode(codes)),
    ]


def _to_unicode(codes: Mapping[str, int]) -> bytes:
    lines = [b"<%04X> <%s>" % (code, said.encode("utf-16-be").hex().encode()) for said, code in codes.items()]
    blocks = [lines[start : start + PER_BLOCK] for start in range(0, len(lines), PER_BLOCK)]
    mapped = b"\n".join(b"%d beginbfchar\n%s\nendbfchar" % (len(block), b"\n".join(block)) for block in blocks)
    return (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        b"/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        + mapped
        + b"\nendcmap CMapName currentdict /CMap defineresource pop end end"
    )


def glyphless() -> bytes:
    """A TrueType font of an empty glyph and of one without area, with the tables that a font in a PDF must have."""
    # A line from corner to corner paints nothing; but pdfium drops upright text whose glyphs have no extent.
    stroke = struct.pack(">hhhhhHHBBhhhh", 1, 0, _DESCENT, EM, _ASCENT, 1, 0, 1, 1, 0, EM, _DESCENT, EM)
    tables = {
        b"glyf": stroke,
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, EM, 0, 0, 0, _DESCENT, EM, _ASCENT, 0, 8, 2, 0, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, _ASCENT, _DESCENT, 0, EM, 0, 0, EM, 1, *[0] * 7, GLYPHS),
        b"hmtx": struct.pack(">HhHh", EM, 0, EM, 0),
        b"loca": struct.pack(">HHH", 0, 0, len(stroke) // 2),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, GLYPHS, 2, 1, 0, 0, 2, *[0] * 8),
    }
    head = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 16 * len(tables) - 64)
    entries, bodies = b"", b""
    for name, body in tables.items():
        padded = body + b"\0" * (-len(body) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        entries += name + struct.pack(">III", total, 12 + 16 * len(tables) + len(bodies), len(body))
        bodies += padded
    return head + entries + bodies


def _numbers(*values: float) -> bytes:
    """PDF has no exponents."""
    return " ".join(f"{value:.5f}" for value in values).encode()


def _stream(body: bytes) -> bytes:
    return _raw(zlib.compress(body), b"/Filter/FlateDecode")


def _raw(body: bytes, entries: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(body), body)


def _file(objects: Sequence[bytes]) -> bytes:
    parts, places, at = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"], [], 15
    for number, body in enumerate(objects, 1):
        places.append(at)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        at += len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table))
    parts.append(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, at))
    return b"".join(parts)
