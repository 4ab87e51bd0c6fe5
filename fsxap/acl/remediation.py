"""What would fix a finding, as REST calls that are data: fsxap makes none of them.

Each step names the call and the call that undoes it. Where a fix needs a person's choice, or where the cause lies
elsewhere, the step says so instead. Endpoints: ONTAP REST, file-security, CIFS shares, files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fsxap.acl import rights
from fsxap.model import Finding, Record

REMOVES_ENTRIES = frozenset(
    {
        "open-access-full",
        "open-access-write",
        "open-access-read",
        "anonymous-access",
        "full-control-non-admin",
        "permission-change-right",
        "unresolved-sid",
        "direct-user-ace",
        "duplicate-or-redundant-ace",
        "ineffective-deny",
    }
)
"""Rules whose remedy is that an entry goes; their evidence holds the entries."""

MODES = {"unix-world-writable": 0o002, "unix-world-readable": 0o004, "setuid-setgid": 0o6000}
"""Rules whose remedy is that mode bits go."""

SHARE_FLAGS: dict[str, tuple[str, bool]] = {
    "share-abe-off": ("access_based_enumeration", True),
    "share-unencrypted": ("encryption", True),
    "share-show-snapshot": ("show_snapshot", False),
}
"""Rule → the share's property and the value that remedies it."""


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    def record(self) -> Record:
        row: Record = {"method": self.method, "path": self.path}
        if self.query:
            row["query"] = dict(self.query)
        if self.body:
            row["body"] = dict(self.body)
        return row


@dataclass(frozen=True, slots=True)
class Step:
    """`call` and `undo` come in pairs; without them `manual` says what a person has to decide."""

    finding: Finding
    call: Call | None = None
    undo: Call | None = None
    manual: str = ""

    def record(self) -> Record:
        row: Record = {
            "type": "step",
            "finding": self.finding.id,
            "rule": self.finding.rule,
            "severity": self.finding.severity,
            "where": self.finding.where,
            "subject": self.finding.subject,
        }
        if self.call and self.undo:
            return row | {"call": self.call.record(), "undo": self.undo.record()}
        return row | {"manual": self.manual or self.finding.remediation}


@dataclass(frozen=True, slots=True)
class Sites:
    """Identifiers the calls need: SVM uuid by namespace path and by name, volume uuid and relative path by path."""

    svm_of_path: Callable[[str], str]
    svm_of_name: Callable[[str], str]
    file_of_path: Callable[[str], tuple[str, str]]


def steps(finding: Finding, acl: Mapping[str, Any] | None, sites: Sites) -> list[Step]:
    """The steps for one finding; `acl` is the record of the object it is about, None for a share."""
    if finding.rule in REMOVES_ENTRIES:
        entries = finding.evidence.get("aces") or []
        return [_remove(finding, entry, sites) for entry in entries] or [Step(finding)]
    if finding.rule in MODES and acl is not None and acl.get("mode"):
        return [_mode(finding, int(str(acl["mode"]), 8), MODES[finding.rule], sites)]
    if finding.rule in SHARE_FLAGS and finding.evidence.get("share"):
        return [_share_flag(finding, *SHARE_FLAGS[finding.rule], sites)]
    if finding.rule == "share-everyone-full" and finding.evidence.get("share"):
        return [_share_everyone(finding, sites)]
    return [Step(finding)]


def _segment(text: str) -> str:
    """One path segment as ONTAP wants it: slashes and dots encoded too."""
    return quote(text, safe="", errors="surrogateescape").replace(".", "%2E")


def _remove(finding: Finding, entry: Mapping[str, Any], sites: Sites) -> Step:
    if entry.get("inherited"):
        return Step(finding, manual=f"the entry of {entry['trustee']} is inherited: remove it where it is set, above")
    if entry.get("mask") is None:
        return Step(
            finding, manual=f"the rights of {entry['trustee']} are not decoded, so removing could not be undone"
        )
    base = f"/api/protocols/file-security/permissions/{sites.svm_of_path(finding.where)}/{_segment(finding.where)}/acl"
    trustee = entry.get("sid") or entry["trustee"]
    shared = {
        "access": f"access_{entry['access']}",
        "access_control": "slag" if entry.get("layer") == "slag" else "file_directory",
        "apply_to": dict.fromkeys(entry.get("applies_to", ()), True),
        "propagation_mode": "propagate",
    }
    granted = dict.fromkeys(rights.names(int(entry["mask"])), True)
    return Step(
        finding,
        Call("DELETE", f"{base}/{_segment(trustee)}", body=shared),
        Call("POST", base, body={**shared, "user": trustee, "advanced_rights": granted}),
    )


def _mode(finding: Finding, mode: int, bits: int, sites: Sites) -> Step:
    volume, relative = sites.file_of_path(finding.where)
    path = f"/api/storage/volumes/{volume}/files/{_segment(relative or '/')}"
    # The API reads permissions as decimal digits that look octal.
    return Step(
        finding,
        Call("PATCH", path, body={"unix_permissions": int(f"{mode & ~bits:o}")}),
        Call("PATCH", path, body={"unix_permissions": int(f"{mode:o}")}),
    )


def _share_flag(finding: Finding, name: str, value: bool, sites: Sites) -> Step:
    path = _share(finding, sites)
    return Step(finding, Call("PATCH", path, body={name: value}), Call("PATCH", path, body={name: not value}))


def _share_everyone(finding: Finding, sites: Sites) -> Step:
    """Everyone may still change files where the folder's own permissions say so; nobody may change permissions."""
    path = f"{_share(finding, sites)}/acls/Everyone/windows"
    return Step(
        finding,
        Call("PATCH", path, body={"permission": "change"}),
        Call("PATCH", path, body={"permission": "full_control"}),
    )


def _share(finding: Finding, sites: Sites) -> str:
    svm = finding.subject.partition("\\")[0]
    return f"/api/protocols/cifs/shares/{sites.svm_of_name(svm)}/{_segment(finding.evidence['share'])}"
