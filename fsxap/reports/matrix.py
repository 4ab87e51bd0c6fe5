"""A matrix of folders and trustees with a letter for each level of access."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fsxap.reports.markup import Markup, join, tag
from fsxap.reports.text import plain, shorten

LETTERS: dict[str, str] = {
    "full": "F",
    "change-permissions": "P",
    "modify": "M",
    "write": "W",
    "read": "R",
    "list": "L",
    "unknown": "?",
}
"""Level of access to what stands for it, strongest first."""

CELL = 40
HEAD = 32
"""Characters of a trustee at the head of a column: a SID is told apart by its end."""


def legend(rows: Sequence[Sequence[Any]]) -> str:
    """`F full, R read`: the levels that occur."""
    found = {plain(cell) for row in rows for cell in row[1:]}
    return ", ".join(f"{letter} {word.replace('-', ' ')}" for word, letter in LETTERS.items() if word in found)


def letter(level: Any) -> str:
    """Of one cell; what is no level stays as it is."""
    word = plain(level)
    return LETTERS.get(word) or shorten(word, CELL)


def head(name: str) -> str:
    return name if len(name) <= HEAD else f"{name[: HEAD - 11]}…{name[-10:]}"


def access_matrix(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markup:
    """Rows and columns as `Section` describes them. It scrolls in a box of its own, its heads stay in sight."""
    corner = tag("th", columns[0] if columns else "", scope="col", class_="corner")
    heads = (tag("th", tag("span", head(plain(name))), scope="col", title=plain(name)) for name in columns[1:])
    body = tag("tbody", join(_row(columns, row) for row in rows))
    table = tag("table", tag("thead", tag("tr", corner, *heads)), body)
    box = tag("div", table, class_="matrix", role="region", tabindex=0, aria_label=title)
    return join((tag("p", legend(rows), class_="muted legend"), box))


def _row(columns: Sequence[str], row: Sequence[Any]) -> Markup:
    folder, *levels = row
    padded = [*levels, *[""] * (len(columns) - 1 - len(levels))]
    cells = (_cell(folder, plain(name), level) for name, level in zip(columns[1:], padded, strict=False))
    return tag("tr", tag("th", tag("code", plain(folder)), scope="row"), *cells)


def _cell(folder: Any, trustee: str, level: Any) -> Markup:
    word = plain(level)
    if not word:
        return tag("td")
    kind = word if word in LETTERS else "other"
    return tag("td", letter(word), class_=f"lv {kind}", title=f"{trustee}: {word.replace('-', ' ')} at {plain(folder)}")
