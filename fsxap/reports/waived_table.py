"""The section of waived findings: what was accepted, why, until when, and which waivers have run out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fsxap.model import Finding, Waiver
from fsxap.reports.findings_table import details
from fsxap.reports.markup import Markup, tag
from fsxap.reports.overview import severity_label
from fsxap.reports.sections import CELL
from fsxap.reports.selection import Census
from fsxap.reports.text import count, number, shorten, visible
from fsxap.reports.waivers import expired


def waived_table(shown: Sequence[Finding], census: Census) -> Iterator[Markup]:
    """Yields pieces; nothing when no finding is waived."""
    if not census.waived:
        return
    yield Markup('<section id="waived" aria-labelledby="waived-title">')
    yield tag("h2", "Waived findings", id="waived-title")
    yield tag("p", standing(len(shown), census), class_="notice" if census.expired else "muted")
    yield Markup('<table id="waivers">')
    yield tag("caption", "Waived findings, expired waivers first", class_="aside")
    heads = (tag("th", name, scope="col") for name in ("Finding", "Why it is waived", "Until"))
    yield tag("thead", tag("tr", *heads))
    yield Markup("<tbody>")
    for finding in shown:
        if finding.waived:
            yield _row(finding, finding.waived, census.today)
    yield Markup("</tbody></table></section>")


def standing(shown: int, census: Census) -> str:
    """How many there are, and whether they are all still covered."""
    said = f"{count(census.waived, 'finding')} accepted on purpose and not counted above."
    if census.expired:
        verb = "is" if census.expired == 1 else "are"
        said += f" {number(census.expired)} of the waivers {verb} expired or undated: renew or fix."
    if shown < census.waived:
        said += f" {number(shown)} are shown; all are in the CSV and JSON forms."
    return said


def _row(finding: Finding, waiver: Waiver, today: str) -> Markup:
    facts = tag("details", tag("summary", "Evidence"), details(finding))
    what = (
        tag("p", severity_label(finding.severity), " ", tag("code", finding.rule), class_="kind"),
        tag("p", tag("code", finding.where)),
        tag("p", shorten(visible(finding.message), CELL)),
        facts,
    )
    lapsed = tag("span", "expired", class_="chip expired") if expired(waiver, today) else None
    cells = (
        tag("td", *what),
        tag("td", shorten(visible(waiver.reason), CELL), class_="reason"),
        tag("td", tag("span", waiver.until, class_="date"), lapsed, class_="until"),
    )
    return tag("tr", *cells, id=f"f-{finding.id}")
