"""How rule cases are written, and the one way they are checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fsxap.acl.model import Ace, Descriptor, Share, ShareAce
from fsxap.acl.rules import (
    Context,
    RootSubject,
    ShareSubject,
    SiteSubject,
    Subject,
    audit,
    audit_root,
    audit_share,
    audit_site,
)
from fsxap.model import Finding, Severity
from tests.unit.acl.builders import ADMIN_FULL, folder


@dataclass(frozen=True)
class Case:
    """`subjects` are those of the findings expected, none for a negative case."""

    rule: str
    name: str
    subject: Subject | ShareSubject | SiteSubject | RootSubject
    subjects: tuple[str, ...] = ()
    severity: Severity | None = None
    certainty: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.rule}: {self.name}"

    def findings(self) -> list[Finding]:
        if isinstance(self.subject, ShareSubject):
            return audit_share(self.subject, self.rule.__eq__)
        if isinstance(self.subject, SiteSubject):
            return audit_site(self.subject, self.rule.__eq__)
        if isinstance(self.subject, RootSubject):
            return audit_root(self.subject, self.rule.__eq__)
        return audit(self.subject, self.rule.__eq__)


def check(case: Case) -> None:
    found = case.findings()
    assert sorted(one.subject for one in found) == sorted(case.subjects)
    for one in found:
        assert one.rule == case.rule
        assert one.where == case.subject.where
        assert one.message
        assert one.remediation
        assert one.controls
        assert one.evidence["certainty"] in ("certain", "likely", "unknown")
        if case.severity:
            assert one.severity == case.severity
        if case.certainty:
            assert one.evidence["certainty"] == case.certainty
            assert case.certainty == "certain" or one.evidence["reason"]
        for name, value in case.facts.items():
            assert one.evidence[name] == value
        assert Finding.from_record(one.record()) == one


def at(*aces: Ace, parent: Descriptor | None = None, context: Context | None = None, **more: Any) -> Subject:
    """A folder with these entries."""
    return Subject(folder(*aces, **more), parent, context or Context())


def below(*aces: Ace, parent: Descriptor | None = None, **more: Any) -> Subject:
    """A folder in `parent` (one with administrators only, unless given)."""
    return Subject(folder(*aces, **({"path": "/vol1/data/x"} | more)), parent or folder(ADMIN_FULL))


def shared(
    *entries: tuple[str, str], root: Descriptor | None = None, others: tuple[Share, ...] = (), **more: Any
) -> ShareSubject:
    aces = tuple(ShareAce(name, permission) for name, permission in entries)
    defaults: dict[str, Any] = {"name": "data", "path": "/vol1/data", "svm": "svm1"}
    return ShareSubject(Share(aces=aces, **(defaults | more)), root, others)
