"""Findings as OCSF Compliance Finding events (class 2003), one JSON object a line, the coverage of the run first."""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

from fsxap.model import Finding, Record, Severity, Summary
from fsxap.reports.report import NOT_AUDITED, Report, not_checked
from fsxap.reports.text import json_line
from fsxap.reports.verdict import coverage_gaps, coverage_line
from fsxap.reports.waivers import expired, justification

VERSION = "1.3.0"
"""Of the schema: the first whose compliance findings have `resources`."""

CLASS, CREATE = 2003, 1
SEVERITY: dict[Severity, tuple[int, str]] = {
    "critical": (5, "Critical"),
    "high": (4, "High"),
    "medium": (3, "Medium"),
    "low": (2, "Low"),
    "info": (1, "Informational"),
}
PASS, WARNING, FAIL = (1, "Pass"), (2, "Warning"), (3, "Fail")
"""Of a check; a warning is one that came to no result."""

NEW, SUPPRESSED = (1, "New"), (3, "Suppressed")
CONFIDENCE = {"certain": (3, "High"), "likely": (2, "Medium"), "unknown": (0, "Unknown")}
OWN_RULES = "fsxap rules"
"""The standard of a rule that names no control; the schema wants one."""


def write_ocsf(report: Report, stream: TextIO) -> None:
    """Every finding in the order given, after one event that says what was covered: without it none looks clean."""
    stream.write(json_line(coverage_event(report)) + "\n")
    for finding in report.findings:
        stream.write(json_line(finding_event(report, finding)) + "\n")


def finding_event(report: Report, finding: Finding) -> Record:
    event = _event(report, finding.severity)
    waived = finding.waived
    in_force = waived is not None and not expired(waived, report.generated)
    event["status_id"], event["status"] = SUPPRESSED if in_force else NEW
    event["message"] = finding.message
    event["finding_info"] = {
        "uid": finding.id,
        "title": finding.rule,
        "desc": finding.message,
        "types": [finding.rule],
        "created_time": event["time"],
    }
    verdict = WARNING if finding.rule == NOT_AUDITED else FAIL
    event["compliance"] = _compliance(finding.rule, finding.controls, verdict)
    event["resources"] = [{"uid": finding.where, "name": finding.where, "type": "path"}]
    event["unmapped"] = {"subject": finding.subject, "evidence": finding.evidence}
    if finding.remediation:
        event["remediation"] = {"desc": finding.remediation}
    if (certainty := finding.evidence.get("certainty")) in CONFIDENCE:
        event["confidence_id"], event["confidence"] = CONFIDENCE[certainty]
    if waived:
        event["comment"] = justification(waived, report.generated)
        event["unmapped"] |= {"waived": {**waived.record(), "expired": not in_force}}
    return event


def coverage_event(report: Report) -> Record:
    summary = report.summary
    gaps = coverage_gaps(summary)
    event = _event(report, "medium" if gaps else "info")
    event["status_id"], event["status"] = NEW
    event["message"] = f"Coverage: {coverage_line(summary.coverage)}"
    event["finding_info"] = {
        "uid": f"{summary.use_case}/{summary.run}/coverage",
        "title": "coverage",
        "desc": event["message"],
        "types": ["coverage"],
        "created_time": event["time"],
    }
    event["compliance"] = _compliance("coverage", (), WARNING if gaps else PASS)
    if gaps:
        event["compliance"]["status_detail"] = " ".join(gaps)
    event["resources"] = [{"uid": summary.source, "name": summary.source, "type": "source"}]
    event["unmapped"] = _run(summary)
    return event


def _event(report: Report, severity: Severity) -> Record:
    """What every event has. Times are milliseconds since 1970."""
    rank, word = SEVERITY[severity]
    return {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Compliance Finding: Create",
        "severity_id": rank,
        "severity": word,
        "time": _milliseconds(report.summary.started),
        "metadata": {
            "version": VERSION,
            "product": {"name": "fsxap", "vendor_name": "fsxap", "version": report.version},
            "correlation_uid": report.summary.run,
            "logged_time": _milliseconds(report.generated),
        },
    }


def _compliance(rule: str, controls: tuple[str, ...], verdict: tuple[int, str]) -> Record:
    """The rule is the control that was checked; the controls of standards are the requirements behind it."""
    standards = list(dict.fromkeys(control.rpartition(" ")[0] or control for control in controls))
    row: Record = {
        "control": rule,
        "standards": standards or [OWN_RULES],
        "status_id": verdict[0],
        "status": verdict[1],
    }
    if controls:
        row["requirements"] = list(controls)
    return row


def _run(summary: Summary) -> Record:
    return {
        "use_case": summary.use_case,
        "complete": summary.complete,
        "coverage": summary.coverage,
        "failures": summary.failures,
        "findings": summary.findings,
        "not_checked": not_checked(summary),
    }


def _milliseconds(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)
