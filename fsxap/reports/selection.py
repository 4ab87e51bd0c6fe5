"""What a page needs to know about any number of findings, in constant memory: counts, and the most severe."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fsxap.model import SEVERITIES, Finding, Severity
from fsxap.reports.report import NOT_AUDITED
from fsxap.reports.waivers import expired

GROUPS = 10_000
"""Distinct rules or folders counted by name; what comes after is counted together."""

OTHER = "(other)"
TOP = "(top level)"
RANK: dict[Severity, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}


@dataclass(frozen=True, slots=True)
class Group:
    """Findings to act on that share a rule or a folder; `counts` in the order of SEVERITIES."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


class Census:
    """Running counts of findings. `unread` are places that could not be audited, waived or not.

    `expired` counts the waived ones whose waiver does not cover `today`, an ISO date or time.
    """

    def __init__(self, today: str) -> None:
        self.today = today
        self.total = 0
        self.waived = 0
        self.expired = 0
        self.unread = 0
        self.severities: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)
        self._rules: dict[str, list[int]] = {}
        self._folders: dict[str, list[int]] = {}

    @property
    def open(self) -> int:
        return self.total - self.waived

    def add(self, finding: Finding) -> None:
        self.total += 1
        self.unread += finding.rule == NOT_AUDITED
        if finding.waived:
            self.waived += 1
            self.expired += expired(finding.waived, self.today)
            return
        self.severities[finding.severity] += 1
        rank = RANK[finding.severity]
        _bounded(self._rules, finding.rule)[rank] += 1
        _bounded(self._folders, folder(finding.where))[rank] += 1

    def watch(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The same findings, counted as they pass."""
        for finding in findings:
            self.add(finding)
            yield finding

    def rules(self) -> list[Group]:
        """Most findings first."""
        return sorted(_groups(self._rules), key=lambda group: (-group.total, group.name))

    def folders(self) -> list[Group]:
        """Most severe first: one critical finding outranks any number of lesser ones."""
        return sorted(_groups(self._folders), key=lambda group: ([-number for number in group.counts], group.name))


def _bounded(groups: dict[str, list[int]], name: str) -> list[int]:
    if name not in groups and len(groups) >= GROUPS:
        name = OTHER
    return groups.setdefault(name, [0] * len(SEVERITIES))


def _groups(counted: dict[str, list[int]]) -> Iterator[Group]:
    return (Group(name, tuple(counts)) for name, counts in counted.items())


def folder(where: str) -> str:
    """The first two levels. A namespace path may be a folder itself; a key never is, so its last part is left off."""
    if where.startswith("/"):
        return "/".join(where.rstrip("/").split("/", 3)[:3]) or "/"
    return "/".join(where.split("/")[:-1][:2]) or TOP


@dataclass(frozen=True, slots=True)
class Selection:
    """The findings a page shows: `open` to act on, and `waived`; `census` has counted all there are."""

    open: list[Finding]
    waived: list[Finding]
    census: Census


def select(findings: Iterable[Finding], limit: int, today: str) -> Selection:
    """The first `limit` of each kind by severity, then path; expired waivers before those in force."""
    census, waived = Census(today), list[Finding]()

    def set_apart() -> Iterator[Finding]:
        for finding in census.watch(findings):
            if finding.waived is None:
                yield finding
                continue
            waived.append(finding)
            if len(waived) > 2 * max(1, limit):
                waived[:] = heapq.nsmallest(limit, waived, key=order)

    def order(finding: Finding) -> tuple[bool, int, str, str, str]:
        lapsed = finding.waived is not None and expired(finding.waived, today)
        return not lapsed, *_order(finding)

    # nsmallest(0) would not even look, and nothing would be counted.
    shown = heapq.nsmallest(max(1, limit), set_apart(), key=_order)[:limit]
    return Selection(shown, heapq.nsmallest(limit, waived, key=order), census)


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return RANK[finding.severity], finding.where, finding.rule, finding.subject
