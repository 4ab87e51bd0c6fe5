"""What a rule is: a value with an id, a severity and a check, and what a check is given and gives back."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from fsxap.acl import trustees
from fsxap.acl.model import Ace, Descriptor, Share, Style
from fsxap.acl.records import ace_record
from fsxap.model import Failure, Finding, Severity

Certainty = Literal["certain", "likely", "unknown"]
AdHealth = Literal["healthy", "unreachable", "none", "unknown"]


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds the audited objects.

    `depth` counts folders below the volume's root, which is 0; None when that is not known. `lookup` is false when
    names were not asked for, so that every trustee is a SID. `privileged` are the site's own trustees for whom full
    control is expected, `admins` those that make up for missing BUILTIN\\Administrators, `users` accounts known to
    be users. `uids` and `gids` are the UNIX ids that exist, None when not known.
    """

    ad: AdHealth = "unknown"
    nfs4_acl: bool = False
    volume_style: Style = ""
    depth: int | None = None
    shares: tuple[Share, ...] = ()
    lookup: bool = True
    privileged: frozenset[str] = frozenset()
    admins: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    uids: frozenset[int] | None = None
    gids: frozenset[int] | None = None


class Place(Protocol):
    @property
    def where(self) -> str: ...
    @property
    def directory(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """One object. `parent` is its folder's descriptor, None at a volume's root or when it could not be read."""

    descriptor: Descriptor
    parent: Descriptor | None = None
    context: Context = field(default_factory=Context)

    @property
    def where(self) -> str:
        return self.descriptor.path

    @property
    def directory(self) -> bool:
        return self.descriptor.kind == "directory"

    @property
    def top_level(self) -> bool:
        """The volume's root or a folder directly in it; where depth is unknown, the top of what is audited."""
        if not self.directory:
            return False
        return self.parent is None if self.context.depth is None else self.context.depth <= 1

    @property
    def root(self) -> bool:
        return self.context.depth == 0

    def above(self) -> Subject | None:
        """The same questions asked of the parent."""
        return Subject(self.parent, None, self.context) if self.parent else None


@dataclass(frozen=True, slots=True)
class ShareSubject:
    """One share. `root` is the descriptor at its path, `others` are the remaining shares."""

    share: Share
    root: Descriptor | None = None
    others: tuple[Share, ...] = ()
    context: Context = field(default_factory=Context)

    @property
    def where(self) -> str:
        return self.share.path

    @property
    def directory(self) -> bool:
        return True

    @property
    def name(self) -> str:
        return f"{self.share.svm}\\{self.share.name}" if self.share.svm else self.share.name


@dataclass(frozen=True, slots=True)
class Unread:
    """A path whose permissions could not be read."""

    where: str
    failure: Failure
    directory: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """What a check saw. `severity` replaces the rule's own; `inherited` says the cause lies above, not here."""

    message: str
    subject: str = ""
    aces: tuple[Ace, ...] = ()
    certainty: Certainty = "certain"
    reason: str = ""
    severity: Severity | None = None
    inherited: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


S = TypeVar("S", bound=Place, contravariant=True)


@dataclass(frozen=True)
class Rule(Generic[S]):
    """`reports_inherited` false: where the cause is inherited, only the topmost place that has it is reported."""

    id: str
    title: str
    severity: Severity
    controls: tuple[str, ...]
    remediation: str
    check: Callable[[S], Iterator[Hit]]
    reports_inherited: bool = True

    def findings(self, place: S) -> Iterator[Finding]:
        return (self.finding(place, hit) for hit in self.check(place))

    def finding(self, place: Place, hit: Hit) -> Finding:
        evidence: dict[str, Any] = {"certainty": hit.certainty, **hit.facts}
        if hit.aces:
            evidence["aces"] = [ace_record(ace, directory=place.directory) for ace in hit.aces]
        if hit.reason:
            evidence["reason"] = hit.reason
        return Finding(
            self.id,
            hit.severity or self.severity,
            hit.message,
            place.where,
            evidence,
            self.remediation,
            hit.subject,
            self.controls,
        )


CIS = "CIS 3.3"
NEED_TO_KNOW = (CIS, "NIST AC-3", "NIST AC-6", "ISO 27001 A.5.15", "ISO 27001 A.8.3", "SOX 404", "HIPAA 164.312(a)")
ACCESS = (*NEED_TO_KNOW, "PCI DSS 7")
PRIVILEGE = (CIS, "NIST AC-6(1)", "NIST AC-6(5)", "ISO 27001 A.8.2", "SOX 404", "PCI DSS 7")
REVIEW = (CIS, "NIST AC-3", "NIST AC-6(7)", "ISO 27001 A.5.18", "SOX 404")
ACCOUNTS = (CIS, "NIST AC-2(3)", "ISO 27001 A.5.18", "SOX 404")
DATA_IN_TRANSIT = ("NIST SC-8", "ISO 27001 A.8.24", "HIPAA 164.312(e)")


def is_inherited(aces: Iterable[Ace]) -> bool:
    """Whether all the entries behind a hit come from above."""
    listed = tuple(aces)
    return bool(listed) and all(ace.inherited for ace in listed)


def is_privileged(trustee: str, sid: str, context: Context) -> bool:
    """Whether full control is expected here, by what the trustee is or by what the site says."""
    return trustees.is_privileged(trustee, sid, context.privileged | context.admins)


def contains(folder: str, path: str) -> bool:
    """Whether `path` is `folder` or lies in it. SMB compares names without case."""
    outer = posixpath.join(folder.casefold().rstrip("/"), "")
    return posixpath.join(path.casefold().rstrip("/"), "").startswith(outer)
