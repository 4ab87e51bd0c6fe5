"""Pictures of a section: PNG files inside the page as data, each with its caption."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from fsxap.reports.markup import Markup, join, tag
from fsxap.reports.text import plain

LARGEST = 400_000
ALTOGETHER = 8_000_000
"""Characters of one picture and of all that one section shows: a page should open at once."""

_PNG = re.compile(r"data:image/png;base64,iVBORw0KGgo[A-Za-z0-9+/]+={0,2}", re.ASCII)
"""Only what begins with PNG's signature: other kinds of pictures may carry script."""


def gallery(rows: Sequence[Sequence[Any]]) -> Markup:
    """Figures in their order; where a picture cannot be shown, its caption says so."""
    figures = []
    for caption, picture, reason in shown(rows):
        body = tag("img", src=picture, alt=caption) if picture else tag("p", reason, class_="muted")
        figures.append(tag("figure", body, tag("figcaption", caption)))
    return tag("div", join(figures), class_="gallery")


def shown(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, str, str]]:
    """Caption, data URI and, where that is empty, why."""
    room = ALTOGETHER
    for caption, *rest in rows:
        picture = str(rest[0]) if rest and rest[0] else ""
        if not picture:
            yield plain(caption), "", "No picture."
        elif len(picture) > LARGEST or len(picture) > room:
            yield plain(caption), "", "The picture is too large for this page."
        elif not _PNG.fullmatch(picture):
            yield plain(caption), "", "The picture is not a PNG file."
        else:
            room -= len(picture)
            yield plain(caption), picture, ""
