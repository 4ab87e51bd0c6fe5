"""A document as a PDF whose scanned pages can be searched: the pages as they are, their words over them unseen."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from fsxap.documents import Box, Document, Page, Reading
from fsxap.errors import ItemError
from fsxap.providers.local.documents import overlay, pdf, pictures
from fsxap.providers.local.documents.drawn import Matrix
from fsxap.providers.local.documents.outline import TURNED, orientation
from fsxap.providers.local.documents.reader import kind_of

READ = ("ocr", "textract")
"""Sources of words that a page does not hold itself."""
DPI = (75, 200, 2400)
"""Of a picture: at least, when it does not say, and at most. A camera that does not know says 72."""


def searchable(body: bytes, name: str, document: Document) -> bytes | None:
    """The PDF, or None where every page with words has them as text already.

    A PDF keeps its pages, and what else is in it; a picture is stored as it is, or without loss.
    """
    if not any(page.source in READ for page in document.pages):
        return None
    if kind_of(body) == "pdf":
        return _overlaid(body, name, document)
    with pictures.opened(body, name, Reading()) as file:
        return overlay.written([_sheet(file, body, name, page) for page in document.pages])


def _overlaid(body: bytes, name: str, document: Document) -> bytes:
    read = [page for page in document.pages if page.source in READ]
    with pdf.opened(body, name) as target, pdf.LOCK:
        words = pypdfium2.PdfDocument(overlay.written([_over(target, page) for page in read]))
        try:
            for index, page in enumerate(read):
                _placed_on(target, page.number - 1, words, index)
            buffer = io.BytesIO()
            target.save(buffer)
        except pypdfium2.PdfiumError as error:
            raise ItemError(f"{name} takes no text over its pages", code="unsupported") from error
        finally:
            words.close()
    return buffer.getvalue()


def _over(target: pypdfium2.PdfDocument, page: Page) -> overlay.Sheet:
    stored = target[page.number - 1]
    try:
        left, bottom, right, top = stored.get_bbox()
        turn = (page.rotation + int(stored.get_rotation())) % 360
    finally:
        stored.close()
    size = right - left, top - bottom
    return overlay.Sheet(*size, list(_words(page, turn, size)))


def _placed_on(target: Any, number: int, words: Any, index: int) -> None:
    """A page of words as one object on a page of the target."""
    form = pdfium.FPDF_NewXObjectFromPage(target.raw, words.raw, index)
    page = target[number]
    try:
        left, bottom, _, _ = page.get_bbox()
        placed = pdfium.FPDF_NewFormObjectFromXObject(form)
        pdfium.FPDFPageObj_Transform(placed, 1, 0, 0, 1, left, bottom)
        pdfium.FPDFPage_InsertObject(page.raw, placed)
        page.gen_content()
    finally:
        pdfium.FPDF_CloseXObject(form)
        page.close()


def _sheet(file: Image.Image, body: bytes, name: str, page: Page) -> overlay.Sheet:
    """A page of its own for a picture, as large as it was when it was scanned."""
    dpi = max(pictures.resolution(file))
    dpi = dpi if DPI[0] <= dpi <= DPI[2] else DPI[1]
    sides = (page.width, page.height) if page.rotation in (0, 180) else (page.height, page.width)
    width, height = (side * 72 / dpi for side in sides)
    try:
        file.seek(page.number - 1)
        picture = _picture(file, body, width, height)
    except pictures.BROKEN as error:
        raise pdf.damaged(name, f"page {page.number} is not whole") from error
    words = list(_words(page, page.rotation, (width, height))) if page.source in READ else []
    return overlay.Sheet(width, height, words, picture)


def _picture(file: Image.Image, body: bytes, width: float, height: float) -> overlay.Picture:
    turn = orientation(file)
    across, up = (height, width) if turn in TURNED else (width, height)
    matrix = _shown(turn, across, up)
    if file.format == "JPEG" and file.mode in ("L", "RGB"):
        colours = len(file.getbands())
        return overlay.Picture(body, *file.size, colours, 8, True, matrix)
    plain = file.mode in ("1", "L", "RGB") and "transparency" not in file.info
    stored = file if plain else pictures.flat(file)
    buffer = io.BytesIO()
    stored.save(buffer, "PNG")
    bits = 1 if stored.mode == "1" else 8
    return overlay.Picture(_rows(buffer.getvalue()), *stored.size, len(stored.getbands()), bits, False, matrix)


def _rows(png: bytes) -> bytes:
    """The compressed rows of a PNG file, which a PDF takes as they are."""
    at, rows = 8, []
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        if kind == b"IDAT":
            rows.append(png[at + 8 : at + 8 + size])
        at += 12 + size
    return b"".join(rows)


def _shown(turn: int, wide: float, tall: float) -> Matrix:
    """Where a picture stored `wide` and `tall` stands, turned and mirrored as EXIF says."""
    return {
        2: (-wide, 0, 0, tall, wide, 0),
        3: (-wide, 0, 0, -tall, wide, tall),
        4: (wide, 0, 0, -tall, 0, tall),
        5: (0, -wide, -tall, 0, tall, wide),
        6: (0, -wide, tall, 0, 0, wide),
        7: (0, wide, tall, 0, 0, 0),
        8: (0, wide, -tall, 0, tall, 0),
    }.get(turn, (wide, 0, 0, tall, 0, 0))


def _words(page: Page, turn: int, size: tuple[float, float]) -> Iterator[overlay.Placed]:
    """Words and the blanks between them. `size` is the stored page's, in points."""
    for line in page.lines:
        last: Box | None = None
        for word in line.words:
            if last and word.space and word.box[0] > last[2]:
                between = (last[2], word.box[1], word.box[0], word.box[3])
                yield overlay.Placed(" ", _matrix(between, turn, page.skew, size))
            yield overlay.Placed(word.text, _matrix(word.box, turn, page.skew, size))
            last = word.box


def _matrix(box: Box, turn: int, skew: float, size: tuple[float, float]) -> Matrix:
    """From a box on the upright page back to the page as stored, which was turned by `turn` and `skew` degrees."""
    left, top, right, bottom = box
    start, end, above = (_point(*corner, turn, skew, size) for corner in ((left, bottom), (right, bottom), (left, top)))
    return (end[0] - start[0], end[1] - start[1], above[0] - start[0], above[1] - start[1], *start)


def _point(x: float, y: float, turn: int, skew: float, size: tuple[float, float]) -> tuple[float, float]:
    width, height = size
    wide, tall = (height, width) if turn in (90, 270) else (width, height)
    lean = math.radians(-skew)
    across, down = (x - 0.5) * wide, (y - 0.5) * tall
    x = (across * math.cos(lean) - down * math.sin(lean)) / wide + 0.5
    y = (across * math.sin(lean) + down * math.cos(lean)) / tall + 0.5
    x, y = {0: (x, y), 90: (y, 1 - x), 180: (1 - x, 1 - y), 270: (1 - y, x)}[turn]
    return x * width, (1 - y) * height
