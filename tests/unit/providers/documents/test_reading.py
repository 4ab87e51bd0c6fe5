from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy
import pytest

pytest.importorskip("rapidocr")

from PIL import Image

from fsxap.documents import Document, Line, Page, Reading, Word
from fsxap.engine.cancel import Cancel
from fsxap.errors import Interrupted
from fsxap.providers.local.documents import pages, pictures
from fsxap.providers.local.documents.cutting import parts
from fsxap.providers.local.documents.japanese import in_japanese
from fsxap.providers.local.documents.reader import LocalDocuments
from fsxap.providers.local.documents.recognition import Read
from tests.unit.providers.documents import made

LETTER = made.printed(
    (60, 40, "Invoice number 4711"),
    (60, 110, "The total amount of this order"),
    (60, 180, "is to be paid in two weeks"),
    (60, 250, "Total"),
    (640, 250, "119.00"),
    size=34,
    width=860,
    height=340,
)


def read(picture: Image.Image) -> Document:
    return LocalDocuments().read(made.stored(picture), "scan.png", Reading())


def test_a_picture_is_read_with_places() -> None:
    document = read(LETTER)
    (page,) = document.pages
    assert page.source == "ocr" and document.language == "en" and document.usage == {"ocr_pages": 1}
    assert [line.text for line in page.lines[-2:]] == ["Total", "119.00"]
    assert page.lines[0].text == "Invoice number 4711"
    number = page.lines[0].words[-1]
    assert number.text == "4711" and number.box[0] > 0.28 and number.box[3] < 0.3
    assert number.confidence > 0.9


@pytest.mark.parametrize("turned", [90, 180])
def test_a_turned_picture_is_righted(turned: int) -> None:
    (page,) = read(LETTER.rotate(turned, expand=True)).pages
    assert page.rotation == turned and (page.width, page.height) == (860, 340)
    assert page.lines[0].text == "Invoice number 4711"


def test_a_leaning_picture_is_straightened() -> None:
    (page,) = read(LETTER.rotate(3, expand=False, fillcolor=255, resample=Image.Resampling.BICUBIC)).pages
    assert page.skew == pytest.approx(3, abs=0.3)
    total, amount = page.lines[-2:]
    assert total.box[1] == pytest.approx(amount.box[1], abs=0.03)


def test_pages_of_a_fax_are_read_in_order_by_processes() -> None:
    second = made.printed((60, 40, "Second page of the letter"), size=34, width=860, height=340)
    buffer = io.BytesIO()
    LETTER.convert("1").save(
        buffer, "TIFF", save_all=True, append_images=[second.convert("1")], compression="group4", dpi=(200, 200)
    )
    documents = LocalDocuments(2)
    try:
        found = documents.read(buffer.getvalue(), "fax.tif", Reading()).pages
    finally:
        documents.close()
    assert [page.number for page in found] == [1, 2]
    assert [page.lines[0].text for page in found] == ["Invoice number 4711", "Second page of the letter"]


def test_pictures_wait_for_room_however_many_documents_are_read_at_the_same_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live, most, lock = 0, 0, threading.Lock()
    make = pictures.frame

    def frame(*which: Any) -> Any:
        nonlocal live, most
        with lock:
            live += 1
            most = max(most, live)
        return make(*which)

    def read_page(number: int, _picture: Any) -> Page:
        nonlocal live
        time.sleep(0.005)
        with lock:
            live -= 1
        return Page(number, 1.0, 1.0)

    monkeypatch.setattr(pictures, "frame", frame)
    monkeypatch.setattr(pages, "read_page", read_page)
    monkeypatch.setattr(LocalDocuments, "_started", lambda _: processes)
    buffer = io.BytesIO()
    blank = Image.new("1", (80, 60), 1)
    blank.save(buffer, "TIFF", save_all=True, append_images=[blank] * 5)
    documents = LocalDocuments(2)
    with ThreadPoolExecutor(2) as processes, ThreadPoolExecutor(8) as readers:
        found = list(readers.map(lambda _: documents.read(buffer.getvalue(), "fax.tif", Reading()), range(8)))
    assert [[page.number for page in each.pages] for each in found] == [[1, 2, 3, 4, 5, 6]] * 8
    assert most <= 3


@pytest.mark.parametrize("processes", [1, 2])
def test_a_long_document_is_left_between_its_pages(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cancel, seen = Cancel(), list[int]()

    def read_page(number: int, _picture: Any) -> Page:
        seen.append(number)
        cancel.set()
        return Page(number, 1.0, 1.0)

    buffer = io.BytesIO()
    blank = Image.new("1", (80, 60), 1)
    blank.save(buffer, "TIFF", save_all=True, append_images=[blank] * 20)
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(pages, "read_page", read_page)
        monkeypatch.setattr(LocalDocuments, "_started", lambda _: pool)
        with pytest.raises(Interrupted):
            LocalDocuments(processes, cancel.check).read(buffer.getvalue(), "fax.tif", Reading())
    assert 1 <= len(seen) <= processes + 1


def threads_of_libraries() -> dict[str, int]:
    """What OpenCV and the models use in the process that runs this, after it has read a page."""
    import cv2

    from fsxap.providers.local.documents.pages import models, read_page

    read_page(1, numpy.asarray(LETTER.convert("RGB")))
    found = {"cv2": cv2.getNumThreads()}
    for name, model in (("detector", models()._detector), ("recognizer", models()._recognizer)):
        options = model.session.session.get_session_options()
        found |= {name: options.intra_op_num_threads, f"{name}, between": options.inter_op_num_threads}
    return found


def test_processes_that_read_pages_run_one_thread_each() -> None:
    documents = LocalDocuments(2)
    try:
        found = documents._started().submit(threads_of_libraries).result()
    finally:
        documents.close()
    assert set(found.values()) == {1}, found


def test_a_blank_page_has_no_text() -> None:
    (page,) = read(Image.new("L", (400, 300), 255)).pages
    assert page.source == "none" and page.text == ""


def test_a_scan_in_a_pdf_is_read_and_keeps_its_points() -> None:
    buffer = io.BytesIO()
    LETTER.save(buffer, "PDF", resolution=200)
    document = LocalDocuments().read(buffer.getvalue(), "scan.pdf", Reading())
    (page,) = document.pages
    assert page.source == "ocr" and page.width == pytest.approx(860 * 72 / 200, abs=1)
    assert page.lines[0].text == "Invoice number 4711"


def test_words_are_cut_at_blanks_the_model_did_not_see() -> None:
    crop = numpy.full((30, 200, 3), 255, numpy.uint8)
    middles = (10.0, 30.0, 50.0, 150.0, 170.0)
    for middle in middles:
        crop[6:24, int(middle) - 7 : int(middle) + 7] = 0
    said = Read("No:47", (0, 1, 2, 3, 4), middles, (1.0,) * 5)
    assert [(part.text, part.space) for part in parts(said, crop)] == [("No:", True), ("47", True)]


def test_japanese_is_written_as_in_japan() -> None:
    word = Word("合計金额", (0.1, 0.1, 0.2, 0.2))
    assert in_japanese(Page(1, 1, 1, "ocr", lines=(Line((word,)),))).text == "合計金額"
    assert in_japanese(Page(1, 1, 1, "text-layer", lines=(Line((word,)),))).text == "合計金额"
