"""Rules about objects that more or less everybody can reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fsxap.acl import trustees
from fsxap.acl.entries import access_list, denies, has_null_dacl, is_acl_governed
from fsxap.acl.evaluate import granted
from fsxap.acl.model import Descriptor
from fsxap.acl.reach import Reach, reaches
from fsxap.acl.records import ace_record
from fsxap.acl.rights import FULL, READ_DATA, describe, destructive, level
from fsxap.acl.rules.rule import ACCESS, Certainty, Hit, Rule, Subject, contains
from fsxap.acl.token import ANY_USER
from fsxap.model import Severity

_GRADES = ("full", "write", "read", "")
_SUSPECTED: dict[str, Severity] = {"full": "high", "write": "medium", "read": "low"}
_WHERE = {"this": "here", "subfolders": "in subfolders", "files": "in files"}


def grade(bits: int, directory: bool) -> str:
    """full, write, read or nothing: which of the open-access rules a mask falls under."""
    strength = level(bits, directory)
    if strength in ("full", "change-permissions"):
        return "full"
    if bits & destructive(directory):
        return "write"
    return "read" if bits & READ_DATA else ""


def worst_grade(reach: Reach) -> tuple[str, Certainty]:
    """The grade that is certain, unless what could not be evaluated may add up to a worse one."""
    sure = grade(reach.bits, reach.directory)
    best = grade(reach.possible, reach.directory)
    if sure == best:
        return sure, "certain"
    return best, "unknown" if any(ace.mask is None for ace in reach.aces) else "likely"


def everybody(descriptor: Descriptor) -> Iterator[Reach]:
    """What each trustee of the open-access set ends up with, place by place."""
    return (reach for reach in reaches(descriptor) if trustees.is_global(reach.trustee, reach.sid))


def is_open(descriptor: Descriptor) -> str:
    """How open an object is to any logged-on user: full, write, read, or nothing."""
    if not is_acl_governed(descriptor) or has_null_dacl(descriptor):
        return grade(granted(descriptor, ANY_USER).mask, descriptor.kind == "directory")
    found = {grade(reach.bits, reach.directory) for reach in everybody(descriptor)}
    return next(one for one in _GRADES if one in found or not one)


def _open(wanted: str) -> Callable[[Subject], Iterator[Hit]]:
    def check(subject: Subject) -> Iterator[Hit]:
        worst: dict[str, tuple[int, Reach, Certainty]] = {}
        for reach in everybody(subject.descriptor):
            found, certainty = worst_grade(reach)
            rank = _GRADES.index(found)
            key = trustees.key(reach.trustee, reach.sid)
            if key not in worst or rank < worst[key][0]:
                worst[key] = rank, reach, certainty
        for rank, reach, certainty in worst.values():
            if _GRADES[rank] == wanted:
                # What rests on an undecoded mask alone is a suspicion, and counts one step less.
                severity = _SUSPECTED[wanted] if certainty == "unknown" else None
                yield _open_hit(subject, reach, certainty, severity)

    return check


def _open_hit(subject: Subject, reach: Reach, certainty: Certainty, severity: Severity | None) -> Hit:
    bits = reach.bits if certainty == "certain" else reach.possible
    verb = "ends up with" if certainty == "certain" else "may end up with"
    facts: dict[str, Any] = {
        "ends_up_with": describe(bits, reach.directory),
        "level": level(bits, reach.directory),
        "applies": _WHERE[reach.scope],
    }
    if reach.against:
        facts["denied_by"] = [ace_record(ace, directory=reach.directory) for ace in reach.against]
    shares = sorted(share.name for share in subject.context.shares if contains(share.path, subject.where))
    if shares:
        facts["shares"] = shares
    reason = {
        "certain": "earlier denies take only part of it away" if reach.against else "no earlier entry denies it",
        "likely": "an entry that applies under conditions was not evaluated",
        "unknown": "the entry holds generic rights that ONTAP does not decode; full control is the strongest reading",
    }[certainty]
    return Hit(
        f"{reach.label} {verb} {describe(bits, reach.directory)} {_WHERE[reach.scope]}",
        reach.label,
        reach.aces,
        certainty,
        reason,
        severity,
        inherited=reach.inherited,
        facts=facts,
    )


def _anonymous(subject: Subject) -> Iterator[Hit]:
    seen = set()
    for reach in everybody(subject.descriptor):
        if trustees.classify(reach.trustee, reach.sid) not in ("anonymous", "guest") or reach.label in seen:
            continue
        if reach.possible:
            seen.add(reach.label)
            bits = reach.bits or reach.possible
            yield Hit(
                f"{reach.label} is allowed {describe(bits, reach.directory)} {_WHERE[reach.scope]}",
                reach.label,
                reach.aces,
                "certain" if reach.bits else "likely",
                "" if reach.bits else "the entry's rights are not decoded or depend on conditions",
                inherited=reach.inherited,
                facts={"level": level(bits, reach.directory), "applies": _WHERE[reach.scope]},
            )


def _null_dacl(subject: Subject) -> Iterator[Hit]:
    descriptor = subject.descriptor
    if has_null_dacl(descriptor) and descriptor.control is not None:
        yield Hit(
            "There is no access list at all (NULL DACL): everyone has full control",
            certainty="likely",
            reason="the control flags lack DACL_PRESENT and no entry was reported",
            facts={"control": f"{descriptor.control:#x}", "ends_up_with": describe(FULL, subject.directory)},
        )


def _empty_dacl(subject: Subject) -> Iterator[Hit]:
    descriptor = subject.descriptor
    listed = access_list(descriptor)
    if not is_acl_governed(descriptor) or has_null_dacl(descriptor) or not all(denies(ace) for ace in listed):
        return
    if descriptor.control is None and not listed:
        yield Hit(
            "No entry was reported: the access list is empty (nobody gets in) or missing (everybody does)",
            certainty="unknown",
            reason="without control flags an empty list and a NULL DACL look alike",
        )
        return
    yield Hit(
        "The access list allows nobody anything; only the owner can change that",
        aces=listed,
        inherited=bool(listed) and all(ace.inherited for ace in listed),
    )


_REMOVE = "Replace the entry by one for the group that needs the data, with the least rights that serve it."


def _open_rule(name: str, severity: Severity, title: str) -> Rule[Subject]:
    return Rule(f"open-access-{name}", title, severity, ACCESS, _REMOVE, _open(name), reports_inherited=False)


RULES: tuple[Rule[Subject], ...] = (
    _open_rule(
        "full",
        "critical",
        "Everyone, Authenticated Users, Domain Users or the like end up with full control or may change permissions",
    ),
    _open_rule(
        "write", "high", "Everyone, Authenticated Users, Domain Users or the like end up able to change or delete data"
    ),
    _open_rule("read", "medium", "Everyone, Authenticated Users, Domain Users or the like end up able to read data"),
    Rule(
        "anonymous-access",
        "Anonymous sessions or guests are allowed something",
        "high",
        ACCESS,
        "Remove the entry and give access to named groups of authenticated users.",
        _anonymous,
        reports_inherited=False,
    ),
    Rule(
        "null-dacl",
        "There is no access list, which Windows takes as full control for everyone",
        "critical",
        ACCESS,
        "Set an access list that names who needs the data, and replace it on everything below.",
        _null_dacl,
    ),
    Rule(
        "empty-dacl",
        "The access list allows nobody anything",
        "medium",
        ("NIST AC-3", "ISO 27001 A.8.3"),
        "Take ownership as an administrator and restore inheritance or set the intended entries.",
        _empty_dacl,
        reports_inherited=False,
    ),
)
