"""What was filled into a PDF's own fields, signed or typed over its pages, which is no part of their text layer."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from fsxap.documents import Box, CheckBox, Signature, Word
from fsxap.providers.local.documents.layout import WORD

MOST = 2_000
"""Fields of one page."""
LONGEST = 20_000
"""Bytes of one field."""
TALLEST = 14.0
"""Points of a line of print in a field higher than that."""
WRITTEN = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
TICKED = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
UNKNOWN = 0.5
"""How sure it is that a field is signed where others of the document are not and it does not say itself."""
NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)
HIDDEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW

Place = Callable[[tuple[float, float, float, float]], Box]
"""From left, bottom, right and top in points to fractions of the upright page."""


@dataclass(frozen=True, slots=True)
class Fillings:
    """`blanks` are the places of fields to write in, filled or not."""

    words: tuple[Word, ...] = ()
    checkboxes: tuple[CheckBox, ...] = ()
    blanks: tuple[Box, ...] = ()
    signatures: tuple[Signature, ...] = ()


def fillings(document: pypdfium2.PdfDocument, page: Any, place: Place) -> Fillings:
    """Fields and typed notes of a page; call with the lock held."""
    words: list[Word] = []
    checkboxes, blanks, signatures = [], [], []
    for index in range(min(MOST, pdfium.FPDFPage_GetAnnotCount(page.raw))):
        with _annotation(page, index) as note:
            sides = _sides(note)
            kind = _kind(document, note)
            if kind == pdfium.FPDF_FORMFIELD_SIGNATURE:
                # One that shows nothing is a signature, too.
                signatures.append(_signature(document, note, place(sides) if sides else NOWHERE))
                continue
            if sides is None or pdfium.FPDFAnnot_GetFlags(note) & HIDDEN:
                continue
            if kind in TICKED:
                checked = bool(pdfium.FPDFAnnot_IsChecked(document.formenv.raw, note))
                checkboxes.append(CheckBox(checked, place(sides)))
            elif kind in WRITTEN:
                blanks.append(place(sides))
                words += _written(_value(document, note), sides, place)
            elif pdfium.FPDFAnnot_GetSubtype(note) == pdfium.FPDF_ANNOT_FREETEXT:
                words += _written(_contents(note), sides, place)
    return Fillings(tuple(words), tuple(checkboxes), tuple(blanks), tuple(signatures))


def _signature(document: pypdfium2.PdfDocument, note: Any, box: Box) -> Signature:
    """A field to sign. What a signature is worth, only its certificates say."""
    signed = [_is_signed(document, index) for index in range(pdfium.FPDF_GetSignatureCount(document.raw))]
    if pdfium.FPDFAnnot_HasKey(note, b"V") and any(signed):
        return Signature(box, 1.0, "digital")
    # A field of several places has its value, and its name, above them.
    if pdfium.FPDFAnnot_HasKey(note, b"T") or not any(signed):
        return Signature(box, 1.0, "empty")
    return Signature(box, 1.0 if all(signed) else UNKNOWN, "digital")


def _is_signed(document: pypdfium2.PdfDocument, index: int) -> bool:
    """Whether a signature has bytes: some are prepared with zeros for a signature yet to come."""
    one = pdfium.FPDF_GetSignatureObject(document.raw, index)
    size = pdfium.FPDFSignatureObj_GetContents(one, None, 0)
    if not size:
        return False
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFSignatureObj_GetContents(one, buffer, size)
    return bool(buffer.raw.strip(b"\0"))


def kinds(page: Any) -> Iterator[int]:
    """What kinds of notes a page has; call with the lock held."""
    for index in range(min(MOST, pdfium.FPDFPage_GetAnnotCount(page.raw))):
        with _annotation(page, index) as note:
            yield int(pdfium.FPDFAnnot_GetSubtype(note))


@contextmanager
def _annotation(page: Any, index: int) -> Iterator[Any]:
    note = pdfium.FPDFPage_GetAnnot(page.raw, index)
    try:
        yield note
    finally:
        pdfium.FPDFPage_CloseAnnot(note)


def _kind(document: pypdfium2.PdfDocument, note: Any) -> int:
    if document.formenv is None or pdfium.FPDFAnnot_GetSubtype(note) != pdfium.FPDF_ANNOT_WIDGET:
        return -1
    return int(pdfium.FPDFAnnot_GetFormFieldType(document.formenv.raw, note))


def _sides(note: Any) -> tuple[float, float, float, float] | None:
    rectangle = pdfium.FS_RECTF()
    if not pdfium.FPDFAnnot_GetRect(note, rectangle):
        return None
    left, right = sorted((rectangle.left, rectangle.right))
    bottom, top = sorted((rectangle.bottom, rectangle.top))
    return (left, bottom, right, top) if right - left > 1 and top - bottom > 1 else None


def _value(document: pypdfium2.PdfDocument, note: Any) -> str:
    form = document.formenv.raw
    return _said(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, note, buffer, size))


def _contents(note: Any) -> str:
    return _said(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(note, b"Contents", buffer, size))


def _said(ask: Callable[[Any, int], int]) -> str:
    """A string that pdfium hands over in UTF-16 with a zero at its end; it says first how many bytes that takes."""
    size = ask(None, 0)
    if not 2 < size <= LONGEST:
        return ""
    buffer = ctypes.create_string_buffer(size)
    ask(ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", errors="replace")


def _written(text: str, sides: tuple[float, float, float, float], place: Place) -> Iterator[Word]:
    """Words about where they are shown: from the field's left edge, half as wide a letter as high."""
    left, bottom, right, top = sides
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    tall = min(TALLEST, (top - bottom) / len(lines))
    first = top if len(lines) > 1 else (top + bottom + tall) / 2
    for row, line in enumerate(lines):
        step = min(0.5 * tall, (right - left) / max(1, len(line)))
        upper = first - row * tall
        for match in WORD.finditer(line):
            box = (left + match.start() * step, upper - tall, left + match.end() * step, upper)
            spaced = match.start() == 0 or line[match.start() - 1].isspace()
            yield Word(match.group(), place(box), 1.0, spaced)
