"""The table of findings, its filter, and what each finding rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fsxap.model import SEVERITIES, Finding
from fsxap.reports.markup import Markup, join, tag
from fsxap.reports.overview import severity_label
from fsxap.reports.report import Report
from fsxap.reports.sections import CELL
from fsxap.reports.selection import RANK, TOP, Census, folder
from fsxap.reports.text import number, plain, shorten, visible
from fsxap.reports.waivers import came_back

CHOICES = 300
"""Entries of a select; a longer list is quicker to type than to scroll."""

COLUMNS = (("severity", "Severity"), ("rule", "Rule"), ("where", "Where"), ("message", "Finding"))


def findings_table(report: Report, shown: Sequence[Finding], census: Census) -> Iterator[Markup]:
    """Yields pieces, so that thousands of rows are never one string."""
    yield Markup('<section id="findings" aria-labelledby="findings-title">')
    yield tag("h2", "Findings", id="findings-title")
    if not census.open:
        said = "Every finding is waived; they follow below." if census.waived else "No findings were recorded."
        yield tag("p", said, class_="muted")
    else:
        if census.open > len(shown):
            yield tag("p", overflow(report.summary.run, len(shown), census.open), class_="notice")
        yield controls(shown)
        said = f"Showing {number(len(shown))} of {number(census.open)}"
        yield tag("p", said, id="shown", role="status", data_all=census.open)
        yield Markup('<table id="list">')
        yield tag("caption", "Findings, most severe first", class_="aside")
        yield tag("thead", tag("tr", join(_column(name, title) for name, title in COLUMNS)))
        for at, finding in enumerate(shown):
            yield row(at, finding)
            yield Markup("\n")
        yield Markup("</table>")
        yield tag("p", "No finding matches this filter.", id="none", class_="muted", hidden=True)
    yield Markup("</section>")


def overflow(run: str, shown: int, total: int) -> str:
    return (
        f"{number(shown)} of {number(total)} findings are shown, the most severe first; "
        f"{number(total - shown)} are not. All of them are in findings.jsonl of run {visible(run)}, "
        "and in the report's CSV and JSON forms."
    )


def _column(name: str, title: str) -> Markup:
    return tag(
        "th", title, scope="col", data_sort=name, class_=name, aria_sort="ascending" if name == "severity" else None
    )


def row(at: int, finding: Finding) -> Markup:
    """Two table rows in a body of their own: the line, and its details, which a script folds away."""
    back = came_back(finding)
    chip = tag("span", back, class_="chip expired") if back else None
    line = tag(
        "tr",
        tag("td", severity_label(finding.severity), class_="severity"),
        tag("td", tag("code", finding.rule), class_="rule"),
        tag("td", tag("code", finding.where), class_="where"),
        tag("td", shorten(visible(finding.message), CELL), chip, class_="message"),
        class_="line",
    )
    more = tag("tr", tag("td", details(finding), colspan=len(COLUMNS)), class_="more", id=f"d{at}")
    return tag(
        "tbody",
        line,
        more,
        id=f"f-{finding.id}",
        data_severity=finding.severity,
        data_rank=RANK[finding.severity],
    )


def details(finding: Finding) -> Markup:
    evidence = tag("dl", join(_pair(name, value) for name, value in finding.evidence.items()), class_="evidence")
    about: list[tuple[str, Any]] = [("Subject", finding.subject), ("Controls", ", ".join(finding.controls))]
    if finding.waived:
        about += [("Waived because", finding.waived.reason), ("Waived until", finding.waived.until)]
    about.append(("Finding id", finding.id))
    facts = tag("dl", join(_pair(name, value) for name, value in about if value), class_="about")
    return join(
        (
            tag("p", tag("strong", "What to do: "), finding.remediation) if finding.remediation else None,
            tag("h3", "Evidence") if finding.evidence else None,
            evidence if finding.evidence else None,
            facts,
        )
    )


def _pair(name: str, value: Any) -> Markup:
    return tag("div", tag("dt", plain(name)), tag("dd", shorten(plain(value), CELL)))


def controls(shown: Sequence[Finding]) -> Markup:
    """Hidden until the script, which alone can make them work, shows them."""
    found = {severity: sum(finding.severity == severity for finding in shown) for severity in SEVERITIES}
    toggles = join(
        tag("button", severity_label(name), " ", tag("span", number(found[name]), class_="n"), **_toggle(name))
        for name in SEVERITIES
    )
    rules = sorted({visible(finding.rule) for finding in shown})
    fields = (
        tag("fieldset", tag("legend", "Severity"), toggles),
        _field("Rule", _select("rule", "All rules", rules)),
        _field("Folder", _select("folder", "All folders", _folders(shown))),
        _field("Path contains", tag("input", type="search", name="path", autocomplete="off", spellcheck="false")),
        _field("Text", tag("input", type="search", name="text", autocomplete="off", spellcheck="false")),
        tag("button", "Clear filter", type="reset", class_="reset"),
    )
    return tag("form", *fields, id="filter", hidden=True, role="search", aria_label="Filter findings")


def _toggle(severity: str) -> dict[str, object]:
    return {"type": "button", "class_": "toggle", "data_severity": severity, "aria_pressed": "false"}


def _field(title: str, control: Markup) -> Markup:
    return tag("label", tag("span", title), control)


def _select(name: str, everything: str, choices: Sequence[str]) -> Markup:
    options = join(tag("option", choice) for choice in choices[:CHOICES])
    return tag("select", tag("option", everything, value=""), options, name=name)


def _folders(shown: Sequence[Finding]) -> list[str]:
    """The first level and the second, each once."""
    names: set[str] = set()
    for finding in shown:
        name = folder(finding.where)
        if name != TOP:
            names.update((visible(name), visible(name.rpartition("/")[0] or name)))
    return sorted(names)
