"""The rule that keeps an audit honest: what could not be read is a finding, never silence."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl.rules.rule import Hit, Rule, Unread


def _not_audited(unread: Unread) -> Iterator[Hit]:
    failure = unread.failure
    yield Hit(f"The permissions could not be read: {failure.message}", reason=failure.code, facts=failure.record())


RULES: tuple[Rule[Unread], ...] = (
    Rule(
        "not-audited",
        "The permissions could not be read, so nothing is known about this place",
        "medium",
        ("CIS 3.3", "NIST AC-6(7)", "NIST CA-7", "ISO 27001 A.5.18"),
        "Remove the cause named in the evidence and audit the path again.",
        _not_audited,
    ),
)
