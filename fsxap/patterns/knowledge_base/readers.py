"""Which documents a trustee may read, by what a permission audit says, and nothing else.

Whatever the audit does not say for certain is no. Paths are compared letter by letter: names that differ in case or
in how an accent is written are different files.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fsxap.acl import access, trustees
from fsxap.acl.entries import is_acl_governed
from fsxap.acl.groups import Groups, Identity
from fsxap.acl.model import Descriptor
from fsxap.acl.records import descriptor_from_record
from fsxap.acl.rights import EXECUTE, READ_DATA
from fsxap.model import Record

_READ_MODES = 0o044
_PASS_MODES = 0o011


@dataclass(slots=True)
class Audit:
    """An output of `scan-acl --files --emit acls`: descriptors by path, and with `--who` also what that trustee can
    do through shares. `started` is empty, and `complete` false, for one that was cut short."""

    descriptors: dict[str, list[Descriptor]] = field(default_factory=dict)
    reach: dict[str, dict[str, bool]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    started: str = ""
    complete: bool = False
    source: str = ""
    part: str = ""
    """The folder it was narrowed to, empty for all of `source`."""

    def add(self, row: Record) -> None:
        """Take in one record; ValueError for one that is not well formed."""
        kind = row.get("type")
        if kind == "acl":
            found = descriptor_from_record(row)
            self.descriptors.setdefault(found.path, []).append(found)
            self.named.update(trustees.key(ace.trustee, ace.sid) for ace in found.aces)
            self.named.update(trustees.key(ace.trustee) for ace in found.aces if ace.trustee)
            self.named.add(trustees.key(found.owner))
        elif kind == "access":
            paths = self.reach.setdefault(trustees.key(str(row["trustee"])), {})
            may = "read_data" in row["rights"]
            paths[str(row["path"])] = may and paths.get(str(row["path"]), True)
        elif kind == "summary":
            self.started, self.complete = str(row["started"]), row.get("complete") is True
            self.source = str(row.get("source", ""))
            self.part = str(((row.get("data") or {}).get("extent") or {}).get("path", ""))

    @property
    def top(self) -> str:
        """The folder everything lies in: where the audit began."""
        return min(self.descriptors, key=len, default="/")


@dataclass(frozen=True, slots=True)
class Granted:
    """Keys that may be read, and how many others may not, by reason. Names of those are nowhere."""

    keys: frozenset[str]
    withheld: Mapping[str, int]

    @property
    def doubtful(self) -> int:
        """Documents of which the audit says nothing that could be relied on."""
        return sum(number for reason, number in self.withheld.items() if reason != "not-readable")


def granted(
    audit: Audit,
    trustee: str,
    groups: Groups,
    documents: Iterable[tuple[str, str]],
    *,
    root: str,
    oldest: timedelta,
    now: datetime | None = None,
) -> Granted:
    """`documents` are (key, time of last change); `root` is the path in the audit that keys start from."""
    listed = list(documents)
    identity = groups.identity(trustee)
    if problem := _unusable(audit, identity, oldest, now or datetime.now(UTC)):
        return Granted(frozenset(), {problem: len(listed)} if listed else {})
    judge = _Judge(audit, identity, root.rstrip("/"))
    began = _moment(audit.started)
    keys, withheld = set[str](), Counter[str]()
    for key, modified in listed:
        # What has changed since may be another file by the same name.
        changed = not modified or _moment(modified) >= began
        reason = "changed-since-audit" if changed else judge.refusal(key)
        if reason:
            withheld[reason] += 1
        else:
            keys.add(key)
    return Granted(frozenset(keys), dict(sorted(withheld.items())))


def _unusable(audit: Audit, identity: Identity, oldest: timedelta, now: datetime) -> str:
    if not audit.complete or not audit.started:
        return "audit-incomplete"
    if now - _moment(audit.started) > oldest:
        return "audit-too-old"
    kind = trustees.classify(identity.trustee, identity.sid)
    heard_of = trustees.key(identity.trustee, identity.sid) in audit.named or (identity.known and kind != "unix")
    if kind == "unix":
        heard_of = any(identity.token.uid == one.uid for found in audit.descriptors.values() for one in found)
    return "" if heard_of and identity.trustee else "unknown-trustee"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class _Judge:
    """One identity before one audit; equal permissions are weighed once."""

    def __init__(self, audit: Audit, identity: Identity, root: str) -> None:
        self.audit, self.identity, self.root = audit, identity, root
        self.reach = audit.reach.get(trustees.key(identity.trustee, identity.sid))
        self._masks: dict[Hashable, int] = {}
        self._passable: dict[str, str] = {}

    def refusal(self, key: str) -> str:
        """Why a document is withheld; empty when it may be read."""
        path = f"{self.root}/{key}"
        # What is not its own plain form is no path the audit walked.
        if posixpath.normpath(path) != path or "\0" in path:
            return "no-entry"
        found = self.audit.descriptors.get(path)
        if not found or any(one.kind != "file" for one in found):
            return "no-entry"
        if reason := self._folders(posixpath.dirname(path)):
            return reason
        return (
            "" if all(self._may(one, READ_DATA, _READ_MODES) for one in found) and self._led(path) else "not-readable"
        )

    def _folders(self, path: str) -> str:
        """The folders from the root down to this one: all must be in the audit, and those with modes let pass."""
        if path not in self._passable:
            above = "" if path in (self.root, "/") else self._folders(posixpath.dirname(path))
            self._passable[path] = above or self._folder(path)
        return self._passable[path]

    def _folder(self, path: str) -> str:
        found = self.audit.descriptors.get(path or "/")
        if not found or any(one.kind != "directory" for one in found):
            return "no-entry"
        # Whoever logs on to Windows passes folders whatever their lists say; a mode must let them.
        closed = [one for one in found if not is_acl_governed(one) and not self._may(one, EXECUTE, _PASS_MODES)]
        return "not-readable" if closed else ""

    def _may(self, descriptor: Descriptor, right: int, modes: int) -> bool:
        mine = self._mask(descriptor) & right == right
        if not mine or is_acl_governed(descriptor):
            return mine
        token = self.identity.token
        if token.uid in (0, descriptor.uid) or descriptor.gid in token.gids:
            return True
        # A user's UNIX groups are not known: group and others must both be let in.
        return descriptor.mode is not None and descriptor.mode & modes == modes

    def _mask(self, one: Descriptor) -> int:
        """What is granted in any case."""
        like = (one.kind, one.style, one.volume_style, one.owner, one.group, one.control, one.aces)
        same: Hashable = (*like, one.mode, one.uid, one.gid)
        if same not in self._masks:
            self._masks[same] = access.who(self.identity, one).mask
        return self._masks[same]

    def _led(self, path: str) -> bool:
        """Whether shares let the trustee read, where the audit says what they do: it names a path where the answer
        differs from the folder above."""
        if self.reach is None:
            return True
        while path not in self.reach:
            if path in ("", "/"):
                return False
            path = posixpath.dirname(path)
        return self.reach[path]
