"""Drift: what changed between two audits of the same volume, as findings, read side by side in path order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fsxap.acl.drift_facts import Fact, differences, severity_of_new
from fsxap.acl.model import Descriptor
from fsxap.acl.records import acl_record, descriptor_from_record
from fsxap.acl.rules.rule import REVIEW, Unread
from fsxap.model import Failure, Finding

Known = Descriptor | Unread
Covered = Callable[[str], bool]

_REMEDIATION = {
    "drift-added": "Check that the new access was asked for; if so, take a new baseline.",
    "drift-removed": "Check that nobody lost access they need; if so, take a new baseline.",
    "drift-changed": "Check that the change was asked for; if so, take a new baseline.",
    "drift-unknown": "Take a new baseline now that the place can be read.",
}


def read(records: Iterable[Mapping[str, Any]]) -> Iterator[Known]:
    """Descriptors and unread places of an earlier `--emit acls` output, in its order; sort by `place` to compare.

    Other records are passed over, but an interrupted scan is refused: what it lacks would look new.
    """
    for row in records:
        kind = row.get("type")
        if kind == "acl":
            yield descriptor_from_record(row)
        elif kind == "finding" and row.get("rule") == "not-audited":
            evidence = row.get("evidence") or {}
            message = str(evidence.get("message", row.get("message", "")))
            yield Unread(str(row["where"]), Failure(str(evidence.get("code", "unread")), message))
        elif kind == "result" and row.get("status") == "failed":
            error = row.get("error") or {}
            failure = Failure(str(error.get("code", "unread")), str(error.get("message", "")))
            yield Unread(str(row["item"]["key"]), failure)
        elif kind == "summary" and row.get("complete") is False:
            raise ValueError("the baseline is of a scan that was stopped before its end; take it again")


def place(known: Known) -> str:
    """What both sides are sorted by, code point by code point."""
    return known.where if isinstance(known, Unread) else known.path


def compare(old: Iterable[Known], new: Iterable[Known], *, covered: Covered = lambda _path: True) -> Iterator[Finding]:
    """What changed from `old` to `new`, both sorted by path; ValueError when one is not.

    Nothing at or below a place that either audit could not read is added or removed. `covered` tells of a path
    whether both audits would have come to it at all: another start, depth or kind of object is no change.
    Memory does not grow with the number of paths.
    """
    before, after = dict[str, Failure](), dict[str, Failure]()
    changed: dict[str, frozenset[Fact]] = {}
    for path, then, now in _merged(_places(old, "baseline"), _places(new, "present")):
        for kept in (before, after, changed):
            _forget(kept, path)
        for side, found in ((before, then), (after, now)):
            if found and found.failure:
                side[path] = found.failure
        one, other = then and then.descriptor, now and now.descriptor
        if one and other:
            facts = differences(one, other)
            inherited_from = changed.get(path.rpartition("/")[0] or "/", frozenset())
            yield from (_finding(path, fact) for fact in facts if not _handed_down(fact, inherited_from))
            if other.kind == "directory" and facts:
                changed[path] = frozenset(facts)
        elif other and covered(path) and not _hides(before, path):
            yield _appeared(other)
        elif one and covered(path) and not _hides(after, path):
            yield _gone(one)
        if path in before and other and not one:
            yield _unknown(path, before[path])


@dataclass(frozen=True, slots=True)
class _Place:
    """All that one side says of a path."""

    path: str
    descriptor: Descriptor | None
    failure: Failure | None


def _places(listed: Iterable[Known], name: str) -> Iterator[_Place]:
    last: str | None = None
    for path, group in groupby(listed, key=place):
        if last is not None and path <= last:
            raise ValueError(f"the {name} is not sorted by path: {path!r} comes after {last!r}")
        last = path
        found = list(group)
        read = list(dict.fromkeys(known for known in found if isinstance(known, Descriptor)))
        if len(read) > 1:
            raise ValueError(f"the {name} has two different records of {path!r}")
        unread = next((known.failure for known in found if isinstance(known, Unread)), None)
        yield _Place(path, read[0] if read else None, unread)


def _merged(old: Iterator[_Place], new: Iterator[_Place]) -> Iterator[tuple[str, _Place | None, _Place | None]]:
    one, other = next(old, None), next(new, None)
    while one or other:
        path = min(found.path for found in (one, other) if found)
        left = one if one and one.path == path else None
        right = other if other and other.path == path else None
        yield path, left, right
        one = next(old, None) if left else one
        other = next(new, None) if right else other


def _forget(kept: dict[str, Any], path: str) -> None:
    """Drop the folders below which nothing can come any more: siblings "a b" and "a-b" sort between "a" and "a/b"."""
    for folder in [folder for folder in kept if folder != "/" and path >= folder + "0"]:
        del kept[folder]


def _hides(unread: Mapping[str, Failure], path: str) -> bool:
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in unread)


def _handed_down(fact: Fact, above: frozenset[Fact]) -> bool:
    """Whether the folder changed in the same way and this is what it hands down: one change, not thousands."""
    return fact.inherited and any(
        (fact.rule, fact.subject, fact.old, fact.new) == (one.rule, one.subject, one.old, one.new) for one in above
    )


def _finding(path: str, fact: Fact) -> Finding:
    evidence = {"old": fact.old_entries, "new": fact.new_entries}
    return Finding(
        fact.rule, fact.severity, fact.message, path, evidence, _REMEDIATION[fact.rule], fact.subject, REVIEW
    )


def _appeared(descriptor: Descriptor) -> Finding:
    severity, message = severity_of_new(descriptor)
    evidence = {"old": None, "new": acl_record(descriptor)}
    return Finding("drift-added", severity, message, descriptor.path, evidence, _REMEDIATION["drift-added"], "", REVIEW)


def _gone(descriptor: Descriptor) -> Finding:
    evidence = {"old": acl_record(descriptor), "new": None}
    message = f"The {descriptor.kind} is no longer there"
    return Finding(
        "drift-removed", "info", message, descriptor.path, evidence, _REMEDIATION["drift-removed"], "", REVIEW
    )


def _unknown(path: str, failure: Failure) -> Finding:
    message = "What changed here is not known: the baseline could not read it"
    return Finding("drift-unknown", "info", message, path, failure.record(), _REMEDIATION["drift-unknown"], "", REVIEW)
