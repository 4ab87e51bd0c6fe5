"""Text of files: what a reader of them sees, and what strangers' files cannot do."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from fsxap.documents import Document, Line, Page, Reading, Word
from fsxap.errors import ItemError
from fsxap.providers.local import plain_text
from fsxap.providers.local.plain_text import pages_of

BOX = (0.0, 0.0, 1.0, 1.0)


def none() -> Any:
    raise AssertionError("no document reader is needed")


def packed(**parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return buffer.getvalue()


def word(text: str) -> bytes:
    return packed(**{"word/document.xml": f'<w:document xmlns:w="w"><w:p><w:t>{text}</w:t></w:p></w:document>'})


HTML = b"""<html><head><title>T</title><style>p{}</style></head><body><p>Seen &amp; read</p><script>evil()</script>
<!-- hidden --><li>point</li></body></html>"""
SLIDES = packed(
    **{
        "ppt/slides/slide2.xml": '<p xmlns:a="a"><a:t>second</a:t></p>',
        "ppt/slides/slide1.xml": '<p xmlns:a="a"><a:t>first</a:t></p>',
        "ppt/media/x.xml": "<p>not this</p>",
    }
)


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("a.txt", b"plain", [(0, "plain")]),
        ("A.TXT", "\ufeffü".encode(), [(0, "ü")]),
        ("a.md", "請求".encode("cp932"), [(0, "請求")]),
        ("a.txt", "ü".encode("utf-16"), [(0, "ü")]),
        ("a.html", HTML, [(0, "Seen & read point")]),
        ("a.docx", word("lease &amp; rent"), [(0, "lease & rent")]),
        ("a.pptx", SLIDES, [(1, "first"), (2, "second")]),
        ("a.odt", packed(**{"content.xml": '<d xmlns:t="t"><t:p>odd</t:p></d>'}), [(0, "odd")]),
    ],
)
def test_text(name: str, body: bytes, expected: list[tuple[int, str]]) -> None:
    assert [(page, " ".join(text.split())) for page, text in pages_of(body, name, none)] == expected


def test_pdf_is_read_by_what_reads_documents() -> None:
    class Reader:
        engine = "reader"

        def read(self, body: bytes, name: str, options: Reading) -> Document:
            assert options.features == ("text",)
            page = Page(2, 1, 1, lines=(Line((Word("lease", BOX), Word("ends", BOX))),))
            return Document((page,), self.engine)

    made: Any = Reader()
    assert pages_of(b"%PDF-", "a.pdf", lambda: made) == [(2, "lease ends")]


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:p xmlns:w="w"><w:t>&b;</w:t></w:p>'


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("a.txt", b"\0\1\2binary", "unsupported"),
        ("a.docx", b"no zip", "damaged"),
        ("a.docx", word("x")[:-30], "damaged"),
        ("a.docx", packed(**{"other.xml": "<a/>"}), "damaged"),
        ("a.docx", packed(**{"word/document.xml": "<open>"}), "damaged"),
        ("a.docx", packed(**{"word/document.xml": BOMB}), "unsupported"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, body: bytes, code: str) -> None:
    with pytest.raises(ItemError) as caught:
        pages_of(body, name, none)
    assert caught.value.code == code


def test_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    small = word("x" * 5000)
    monkeypatch.setattr(plain_text, "LARGEST", 2000)
    assert len(small) < 2000
    for body, name in ((b"x" * 2001, "a.txt"), (small, "a.docx")):
        with pytest.raises(ItemError) as caught:
            pages_of(body, name, none)
        assert caught.value.code == "too-large"
    monkeypatch.setattr(plain_text, "MOST_TEXT", 10)
    with pytest.raises(ItemError, match="characters of text"):
        pages_of(b"x" * 11, "a.txt", none)
