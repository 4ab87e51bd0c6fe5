"""A use case's own sections, the run's facts, usage and cost, as HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from fsxap.model import Section, Summary
from fsxap.reports.charts import Bar, Part, horizontal_bars, sparkline
from fsxap.reports.markup import Markup, join, tag
from fsxap.reports.matrix import access_matrix
from fsxap.reports.overview import section, table
from fsxap.reports.pictures import gallery
from fsxap.reports.prose import Block, blocks, spans
from fsxap.reports.report import Report, facts
from fsxap.reports.text import number, plain, shorten
from fsxap.reports.tree import heat_map

ROWS = 1_000
CELL = 2_000
"""Rows of a section and characters of a value that a page shows; it says what it leaves out."""

FIGURE = 18
"""Characters beside a bar; more would push the page wide on a telephone."""

_AMOUNT = re.compile(r"-?\d+\.\d+", re.ASCII)
_MARKS = {"bold": "strong", "italic": "em", "code": "code"}


def chapter(at: int, part: Section) -> Markup:
    """One section; `at` makes its id unique."""
    note = tag("p", part.note, class_="muted") if part.note else None
    prose = join(prose_block(block) for block in blocks(part.text))
    body: Markup | None = None
    if part.kind == "facts":
        body = fact_list(part.rows[:ROWS])
    elif part.kind == "bars":
        body = horizontal_bars([_bar(row) for row in part.rows[:ROWS]], part.title, _heads(part.columns))
    elif part.kind == "table":
        body = data_table(part.columns, part.rows[:ROWS]) if part.rows else tag("p", "No rows.", class_="muted")
    elif part.kind == "tree":
        body = heat_map(part.rows[:ROWS]) if part.rows else tag("p", "No findings in any folder.", class_="muted")
    elif part.kind == "matrix":
        matrix = access_matrix(part.title, part.columns, part.rows[:ROWS])
        body = matrix if part.rows else tag("p", "No access to show.", class_="muted")
    elif part.kind == "image":
        body = gallery(part.rows[:ROWS]) if part.rows else tag("p", "No pictures.", class_="muted")
    cut = f"{number(len(part.rows) - ROWS)} more rows are in the JSON report." if len(part.rows) > ROWS else ""
    return section(f"section-{at}", part.title, prose, body, tag("p", cut, class_="muted") if cut else None, note)


def _heads(columns: Sequence[str]) -> tuple[str, str]:
    return columns[0] if columns else "", columns[1] if len(columns) > 1 else ""


def _bar(row: Sequence[Any]) -> Bar:
    """A row of bars is a label and its number; further cells stand beside the number."""
    return Bar(plain(row[0]), (Part(plain(row[0]), _length(row[1] if len(row) > 1 else None)),), _figure(row[1:]))


def _figure(cells: Sequence[Any]) -> str:
    text = " · ".join(map(plain, cells))
    return text if len(text) <= FIGURE else f"{text[: FIGURE - 1]}…"


def _length(value: Any) -> float:
    # Exact decimals come back from a stored run as strings.
    try:
        length = float(value)
    except (TypeError, ValueError):
        return 0.0
    return length if math.isfinite(length) and length > 0 else 0.0


def prose_block(block: Block) -> Markup:
    lines = [
        join(tag(_MARKS[span.style], span.text) if span.style in _MARKS else span.text for span in spans(line))
        for line in block.lines
    ]
    if block.kind == "heading":
        return tag("h3", lines[0])
    if block.kind == "paragraph":
        return tag("p", lines[0])
    return tag("ul" if block.kind == "list" else "ol", join(tag("li", line) for line in lines))


def data_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markup:
    """A column whose every value is a number stands right."""
    width = max((len(columns), *(len(row) for row in rows)))
    padded = [(*row, *[None] * (width - len(row))) for row in rows]
    numeric = frozenset(at for at in range(width) if all(_is_number(row[at]) or _is_amount(row[at]) for row in padded))
    heads = (*columns, *[""] * (width - len(columns)))
    return table(heads, [[cell(value) for value in row] for row in padded], numeric=numeric)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _is_amount(value: Any) -> bool:
    """Money is a decimal string; one without a point may be a code."""
    return isinstance(value, str) and _AMOUNT.fullmatch(value) is not None


def cell(value: Any) -> object:
    """A series of numbers becomes a sparkline, everything else one line of text."""
    if (
        isinstance(value, list | tuple)
        and len(value) > 2
        and all(_is_number(point) and point is not None for point in value)
    ):
        return sparkline([float(point) for point in value], shorten(plain(value), 80))
    return shorten(plain(value), CELL)


def fact_list(rows: Iterable[Sequence[Any]]) -> Markup:
    pairs = ((row[0], plain(row[1] if len(row) == 2 else row[1:])) for row in rows)
    return tag(
        "dl",
        join(tag("div", tag("dt", plain(name)), tag("dd", shorten(value, CELL))) for name, value in pairs),
        class_="facts",
    )


def run_facts(report: Report) -> Markup | None:
    rows = facts(report)
    return section("facts", "Facts of this run", fact_list(rows[:ROWS])) if rows else None


def usage(summary: Summary) -> Markup:
    """Units consumed and what they cost, or that there is no cost."""
    units = [(tag("code", unit), number(used)) for unit, used in sorted(summary.usage.items())]
    spent = (
        table(("Unit", "Used"), units, numeric=frozenset({1}))
        if units
        else tag("p", "No billable or scarce units were used.", class_="muted")
    )
    cost = (
        table((), [(name, plain(value)) for name, value in cost_rows(summary)], numeric=frozenset({1}))
        if summary.cost
        else tag("p", "No cost was computed for this run.", class_="muted")
    )
    return section("usage", "Usage and cost", tag("div", tag("div", spent), tag("div", cost), class_="cards"))


COST_NAMES = {"usd": "Estimate (USD)", "low": "Low (USD)", "high": "High (USD)", "prices_dated": "Prices of"}


def cost_rows(summary: Summary) -> list[tuple[str, str]]:
    """Known names first, in words; the rest as they are."""
    named = [(words, summary.cost[name]) for name, words in COST_NAMES.items() if name in summary.cost]
    return named + [(name, value) for name, value in summary.cost.items() if name not in COST_NAMES]
