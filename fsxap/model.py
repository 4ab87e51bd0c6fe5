"""The nouns every layer speaks: items, findings, results, runs and their summaries, with JSON in and out.

Field names are the record fields of docs/records.md. Values are frozen; `record()` gives the JSON object with its
`type`, `from_record()` reads it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from fsxap.jsontext import digest as digest
from fsxap.jsontext import dumps as dumps
from fsxap.jsontext import now as now
from fsxap.jsontext import timestamp as timestamp

Record = dict[str, Any]
Status = Literal["ok", "skipped", "unchanged", "vanished", "failed"]
Severity = Literal["critical", "high", "medium", "low", "info"]

STATUSES: tuple[Status, ...] = ("ok", "unchanged", "skipped", "vanished", "failed")
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
FORMAT = 1
"""Version of what is stored in the state folder; a reader refuses a newer one."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to work on.

    `key` is relative to the source's root, exactly as stored. `size` in bytes. `modified` UTC ISO 8601.
    `version` changes when the content does: an ETag, or mtime-ns and size for a folder. `attrs` is what a use
    case's own discovery knows about the item and its processing needs.
    """

    key: str
    size: int = 0
    modified: str = ""
    version: str = ""
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def record(self) -> Record:
        row: Record = {
            "type": "item",
            "key": self.key,
            "size": self.size,
            "modified": self.modified,
            "version": self.version,
        }
        if self.attrs:
            row["attrs"] = dict(self.attrs)
        return row

    @classmethod
    def from_record(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            row["key"], row.get("size", 0), row.get("modified", ""), row.get("version", ""), row.get("attrs") or {}
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not end well; `code` groups, `message` explains."""

    code: str
    message: str
    retryable: bool = False

    def record(self) -> Record:
        return {"code": self.code, "message": self.message, "retryable": self.retryable}


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A place in a listing that could not be read, or an entry that is never followed. It is counted, never dropped."""

    key: str
    failure: Failure
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why a finding is accepted, through which day, and who answers for it."""

    reason: str
    until: str
    owner: str = ""

    def record(self) -> Record:
        row = {"reason": self.reason, "until": self.until}
        return row | {"owner": self.owner} if self.owner else row


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact worth acting on. `subject` tells apart findings of one rule at one place (a trustee, a sensor)."""

    rule: str
    severity: Severity
    message: str
    where: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remediation: str = ""
    subject: str = ""
    controls: tuple[str, ...] = ()
    waived: Waiver | None = None

    @property
    def id(self) -> str:
        """Stable across runs for the same fact."""
        return digest(self.rule, self.where, self.subject)

    def record(self) -> Record:
        row: Record = {
            "type": "finding",
            "id": self.id,
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "where": self.where,
            "evidence": dict(self.evidence),
            "remediation": self.remediation,
        }
        if self.subject:
            row["subject"] = self.subject
        if self.controls:
            row["controls"] = list(self.controls)
        if self.waived:
            row["waived"] = self.waived.record()
        return row

    @classmethod
    def from_record(cls, row: Mapping[str, Any]) -> Self:
        waived, severity = row.get("waived"), row["severity"]
        if severity not in SEVERITIES:
            raise ValueError(f"no severity: {severity!r}")
        return cls(
            row["rule"],
            severity,
            row["message"],
            row["where"],
            row.get("evidence") or {},
            row.get("remediation", ""),
            row.get("subject", ""),
            tuple(row.get("controls", ())),
            Waiver(waived["reason"], waived["until"], waived.get("owner", "")) if waived else None,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item. `usage` counts billable or scarce units; `outputs` are locations written."""

    item: Item
    status: Status
    data: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    usage: Mapping[str, int] = field(default_factory=dict)
    error: Failure | None = None
    seconds: float = 0.0

    def record(self) -> Record:
        row: Record = {
            "type": "result",
            "item": {"key": self.item.key, "version": self.item.version, "size": self.item.size},
            "status": self.status,
            "data": dict(self.data),
            "outputs": list(self.outputs),
            "findings": [finding.record() for finding in self.findings],
            "usage": dict(self.usage),
            "seconds": round(self.seconds, 4),
        }
        if self.error:
            row["error"] = self.error.record()
        return row

    @classmethod
    def from_record(cls, row: Mapping[str, Any]) -> Self:
        error = row.get("error")
        return cls(
            Item.from_record(row["item"]),
            row["status"],
            row.get("data") or {},
            tuple(row.get("outputs", ())),
            tuple(Finding.from_record(f) for f in row.get("findings", ())),
            row.get("usage") or {},
            Failure(error["code"], error["message"], error.get("retryable", False)) if error else None,
            row.get("seconds", 0.0),
        )

    @classmethod
    def skipped(cls, item: Item, reason: str, **data: Any) -> Self:
        """Not processed, and that is right: the reason is in `data.reason`."""
        return cls(item, "skipped", {"reason": reason, **data})

    @classmethod
    def failed(cls, item: Item, failure: Failure) -> Self:
        return cls(item, "failed", error=failure)


class Tally:
    """Running totals of a run: coverage, findings by severity, usage. Adding is the only thing it does."""

    def __init__(self) -> None:
        self.statuses: dict[Status, int] = dict.fromkeys(STATUSES, 0)
        self.severities: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)
        self.usage: dict[str, int] = {}
        self.missing = 0
        self.waived = 0

    def add(self, result: Result) -> None:
        self.count(result.status)
        self.add_findings(result.findings)
        self.add_usage(result.usage)

    def count(self, status: Status, number: int = 1) -> None:
        self.statuses[status] += number

    def add_findings(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.waived:
                self.waived += 1
            else:
                self.severities[finding.severity] += 1

    def add_usage(self, usage: Mapping[str, int]) -> None:
        for unit, number in usage.items():
            self.usage[unit] = self.usage.get(unit, 0) + number

    @property
    def coverage(self) -> dict[str, int]:
        """`seen` is always the sum of the others: what was listed and how each of it ended."""
        counts: dict[str, int] = {str(status): number for status, number in self.statuses.items()}
        counts["missing"] = self.missing
        return {"seen": sum(counts.values()), **counts}

    @property
    def findings(self) -> dict[str, int]:
        return {str(severity): number for severity, number in self.severities.items()}

    def worst(self) -> Severity | None:
        return next((severity for severity in SEVERITIES if self.severities[severity]), None)


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run ended. `cost` holds decimal strings; `data` is the use case's own."""

    use_case: str
    run: str
    source: str
    started: str
    seconds: float
    coverage: Mapping[str, int]
    findings: Mapping[str, int]
    usage: Mapping[str, int] = field(default_factory=dict)
    cost: Mapping[str, str] = field(default_factory=dict)
    outputs: str = ""
    report: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    """Failed items by error code."""
    complete: bool = True
    """False when the run was stopped before its last item."""

    def record(self) -> Record:
        return {
            "type": "summary",
            "use_case": self.use_case,
            "run": self.run,
            "source": self.source,
            "started": self.started,
            "seconds": round(self.seconds, 3),
            "coverage": dict(self.coverage),
            "findings": dict(self.findings),
            "usage": dict(self.usage),
            "cost": dict(self.cost),
            "outputs": self.outputs,
            "report": self.report,
            "data": dict(self.data),
            "failures": dict(self.failures),
            "complete": self.complete,
        }

    @classmethod
    def from_record(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.__dataclass_fields__ if name in row})


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. Rows hold plain values; nothing in them is markup.

    `tree` is folders with findings in them: rows are (depth, name, path, then a count for each of SEVERITIES, what
    lies below included), every folder before what is in it; an empty path sums what is not shown by itself.
    `matrix` is who has what where: `columns` names the corner and then the trustees, rows are (folder, then for each
    trustee a level of `acl.rights.LEVELS`, "unknown", or nothing).
    `image` is pictures: rows are (caption, a PNG as a data URI, or nothing).
    """

    title: str
    kind: Literal["text", "table", "bars", "facts", "tree", "matrix", "image"]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    text: str = ""
    note: str = ""
