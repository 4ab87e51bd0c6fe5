"""A page of sections without a run behind it, such as an estimate: one file, no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from fsxap.model import Section
from fsxap.reports.html import head
from fsxap.reports.markup import Markup, tag
from fsxap.reports.sections import chapter


def write_sheet(title: str, subtitle: str, sections: Sequence[Section], version: str, stream: TextIO) -> None:
    """Write the page to a text stream opened as UTF-8 with newline=""."""
    for piece in _page(title, subtitle, sections, version):
        stream.write(piece)


def _page(title: str, subtitle: str, sections: Sequence[Section], version: str) -> Iterator[Markup]:
    yield Markup('<!DOCTYPE html>\n<html lang="en">')
    yield head(title)
    yield Markup("<body>\n<main>")
    yield tag("header", tag("h1", title), tag("p", subtitle, class_="muted"))
    yield from (chapter(at, part) for at, part in enumerate(sections, 1))
    yield Markup("</main>")
    made = f"Made by fsxap {version}. This page loads nothing from any network."
    yield tag("footer", tag("p", made, class_="muted"))
    yield Markup("</body></html>\n")
