"""Small reports to vary, and a reader of the HTML that comes out."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from fsxap.model import Finding, Section, Summary
from fsxap.reports import Report, render

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></script><b>",
    "'-alert(1)-'",
    "<!-- x -->",
    "&lt;script&gt;",
    "evil\u202egpj.exe",
    "bell\x07esc\x1b[31mred",
    "half\ud800pair",
    "new\nline\r\ttab",
    "[link](javascript:alert(1)) ![i](http://x.example/p.png)",
    "`code` **bold** | pipe \\| end\\",
    '=HYPERLINK("http://x.example")',
    "{{7*7}} ${7*7} %s {0}",
    "\ufeffzero\u200bwidth\U000e0041tag",
)

COMPLETE = {"seen": 10, "ok": 7, "unchanged": 2, "skipped": 1, "vanished": 0, "failed": 0, "missing": 0}


def summary(**changes: Any) -> Summary:
    plain = Summary("legal-compliance", "run-1", "s3://corp", "2025-03-01T08:00:00Z", 61.5, COMPLETE, {"high": 0})
    return replace(plain, **changes)


def coverage(**changes: int) -> dict[str, int]:
    """COMPLETE with changes, `seen` made to fit."""
    parts = {name: number for name, number in (COMPLETE | changes).items() if name != "seen"}
    return {"seen": sum(parts.values()), **parts}


def finding(**changes: Any) -> Finding:
    return replace(Finding("open-access-read", "medium", "Everyone can read", "/corp/hr/reviews"), **changes)


def report(findings: Iterable[Finding] = (), /, *sections: Section, **changes: Any) -> Report:
    return Report(summary(**changes), findings, sections, "2025-03-01T09:00:00Z", "0.1.0")


def text(format: str, made: Report) -> str:
    stream = io.StringIO(newline="")
    render(format, made, stream)
    return stream.getvalue()


class Structure(HTMLParser):
    """Elements with their attributes, text apart from what is in style and script, and those two's own text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.inline: dict[str, str] = {}
        self._open = ""
        self.comments = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_comment(self, data: str) -> None:
        self.comments += 1

    def handle_data(self, data: str) -> None:
        if self._open in ("style", "script"):
            self.inline[self._open] = self.inline.get(self._open, "") + data
        else:
            self.words.append(data)

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(name, tuple(attributes)) for name, attributes in self.elements]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.elements if "id" in attributes]
