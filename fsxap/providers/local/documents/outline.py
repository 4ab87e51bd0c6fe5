"""What a document is before anything is recognised: its pages and their text layers, and pages taken out of it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pypdfium2
from PIL import Image

from fsxap.documents import Page, Reading
from fsxap.errors import ItemError
from fsxap.providers.local.documents import pdf, pictures
from fsxap.providers.local.documents.reader import kind_of

TURNED = (5, 6, 7, 8)
"""EXIF orientations that exchange width and height."""


@dataclass(frozen=True, slots=True)
class Outline:
    """`pages` have their text layer where it is good; `unread` are the numbers of the others."""

    pages: tuple[Page, ...]
    unread: tuple[int, ...]
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def outline(body: bytes, name: str, options: Reading) -> Outline:
    """Errors as of the port `Documents`."""
    kind = kind_of(body)
    if kind == "pdf":
        return _pdf(body, name, options)
    if kind == "picture":
        return _picture(body, name, options)
    raise ItemError(f"{name} is neither a PDF, TIFF, PNG nor JPEG file by its content", code="unsupported")


def _pdf(body: bytes, name: str, options: Reading) -> Outline:
    with pdf.opened(body, name) as document, pdf.LOCK:
        if len(document) > options.max_pages:
            raise pictures.too_many_pages(name, len(document), options)
        try:
            attached, notes = pdf.attachments(document)
            found = [pdf.text_page(document, index) for index in range(len(document))]
            sizes = [document.get_page_size(index) for index in range(len(document))]
        except pypdfium2.PdfiumError as error:
            raise pdf.damaged(name, "one of its pages is not whole") from error
    kept = [good and options.text_layer for _, good in found]
    pages = tuple(
        page if good else _unread(page, size) for (page, _), good, size in zip(found, kept, sizes, strict=True)
    )
    unread = tuple(page.number for page, good in zip(pages, kept, strict=True) if not good)
    return Outline(pages, unread, attached, tuple(notes))


def _unread(page: Page, size: tuple[float, float]) -> Page:
    """As stored, with nothing but the signatures that the file tells of."""
    back = (360 - page.rotation) % 360
    signed = tuple(replace(each, box=pdf.turned(each.box, back)) for each in page.signatures)
    return Page(page.number, *size, signatures=signed)


def _picture(body: bytes, name: str, options: Reading) -> Outline:
    with pictures.opened(body, name, options) as file:
        total = pictures.count(file, name, options)
        try:
            pages = tuple(_size(file, index, name, options) for index in range(total))
        except pictures.BROKEN as error:
            raise pdf.damaged(name, "one of its pages is not whole") from error
    return Outline(pages, tuple(page.number for page in pages))


def _size(file: Image.Image, index: int, name: str, options: Reading) -> Page:
    file.seek(index)
    if file.width * file.height > options.max_pixels:
        raise pictures.too_many_pixels(name, index + 1, options)
    width, height = float(file.width), float(file.height)
    return Page(index + 1, *((height, width) if orientation(file) in TURNED else (width, height)))


def orientation(file: Image.Image) -> int:
    return int(file.getexif().get(0x0112) or 1)


def part(body: bytes, name: str, whole: Outline, numbers: Sequence[int], limit: int, edge: int) -> bytes:
    """A document of these pages alone, the body itself where they are all of it.

    A picture of one page is stored anew when it is turned by its EXIF data, larger than `limit` bytes, or more than
    `edge` pixels long.
    """
    if kind_of(body) == "pdf":
        return body if len(numbers) == len(whole.pages) else _taken(body, name, numbers)
    if len(whole.pages) > 1:
        return body
    with pictures.opened(body, name, Reading()) as file:
        if orientation(file) == 1 and len(body) <= limit and max(file.size) <= edge:
            return body
        upright = Image.fromarray(pictures.frame(file, 0, name, Reading()))
    upright.thumbnail((edge, edge))
    for form in ("PNG", "JPEG"):
        buffer = io.BytesIO()
        upright.save(buffer, form, quality=92)
        if buffer.tell() <= limit:
            return buffer.getvalue()
    raise ItemError(f"{name} has too many bytes for one page, however it is stored", code="too-large")


def _taken(body: bytes, name: str, numbers: Sequence[int]) -> bytes:
    with pdf.opened(body, name) as document, pdf.LOCK:
        made = pypdfium2.PdfDocument.new()
        try:
            made.import_pages(document, [number - 1 for number in numbers])
            buffer = io.BytesIO()
            made.save(buffer)
        except pypdfium2.PdfiumError as error:
            raise pdf.damaged(name, "its pages cannot be taken apart") from error
        finally:
            made.close()
    return buffer.getvalue()
