"""The report as GitHub-flavoured Markdown, in the order of the page; names and messages stay text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from fsxap.model import SEVERITIES, Finding, Section, Summary, Waiver
from fsxap.reports.matrix import legend, letter
from fsxap.reports.prose import Block, blocks, spans
from fsxap.reports.report import Report, facts, not_checked
from fsxap.reports.sections import CELL, ROWS, cost_rows
from fsxap.reports.selection import Census, Group, Selection, select
from fsxap.reports.text import duration, moment, number, plain, share, shorten, visible
from fsxap.reports.tree import outline
from fsxap.reports.verdict import PARTS, Verdict, coverage_line, gaps, judge
from fsxap.reports.waived_table import standing
from fsxap.reports.waivers import came_back, expired

SHOWN = 500
"""Findings listed; hosting sites stop rendering a longer page."""

MOST = 12

_SPECIAL = re.compile(r"([\\`*_\[\]|~#!$])|([<>&])|(?<=https)(:)|(?<=http)(:)|(?<=www)(\.)", re.IGNORECASE)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_OPENING = re.compile(r"^([-+=])")
_SIGNS = {"incomplete": "⚠", "findings": "◆", "clean": "✔"}


def write_markdown(report: Report, stream: TextIO, *, shown: int = SHOWN) -> None:
    """Write the page; at most `shown` findings, the most severe, and the number of the others."""
    for block in page(report, select(report.findings, shown, report.generated)):
        stream.write(block + "\n\n")


def escape(text: str) -> str:
    """Text on one line that Markdown, HTML and automatic links leave alone."""
    return _SPECIAL.sub(lambda match: _ENTITIES.get(match[0]) or f"\\{match[0]}", visible(text))


def code(text: str) -> str:
    """A code span, or escaped text where a span cannot hold it."""
    shown = visible(text)
    return f"`{shown}`" if shown.strip() and not set("`|") & set(shown) else escape(text)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Cells are Markdown already."""
    rule = ["---:" if at in right else "---" for at in range(len(columns))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows))


def page(report: Report, chosen: Selection) -> Iterator[str]:
    summary, census = report.summary, chosen.census
    verdict = judge(summary, census)
    yield f"# {escape(report.heading)}"
    yield from masthead(report)
    yield verdict_line(verdict)
    yield from coverage(summary)
    yield from at_a_glance(census)
    for part in report.sections:
        yield from chapter(part)
    if rows := facts(report):
        yield "## Facts of this run"
        yield table(("Fact", "Value"), [(code(name), _cell(value)) for name, value in rows[:ROWS]])
    yield from listing(summary.run, chosen.open, census)
    yield from waived_listing(chosen.waived, census)
    yield from usage(summary)
    yield "## What was not checked"
    said = [*gaps(summary, census), *not_checked(summary)]
    yield "\n".join(f"- {escape(line)}" for line in said) if said else "Nothing that is known of."


def masthead(report: Report) -> Iterator[str]:
    summary = report.summary
    rows = (
        ("Source", code(summary.source)),
        ("Use case", escape(summary.use_case)),
        ("Run", code(summary.run)),
        ("Started", escape(moment(summary.started))),
        ("Took", duration(summary.seconds)),
        ("Report made", escape(f"{moment(report.generated)} by fsxap {report.version}")),
    )
    yield table(("Run", ""), rows)


def verdict_line(verdict: Verdict) -> str:
    lines = [f"> {_SIGNS[verdict.state]} **{escape(verdict.headline)}**"]
    return "\n".join(lines + [f"> - {escape(reason)}" for reason in verdict.reasons])


def coverage(summary: Summary) -> Iterator[str]:
    counts, seen = summary.coverage, summary.coverage.get("seen", 0)
    yield "## Coverage"
    yield escape(coverage_line(counts))
    rows = [(part, number(counts.get(part, 0)), share(counts.get(part, 0), seen), PARTS[part]) for part in PARTS]
    yield table(("Outcome", "Items", "Share", "Meaning"), [(*map(escape, row),) for row in rows], (1, 2))
    if summary.failures:
        yield "### Failures by cause"
        ordered = sorted(summary.failures.items(), key=lambda pair: (-pair[1], pair[0]))
        yield table(("Code", "Items"), [(code(name), number(items)) for name, items in ordered], (1,))


def at_a_glance(census: Census) -> Iterator[str]:
    yield "## Findings at a glance"
    yield table(("Severity", "Findings"), [(name, number(found)) for name, found in census.severities.items()], (1,))
    for title, groups in (("Rule", census.rules()), ("Folder", census.folders())):
        if groups:
            yield groups_table(title, groups)


def groups_table(title: str, groups: Sequence[Group]) -> str:
    rows = [(code(group.name), *map(number, group.counts), number(group.total)) for group in groups[:MOST]]
    columns = (title, *SEVERITIES, "total")
    more = f"\n\n{number(len(groups) - MOST)} more are not listed." if len(groups) > MOST else ""
    return table(columns, rows, range(1, len(columns))) + more


def chapter(part: Section) -> Iterator[str]:
    yield f"## {escape(part.title)}"
    yield from (prose_block(block) for block in blocks(part.text))
    if part.rows and part.kind == "tree":
        yield tree_table(part)
    elif part.rows and part.kind == "matrix":
        yield escape(legend(part.rows))
        yield matrix_table(part)
    elif part.rows and part.kind == "image":
        yield "\n".join(f"- {_cell(row[0])}" for row in part.rows[:ROWS])
        yield "The pictures are in the HTML and JSON reports."
    elif part.rows:
        width = max(len(part.columns), *map(len, part.rows))
        columns = [escape(name) for name in part.columns] + [""] * (width - len(part.columns))
        yield table(columns, [[_cell(value) for value in row] + [""] * (width - len(row)) for row in part.rows[:ROWS]])
    elif part.kind in ("table", "tree", "matrix"):
        yield "No rows."
    if len(part.rows) > ROWS:
        yield f"{number(len(part.rows) - ROWS)} more rows are in the JSON report."
    if part.note:
        yield escape(part.note)


def tree_table(part: Section) -> str:
    """A folder below another is set in; a sum of folders that are not shown is in italics."""
    rows = []
    for node, counts in outline(part.rows[:ROWS]):
        name = code(node.name) if node.path else f"*{escape(node.name)}*"
        rows.append(("&emsp;" * node.depth + name, node.worst, *counts))
    return table(("Folder", "Worst", *SEVERITIES), rows, range(2, 2 + len(SEVERITIES)))


def matrix_table(part: Section) -> str:
    rows = [(code(plain(folder)), *(escape(letter(level)) for level in levels)) for folder, *levels in part.rows[:ROWS]]
    width = max(len(part.columns), *map(len, rows))
    heads = [escape(name) for name in part.columns] + [""] * (width - len(part.columns))
    return table(heads, [(*row, *[""] * (width - len(row))) for row in rows])


def _cell(value: Any) -> str:
    return escape(shorten(plain(value), CELL))


def prose_block(block: Block) -> str:
    """Rebuilt from its parts, so that nothing but emphasis, code and lists survives."""
    styles = {
        "plain": escape,
        "bold": lambda text: f"**{escape(text)}**",
        "italic": lambda text: f"*{escape(text)}*",
        "code": code,
    }
    lines = ["".join(styles[span.style](span.text) for span in spans(line)) for line in block.lines]
    if block.kind == "heading":
        return f"### {lines[0]}"
    if block.kind == "paragraph":
        return _OPENING.sub(r"\\\1", lines[0])
    return "\n".join(f"{'-' if block.kind == 'list' else f'{at}.'} {line}" for at, line in enumerate(lines, 1))


def listing(run: str, findings: Sequence[Finding], census: Census) -> Iterator[str]:
    yield "## Findings"
    if not census.open:
        yield "Every finding is waived; they follow below." if census.waived else "No findings were recorded."
        return
    if census.open > len(findings):
        left = census.open - len(findings)
        yield (
            f"{number(len(findings))} of {number(census.open)} findings, the most severe first; "
            f"{number(left)} are not listed. All of them are in findings.jsonl of run {code(run)}, "
            "and in the report's CSV and JSON forms."
        )
    columns = ("Severity", "Rule", "Where", "Finding", "What to do")
    yield table(columns, [finding_row(finding) for finding in findings])


def finding_row(finding: Finding) -> tuple[str, ...]:
    back = came_back(finding)
    message = escape(shorten(finding.message, CELL)) + (f" (**{escape(back)}**)" if back else "")
    return finding.severity, code(finding.rule), code(finding.where), message, escape(finding.remediation)


def waived_listing(findings: Sequence[Finding], census: Census) -> Iterator[str]:
    if not census.waived:
        return
    yield "## Waived findings"
    yield escape(standing(len(findings), census))
    rows = [waived_row(finding, finding.waived, census.today) for finding in findings if finding.waived]
    yield table(("Severity", "Rule", "Where", "Finding", "Why it is waived", "Until"), rows)


def waived_row(finding: Finding, waiver: Waiver, today: str) -> tuple[str, ...]:
    lapsed = " **expired**" if expired(waiver, today) else ""
    return *finding_row(finding)[:4], escape(shorten(waiver.reason, CELL)), escape(waiver.until) + lapsed


def usage(summary: Summary) -> Iterator[str]:
    yield "## Usage and cost"
    if summary.usage:
        yield table(
            ("Unit", "Used"), [(code(unit), number(used)) for unit, used in sorted(summary.usage.items())], (1,)
        )
    else:
        yield "No billable or scarce units were used."
    if summary.cost:
        yield table(("Cost", ""), [(escape(name), _cell(value)) for name, value in cost_rows(summary)], (1,))
    else:
        yield "No cost was computed for this run."
