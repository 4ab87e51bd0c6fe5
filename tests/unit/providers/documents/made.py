"""Small PDFs and pictures made for tests."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont


def pdf(
    *pages: str,
    extra: Sequence[bytes] = (),
    trailer: bytes = b"",
    rotate: int = 0,
    catalog: bytes = b"",
    entries: bytes = b"",
) -> bytes:
    """A PDF of A4 pages with these content streams; `extra` are further objects, numbered from 100.

    `catalog` and `entries` are further entries of the catalogue and of each page.
    """
    kids = b" ".join(b"%d 0 R" % (10 + 2 * index) for index in range(len(pages)))
    objects: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        2: b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    }
    for index, content in enumerate(pages):
        stream = content.encode("latin-1")
        objects[10 + 2 * index] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Rotate %d"
            b"/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R%s>>"
        ) % (rotate, 11 + 2 * index, entries)
        objects[11 + 2 * index] = b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream)
    objects |= {100 + index: body for index, body in enumerate(extra)}
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, 2)
    places = {}
    for number, body in objects.items():
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 1\n0000000000 65535 f \n")
    for number, place in places.items():
        out.write(b"%d 1\n%010d 00000 n \n" % (number, place))
    out.write(b"trailer<</Size 200/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (trailer, start))
    return out.getvalue()


def text(*lines: tuple[float, float, str], size: int = 12, mode: int = 0) -> str:
    """Lines at (x, y) points from the top left of an A4 page."""
    shown = (f"BT /F {size} Tf {mode} Tr {x} {842 - y} Td ({said}) Tj ET" for x, y, said in lines)
    return "\n".join(shown)


def locked() -> bytes:
    """A PDF that no empty password opens."""
    handler = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (b"41" * 32, b"42" * 32)
    identity = b"<" + b"30" * 16 + b">"
    return pdf("", extra=[handler], trailer=b"/Encrypt 100 0 R/ID[%s%s]" % (identity, identity))


def page(width: int = 900, height: int = 500) -> tuple[Image.Image, Any]:
    picture = Image.new("L", (width, height), 255)
    return picture, ImageDraw.Draw(picture)


def printed(*lines: tuple[float, float, str], size: int = 30, width: int = 900, height: int = 500) -> Image.Image:
    picture, pen = page(width, height)
    for x, y, said in lines:
        pen.text((x, y), said, font=ImageFont.load_default(size), fill=0)
    return picture


def stored(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()
