"""A folder tree with its findings, as nested lists that fold without a script, and as a Markdown-ready outline."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fsxap.model import SEVERITIES
from fsxap.reports.markup import Markup, join, tag
from fsxap.reports.overview import severity_label
from fsxap.reports.text import number, plain, visible

SHADES = 4
OPEN_ROWS = 40
"""A tree up to this size stands open; a larger one only where something severe lies, two levels deep."""


@dataclass(frozen=True, slots=True)
class Node:
    """One row of a tree section; `path` is empty for the sum of folders that are not shown."""

    depth: int
    name: str
    path: str
    counts: tuple[int, ...]

    @property
    def worst(self) -> str:
        return next((name for name, found in zip(SEVERITIES, self.counts, strict=True) if found), "")


def nodes(rows: Sequence[Sequence[Any]]) -> list[Node]:
    """Rows as `Section` describes them. A depth that skips a level is drawn one level down."""
    made: list[Node] = []
    for depth, name, path, *counts in rows:
        deepest = made[-1].depth + 1 if made else 0
        cells = tuple(map(int, (*counts, *[0] * len(SEVERITIES))))[: len(SEVERITIES)]
        made.append(Node(min(max(0, int(depth)), deepest), plain(name), plain(path), cells))
    return made


def heat_map(rows: Sequence[Sequence[Any]]) -> Markup:
    """Each number is shaded by how many there are; the worst severity has its shape beside the name."""
    listed = nodes(rows)
    peak = max((found for node in listed for found in node.counts), default=0)
    small = len(listed) <= OPEN_ROWS
    # Lists that are open, the outermost first, and the line each of them stands under.
    levels: list[list[Markup]] = [[]]
    lines: list[tuple[Node, Markup]] = []

    def close(depth: int) -> None:
        while len(lines) > depth:
            node, line = lines.pop()
            below = levels.pop()
            levels[-1].append(_item(node, line, below, small=small))

    for node in listed:
        close(node.depth)
        lines.append((node, _line(node, peak)))
        levels.append([])
    close(0)
    heads = join(tag("span", severity_label(name), class_="n") for name in SEVERITIES)
    head = tag("div", tag("span", "Folder"), heads, class_="node head", aria_hidden="true")
    return tag("div", head, tag("ul", join(levels[0])), class_="tree")


def _item(node: Node, line: Markup, below: list[Markup], *, small: bool) -> Markup:
    if not below:
        return tag("li", tag("div", line, class_="node"))
    severe = any(node.counts[:2]) and node.depth < 2
    summary = tag("summary", line, class_="node")
    return tag("li", tag("details", summary, tag("ul", join(below)), open=small or severe or node.depth == 0))


def _line(node: Node, peak: int) -> Markup:
    name: object = tag("code", node.name) if node.path else tag("span", node.name, class_="muted")
    if node.path.strip("/"):
        name = tag("a", name, href=f"#folder={quote(visible(node.path), safe='')}", title=node.path)
    worst = tag("span", tag("span", f"worst: {node.worst}", class_="aside"), class_=f"sev mark {node.worst}")
    cells = (_cell(severity, found, peak) for severity, found in zip(SEVERITIES, node.counts, strict=True))
    return join((tag("span", worst if node.worst else None, name, class_="name"), *cells))


def _cell(severity: str, found: int, peak: int) -> Markup:
    if not found:
        return tag("span", "·", class_="n none", aria_hidden="true")
    shade = max(1, math.ceil(SHADES * math.log1p(found) / math.log1p(peak)))
    return tag("span", number(found), class_=f"n {severity} h{shade}", title=f"{number(found)} {severity}")


def outline(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Each folder with its counts as words, nothing for none."""
    for node in nodes(rows):
        yield node, tuple(number(found) if found else "" for found in node.counts)
