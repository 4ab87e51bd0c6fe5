"""Whether a waiver is still in force on a day, and how to say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fsxap.model import Finding, Waiver


def expired(waiver: Waiver, today: str) -> bool:
    """Both are ISO dates or times; a waiver covers its last day. A date nobody can read covers nothing."""
    try:
        return date.fromisoformat(waiver.until[:10]) < date.fromisoformat(today[:10])
    except ValueError:
        return True


def justification(waiver: Waiver, today: str) -> str:
    """`kiosk (until 2030-01-01)`, or `kiosk (expired: until 2020-01-01)`."""
    return f"{waiver.reason} ({'expired: ' if expired(waiver, today) else ''}until {waiver.until})"


def came_back(finding: Finding) -> str:
    """`waiver expired 2020-01-01` for a finding that counts again (`evidence.waiver_expired`), else nothing."""
    lapsed = finding.evidence.get("waiver_expired")
    if finding.waived or not lapsed:
        return ""
    until = lapsed.get("until", "") if isinstance(lapsed, Mapping) else ""
    return f"waiver expired {until}".rstrip()
