"""What a PDF page draws besides text: ruling lines, by their geometry, and whether there may be check boxes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from fsxap.documents import Box
from fsxap.providers.local.documents.fillings import kinds

MOST = 4_000
"""Drawn objects looked at on one page: more are a picture made of lines."""
THIN = 3.0
"""Points: what is longer and no thicker is a line."""
SQUARE = (5.0, 26.0)
"""Points of a check box's sides."""
LONG = 18.0
"""Points of a ruling line, at least."""
SEGMENTS = 400
"""Of one path: more are a drawing."""
RECTANGLE = 6
"""Segments of a rectangle, or fewer."""
INKED = (pdfium.FPDF_ANNOT_INK, pdfium.FPDF_ANNOT_STAMP)
DEPTH = 3
"""Groups within groups."""

Sides = tuple[float, float, float, float]
"""Left, bottom, right and top in points of the page as stored."""
Matrix = tuple[float, float, float, float, float, float]
AS_IT_IS: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Ruling lines, and whether something is drawn as check boxes are."""

    rules: tuple[Sides, ...]
    squares: bool


def drawing(page: Any) -> Drawing:
    """What a page draws by paths; call with the lock held."""
    rules: list[Sides] = []
    squares = 0
    short = {True: 0, False: 0}
    for left, bottom, right, top in _pieces(page):
        wide, tall = right - left, top - bottom
        across = wide > tall
        length, thick = max(wide, tall), min(wide, tall)
        if thick <= THIN and length >= LONG:
            rules.append((left, bottom, right, top))
        elif thick <= THIN and length >= SQUARE[0]:
            short[across] += 1
        elif SQUARE[0] <= thick and length <= SQUARE[1] and length < 1.34 * thick:
            squares += 1
        if thick > THIN and length >= 2 * LONG:
            rules += ((left, bottom, right, bottom), (left, top, right, top))
            rules += ((left, bottom, left, top), (right, bottom, right, top))
    return Drawing(tuple(rules[:MOST]), bool(squares) or min(short.values()) > 1)


def has_strokes(page: Any) -> bool:
    """Whether something is drawn that may be a pen's strokes: a picture, a curve, or a note of ink; call with the lock
    held."""
    raw = page.raw
    for index in range(min(MOST, pdfium.FPDFPage_CountObjects(raw))):
        each = pdfium.FPDFPage_GetObject(raw, index)
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM):
            return True
        if kind == pdfium.FPDF_PAGEOBJ_PATH and pdfium.FPDFPath_CountSegments(each) > RECTANGLE:
            return True
    return any(kind in INKED for kind in kinds(page))


def _pieces(page: Any) -> Iterator[Sides]:
    """Lines, and rectangles that have an outline."""
    raw, kind_of = page.raw, pdfium.FPDFPageObj_GetType
    for index in range(min(MOST, pdfium.FPDFPage_CountObjects(raw))):
        each = pdfium.FPDFPage_GetObject(raw, index)
        # Most objects are text.
        if kind_of(each) in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_FORM):
            yield from _of(each, AS_IT_IS, DEPTH)


def _of(each: Any, by: Matrix, depth: int) -> Iterator[Sides]:
    kind = pdfium.FPDFPageObj_GetType(each)
    if kind == pdfium.FPDF_PAGEOBJ_FORM and depth:
        inner = _times(_matrix(each), by)
        for index in range(min(MOST, pdfium.FPDFFormObj_CountObjects(each))):
            yield from _of(pdfium.FPDFFormObj_GetObject(each, index), inner, depth - 1)
    elif kind == pdfium.FPDF_PAGEOBJ_PATH:
        count = pdfium.FPDFPath_CountSegments(each)
        if count <= RECTANGLE:
            yield from _simple(each, count, by)
        elif count <= SEGMENTS and _drawn(each)[1]:
            yield from _strokes(each, count, _times(_matrix(each), by))


def _simple(path: Any, count: int, by: Matrix) -> Iterator[Sides]:
    """A thin path however it is drawn, or an outline."""
    left, bottom, right, top = ctypes.c_float(), ctypes.c_float(), ctypes.c_float(), ctypes.c_float()
    if not pdfium.FPDFPageObj_GetBounds(path, left, bottom, right, top):
        return
    sides = (left.value, bottom.value, right.value, top.value)
    if by != AS_IT_IS:
        sides = _placed(sides, by)
    filled, outlined = _drawn(path)
    if min(sides[2] - sides[0], sides[3] - sides[1]) <= THIN:
        if filled or outlined:
            yield sides
    elif outlined and count > 3 and _is_straight(path, count):
        yield sides


def _drawn(path: Any) -> tuple[bool, bool]:
    """Whether it is filled, and outlined."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, fill, stroke)
    return bool(fill.value), bool(stroke.value)


def _is_straight(path: Any, count: int) -> bool:
    kinds = (pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(path, index)) for index in range(count))
    return all(kind in (pdfium.FPDF_SEGMENT_MOVETO, pdfium.FPDF_SEGMENT_LINETO) for kind in kinds)


def _strokes(path: Any, count: int, by: Matrix) -> Iterator[Sides]:
    """The level and upright lines of a path: a whole grid may be one."""
    x, y = ctypes.c_float(), ctypes.c_float()
    last = (0.0, 0.0)
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        here = (by[0] * x.value + by[2] * y.value + by[4], by[1] * x.value + by[3] * y.value + by[5])
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_LINETO:
            yield (min(last[0], here[0]), min(last[1], here[1]), max(last[0], here[0]), max(last[1], here[1]))
        last = here


def _matrix(each: Any) -> Matrix:
    found = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(each, found)
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    p, q, r, s, t, u = other
    return (
        a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u,
    )  # fmt: skip


def _placed(sides: Sides, by: Matrix) -> Sides:
    corners = [(x, y) for x in sides[::2] for y in sides[1::2]]
    xs = [by[0] * x + by[2] * y + by[4] for x, y in corners]
    ys = [by[1] * x + by[3] * y + by[5] for x, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def boxed(sides: Sides, page: tuple[float, float, float, float]) -> Box:
    """As fractions of a page whose left, bottom, width and height are given."""
    x, y, width, height = page
    left, bottom, right, top = sides
    return (left - x) / width, 1 - (top - y) / height, (right - x) / width, 1 - (bottom - y) / height
