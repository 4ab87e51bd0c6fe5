"""The registry of rules, and the audit of one object, one share, one path that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fsxap.acl.compare import same_entry
from fsxap.acl.entries import access_list
from fsxap.acl.rules import (
    access_points,
    coverage,
    entries,
    exports,
    identity,
    inheritance,
    layers,
    open_access,
    privilege,
    shares,
    site,
    unix,
)
from fsxap.acl.rules.rule import Context, Hit, Rule, ShareSubject, Subject, Unread
from fsxap.acl.rules.site import RootSubject, SiteSubject
from fsxap.model import Failure, Finding

__all__ = [
    "RULES",
    "Context",
    "RootSubject",
    "Rule",
    "ShareSubject",
    "SiteSubject",
    "Subject",
    "audit",
    "audit_root",
    "audit_share",
    "audit_site",
    "not_audited",
]

OBJECT_RULES: tuple[Rule[Subject], ...] = (
    *open_access.RULES,
    *identity.RULES,
    *privilege.RULES,
    *inheritance.RULES,
    *entries.RULES,
    *unix.RULES,
    *layers.RULES,
)
SITE_RULES: tuple[Rule[SiteSubject], ...] = (*site.SITE_RULES, *exports.RULES, *access_points.RULES)
RULES: tuple[Rule[Any], ...] = (*OBJECT_RULES, *shares.RULES, *SITE_RULES, *site.ROOT_RULES, *coverage.RULES)
"""Every rule. A new family is a module here, named in the tuples above."""


def audit(subject: Subject, only: Callable[[str], bool] | None = None) -> list[Finding]:
    """What is wrong with one object. `only` chooses rules by id.

    What is merely inherited from a parent that has the same finding is left to the parent.
    """
    found: list[Finding] = []
    for rule in OBJECT_RULES:
        if only is None or only(rule.id):
            hits = list(rule.check(subject))
            if not rule.reports_inherited and subject.parent is not None:
                hits = list(_new_here(rule, subject, hits))
            found.extend(rule.finding(subject, hit) for hit in hits)
    return found


def audit_share(subject: ShareSubject, only: Callable[[str], bool] | None = None) -> list[Finding]:
    rules = (rule for rule in shares.RULES if only is None or only(rule.id))
    return [finding for rule in rules for finding in rule.findings(subject)]


def audit_site(subject: SiteSubject, only: Callable[[str], bool] | None = None) -> list[Finding]:
    """What is wrong with an SVM's services and accounts; what was not read has no findings and is no proof."""
    rules = (rule for rule in SITE_RULES if only is None or only(rule.id))
    return [finding for rule in rules for finding in rule.findings(subject)]


def audit_root(subject: RootSubject, only: Callable[[str], bool] | None = None) -> list[Finding]:
    """What the root of a volume or share lacks."""
    rules = (rule for rule in site.ROOT_RULES if only is None or only(rule.id))
    return [finding for rule in rules for finding in rule.findings(subject)]


def not_audited(path: str, failure: Failure) -> Finding:
    unread = Unread(path, failure)
    return next(coverage.RULES[0].findings(unread))


def _new_here(rule: Rule[Subject], subject: Subject, hits: list[Hit]) -> Iterator[Hit]:
    """Hits whose cause is not already reported at the parent."""
    above: dict[str, Hit] | None = None
    for hit in hits:
        if hit.inherited:
            if above is None:
                place = subject.above()
                above = {one.subject: one for one in rule.check(place)} if place else {}
            if hit.subject in above and _repeats(hit, above[hit.subject], subject):
                continue
        yield hit


def _repeats(hit: Hit, above: Hit, subject: Subject) -> bool:
    """Whether each entry behind a hit comes from the parent's list, and matters no more here than there."""
    if subject.parent is None or (hit.severity, hit.certainty) != (above.severity, above.certainty):
        return False
    files = subject.parent.aces
    given = [ace for ace in access_list(subject.parent) if ace.inheritable] + [a for a in files if a.layer == "slag"]
    return all(any(same_entry(ace, one) for one in given) for ace in hit.aces)
