"""Searchable copies: our own reader finds the same words at the same places, and pdfium shows the same picture."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy
import pytest
from PIL import Image, ImageOps

from fsxap.documents import Document, Line, Page, Word
from fsxap.providers.local.documents import overlay, pdf
from fsxap.providers.local.documents.searchable import searchable
from fsxap.providers.local.documents.upright import straightened
from tests.unit.providers.documents import made

# At 200 dots an inch these sizes are whole numbers of points and of pixels.
WIDE, TALL = 850, 450
LINES = (
    Line((Word("Rechnungsnummer", (0.1, 0.1, 0.4, 0.16)), Word("4711/ä€", (0.42, 0.1, 0.55, 0.16)))),
    Line((Word("請求書番号", (0.1, 0.3, 0.3, 0.36)), Word("T1234567890123", (0.3, 0.3, 0.6, 0.36), 1.0, False))),
    Line((Word("Größe", (0.1, 0.5, 0.22, 0.56)),)),
    Line((Word("(total)\\", (0.1, 0.7, 0.3, 0.76)), Word("119.00", (0.8, 0.7, 0.9, 0.76)))),
)


def scan(mode: str = "L") -> Image.Image:
    """Something that looks different however it is turned."""
    picture = made.printed((60, 40, "Rechnungsnummer 4711"), (60, 320, "(total)"), size=34, width=WIDE, height=TALL)
    return picture.convert(mode)


def document(rotation: int = 0, skew: float = 0.0, pages: int = 1) -> Document:
    """As read from pages stored `WIDE` x `TALL`."""
    size = (WIDE, TALL) if rotation in (0, 180) else (TALL, WIDE)
    page = Page(1, *size, "ocr", rotation, skew, lines=LINES)
    return Document(tuple(replace(page, number=number + 1) for number in range(pages)), "test")


def read(body: bytes) -> list[tuple[Page, Any]]:
    """Every page by the text layer, and as shown at 200 dots an inch."""
    with pdf.opened(body, "copy.pdf") as opened, pdf.LOCK:
        return [
            (pdf.text_page(opened, index, drawn=False)[0], pdf.rendered(opened, index, 200))
            for index in range(len(opened))
        ]


def same(page: Page, within: float = 0.006) -> None:
    wanted = [word for line in LINES for word in line.words]
    assert [word.text for word in page.words] == [word.text for word in wanted]
    for found, word in zip(page.words, wanted, strict=True):
        assert found.box == pytest.approx(word.box, abs=within)
    assert [line.text for line in page.lines][:1] == ["Rechnungsnummer 4711/ä€"]


@pytest.mark.parametrize(
    ("mode", "form", "more", "rotation"),
    [
        ("L", "PNG", {}, 0),
        ("RGB", "PNG", {}, 90),
        ("P", "PNG", {}, 180),
        ("RGBA", "PNG", {}, 270),
        ("1", "TIFF", {"compression": "group4"}, 0),
    ],
)
def test_a_picture_keeps_every_pixel_and_gains_words(mode: str, form: str, more: Any, rotation: int) -> None:
    body = made.stored(scan(mode), form, **more)
    copy = searchable(body, "scan", document(rotation))
    assert copy is not None
    ((page, shown),) = read(copy)
    same(page)
    assert page.rotation == rotation
    assert numpy.array_equal(shown, numpy.asarray(scan(mode).convert("RGB")))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_kept_byte_for_byte_and_shown_as_its_exif_data_say(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = scan() if orientation < 5 else scan().transpose(Image.Transpose.ROTATE_90)
    body = made.stored(stored, "JPEG", quality=95, exif=exif)
    copy = searchable(body, "photo.jpg", document())
    assert copy is not None and body in copy
    ((page, shown),) = read(copy)
    same(page)
    with Image.open(io.BytesIO(body)) as opened:
        upright = numpy.asarray(ImageOps.exif_transpose(opened).convert("RGB"), dtype=int)
    assert shown.shape == upright.shape and numpy.abs(shown - upright).mean() < 1


def test_a_fax_is_as_large_as_its_paper() -> None:
    """It has half as many dots down as across, and is read with as many."""
    fax = scan("1").resize((WIDE, TALL // 2))
    body = made.stored(fax, "TIFF", compression="group4", dpi=(200, 100), save_all=True, append_images=[fax])
    copy = searchable(body, "fax.tif", document(pages=2))
    assert copy is not None
    pages = read(copy)
    assert [(round(page.width), round(page.height)) for page, _ in pages] == [(306, 162)] * 2
    for page, _ in pages:
        same(page)


def test_words_of_a_leaning_page_lean_with_it() -> None:
    copy = searchable(made.stored(scan()), "scan.png", document(skew=3.0))
    assert copy is not None
    ((page, _),) = read(copy)
    found = next(word for word in page.words if word.text == "119.00").box
    word = LINES[3].words[1].box
    left = numpy.array([[word[0] * WIDE, word[3] * TALL]])
    there = straightened(left, WIDE, TALL, -3.0)[0]
    assert found[0] == pytest.approx(there[0] / WIDE, abs=0.005)
    assert found[3] == pytest.approx(there[1] / TALL, abs=0.01)


@pytest.mark.parametrize(("stored", "rotation"), [(0, 0), (90, 0), (180, 90), (270, 180)])
def test_a_pdf_keeps_its_pages_and_its_good_text(stored: int, rotation: int) -> None:
    drawn = "0.5 g 100 100 200 50 re f " + made.text((60, 60, "x"))
    long = made.text((60, 60, "This page says enough in its own text layer"))
    body = made.pdf(drawn, long, rotate=stored, entries=b"/CropBox[50 40 545 800]")
    before = read(body)
    first = document(rotation).pages[0]
    copy = searchable(body, "scan.pdf", Document((first, replace(before[1][0], number=2)), "test"))
    assert copy is not None
    after = read(copy)
    assert [page.text for page, _ in after][1] == before[1][0].text
    for (_, one), (_, other) in zip(before, after, strict=True):
        assert numpy.array_equal(one, other)
    page = after[0][0]
    found = next(word for word in page.words if word.text == "119.00")
    assert page.rotation == rotation and found.box == pytest.approx(LINES[3].words[1].box, abs=0.006)


def test_what_has_its_text_already_is_left_out() -> None:
    body = made.pdf(made.text((60, 60, "This page says enough in its own text layer")))
    page = read(body)[0][0]
    assert searchable(body, "a.pdf", Document((page,), "test")) is None
    assert searchable(made.stored(scan()), "a.png", Document((Page(1, WIDE, TALL),), "test")) is None


def test_a_blank_page_among_others_stays_blank() -> None:
    both = document(pages=2)
    blank = Page(2, WIDE, TALL)
    body = made.stored(scan("1"), "TIFF", save_all=True, append_images=[scan("1")])
    copy = searchable(body, "a.tif", replace(both, pages=(both.pages[0], blank)))
    assert copy is not None
    assert [page.source for page, _ in read(copy)] == ["text-layer", "none"]


def test_text_of_more_kinds_than_one_block_of_the_map_has() -> None:
    said = "𠮷" + "".join(map(chr, range(0x4E00, 0x4E00 + 250)))
    sheet = overlay.Sheet(600, 800, [overlay.Placed(said, (500, 0, 0, 10, 50, 50))])
    ((page, _),) = read(overlay.written([sheet]))
    assert page.text == said


def test_the_copy_is_read_anew_as_the_scan_it_is() -> None:
    """Unseen text may be anybody's: it is not taken for what a reader sees."""
    copy = searchable(made.stored(scan()), "scan.png", document())
    assert copy is not None
    with pdf.opened(copy, "copy.pdf") as opened, pdf.LOCK:
        assert not pdf.text_page(opened, 0)[1]
