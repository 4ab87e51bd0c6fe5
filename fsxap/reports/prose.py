"""The little Markdown a narrative uses, as blocks: headings, paragraphs, lists, emphasis and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "paragraph", "list", "numbers"]
Style = Literal["plain", "bold", "italic", "code"]

_HEADING = re.compile(r"#{1,6}\s+(.*)$")
_BULLET = re.compile(r"\s*[-*+]\s+(.*)$")
_NUMBERED = re.compile(r"\s*\d{1,9}[.)]\s+(.*)$")
_SPAN = re.compile(r"\*\*(?P<bold>[^*]+)\*\*|\*(?P<italic>[^*\s][^*]*)\*|`(?P<code>[^`]+)`")
_STYLES: tuple[Style, ...] = ("bold", "italic", "code")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text of one style."""

    text: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading or paragraph has one line, a list one for each entry."""

    kind: Kind
    lines: tuple[str, ...]


def blocks(text: str) -> list[Block]:
    """Neighbouring lines of one kind together; an empty line ends a block."""
    gathered: list[tuple[Kind, list[str]]] = []
    fresh = True
    for line in text.splitlines():
        if not line.strip():
            fresh = True
            continue
        kind, words = _classify(line)
        if fresh or kind == "heading" or gathered[-1][0] != kind:
            gathered.append((kind, []))
        gathered[-1][1].append(words)
        fresh = False
    return [
        Block(kind, tuple(lines) if kind in ("list", "numbers") else (" ".join(lines),)) for kind, lines in gathered
    ]


def _classify(line: str) -> tuple[Kind, str]:
    shapes: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("heading", _HEADING),
        ("list", _BULLET),
        ("numbers", _NUMBERED),
    )
    for kind, shape in shapes:
        if match := shape.match(line):
            return kind, match[1]
    return "paragraph", line.strip()


def spans(line: str) -> Iterator[Span]:
    at = 0
    for match in _SPAN.finditer(line):
        if match.start() > at:
            yield Span(line[at : match.start()])
        yield from (Span(match[style], style) for style in _STYLES if match[style])
        at = match.end()
    if at < len(line):
        yield Span(line[at:])
