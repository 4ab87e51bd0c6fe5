"""Pages as they are read, made from where texts stand: millimetres on A4, words as wide as print is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from fsxap.documents import Document, Line, Page, Word
from fsxap.usecases.idp.search import Text, text_of

WIDTH, HEIGHT = 210.0, 297.0
SIZE = 4.0
At = tuple[float, float, str]


def width(text: str, size: float) -> float:
    return sum(size * (1.0 if unicodedata.east_asian_width(each) in "WF" else 0.5) for each in text)


def line(left: float, top: float, text: str, size: float = SIZE, confidence: float = 0.99) -> Line:
    words = []
    for piece in text.split(" "):
        right = left + width(piece, size)
        box = (left / WIDTH, top / HEIGHT, right / WIDTH, (top + size) / HEIGHT)
        words.append(Word(piece, box, confidence))
        left = right + size * 0.3
    return Line(tuple(words))


def page(places: Iterable[At], number: int = 1, confidence: float = 0.99) -> Page:
    lines = tuple(line(*each, confidence=confidence) for each in places)
    return Page(number, WIDTH, HEIGHT, "ocr", lines=lines)


def document(*pages: Iterable[At], language: str = "en", confidence: float = 0.99) -> Document:
    made = tuple(page(places, number, confidence) for number, places in enumerate(pages, 1))
    return Document(made, "test", language)


def text(*lines: str, language: str = "en") -> Text:
    """Lines one below the other; two blanks or more are a gap."""
    places: list[At] = []
    for at, said in enumerate(lines):
        left = 20.0
        for piece in said.split("  "):
            if piece.strip():
                places.append((left, 20.0 + 8 * at, piece.strip()))
            left += width(piece, SIZE) + 12
    return text_of(document(places, language=language))
