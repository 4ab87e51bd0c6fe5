"""Findings as CSV (RFC 4180): one summary row with the coverage, then every finding, no cell a formula."""

from __future__ import annotations

import csv
from typing import TextIO

from fsxap.cells import plain_cell
from fsxap.model import SEVERITIES, Finding, Summary
from fsxap.reports.report import Report
from fsxap.reports.text import json_line, visible
from fsxap.reports.verdict import coverage_line
from fsxap.reports.waivers import expired

COLUMNS = (
    "type",
    "severity",
    "rule",
    "where",
    "subject",
    "message",
    "evidence",
    "remediation",
    "controls",
    "waived_reason",
    "waived_until",
    "waiver_expired",
    "id",
)


def write_csv(report: Report, stream: TextIO, *, bom: bool = False) -> None:
    """Stream the findings in the order given. `bom` makes Excel read UTF-8. Open the stream with newline=""."""
    if bom:
        stream.write("\ufeff")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    writer.writerow(map(safe, summary_row(report.summary)))
    for finding in report.findings:
        writer.writerow(map(safe, finding_row(finding, report.generated)))


def safe(value: str) -> str:
    """A cell no spreadsheet computes, with invisible characters spelled out."""
    # Judged before invisible characters are spelled out: a tab begins a formula, its escape does not.
    return plain_cell(value).removesuffix(value) + visible(value)


def summary_row(summary: Summary) -> tuple[str, ...]:
    """What was covered, so that a file without findings cannot pass for a clean one."""
    found = ", ".join(f"{summary.findings.get(severity, 0)} {severity}" for severity in SEVERITIES)
    ended = "complete" if summary.complete else "stopped before its last item"
    message = f"coverage: {coverage_line(summary.coverage)}; findings: {found}; run {ended}"
    evidence = json_line({"coverage": summary.coverage, "failures": summary.failures, "complete": summary.complete})
    return ("summary", "", "", summary.source, summary.use_case, message, evidence, "", "", "", "", "", summary.run)


def finding_row(finding: Finding, today: str) -> tuple[str, ...]:
    waived = finding.waived
    return (
        "finding",
        finding.severity,
        finding.rule,
        finding.where,
        finding.subject,
        finding.message,
        json_line(finding.evidence) if finding.evidence else "",
        finding.remediation,
        "; ".join(finding.controls),
        waived.reason if waived else "",
        waived.until if waived else "",
        ("yes" if expired(waived, today) else "no") if waived else "",
        finding.id,
    )
