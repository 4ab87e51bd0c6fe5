from __future__ import annotations

import pytest

pytest.importorskip("pypdfium2")

from fsxap.documents import Page, Reading
from fsxap.errors import ItemError
from fsxap.providers.local.documents import pdf
from fsxap.providers.local.documents.reader import LocalDocuments
from tests.unit.providers.documents import made

INVOICE = made.text((50, 50, "Invoice number 4711"), (50, 80, "Total"), (400, 80, "119,00 EUR"))


def first(body: bytes) -> tuple[Page, bool]:
    with pdf.opened(body, "a.pdf") as document, pdf.LOCK:
        return pdf.text_page(document, 0)


def test_the_text_layer_is_read_with_places() -> None:
    page, good = first(made.pdf(INVOICE))
    assert good and page.source == "text-layer" and (page.width, page.height) == (595, 842)
    assert [line.text for line in page.lines] == ["Invoice number 4711", "Total", "119,00 EUR"]
    left, top, _right, bottom = page.words[0].box
    assert left == pytest.approx(50 / 595, abs=0.003) and top < 50 / 842 < bottom


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_turned_page_is_righted(rotate: int) -> None:
    page, _ = first(made.pdf(INVOICE, rotate=rotate))
    upright, _ = first(made.pdf(INVOICE))
    assert page.rotation == (360 - rotate) % 360
    assert (page.width, page.height, page.text) == (595, 842, upright.text)
    assert page.words[0].box == pytest.approx(upright.words[0].box, abs=1e-4)


def test_text_turned_on_the_page_is_righted() -> None:
    turned = "BT /F 12 Tf 0 1 -1 0 300 200 Tm (Quarterly report of the year) Tj ET"
    page, _ = first(made.pdf(turned))
    assert page.rotation == 90 and (page.width, page.height) == (842, 595)
    left, top, right, bottom = page.lines[0].box
    assert page.text == "Quarterly report of the year" and (right - left) * 842 > 5 * (bottom - top) * 595


@pytest.mark.parametrize(
    ("content", "good"),
    [
        (INVOICE, True),
        (made.text((50, 50, "Invoice number 4711, total 119,00"), mode=3), False),
        (made.text((50, 50, "p. 3")), True),
        ("", True),
        ("10 10 300 300 re f " + made.text((50, 50, "p. 3")), False),
        (made.text((50, 50, "#$%& !!?? *** ((( ))) +++ === ~~~ ;;; <<<")), False),
    ],
    ids=["plain", "hidden", "short", "blank", "drawing", "rubbish"],
)
def test_what_text_layer_may_stand(content: str, good: bool) -> None:
    content = content.replace("((( )))", "")
    assert first(made.pdf(content))[1] is good


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("Rechnung über zwei Stühle und einen Tisch", True),
        ("合計金額 12,800円", True),
        ("\ue001\ue002\ue003\ue004 \ue005", False),
        ("\ufffd\ufffd\ufffd a", False),
        ("xkcd bcdf ghjk lmnp qrst vwxz " * 20, False),
    ],
)
def test_rubbish_is_told(text: str, readable: bool) -> None:
    assert pdf.is_readable(text) is readable


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (made.locked(), "encrypted"),
        (b"%PDF-1.7 and no more", "damaged"),
        (made.pdf(INVOICE, INVOICE, INVOICE), "too-many-pages"),
        (b"PK\x03\x04 a word processor's", "unsupported"),
        (b"", "unsupported"),
    ],
)
def test_what_cannot_be_read_has_a_code(body: bytes, code: str) -> None:
    with pytest.raises(ItemError) as raised:
        LocalDocuments().read(body, "secret.pdf", Reading(max_pages=2))
    assert raised.value.code == code and raised.value.hint


def test_a_page_too_large_to_render_is_refused_before_it_is() -> None:
    with pytest.raises(ItemError) as raised:
        LocalDocuments().read(made.pdf(INVOICE), "a.pdf", Reading(max_pixels=1000, text_layer=False))
    assert raised.value.code == "too-many-pixels"


def test_attachments_come_with_the_document() -> None:
    import io

    import pypdfium2

    document = pypdfium2.PdfDocument(made.pdf(INVOICE))
    document.new_attachment("factur-x.xml").set_data(b"<Invoice/>")
    buffer = io.BytesIO()
    document.save(buffer)
    read = LocalDocuments().read(buffer.getvalue(), "a.pdf", Reading())
    assert read.attachments == {"factur-x.xml": b"<Invoice/>"}
    assert read.language == "en" and read.usage == {"ocr_pages": 0}


def test_a_page_is_rendered_upright() -> None:
    from io import BytesIO

    from PIL import Image

    documents = LocalDocuments()
    body = made.pdf(INVOICE, rotate=90)
    page = documents.read(body, "a.pdf", Reading()).pages[0]
    assert Image.open(BytesIO(documents.render(body, "a.pdf", page, width=210))).size == (210, 297)
