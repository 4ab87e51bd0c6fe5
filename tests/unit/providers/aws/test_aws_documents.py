"""What of a document Textract is paid for, and how its answers and the text layer become one document."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from fsxap.documents import Document, Reading
from fsxap.errors import ItemError
from tests.unit.providers.aws.test_textract import reader
from tests.unit.providers.aws.textract_service import Sheet, TextractService

pypdfium2 = pytest.importorskip("pypdfium2")
Image = pytest.importorskip("PIL.Image")

from fsxap.providers.aws.documents import TextractDocuments  # noqa: E402
from fsxap.providers.local.documents.reader import LocalDocuments  # noqa: E402

TEXT = Reading(features=("text",))
LONG = "The parties agree that deliveries of paint are paid within thirty days of receipt"


def pdf(*pages: str, attachment: str = "") -> bytes:
    """A PDF whose pages have these texts, or a picture where there is none."""
    document = pypdfium2.PdfDocument.new()
    font = pypdfium2.raw.FPDFText_LoadStandardFont(document.raw, b"Helvetica")
    for text in pages:
        page = document.new_page(600, 800)
        for at, words in enumerate(text.split("\n") if text else ()):
            written = pypdfium2.raw.FPDFPageObj_CreateTextObj(document.raw, font, 12)
            wide = (pypdfium2.raw.FPDF_WCHAR * (len(words) + 1))(*map(ord, words), 0)
            assert pypdfium2.raw.FPDFText_SetText(written, wide)
            pypdfium2.raw.FPDFPageObj_Transform(written, 1, 0, 0, 1, 50, 700 - 20 * at)
            pypdfium2.raw.FPDFPage_InsertObject(page.raw, written)
        if not text:
            box = pypdfium2.raw.FPDFPageObj_CreateNewRect(50, 50, 400, 300)
            pypdfium2.raw.FPDFPath_SetDrawMode(box, 1, 1)
            pypdfium2.raw.FPDFPage_InsertObject(page.raw, box)
        page.gen_content()
    if attachment:
        document.new_attachment(attachment).set_data(b"<Invoice/>")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def picture(form: str, size: tuple[int, int] = (300, 200), pages: int = 1, **more: Any) -> bytes:
    images = [Image.new("RGB", size, "white") for _ in range(pages)]
    buffer = io.BytesIO()
    images[0].save(buffer, form, **({"save_all": True, "append_images": images[1:]} if pages > 1 else {}), **more)
    return buffer.getvalue()


def pages_of(body: bytes) -> int:
    if body.startswith(b"%PDF"):
        return len(pypdfium2.PdfDocument(body))
    return getattr(Image.open(io.BytesIO(body)), "n_frames", 1)


def write(body: bytes, _asked: tuple[str, ...]) -> list[Sheet]:
    """As many sheets as the document that was sent really has pages."""
    sheets = [Sheet(number) for number in range(1, pages_of(body) + 1)]
    for sheet in sheets:
        sheet.line(f"scanned sheet {sheet.page}")
        sheet.pair("Name:", "Jane")
    return sheets


def read(body: bytes, options: Reading, service: TextractService | None = None) -> tuple[Document, TextractService]:
    service = service or TextractService(write)
    return TextractDocuments(LocalDocuments(), reader(service)).read(body, "a.pdf", options), service


def test_a_good_text_layer_is_not_paid_for() -> None:
    document, service = read(pdf(LONG, LONG), TEXT)
    assert service.requests == [] and document.usage == {}
    assert [page.source for page in document.pages] == ["text-layer"] * 2 and document.language == "en"
    assert document.engine.startswith("pypdfium2 ")


def test_only_the_scanned_pages_of_a_mixed_document_are_sent() -> None:
    document, service = read(pdf(LONG, "", LONG, ""), TEXT)
    assert document.usage == {"textract_text_pages": 2}
    assert [page.source for page in document.pages] == ["text-layer", "textract", "text-layer", "textract"]
    assert [page.text for page in document.pages][1::2] == ["scanned sheet 1", "scanned sheet 2"]
    assert document.engine.startswith("textract DetectDocumentText 1.0, pypdfium2 ")
    assert service.called("StartDocumentTextDetection") == 1


def test_one_scanned_page_is_sent_at_once() -> None:
    document, service = read(pdf(LONG, ""), TEXT)
    assert document.pages[1].text == "scanned sheet 1" and service.called("Start") == 0


def test_forms_are_read_on_every_page_and_a_good_text_layer_stays() -> None:
    document, _ = read(pdf(LONG, ""), Reading(features=("text", "forms")))
    assert document.usage == {"textract_forms_pages": 2}
    assert "parties agree" in document.pages[0].text and document.pages[1].source == "textract"
    assert [pair.value for page in document.pages for pair in page.pairs] == ["Jane", "Jane"]


def test_an_e_invoice_says_everything_itself() -> None:
    document, service = read(pdf(LONG, attachment="factur-x.xml"), Reading(features=("text", "forms", "expense")))
    assert service.requests == [] and document.attachments == {"factur-x.xml": b"<Invoice/>"}


def test_reading_as_a_scan_sends_every_page() -> None:
    document, _ = read(pdf(LONG), replace(TEXT, text_layer=False))
    assert [page.source for page in document.pages] == ["textract"]
    assert (document.pages[0].width, document.pages[0].height) == (600, 800)


@pytest.mark.parametrize(("form", "pages"), [("PNG", 1), ("JPEG", 1), ("TIFF", 1), ("TIFF", 3)])
def test_pictures(form: str, pages: int) -> None:
    document, service = read(picture(form, pages=pages), TEXT)
    assert [page.text for page in document.pages] == [f"scanned sheet {number + 1}" for number in range(pages)]
    assert {(page.width, page.height) for page in document.pages} == {(300, 200)}
    assert service.called("Start") == (pages > 1)


def test_a_photo_on_its_side_is_sent_upright() -> None:
    sent: list[tuple[int, int]] = []

    def seen(body: bytes, asked: tuple[str, ...]) -> list[Sheet]:
        sent.append(Image.open(io.BytesIO(body)).size)
        return write(body, asked)

    exif = Image.Exif()
    exif[0x0112] = 6
    document, _ = read(picture("JPEG", exif=exif), TEXT, TextractService(seen))
    assert sent == [(200, 300)] and (document.pages[0].width, document.pages[0].height) == (200, 300)


def test_a_picture_too_heavy_for_a_request_is_stored_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsxap.providers.aws.documents.MOST_AT_ONCE", 20_000)
    document, service = read(picture("TIFF"), TEXT)
    assert service.called("Start") == 0 and document.pages[0].lines


def test_a_page_read_on_its_side_is_described_upright() -> None:
    def turned(_body: bytes, _asked: tuple[str, ...]) -> list[Sheet]:
        sheet = Sheet(turn=90)
        sheet.line("on its side")
        return [sheet]

    document, _ = read(picture("PNG"), TEXT, TextractService(turned))
    (page,) = document.pages
    assert (page.rotation, page.width, page.height) == (270, 200, 300) and page.text == "on its side"


def test_pages_textract_could_not_read_are_named_as_the_document_numbers_them() -> None:
    service = TextractService(write, warnings=[{"ErrorCode": "BAD_PAGE", "Pages": [2]}])
    document, _ = read(pdf("", LONG, ""), TEXT, service)
    assert document.notes == ("page 3 could not be read by Textract: BAD_PAGE",)


def test_answers_name_the_document_s_pages() -> None:
    def asked(body: bytes, features: tuple[str, ...]) -> list[Sheet]:
        sheets = write(body, features)
        sheets[-1].answer("number", "What is the number?", "4711")
        return sheets

    document, service = read(pdf(LONG, LONG), Reading(features=("queries",)), TextractService(asked))
    assert [(answer.name, answer.value, answer.page) for answer in document.answers] == [("number", "4711", 2)]
    queries = service.requests[0][1]["QueriesConfig"]["Queries"]
    assert len(queries) <= 15 and {"number", "total"} <= {query["Alias"] for query in queries}


@pytest.mark.parametrize(
    ("body", "options", "code"),
    [
        (b"PK\x03\x04 not a document", TEXT, "unsupported"),
        (b"%PDF-1.7 nothing", TEXT, "damaged"),
        (pdf(LONG, LONG), replace(TEXT, max_pages=1), "too-many-pages"),
        (picture("PNG"), replace(TEXT, max_pixels=100), "too-many-pixels"),
    ],
)
def test_what_cannot_be_read_is_told_without_a_call(body: bytes, options: Reading, code: str) -> None:
    service = TextractService(write)
    with pytest.raises(ItemError) as caught:
        read(body, options, service)
    assert caught.value.code == code and service.requests == []


def test_a_page_is_shown_as_the_embedded_engine_shows_it() -> None:
    documents = TextractDocuments(LocalDocuments(), reader(TextractService(write)))
    body = picture("PNG")
    page = documents.read(body, "a.png", TEXT).pages[0]
    assert Image.open(io.BytesIO(documents.render(body, "a.png", page, width=90))).size == (90, 60)
