"""What a page shows before its findings: verdict, coverage, failures, and where the findings are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from fsxap.model import SEVERITIES, Summary
from fsxap.reports.charts import Bar, Part, horizontal_bars, stacked_bar, verdict_icon
from fsxap.reports.markup import Markup, join, tag
from fsxap.reports.report import Report
from fsxap.reports.selection import OTHER, TOP, Census, Group
from fsxap.reports.text import count, duration, moment, number, share, visible
from fsxap.reports.verdict import PARTS, Verdict, coverage_line

MOST = 12
"""Rules and folders drawn; the table of findings has them all."""


def section(name: str, title: str, *content: object) -> Markup:
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, *content, id=name, aria_labelledby=f"{name}-title")


def table(
    columns: Sequence[object], rows: Sequence[Sequence[object]], *, numeric: frozenset[int] = frozenset()
) -> Markup:
    """Cells that hold numbers stand right; `numeric` are their columns."""

    def cells(name: str, row: Sequence[object], **attributes: str) -> Markup:
        aligned = ("num" if at in numeric else None for at in range(len(row)))
        return join(tag(name, cell, class_=side, **attributes) for cell, side in zip(row, aligned, strict=True))

    head = tag("thead", tag("tr", cells("th", columns, scope="col"))) if columns else None
    body = tag("tbody", join(tag("tr", cells("td", row)) for row in rows))
    return tag("div", tag("table", head, body), class_="scroll")


def masthead(report: Report) -> Markup:
    summary = report.summary
    rows = (
        ("Source", tag("code", summary.source)),
        ("Use case", summary.use_case),
        ("Run", tag("code", summary.run)),
        ("Started", moment(summary.started)),
        ("Took", duration(summary.seconds)),
        ("Report made", f"{moment(report.generated)} by fsxap {report.version}"),
    )
    facts = tag("dl", join(tag("div", tag("dt", name), tag("dd", value)) for name, value in rows), class_="meta")
    button = tag("button", "Dark theme", type="button", id="theme", hidden=True)
    top = tag("div", tag("p", "fsxap report", class_="eyebrow"), button, class_="bar-top")
    return tag("header", top, tag("h1", report.heading), facts)


def verdict_line(verdict: Verdict) -> Markup:
    reasons = tag("ul", join(tag("li", reason) for reason in verdict.reasons)) if verdict.reasons else None
    words = tag("div", tag("h2", verdict.headline, id="verdict-title"), reasons)
    return tag(
        "section",
        verdict_icon(verdict.state),
        words,
        id="verdict",
        class_=verdict.state,
        aria_labelledby="verdict-title",
    )


def coverage(summary: Summary) -> Iterator[Markup]:
    counts, seen = summary.coverage, summary.coverage.get("seen", 0)
    parts = tuple(Part(part, counts.get(part, 0), part) for part in PARTS)
    chart = tag("div", stacked_bar(parts, "Coverage: how every item ended"), class_="coverage-bar")
    rows = [
        (
            tag("span", part, class_=f"status {part}"),
            number(counts.get(part, 0)),
            share(counts.get(part, 0), seen),
            meaning,
        )
        for part, meaning in PARTS.items()
    ]
    rows.append((tag("strong", "seen"), tag("strong", number(seen)), "", "listed in the source"))
    legend = table(("Outcome", "Items", "Share", "Meaning"), rows, numeric=frozenset({1, 2}))
    yield section("coverage", "Coverage", tag("p", coverage_line(counts), class_="sum"), chart, legend)
    if summary.failures or counts.get("failed"):
        yield failures(summary)


def failures(summary: Summary) -> Markup:
    failed, coded = summary.coverage.get("failed", 0), sum(summary.failures.values())
    ordered = sorted(summary.failures.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [(tag("code", code), number(items)) for code, items in ordered]
    if failed > coded:
        rows.append((tag("span", "no code recorded", class_="muted"), number(failed - coded)))
    return section("failures", "Failures by cause", table(("Code", "Items"), rows, numeric=frozenset({1})))


def severity_label(severity: str) -> Markup:
    return tag("span", severity, class_=f"sev {severity}")


def at_a_glance(census: Census) -> Markup:
    """Severities, rules and folders as bars; each label filters the table below."""
    by_severity = [
        Bar(
            severity_label(name),
            (Part(name, number_, name),),
            number(number_),
            _filter("severity", name) if number_ else "",
        )
        for name, number_ in census.severities.items()
    ]
    rules, folders = census.rules(), census.folders()
    charts = [horizontal_bars(by_severity, "By severity")]
    for noun, groups, order in (("rule", rules, "most findings first"), ("folder", folders, "most severe first")):
        if groups:
            bars = [_bar(noun, group) for group in groups[:MOST]]
            charts.append(horizontal_bars(bars, _caption(noun, groups, order)))
    waived = f"{count(census.waived, 'waived finding')} not counted here." if census.waived else ""
    return section(
        "glance",
        "Findings at a glance",
        tag("div", join(tag("div", chart, class_="card") for chart in charts), class_="cards glance"),
        tag("p", waived, class_="muted") if waived else None,
    )


def _caption(noun: str, groups: Sequence[Group], order: str) -> str:
    kept = f", {MOST} of {number(len(groups))}" if len(groups) > MOST else ""
    return f"By {noun} ({order}{kept})"


def _bar(name: str, group: Group) -> Bar:
    parts = tuple(Part(severity, found, severity) for severity, found in zip(SEVERITIES, group.counts, strict=True))
    link = "" if group.name in (OTHER, TOP) else _filter(name, visible(group.name))
    return Bar(tag("code", group.name), parts, number(group.total), link)


def _filter(name: str, value: str) -> str:
    return f"#{name}={quote(value, safe='')}"
