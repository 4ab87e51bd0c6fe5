"""Documents read on this machine: the text layer where there is a good one, else OCR page by page in processes."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from pypdfium2 import PdfiumError

from fsxap.documents import Document, Page, Reading, overlap
from fsxap.errors import ItemError
from fsxap.providers.local.documents import pages as reading
from fsxap.providers.local.documents import pdf, pictures, recognition, upright
from fsxap.providers.local.documents.japanese import in_japanese
from fsxap.providers.local.language import ENOUGH, language_of

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

DPI = 200
"""At which pages are rendered for OCR."""


class LocalDocuments:
    """Owns a pool of at most `processes` processes of one thread each; with one there is none, and pages are read
    here, one at a time. A process holds about 0.7 GB while it reads; this one, a picture for each process and the
    next, however many documents are read at the same time. `check` is called before each page and may stop it."""

    def __init__(self, processes: int = 1, check: Callable[[], None] = lambda: None) -> None:
        self._processes, self._check = processes, check
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(processes + 1 if processes > 1 else 1)

    @cached_property
    def engine(self) -> str:
        """Where there is no OCR, an ImportError: pages can be rendered, not read."""
        return f"pypdfium2 {version('pypdfium2')}, {recognition.engine()}"

    def read(self, body: bytes, name: str, options: Reading) -> Document:
        kind = kind_of(body)
        if kind == "pdf":
            return self._finished(self._pdf(body, name, options), options)
        if kind == "picture":
            return self._finished(self._picture(body, name, options), options)
        raise ItemError(
            f"{name} is neither a PDF, TIFF, PNG nor JPEG file by its content",
            code="unsupported",
            hint="convert it to PDF",
        )

    def render(self, body: bytes, name: str, page: Page, *, width: int = 800) -> bytes:
        from PIL import Image

        options = Reading()
        if kind_of(body) == "pdf":
            with pdf.opened(body, name) as document, pdf.LOCK:
                dpi = min(DPI, max(36.0, width / max(1.0, document.get_page_size(page.number - 1)[0]) * 72))
                picture = pdf.rendered(document, page.number - 1, dpi)
        else:
            with pictures.opened(body, name, options) as file:
                picture = pictures.frame(file, page.number - 1, name, options)
        shown = Image.fromarray(upright.righted(picture, page.rotation, page.skew))
        size = (width, max(1, round(shown.height * width / shown.width)))
        buffer = io.BytesIO()
        shown.resize(size, Image.Resampling.LANCZOS).save(buffer, "PNG", optimize=True)
        return buffer.getvalue()

    def searchable(self, body: bytes, name: str, document: Document) -> bytes | None:
        from fsxap.providers.local.documents.searchable import searchable

        return searchable(body, name, document)

    def _pdf(self, body: bytes, name: str, options: Reading) -> Document:
        with pdf.opened(body, name) as document:
            with pdf.LOCK:
                total = len(document)
                if total > options.max_pages:
                    raise pictures.too_many_pages(name, total, options)
                try:
                    attached, notes = pdf.attachments(document)
                    # An e-invoice's own XML says what its tables do.
                    drawn = bool({"forms", "tables"}.intersection(options.features)) and not attached
                    found = [pdf.text_page(document, index, drawn=drawn) for index in range(total)]
                except PdfiumError as error:
                    raise pdf.damaged(name, "one of its pages is not whole") from error
            wanted = [page.number for page, good in found if not (good and options.text_layer)]
            rendered = ((number, self._rendered(document, number, name, options)) for number in wanted)
            read = {page.number: page for page in self._recognised(rendered)}
        kept = tuple(_together(page, read[page.number]) if page.number in read else page for page, _ in found)
        return Document(kept, self.engine, attachments=attached, notes=tuple(notes), usage={"ocr_pages": len(read)})

    @staticmethod
    def _rendered(document: Any, number: int, name: str, options: Reading) -> NDArray[numpy.uint8]:
        with pdf.LOCK:
            across, down = pdf.size_at(document, number - 1, DPI)
            if across * down > options.max_pixels:
                raise pictures.too_many_pixels(name, number, options)
            return pdf.rendered(document, number - 1, DPI)

    def _picture(self, body: bytes, name: str, options: Reading) -> Document:
        with pictures.opened(body, name, options) as file:
            total = pictures.count(file, name, options)
            frames = ((index + 1, pictures.frame(file, index, name, options)) for index in range(total))
            pages = tuple(self._recognised(frames))
        return Document(pages, self.engine, usage={"ocr_pages": len(pages)})

    def _recognised(self, numbered: Iterator[tuple[int, NDArray[numpy.uint8]]]) -> Iterator[Page]:
        """Pages in order; a picture is made when there is room for it."""
        if self._processes < 2:
            while (page := self._read_here(numbered)) is not None:
                yield page
            return
        waiting: list[Future[Page]] = []
        try:
            while (future := self._handed_on(numbered)) is not None:
                waiting.append(future)
                if len(waiting) > self._processes:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        except BrokenProcessPool as error:
            self.close()
            raise ItemError(
                "the process that read it ended: memory may be short", code="engine", retryable=True
            ) from error
        finally:
            for each in waiting:
                each.cancel()

    def _read_here(self, numbered: Iterator[tuple[int, NDArray[numpy.uint8]]]) -> Page | None:
        with self._room:
            self._check()
            found = next(numbered, None)
            return reading.read_page(*found) if found else None

    def _handed_on(self, numbered: Iterator[tuple[int, NDArray[numpy.uint8]]]) -> Future[Page] | None:
        """The next page, given to a process."""
        with ExitStack() as room:
            room.enter_context(self._room)
            self._check()
            if (found := next(numbered, None)) is None:
                return None
            future = self._started().submit(reading.read_page, *found)
            # Whoever waits for a result may wait for room as well: the page itself gives it back.
            room.pop_all()
        future.add_done_callback(lambda _: self._room.release())
        return future

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                # A forked child would hold the locks that other threads of this process held.
                self._pool = ProcessPoolExecutor(self._processes, mp_context=get_context("spawn"))
            return self._pool

    @staticmethod
    def _finished(document: Document, options: Reading) -> Document:
        texts = (line.text for page in document.pages for line in page.lines)
        enough, said = [], 0
        for text in texts:
            enough.append(text)
            said += len(text)
            if said > ENOUGH:
                break
        language = language_of("\n".join(enough), options.languages)
        pages = tuple(map(in_japanese, document.pages)) if language == "ja" else document.pages
        return replace(document, pages=pages, language=language)

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


def _together(stored: Page, read: Page) -> Page:
    """A recognised page with what the file says of it: its size in points and its signed fields."""
    turn = (read.rotation - stored.rotation) % 360
    width, height = (stored.height, stored.width) if turn % 180 else (stored.width, stored.height)
    signed = tuple(replace(each, box=pdf.turned(each.box, turn)) for each in stored.signatures)
    marks = tuple(each for each in read.signatures if not any(overlap(each.box, own.box) for own in signed))
    return replace(read, width=width, height=height, signatures=signed + marks)


def kind_of(body: bytes) -> str:
    """By content: "pdf", "picture" or nothing. A PDF may have up to 1024 bytes before its header."""
    if b"%PDF-" in body[:1029]:
        return "pdf"
    starts = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
    return "picture" if body.startswith(starts) else ""
