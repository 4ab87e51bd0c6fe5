"""What a report is made of: a run's summary, its findings and the sections its use case wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fsxap.model import Finding, Section, Summary

SHOWN = 5_000
"""Findings a page shows at most; a browser stays quick with that many rows."""

NOT_AUDITED = "not-audited"
"""The rule of a place that could not be read."""


@dataclass(frozen=True, slots=True)
class Report:
    """`findings` is read once by each writer, so an iterator serves one report only.

    `generated` is UTC ISO 8601 and the day waivers are judged by, `version` that of fsxap, `title` the use case's
    title (its name when empty). `rules` says what a rule means, by its id, where that is known.
    """

    summary: Summary
    findings: Iterable[Finding]
    sections: Sequence[Section]
    generated: str
    version: str
    title: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)

    @property
    def heading(self) -> str:
        return self.title or self.summary.use_case


def not_checked(summary: Summary) -> tuple[str, ...]:
    """Limits the use case declares itself: the sentences in `data.not_checked`."""
    said: Any = summary.data.get("not_checked", ())
    return (said,) if isinstance(said, str) else tuple(str(line) for line in said)


def facts(report: Report) -> list[tuple[str, Any]]:
    """The use case's own data as names and values, one level of nesting spelled `outer.inner`.

    What a facts section of the report says already is left out.
    """
    told = [tuple(row) for part in report.sections if part.kind == "facts" for row in part.rows]
    rows: list[tuple[str, Any]] = []
    for name, value in report.summary.data.items():
        if name == "not_checked":
            continue
        if isinstance(value, Mapping):
            rows.extend((f"{name}.{inner}", each) for inner, each in value.items() if (inner, each) not in told)
        elif (name, value) not in told:
            rows.append((name, value))
    return rows
