"""Pages by few reads, whatever the file claims to be."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fsxap.errors import AccessDenied, FsxapError, ItemError
from fsxap.model import Item
from fsxap.usecases.idp.counts import BLOCK, MOST, Ranges, count


class Body:
    """A store of one object that counts what is read of it."""

    def __init__(self, body: bytes) -> None:
        self.body, self.reads = body, 0

    def read(self, _key: str, start: int = 0, length: int | None = None) -> bytes:
        self.reads += 1
        return self.body[start : None if length is None else start + length]


def pages(name: str, body: bytes) -> tuple[int, int]:
    store: Any = Body(body)
    return count(Item(name, len(body)), store, {})["pages"], store.reads


def pdf(number: int, padding: int = 0) -> bytes:
    from pypdfium2 import PdfDocument

    document = PdfDocument.new()
    for _ in range(number):
        document.new_page(200, 200)
    buffer = io.BytesIO()
    document.save(buffer)
    body = buffer.getvalue()
    if not padding:
        return body
    # Bytes between the objects and the table of their places, which is found from the end.
    table = body.rindex(b"xref\r\n", 0, body.rindex(b"startxref"))
    tail = body[table:].replace(str(table).encode(), str(table + padding).encode())
    return body[:table] + b"%" + b"x" * (padding - 2) + b"\n" + tail


def tiff(number: int) -> bytes:
    from PIL import Image

    first, *others = (Image.new("L", (8, 8)) for _ in range(number))
    buffer = io.BytesIO()
    first.save(buffer, "TIFF", save_all=True, append_images=others)
    return buffer.getvalue()


@pytest.mark.parametrize("number", [1, 3, 120])
def test_pages(number: int) -> None:
    assert pages("a.PDF", pdf(number))[0] == number
    assert pages("a.tiff", tiff(number))[0] == number


def test_a_large_document_is_not_read_whole() -> None:
    body = pdf(2, 200 * BLOCK)
    number, reads = pages("a.pdf", body)
    assert number == 2
    assert reads <= 6


def test_what_is_known_without_reading() -> None:
    assert pages("a.jpg", b"") == (1, 0)
    assert pages("a.xml", b"") == (0, 0)


def test_there_is_an_end_to_reading() -> None:
    store: Any = Body(b"x" * (MOST + 2) * BLOCK)
    ranges = Ranges(store, Item("a.pdf", len(store.body)))
    assert len(io.BufferedReader(ranges, BLOCK).read()) == MOST * BLOCK
    assert store.reads == MOST
    assert isinstance(ranges.failure, ItemError)


@pytest.mark.parametrize("name", ["a.pdf", "a.tif"])
def test_what_the_store_refuses_is_told(name: str) -> None:
    class Refusing(Body):
        def read(self, _key: str, start: int = 0, length: int | None = None) -> bytes:
            raise AccessDenied("reading it was refused")

    store: Any = Refusing(b"")
    with pytest.raises(AccessDenied):
        count(Item(name, 9000), store, {})


@given(some.binary(max_size=400), some.sampled_from(["a.pdf", "a.tif"]), some.integers(0, 300), some.booleans())
def test_hostile_files_are_uncounted_or_counted(noise: bytes, name: str, at: int, cut: bool) -> None:
    body = (pdf(2) if name == "a.pdf" else tiff(2))[:at] + noise
    body += b"" if cut else (pdf(2) if name == "a.pdf" else tiff(2))[at:]
    try:
        assert pages(name, body)[0] >= 0
    except FsxapError as error:
        assert str(Path(name)) not in error.message
