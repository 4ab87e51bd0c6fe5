"""Several documents in one file: where each begins, by strong evidence, and the pages of each as a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from fsxap.documents import Box, Document, Page, overlap
from fsxap.usecases.idp.classify import SENTENCE, Kind, has_heading, is_titled
from fsxap.usecases.idp.extract import TRADE, Extraction, extract
from fsxap.usecases.idp.layout import fold, segments
from fsxap.usecases.idp.search import text_of

_COUNTED = re.compile(
    r"(?:(?<![a-z])(?:page|seite|pagina|blatt|pag|p)[\s.:]{0,3}|[ペへ]ージ\s?|頁\s?)"
    r"(?P<at>\d{1,3})\s?(?:of|von|de|sur|di|aus|/)\s?(?P<of>\d{1,3})(?!\d)"
    r"|(?<!\d)(?P<at2>\d{1,3})\s?/\s?(?P<of2>\d{1,3})\s?(?:ページ|頁)"
)
_ALONE = re.compile(r"\W{0,3}(?P<at>\d{1,3})\s?(?:of|von|/)\s?(?P<of>\d{1,3})\W{0,3}")
MARGIN = 0.08
"""Shares of a page's height where a bare "1/2" counts pages."""
HEAD = 16
"""Lines of a page in which a title or a number of its own is looked for."""
SURE = 0.7
"""Confidence from which what a single page says stands for or against a document of its own."""
ALIKE = 0.6
"""How much alike two readings of one name are, at least."""
WORDS = 11
"""Words of a shorter line that is a sentence, at least."""
START = 2
"""Pieces of evidence that together begin a document."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`starts` are the numbers of first pages, the first being 1; `doubts` pages that may begin another document."""

    starts: tuple[int, ...] = (1,)
    doubts: tuple[int, ...] = ()


@dataclass(slots=True)
class Said:
    """What the pages of one document have said so far."""

    values: dict[str, str] = field(default_factory=dict)
    kind: Kind = "other"

    def take(self, found: Extraction) -> None:
        for name, value in _values(found).items():
            self.values.setdefault(name, value)
        if self.kind == "other":
            self.kind = found.kinds.kind


def stack_of(document: Document) -> Stack:
    """Page by page: a page counted as the first, or two independent signs, begin a document; one sign is a doubt."""
    starts, doubts = [1], []
    if len(document.pages) > 1:
        said, before, sheet = Said(), (0, 0), document.pages[0]
        for page in document.pages:
            counted = _counted(page)
            looked = counted[0] == 1 or _is_other_sheet(page, sheet) or _is_candidate(page)
            alone = part_of(document, page.number, page.number) if looked else None
            found = extract(alone) if alone else None
            if page.number > 1 and counted[0] < 2:
                evidence = _evidence(said, found, page) if found else 0
                # A heading is often repeated, and a count may be an annex's: they speak only beside something else.
                more = evidence == 1 and (_is_last(before) or (alone is not None and has_heading(text_of(alone))))
                if _is_first(counted, before, found) or evidence + more >= START:
                    starts.append(page.number)
                    said = Said()
                elif evidence:
                    doubts.append(page.number)
            if found:
                said.take(found)
            before, sheet = counted, page
    return Stack(tuple(starts), tuple(doubts))


def parts(document: Document, stack: Stack) -> Iterator[tuple[int, Document]]:
    """The first page's number of each document, and its pages numbered from 1."""
    for at, first in enumerate(stack.starts):
        last = stack.starts[at + 1] - 1 if at + 1 < len(stack.starts) else len(document.pages)
        yield first, part_of(document, first, last)


def part_of(document: Document, first: int, last: int) -> Document:
    if (first, last) == (1, len(document.pages)):
        return document
    pages = tuple(replace(page, number=page.number - first + 1) for page in document.pages[first - 1 : last])
    answers = tuple(
        replace(each, page=each.page - first + 1) for each in document.answers if first <= each.page <= last
    )
    return replace(document, pages=pages, answers=answers)


def moved(found: Extraction, by: int) -> Extraction:
    """With the page numbers of the file that a part was taken from."""
    if not by:
        return found
    fields = {name: replace(each, page=each.page + by) if each.page else each for name, each in found.fields.items()}
    items = tuple(replace(each, page=each.page + by) if each.page else each for each in found.line_items)
    return replace(found, fields=fields, line_items=items)


def documents_of(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The documents of a result: those of a stack, or the one that it is."""
    return list(data.get("documents") or (data,))


def _is_candidate(page: Page) -> bool:
    """Whether a page may begin a document, without reading it closely."""
    return _is_narrow(page) or is_titled(fold(line.text).strip() for line in page.lines[:HEAD])


def _is_other_sheet(page: Page, before: Page) -> bool:
    """Sheets of one document have one size; till receipts have each their own."""
    return (
        abs(page.height - before.height) > 0.05 * before.height or abs(page.width - before.width) > 0.05 * before.width
    )


def _is_narrow(page: Page) -> bool:
    """As till receipts are, which may have no title."""
    return page.height > 1.75 * page.width


def _counted(page: Page) -> tuple[int, int]:
    """Which page of how many it says it is; zeros where it does not, or says two things."""
    found = set()
    for line in page.lines:
        text = fold(line.text)
        top, bottom = line.box[1], line.box[3]
        matches = list(_COUNTED.finditer(text))
        if (bottom < MARGIN or top > 1 - MARGIN) and (alone := _ALONE.fullmatch(text)):
            matches.append(alone)
        for match in matches:
            at, of = (int(each) for each in match.groups() if each)
            if 1 <= at <= of:
                found.add((at, of))
    return found.pop() if len(found) == 1 else (0, 0)


def _is_first(counted: tuple[int, int], before: tuple[int, int], found: Extraction | None) -> bool:
    """The first of its count, behind the last of another; or beside words that name its kind: annexes count too."""
    if counted[0] != 1:
        return False
    return _is_last(before) or (found is not None and found.kinds.kind != "other")


def _is_last(counted: tuple[int, int]) -> bool:
    return 0 < counted[0] == counted[1]


def _evidence(said: Said, found: Extraction, page: Page) -> int:
    """How many things speak for another document: its kind, number, names, and sums where sums were already said.

    What a sentence says does not: those of a contract name numbers, dates and sums of other documents. A contract that
    begins has its parties in one.
    """
    begins = found.kinds.kind == "contract" != said.kind
    long = [each.box for each in segments(page) if len(each.text) >= SENTENCE or len(each.words) >= WORDS]
    sentences = [] if begins else long
    old, new = said.values, _values(found, sentences)
    if "number" in old and old["number"] == _values(found).get("number"):
        return 0
    other_number = "number" in old and "number" in new
    other_name = "name" in old and "name" in new and SequenceMatcher(None, old["name"], new["name"]).ratio() < ALIKE
    sums_again = (
        "total" in old
        and {"total", "date"} <= set(new)
        and (old["total"], old.get("date")) != (new["total"], new["date"])
    )
    kinds = (*TRADE, "contract")
    other_kind = said.kind in kinds and found.kinds.kind in kinds and said.kind != found.kinds.kind
    return other_number + other_name + sums_again + (other_kind and found.kinds.confidence >= SURE)


def _values(found: Extraction, apart_from: Sequence[Box] = ()) -> dict[str, str]:
    names = {"number": "number", "total": "total", "issue_date": "date", "vendor": "name", "parties": "name"}
    return {
        short: re.sub(r"\W", "", fold(str(each.value)))
        for name, short in names.items()
        if (each := found.fields.get(name)) is not None
        and each.confidence >= SURE
        and not (each.box and any(overlap(each.box, box) for box in apart_from))
    }
