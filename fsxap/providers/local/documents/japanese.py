"""Japanese print that the model, which learned Chinese as well, read in the Chinese forms of its characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

from fsxap.documents import Line, Page


def in_japanese(page: Page) -> Page:
    """The page with the Japanese forms of characters that Japanese does not write."""
    if page.source != "ocr":
        return page
    return replace(page, lines=tuple(_line(line) for line in page.lines))


def _line(line: Line) -> Line:
    return Line(tuple(replace(word, text=word.text.translate(_forms())) for word in line.words))


@cache
def _forms() -> Mapping[int, str]:
    listed = files("fsxap.providers.local").joinpath("data/japanese_forms.txt").read_text(encoding="utf-8")
    return {ord(pair[0]): pair[1] for pair in listed.split()}
