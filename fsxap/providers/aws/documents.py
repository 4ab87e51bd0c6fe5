"""Documents read by Textract where that is worth its price: what a good text layer says is not paid for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from fsxap.documents import Document, Page, Reading, Signature, overlap
from fsxap.ports import Documents
from fsxap.providers.aws.textract import ANALYSES, MOST_AT_ONCE, Reply, Textract
from fsxap.providers.aws.textract_blocks import Content, turned

IN_FILE = ("digital", "empty")
"""Kinds of signatures that the file itself tells of."""
EDGE = 10_000
"""Pixels a picture may be long."""


class TextractDocuments:
    """`local` renders pages and names what reads text layers; `textract` reads the rest."""

    def __init__(self, local: Documents, textract: Textract) -> None:
        self._local, self._textract = local, textract

    @property
    def engine(self) -> str:
        return f"textract, {_pdf_engine()}"

    def read(self, body: bytes, name: str, options: Reading) -> Document:
        from fsxap.providers.local.documents.outline import outline, part
        from fsxap.providers.local.language import language_of

        whole = outline(body, name, options)
        paid = [each for each in options.features if each in ANALYSES or each == "expense"]
        if any(attached.lower().endswith(".xml") for attached in whole.attachments):
            # An e-invoice says every field itself; only pages that cannot be read otherwise are sent.
            paid = []
        numbers = [page.number for page in whole.pages] if paid else list(whole.unread)
        document = Document(whole.pages, _pdf_engine(), attachments=whole.attachments, notes=whole.notes)
        if numbers:
            sent = part(body, name, whole, numbers, MOST_AT_ONCE, EDGE)
            document = _joined(document, self._textract.read(sent, len(numbers), paid), numbers, whole.unread)
        return replace(document, language=language_of(document.text, options.languages))

    def render(self, body: bytes, name: str, page: Page, *, width: int = 800) -> bytes:
        return self._local.render(body, name, page, width=width)

    def searchable(self, body: bytes, name: str, document: Document) -> bytes | None:
        return self._local.searchable(body, name, document)


def _pdf_engine() -> str:
    from importlib.metadata import version

    return f"pypdfium2 {version('pypdfium2')}"


def _joined(document: Document, reply: Reply, numbers: Sequence[int], unread: Sequence[int]) -> Document:
    """The document with what Textract says of its pages `numbers`, whose texts `unread` has no better source for."""
    pages = {page.number: page for page in document.pages}
    answers = []
    for sent, number in enumerate(numbers, 1):
        content = reply.contents.get(sent, Content())
        page = _read(pages[number], content) if number in unread else pages[number]
        pages[number] = replace(
            page,
            tables=(*content.tables, *reply.expenses.tables.get(sent, ())),
            pairs=content.pairs or reply.expenses.pairs.get(sent, ()),
            checkboxes=content.checkboxes,
            signatures=_signatures(pages[number], page.rotation, content),
        )
        found = [*content.answers, *(each for each in reply.expenses.answers if each.page == sent)]
        answers += [replace(each, page=number) for each in found]
    return replace(
        document,
        pages=tuple(pages.values()),
        engine=reply.engine if len(numbers) == len(unread) == len(pages) else f"{reply.engine}, {document.engine}",
        answers=tuple(answers),
        notes=(*document.notes, *_notes(reply.unread, numbers)),
        usage=reply.usage,
    )


def _signatures(stored: Page, rotation: int, content: Content) -> tuple[Signature, ...]:
    """The file's own, and those that Textract saw elsewhere."""
    turn = (rotation - stored.rotation) % 360
    own = tuple(replace(each, box=turned(each.box, turn)) for each in stored.signatures if each.kind in IN_FILE)
    seen = (each for each in content.signatures if not any(overlap(each.box, mine.box) for mine in own))
    return (*own, *seen)


def _notes(unread: Mapping[int, str], numbers: Sequence[int]) -> Iterator[str]:
    for sent, why in sorted(unread.items()):
        which = f"page {numbers[sent - 1]}" if 0 < sent <= len(numbers) else "a page"
        yield f"{which} could not be read by Textract: {why}"


def _read(page: Page, content: Content) -> Page:
    width, height = page.width, page.height
    if content.rotation in (90, 270):
        width, height = height, width
    return Page(
        page.number, width, height, "textract" if content.lines else "none", content.rotation, lines=content.lines
    )
