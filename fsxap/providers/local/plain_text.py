"""The text of files page by page: plain, HTML and office files here, PDF by what reads documents."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import PurePosixPath
from xml.parsers import expat

from fsxap.documents import Reading
from fsxap.errors import ItemError
from fsxap.ports import Documents

Pages = list[tuple[int, str]]

LARGEST = 50_000_000
"""Bytes of a file, and of what is packed in one."""
MOST_TEXT = 20_000_000
_PLAIN = (".txt", ".md", ".markdown", ".rst", ".csv", ".tsv", ".log")
_HTML = (".html", ".htm")
# Part → what holds its text. A slide is a page.
_OFFICE = {
    ".docx": re.compile(r"word/(?:document|footnotes|endnotes)\.xml"),
    ".pptx": re.compile(r"ppt/slides/slide(\d+)\.xml"),
    ".xlsx": re.compile(r"xl/sharedStrings\.xml"),
    ".odt": re.compile(r"content\.xml"),
    ".odp": re.compile(r"content\.xml"),
}
SUFFIXES = (*_PLAIN, *_HTML, *_OFFICE, ".pdf")
_ENCODINGS = ("utf-8-sig", "cp932", "cp1252")
_BREAKS = {"p", "br", "li", "tr", "div", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "title", "blockquote", "pre"}
_UNSEEN = {"script", "style", "template", "noscript", "head"}


def pages_of(body: bytes, name: str, documents: Callable[[], Documents]) -> Pages:
    """(Page, text); page 0 where a file has none. ItemError for what cannot be read; `documents` is asked for PDFs."""
    suffix = PurePosixPath(name).suffix.lower()
    if len(body) > LARGEST:
        raise ItemError(f"files of more than {LARGEST:,} bytes are not read", code="too-large")
    if suffix == ".pdf":
        read = documents().read(body, name, Reading(features=("text",)))
        found = [(page.number, page.text) for page in read.pages]
    elif suffix in _OFFICE:
        found = list(_office(body, suffix))
    else:
        text = _decoded(body)
        found = [(0, _shown(text) if suffix in _HTML else text)]
    if sum(len(text) for _, text in found) > MOST_TEXT:
        raise ItemError(f"more than {MOST_TEXT:,} characters of text are not read", code="too-large")
    return found


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    if b"\0" in body[:4096]:
        raise ItemError("it is no text by its content", code="unsupported")
    for encoding in _ENCODINGS:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return body.decode("latin-1")


def _shown(markup: str) -> str:
    reader = _Markup()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts)


class _Markup(HTMLParser):
    """What a reader of the page sees."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # the parser's
        if tag in _UNSEEN:
            self._hidden.append(tag)
        elif tag in _BREAKS:
            self.parts.append("\n")
        if tag == "body":
            self._hidden.clear()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            self._hidden.remove(tag)
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _office(body: bytes, suffix: str) -> Iterator[tuple[int, str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            left = LARGEST
            found = []
            for about in packed.infolist():
                if match := _OFFICE[suffix].fullmatch(about.filename):
                    # The directory's own sizes are a stranger's word.
                    with packed.open(about) as part:
                        text = part.read(left + 1)
                    left -= len(text)
                    if left < 0:
                        raise ItemError(f"more than {LARGEST:,} bytes are packed in it", code="too-large")
                    found.append((int(match[1]) if match.lastindex else 0, _text(text)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ItemError("it is damaged, or encrypted", code="damaged") from error
    if not found:
        raise ItemError(f"it holds no text where a {suffix} file has it", code="damaged")
    yield from sorted(found)


def _text(body: bytes) -> str:
    """The characters of an XML part, a line for each paragraph."""
    parts: list[str] = []

    def refuse(*_about: object) -> None:
        raise ItemError("XML with a document type is not read: it may define entities", code="unsupported")

    def end(name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag in ("p", "h", "si", "tr"):
            parts.append("\n\n" if tag != "tr" else "\n")
        elif tag in ("tab", "br", "tc"):
            parts.append(" ")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.CharacterDataHandler = parts.append
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise ItemError("its XML is not whole", code="damaged") from error
    return "".join(parts)
