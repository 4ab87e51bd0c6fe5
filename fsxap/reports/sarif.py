"""Findings as SARIF 2.1.0, streamed; a run that is not complete says so in its invocation."""

from __future__ import annotations

import re
from typing import TextIO
from urllib.parse import quote

from fsxap.model import Finding, Record, Severity
from fsxap.reports.report import Report, not_checked
from fsxap.reports.selection import RANK, Census
from fsxap.reports.text import count, json_line, visible
from fsxap.reports.verdict import coverage_line, gaps
from fsxap.reports.waivers import expired, justification

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "https://github.com/fsxap/fsxap"
LEVELS: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
"""`security-severity`, from which code-scanning services take their own words: >9 critical, 7 high, 4 medium."""


def write_sarif(report: Report, stream: TextIO) -> None:
    """Results first, in the order given; what describes them all follows, when all have been seen."""
    census, rules = Census(report.generated), dict[str, Finding]()
    stream.write(f'{{"$schema":"{SCHEMA}","version":"2.1.0","runs":[{{"columnKind":"unicodeCodePoints","results":[')
    for at, finding in enumerate(census.watch(report.findings)):
        known = rules.setdefault(finding.rule, finding)
        if RANK[finding.severity] < RANK[known.severity]:
            rules[finding.rule] = finding
        stream.write(f"{',' if at else ''}\n{json_line(result(finding, report.generated))}")
    stream.write(f'],\n"invocations":[{json_line(invocation(report, census))}],\n')
    stream.write(f'"automationDetails":{json_line({"id": f"{report.summary.use_case}/{report.summary.run}"})},\n')
    driver = {
        "name": "fsxap",
        "version": report.version,
        "informationUri": HOME,
        "rules": [rule(worst, report.rules.get(name, "")) for name, worst in sorted(rules.items())],
    }
    stream.write(f'"tool":{json_line({"driver": driver})}}}]}}\n')


def result(finding: Finding, today: str) -> Record:
    """The path stands twice: as a URI for services, and exactly as stored.

    A suppression that is not accepted suppresses nothing: that of an expired waiver is under review again.
    """
    location: Record = {"logicalLocations": [{"fullyQualifiedName": finding.where, "kind": "resource"}]}
    if uri := quote(visible(finding.where).lstrip("/")):
        location["physicalLocation"] = {"artifactLocation": {"uri": uri}}
    row: Record = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": literal(finding.message)},
        "locations": [location],
        "partialFingerprints": {"fsxap/v1": finding.id},
        "properties": {
            "severity": finding.severity,
            "subject": finding.subject,
            "evidence": finding.evidence,
            "remediation": finding.remediation,
        },
    }
    if finding.waived:
        status = "underReview" if expired(finding.waived, today) else "accepted"
        reason = justification(finding.waived, today)
        row["suppressions"] = [{"kind": "external", "status": status, "justification": reason}]
    return row


def literal(text: str) -> str:
    """A message that stays text: a viewer would turn {0} into an argument and [a](b) into a link."""
    if re.search(r"\{\d+\}", text):
        text = text.replace("{", "{{").replace("}", "}}")
    return re.sub(r"([\\\[\]])", r"\\\1", text) if "](" in text else text


def rule(worst: Finding, meaning: str) -> Record:
    """A rule as its most severe finding shows it, which is also its description where its meaning is not known."""
    name = worst.rule.replace("-", " ").strip() or worst.rule
    row: Record = {
        "id": worst.rule,
        "shortDescription": {"text": literal(f"{name[:1].upper()}{name[1:]}.")},
        "fullDescription": {"text": literal(meaning or f"For example: {worst.message}")},
        "help": {"text": worst.remediation or "See the evidence of each finding."},
        "defaultConfiguration": {"level": LEVELS[worst.severity]},
        "properties": {
            "security-severity": SCORES[worst.severity],
            "tags": list(dict.fromkeys(("security", *worst.controls))),
        },
    }
    return row


def invocation(report: Report, census: Census) -> Record:
    """Coverage as notifications: an error for each gap, a note for what was never in reach."""
    missing = gaps(report.summary, census)
    failures = report.summary.failures.items()
    said = [notification("note", f"Coverage: {coverage_line(report.summary.coverage)}")]
    said += [notification("error", sentence) for sentence in missing]
    said += [notification("error", f"{count(items, 'item')} failed: {code}.", code) for code, items in failures]
    said += [notification("note", f"Not checked: {sentence}") for sentence in not_checked(report.summary)]
    return {
        "executionSuccessful": not missing,
        "startTimeUtc": report.summary.started,
        "toolExecutionNotifications": said,
        "properties": {"coverage": report.summary.coverage, "failures": report.summary.failures},
    }


def notification(level: str, text: str, code: str = "") -> Record:
    row: Record = {"level": level, "message": {"text": literal(text)}}
    if code:
        row["descriptor"] = {"id": code}
    return row
