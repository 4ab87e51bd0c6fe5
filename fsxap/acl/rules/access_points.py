"""Rules about S3 access points: who they act as, who may come, from where, and past which permissions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from fsxap.acl import trustees
from fsxap.acl.model import ShareAce
from fsxap.acl.rules.rule import ACCESS, NEED_TO_KNOW, PRIVILEGE, Certainty, Hit, Rule, contains, is_privileged
from fsxap.acl.rules.shares import is_administrative, is_dynamic
from fsxap.acl.rules.site import SiteSubject, is_root, powers, privileged_members
from fsxap.acl.site import S3AccessPoint
from fsxap.model import Severity

PLACES = frozenset(
    {"aws:sourcevpce", "aws:sourcevpc", "aws:sourceip", "aws:vpcsourceip", "aws:sourcevpcarn", "aws:vpceaccount"}
)
"""Condition keys that bind a request to a network."""


def statements(point: S3AccessPoint) -> tuple[dict[str, Any], ...] | None:
    """The policy's statements; None when it was not read or is not JSON as IAM has it."""
    if point.policy is None:
        return None
    if not point.policy:
        return ()
    try:
        said = json.loads(point.policy)["Statement"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    listed = said if isinstance(said, list) else [said]
    return tuple(listed) if all(isinstance(one, dict) for one in listed) else None


def is_for_everybody(statement: dict[str, Any]) -> bool:
    """Whether it allows every AWS principal something; NotPrincipal with Allow does, but for the one it names."""
    if statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        return "*" in _listed(principal.get("AWS"))
    return principal == "*" or "NotPrincipal" in statement


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _facts(point: S3AccessPoint) -> dict[str, Any]:
    known = {
        "access_point": point.name,
        "arn": point.arn,
        "volume": point.volume or point.volume_id,
        "path": point.path,
        "identity": point.identity,
        "user": point.user,
        "origin": point.origin,
        "vpc": point.vpc,
    }
    return {name: value for name, value in known.items() if value}


def _privileged_identity(subject: SiteSubject) -> Iterator[Hit]:
    for point in subject.site.access_points or ():
        if why := _why_privileged(subject, point):
            message = f"Whoever IAM lets through access point {point.name} acts as {point.user}, {why}"
            yield Hit(message, point.name, facts=_facts(point))


def _why_privileged(subject: SiteSubject, point: S3AccessPoint) -> str:
    site = subject.site
    if point.identity == "UNIX":
        return "whom no permission stops" if is_root(site, point.user) else ""
    if point.identity != "WINDOWS" or not point.user:
        return ""
    if is_privileged(point.user, "", subject.context):
        return "an administrator"
    # The guide wants a Windows user with its domain, the service one without: names are compared without.
    if _account(point.user) in map(_account, privileged_members(site.groups or ())):
        return "a member of BUILTIN\\Administrators"
    lifted = [name for name, held, groups in powers(subject).values() if held or groups]
    return "who has privileges past permissions" if _account(point.user) in map(_account, lifted) else ""


def _account(name: str) -> str:
    return trustees.account(name) or name.casefold()


def _public(subject: SiteSubject) -> Iterator[Hit]:
    for point in subject.site.access_points or ():
        said = statements(point)
        everybody = [one for one in said or () if is_for_everybody(one)]
        free = [one for one in everybody if not one.get("Condition")]
        if point.public is False or (point.public is None and not everybody):
            continue
        severity, certainty, reason = _how_public(point, bool(free))
        facts = _facts(point) | {"is_public": point.public, "block_public_access": point.blocked}
        if everybody:
            facts["statements"] = [str(one.get("Sid") or "") for one in everybody]
        message = f"The policy of access point {point.name} allows every AWS principal"
        yield Hit(message, point.name, (), certainty, reason, severity, facts=facts)


def _how_public(point: S3AccessPoint, free: bool) -> tuple[Severity | None, Certainty, str]:
    if point.blocked:
        return "medium", "certain", "Block Public Access keeps the public out while it is on"
    if point.public:
        return None, "certain", "S3 itself calls the policy public"
    if free:
        return None, "likely", "a statement allows everybody without a condition; S3's own verdict was not read"
    return "medium", "likely", "a statement allows everybody under conditions, which were not evaluated"


def _internet(subject: SiteSubject) -> Iterator[Hit]:
    for point in subject.site.access_points or ():
        if point.origin.casefold() == "internet":
            bound = _is_bound(statements(point) or ())
            message = f"Access point {point.name} takes requests from any network"
            severity: Severity | None = "info" if bound else None
            reason = "its policy denies requests by network; whether that covers all of them was not evaluated"
            facts = _facts(point)
            yield Hit(message, point.name, (), "likely" if bound else "certain", reason * bound, severity, facts=facts)


def _is_bound(said: Iterable[dict[str, Any]]) -> bool:
    """Whether something denies by network. An Allow with such a condition binds nothing: IAM may allow as well."""
    return any(one.get("Effect") == "Deny" and _keys(one.get("Condition")) & PLACES for one in said)


def _keys(condition: Any) -> set[str]:
    tests = condition.values() if isinstance(condition, dict) else ()
    return {str(key).casefold() for test in tests if isinstance(test, dict) for key in test}


def _bypasses_share(subject: SiteSubject) -> Iterator[Hit]:
    for point in subject.site.access_points or ():
        if not point.path:
            continue
        shares = [
            share
            for share in subject.shares
            if not (is_administrative(share) or is_dynamic(share) or not share.path)
            and (contains(point.path, share.path) or contains(share.path, point.path))
        ]
        narrow = [share for share in shares if share.aces and not any(map(_admits_all, share.aces))]
        if narrow:
            names = sorted(share.name for share in narrow)
            message = (
                f"Access point {point.name} opens {point.path} as {point.user or 'its user'}, "
                f"past the lists of {len(names)} share{'s' * (len(names) > 1)}"
            )
            yield Hit(message, point.name, facts=_facts(point) | {"shares": names})


def _admits_all(ace: ShareAce) -> bool:
    """Whether everybody may change things through the share: then it has no limit to go round."""
    return ace.permission in ("change", "full_control") and trustees.is_global(ace.trustee, ace.sid)


def _misconfigured(subject: SiteSubject) -> Iterator[Hit]:
    for point in subject.site.access_points or ():
        if point.lifecycle in ("MISCONFIGURED", "FAILED"):
            facts = _facts(point) | {"lifecycle": point.lifecycle, "service_says": point.reason}
            failed = "was never made" if point.lifecycle == "FAILED" else "does not work"
            message = f"Access point {point.name} {failed}: FSx calls it {point.lifecycle}"
            yield Hit(message, point.name, facts=facts)


RULES: tuple[Rule[SiteSubject], ...] = (
    Rule(
        "s3ap-privileged-identity",
        "An S3 access point acts as root, an administrator or a holder of privileges",
        "high",
        PRIVILEGE,
        "The identity is fixed: make an access point with a user that has only the rights needed, and delete this one.",
        _privileged_identity,
    ),
    Rule(
        "s3ap-public",
        "The policy of an S3 access point allows everybody",
        "high",
        (*ACCESS, "NIST SC-7"),
        "Name the principals in the access point's policy, and keep Block Public Access on.",
        _public,
    ),
    Rule(
        "s3ap-internet-origin",
        "An S3 access point takes requests from any network",
        "medium",
        ("NIST SC-7", "NIST AC-17", "ISO 27001 A.8.20", "PCI DSS 1"),
        "Where callers are in a VPC, make a VPC-origin access point; else deny other networks in its policy.",
        _internet,
    ),
    Rule(
        "s3ap-bypasses-share",
        "An S3 access point leads to files of shares whose own lists it goes round, and round export rules",
        "medium",
        NEED_TO_KNOW,
        "Give the access point's user only what IAM callers may see, and limit them by its policy, prefix by prefix.",
        _bypasses_share,
    ),
    Rule(
        "s3ap-misconfigured",
        "FSx reports an S3 access point as misconfigured or failed",
        "medium",
        ("NIST CM-6", "NIST SI-2", "ISO 27001 A.8.9"),
        "See that its user resolves, a domain controller answers and the volume is mounted; delete one that failed.",
        _misconfigured,
    ),
)
