"""The one line a report is read for. It never sounds good when something was left unread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fsxap.model import SEVERITIES, Record, Summary
from fsxap.reports.selection import Census
from fsxap.reports.text import count, number

State = Literal["incomplete", "findings", "clean"]

PARTS: dict[str, str] = {
    "ok": "read and checked in this run",
    "unchanged": "same as in an earlier run, not read again",
    "skipped": "left out on purpose, with a reason",
    "vanished": "gone between listing and reading",
    "failed": "could not be processed",
    "missing": "listed, but without a result",
}
"""How an item can end, and what that means."""


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    headline: str
    reasons: tuple[str, ...] = ()

    def record(self) -> Record:
        return {"state": self.state, "headline": self.headline, "reasons": list(self.reasons)}


def judge(summary: Summary, census: Census) -> Verdict:
    """Incomplete before anything else, then what was found."""
    found = found_line(census)
    reasons = gaps(summary, census)
    lapsed = (lapsed_line(census),) if census.expired else ()
    if reasons:
        checked = summary.coverage.get("ok", 0) + summary.coverage.get("unchanged", 0)
        headline = "Incomplete: not everything was checked" if checked else "Incomplete: nothing was checked"
        return Verdict("incomplete", headline, (*reasons, *lapsed, f"In what was checked: {found}."))
    if census.open:
        return Verdict("findings", f"Complete, with {found}", lapsed)
    if lapsed:
        return Verdict("findings", "Complete, and all findings are waived, but not all waivers are in force", lapsed)
    waived = (f"{count(census.waived, 'finding')} waived, listed below with the reasons.",) if census.waived else ()
    return Verdict("clean", "Complete, and nothing to act on", waived)


def found_line(census: Census) -> str:
    """`239 findings to act on, the worst critical`."""
    worst = next((severity for severity in SEVERITIES if census.severities[severity]), None)
    if worst is None:
        return "no findings to act on"
    return f"{count(census.open, 'finding')} to act on, the worst {worst}"


def lapsed_line(census: Census) -> str:
    verb = "has" if census.expired == 1 else "have"
    return f"{count(census.expired, 'waiver')} {verb} expired; the next run counts what they cover."


def gaps(summary: Summary, census: Census) -> tuple[str, ...]:
    """Everything that keeps a run from being complete, one sentence each."""
    counted = sum(summary.findings.values())
    said = (
        (census.unread, f"{count(census.unread, 'place')} could not be audited (rule not-audited)."),
        (
            counted > census.open,
            f"The run counted {count(counted, 'finding')}; only {number(census.open)} came with this report.",
        ),
    )
    return *coverage_gaps(summary), *(sentence for applies, sentence in said if applies)


def coverage_gaps(summary: Summary) -> tuple[str, ...]:
    """The gaps that are known before the findings are read."""
    coverage = summary.coverage
    seen, ended = coverage.get("seen", 0), sum(coverage.get(part, 0) for part in PARTS)
    failed, missing = coverage.get("failed", 0), coverage.get("missing", 0)
    checked = coverage.get("ok", 0) + coverage.get("unchanged", 0)
    said = (
        (not summary.complete, "The run was stopped before its last item."),
        (not seen, "The source listed nothing."),
        (seen and not checked and not failed, "Every item was skipped or gone; none was read."),
        (failed, f"{count(failed, 'item')} could not be processed."),
        (missing, f"{count(missing, 'item')} listed, but without a result."),
        (seen != ended, f"Coverage does not add up: {number(seen)} seen, {number(ended)} accounted for."),
    )
    return tuple(sentence for applies, sentence in said if applies)


def coverage_line(coverage: Mapping[str, int]) -> str:
    """`380 seen = 352 ok + 20 unchanged + …`, every part written, zero or not."""
    parts = " + ".join(f"{number(coverage.get(part, 0))} {part}" for part in PARTS)
    return f"{number(coverage.get('seen', 0))} seen = {parts}"
