"""PDF files by pdfium: their pages' text layers with places, their attachments, and pages as pictures."""

from __future__ import annotations

import ctypes
import math
import re
import threading
import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from statistics import median
from typing import TYPE_CHECKING, Any

import pypdfium2
import pypdfium2.raw as pdfium

from fsxap.documents import Box, CheckBox, Line, Page, Signature, Source, Word, overlap
from fsxap.errors import ItemError
from fsxap.providers.local.documents.drawn import boxed, drawing, has_strokes
from fsxap.providers.local.documents.fillings import Place, fillings
from fsxap.providers.local.documents.layout import WORD, lines_of
from fsxap.providers.local.documents.tables import tables_of
from fsxap.providers.local.documents.upright import righted

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

LOCK = threading.Lock()
"""pdfium is not safe for threads, whichever documents they use: hold this around every call."""

FEW = 20
"""A page with fewer characters than this is read from its picture, if it shows anything."""
MARKS_DPI = 150
"""At which a page is looked at for its check boxes alone."""
STAMPED = 300
"""Fewer characters than this over a picture of the whole page are a stamp on a scan."""
LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ÿ]")
VOWELS = re.compile("[AEIOUYaeiouyÀ-ÆÈ-ÏÒ-ÖØ-Ýà-æè-ïò-öø-ýÿ]")

HYPHEN = "\x02"
"""What pdfium makes of a hyphen at the end of a line."""
MAX_ATTACHMENT = 20_000_000
MAX_ATTACHMENTS = 50


@contextmanager
def opened(body: bytes, name: str) -> Iterator[pypdfium2.PdfDocument]:
    """The document; call with LOCK free."""
    with LOCK:
        try:
            document = pypdfium2.PdfDocument(body)
        except pypdfium2.PdfiumError as error:
            if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
                raise ItemError(
                    f"{name} is encrypted and opens only with a password",
                    code="encrypted",
                    hint="store a copy without a password",
                ) from error
            raise damaged(name, "it is not a whole PDF file") from error
        # Before any page is opened, or what is filled into its fields is not shown.
        _fields(document)
    try:
        yield document
    finally:
        with LOCK:
            document.close()


def _fields(document: pypdfium2.PdfDocument) -> None:
    try:
        document.init_forms()
    except pypdfium2.PdfiumError:
        # Its fields are broken, its pages need not be.
        document.formenv = None


def damaged(name: str, why: str) -> ItemError:
    return ItemError(f"{name} cannot be read: {why}", code="damaged", hint="open it in a viewer, and store it again")


def attachments(document: pypdfium2.PdfDocument) -> tuple[dict[str, bytes], list[str]]:
    """Files in the document, and what was left out; call with LOCK held."""
    found: dict[str, bytes] = {}
    notes = []
    count = document.count_attachments()
    if count > MAX_ATTACHMENTS:
        notes.append(f"{count - MAX_ATTACHMENTS} attachments over the first {MAX_ATTACHMENTS} were left out")
    for index in range(min(count, MAX_ATTACHMENTS)):
        attachment = document.get_attachment(index)
        size = ctypes.c_ulong()
        known = pdfium.FPDFAttachment_GetFile(attachment.raw, None, 0, size)
        if not known or size.value > MAX_ATTACHMENT:
            notes.append(f"attachment {index + 1} was left out: {size.value} bytes" if known else "an empty attachment")
            continue
        found[attachment.get_name() or f"attachment-{index + 1}"] = bytes(attachment.get_data())
    return found, notes


def text_page(document: pypdfium2.PdfDocument, index: int, *, drawn: bool = True) -> tuple[Page, bool]:
    """A page as its text layer and its fields have it, with what is `drawn` on it, and whether that may stand.

    Call with LOCK held.
    """
    page = document[index]
    try:
        width, height = page.get_size()
        corners = _corners(page)
        text_layer = page.get_textpage()
        try:
            count = text_layer.count_chars()
            text: str = text_layer.get_text_range(errors="replace") if count else ""
            inner = _turn(text_layer, count, -int(page.get_rotation()) % 360)
            words = list(_words(text_layer, text, count, corners, inner))
        finally:
            text_layer.close()
        good = _is_good(page, text, width, height)
        rotation = (720 - inner - int(page.get_rotation())) % 360

        def place(sides: tuple[float, float, float, float]) -> Box:
            return turned(boxed(sides, corners), (360 - inner) % 360)

        filled = fillings(document, page, place)
        words += filled.words
        if rotation in (90, 270):
            width, height = height, width
        lines = lines_of(words, width / height)
        source: Source = "text-layer" if lines else "none"
        if not drawn or not good:
            return Page(
                index + 1, width, height, source, rotation, lines=lines, checkboxes=filled.checkboxes,
                signatures=filled.signatures,
            ), good  # fmt: skip
        rules, squares = _ruled(page, rotation, words, place)
        marks = _marks(page, rotation, lines, rules)
    finally:
        page.close()
    rules += tuple((left, bottom, right, bottom) for left, _, right, bottom in filled.blanks)
    squares = tuple(each for each in squares if not any(overlap(each.box, own.box) for own in filled.checkboxes))
    marks = tuple(each for each in marks if not any(overlap(each.box, own.box) for own in filled.signatures))
    return Page(
        index + 1, width, height, source, rotation, lines=lines, rules=rules,
        tables=tables_of(lines, rules, width / height), checkboxes=filled.checkboxes + squares,
        signatures=filled.signatures + marks,
    ), good  # fmt: skip


def _ruled(
    page: Any, rotation: int, words: Sequence[Word], place: Place
) -> tuple[tuple[Box, ...], tuple[CheckBox, ...]]:
    """Ruling lines and check boxes; the page is looked at as a picture only where boxes may be."""
    found = drawing(page)
    # A Lambda function has no room for OpenCV: there Textract finds check boxes.
    if not found.squares or find_spec("cv2") is None:
        return tuple(map(place, found.rules)), ()
    from fsxap.providers.local.documents.marks import marks, no_letters

    tall = median(word.box[3] - word.box[1] for word in words) if words else 0.0
    rules, boxes = marks(righted(_picture(page, MARKS_DPI), rotation, 0), tall)
    letters = [word.box for word in words]
    return no_letters(rules, letters), tuple(
        each for each in boxes if not any(_is_in(each.box, box) for box in letters)
    )


def _marks(page: Any, rotation: int, lines: Sequence[Line], rules: Sequence[Box]) -> tuple[Signature, ...]:
    """Marks in the places of signatures; the page is looked at as a picture only where both may be."""
    if find_spec("cv2") is None:
        return ()
    from fsxap.providers.local.documents.signatures import signatures, wanted

    if not wanted(lines) or not has_strokes(page):
        return ()
    return signatures(righted(_picture(page, MARKS_DPI), rotation, 0), lines, rules)


def _is_in(box: Box, word: Box) -> bool:
    """Whether a box is one of a word's letters, and no box around a word."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    inside = word[0] <= x <= word[2] and word[1] <= y <= word[3]
    return inside and box[3] - box[1] < 0.7 * (word[3] - word[1])


def _words(
    text_layer: Any, text: str, count: int, page: tuple[float, float, float, float], turn: int
) -> Iterator[Word]:
    """Words as fractions of the page, turned back by the degrees that its text is turned."""
    first, last = pdfium.FS_RECTF(), pdfium.FS_RECTF()
    to_first, to_last = ctypes.byref(first), ctypes.byref(last)
    raw, box_of = text_layer.raw, pdfium.FPDFText_GetLooseCharBox
    # pdfium counts in UTF-16, where some symbols are two, and may count what it leaves out of the text.
    wide = [index for index, each in enumerate(text) if each > "\uffff"] if len(text) != count else []
    shifted = len(text) + len(wide) != count
    marked = HYPHEN in text or "\ufffd" in text
    x, y, width, height = page
    for match in WORD.finditer(text):
        start, after = match.span()
        spaced = start == 0 or text[start - 1].isspace()
        end = after - 1
        if wide:
            start, end = start + bisect(wide, start - 1), end + bisect(wide, end - 1)
        if shifted:
            start = pdfium.FPDFText_GetCharIndexFromTextIndex(raw, start)
            end = pdfium.FPDFText_GetCharIndexFromTextIndex(raw, end)
        if not box_of(raw, start, to_first) or not box_of(raw, end, to_last):
            continue
        left, right, bottom, top = first.left, last.right, first.bottom, first.top
        if turn:
            left, right = min(left, last.left), max(first.right, right)
            bottom, top = min(bottom, last.bottom), max(top, last.top)
        box = ((left - x) / width, 1 - (top - y) / height, (right - x) / width, 1 - (bottom - y) / height)
        if box[0] < 0 or box[1] < 0 or box[2] > 1 or box[3] > 1:
            box = (max(0.0, box[0]), max(0.0, box[1]), min(1.0, box[2]), min(1.0, box[3]))
        said = match.group()
        if marked:
            said = said.replace(HYPHEN, "-").replace("\ufffd", "")
        if said and box[2] > box[0] and box[3] > box[1]:
            yield Word(said, turned(box, 360 - turn) if turn else box, 1.0, spaced)


def _corners(page: Any) -> tuple[float, float, float, float]:
    """Where the page lies in its own coordinates, before it is turned: left, bottom, width, height."""
    left, bottom, right, top = page.get_bbox()
    return left, bottom, (right - left) or 1.0, (top - bottom) or 1.0


def _turn(text_layer: Any, count: int, shown: int) -> int:
    """How most of the text is turned on the page as stored, clockwise; `shown` if there is none."""
    angles: Counter[int] = Counter()
    for index in range(0, count, max(1, count // 12)):
        angle = pdfium.FPDFText_GetCharAngle(text_layer.raw, index)
        # A character that pdfium made up itself, such as a line's end, stands at 0.
        if angle >= 0 and pdfium.FPDFText_IsGenerated(text_layer.raw, index) != 1:
            angles[round(angle / (math.pi / 2)) % 4 * 90] += 1
    return angles.most_common(1)[0][0] if angles else shown


def turned(box: Box, degrees: int) -> Box:
    """A box after its page was turned clockwise."""
    left, top, right, bottom = box
    if degrees == 90:
        return (1 - bottom, left, 1 - top, right)
    if degrees == 180:
        return (1 - right, 1 - bottom, 1 - left, 1 - top)
    if degrees == 270:
        return (top, 1 - right, bottom, 1 - left)
    return box


def _is_good(page: Any, text: str, width: float, height: float) -> bool:
    """Whether the text layer says what a reader sees: enough of it, decodable, visible."""
    characters = "".join(text.split())
    if len(characters) <= FEW:
        return pdfium.FPDFPage_CountObjects(page.raw) == 0 or not _draws(page)
    if not is_readable(text):
        return False
    covered, visible, hidden = _shown(page, width * height)
    if hidden and not visible:
        return False
    return not (covered and len(characters) < STAMPED)


def is_readable(text: str) -> bool:
    """Not the rubbish that a font without a proper table of characters gives. The first 500 characters decide."""
    characters = "".join(text[:500].split())
    kinds = Counter(map(unicodedata.category, characters))
    strange = kinds["Co"] + kinds["Cn"] + kinds["Cc"] + kinds["Cs"] + characters.count("\ufffd")
    plain = sum(number for kind, number in kinds.items() if kind[0] in "LN")
    if strange > 0.05 * len(characters) or plain < 0.4 * len(characters):
        return False
    latin = LATIN.findall(characters)
    return len(latin) < 200 or 0.2 < len(VOWELS.findall("".join(latin))) / len(latin) < 0.6


def _draws(page: Any) -> bool:
    return any(pdfium.FPDFPageObj_GetType(each) != pdfium.FPDF_PAGEOBJ_TEXT for each in _objects(page))


def _objects(page: Any, most: int = 12) -> Iterator[Any]:
    """Some of a page's objects: the first and the last drawn, and those spread between."""
    count = pdfium.FPDFPage_CountObjects(page.raw)
    for index in sorted({count * step // most for step in range(most)} | {*range(min(4, count)), count - 1}):
        yield from _inside(pdfium.FPDFPage_GetObject(page.raw, index))


def _inside(each: Any) -> Iterator[Any]:
    """An object, or the first ones of a group."""
    if pdfium.FPDFPageObj_GetType(each) != pdfium.FPDF_PAGEOBJ_FORM:
        yield each
        return
    for index in range(min(20, pdfium.FPDFFormObj_CountObjects(each))):
        inner = pdfium.FPDFFormObj_GetObject(each, index)
        if pdfium.FPDFPageObj_GetType(inner) != pdfium.FPDF_PAGEOBJ_FORM:
            yield inner


def _shown(page: Any, area: float) -> tuple[bool, int, int]:
    """Whether a picture covers most of the page, and how many pieces of text are shown and hidden."""
    covered, visible, hidden = False, 0, 0
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for each in _objects(page):
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            if pdfium.FPDFTextObj_GetTextRenderMode(each) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE:
                hidden += 1
            else:
                visible += 1
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE and pdfium.FPDFPageObj_GetBounds(each, left, bottom, right, top):
            covered = covered or (right.value - left.value) * (top.value - bottom.value) > 0.6 * area
    return covered, visible, hidden


def size_at(document: pypdfium2.PdfDocument, index: int, dpi: float) -> tuple[int, int]:
    """Pixels of a page rendered so; call with LOCK held."""
    width, height = document.get_page_size(index)
    return round(width * dpi / 72), round(height * dpi / 72)


def rendered(document: pypdfium2.PdfDocument, index: int, dpi: float) -> NDArray[numpy.uint8]:
    """A page in RGB (H, W, 3), as a screen shows it; call with LOCK held."""
    page = document[index]
    try:
        return _picture(page, dpi)
    finally:
        page.close()


def _picture(page: Any, dpi: float) -> NDArray[numpy.uint8]:
    bitmap = page.render(scale=dpi / 72, rev_byteorder=True)
    picture: NDArray[numpy.uint8] = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return picture
