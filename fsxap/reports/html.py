"""The HTML page: one file, no network, coverage before findings, useful without its script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib import resources
from typing import TextIO

from fsxap.reports.findings_table import findings_table
from fsxap.reports.markup import Markup, inline, join, tag
from fsxap.reports.overview import at_a_glance, coverage, masthead, section, verdict_line
from fsxap.reports.report import SHOWN, Report, not_checked
from fsxap.reports.sections import chapter, run_facts, usage
from fsxap.reports.selection import Census, select
from fsxap.reports.text import count
from fsxap.reports.verdict import gaps, judge
from fsxap.reports.waived_table import waived_table


def write_html(report: Report, stream: TextIO, *, shown: int = SHOWN) -> None:
    """Write the page; at most `shown` findings, the most severe, and the number of the others."""
    for piece in page(report, shown):
        stream.write(piece)


def page(report: Report, shown: int = SHOWN) -> Iterator[Markup]:
    chosen = select(report.findings, shown, report.generated)
    census = chosen.census
    verdict = judge(report.summary, census)
    yield Markup('<!DOCTYPE html>\n<html lang="en">')
    yield head(f"{report.heading}: {verdict.headline}")
    yield Markup("<body>")
    yield tag("a", "Skip to findings", href="#findings", class_="skip")
    yield Markup("<main>")
    yield masthead(report)
    yield verdict_line(verdict)
    yield from coverage(report.summary)
    yield at_a_glance(census)
    yield from (chapter(at, part) for at, part in enumerate(report.sections, 1))
    if (data := run_facts(report)) is not None:
        yield data
    yield from findings_table(report, chosen.open, census)
    yield from waived_table(chosen.waived, census)
    yield usage(report.summary)
    yield Markup("</main>")
    yield footer(report, census)
    yield Markup("</body></html>\n")


def head(title: str) -> Markup:
    style, script = asset("report.css"), asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{fingerprint(style)}'; script-src '{fingerprint(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        inline("style", style),
        inline("script", script),
    )


def asset(name: str) -> str:
    # A browser hashes what its parser hands on, and the parser turns CRLF into LF.
    return (resources.files("fsxap.reports") / "assets" / name).read_text("utf-8").replace("\r\n", "\n")


def fingerprint(text: str) -> str:
    """A Content-Security-Policy source for one inline element."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def footer(report: Report, census: Census) -> Markup:
    said = [*unchecked(report, census), *not_checked(report.summary)]
    lines = tag("ul", join(tag("li", line) for line in said)) if said else tag("p", "Nothing that is known of.")
    made = tag("p", f"Made by fsxap {report.version}. This page loads nothing from any network.", class_="muted")
    return tag("footer", section("not-checked", "What was not checked", lines), made)


def unchecked(report: Report, census: Census) -> Iterator[str]:
    """Gaps of this run, and what it left alone on purpose."""
    yield from gaps(report.summary, census)
    for part, words in (("skipped", "left out on purpose"), ("vanished", "gone before it could be read")):
        if number := report.summary.coverage.get(part, 0):
            yield f"{count(number, 'item')} {words} ({part})."
