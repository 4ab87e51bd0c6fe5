"""What an SVM's services and accounts say about access to its files, as values: the part no descriptor shows.

None stands for what was not read or does not apply; an empty tuple for what is known to be empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fsxap.acl.described import Description, ExportRule, NameMapping, UnixUser


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule of an export policy. `index` is ONTAP's; the lowest one that names a client decides for it."""

    index: int
    rule: ExportRule
    protocols: tuple[str, ...] = ("any",)


@dataclass(frozen=True, slots=True)
class ExportPolicy:
    """`volumes` are the mounted volumes that use it; a qtree may use it too, which is not read."""

    name: str
    rules: tuple[PolicyRule, ...] = ()
    volumes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalUser:
    """An account that lives on the SVM. `disabled` is None when ONTAP does not say."""

    name: str
    sid: str = ""
    disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class LocalGroup:
    """`members` are names, local ones and those of the domain."""

    name: str
    sid: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SmbService:
    """The SMB server; `enabled` false also where there is none. A switch is None when ONTAP does not report it."""

    enabled: bool
    server: str = ""
    signing: bool | None = None
    restrict_anonymous: str = ""
    default_unix_user: str = ""


@dataclass(frozen=True, slots=True)
class AuditConfig:
    """ONTAP's native auditing. `files` is whether it records file operations, None when not reported."""

    enabled: bool
    files: bool | None = None
    guarantee: bool | None = None


@dataclass(frozen=True, slots=True)
class S3AccessPoint:
    """An S3 access point of a volume, and the one user that everybody who comes through it acts as.

    `origin` is Internet, VPC, or empty when not read. `policy` is the policy's text, empty when there is none and None
    when it was not read; `public` is S3's own verdict on it. `blocked` is whether Block Public Access keeps the public
    out whatever the policy says. `path` is where the volume is mounted, empty when not known.
    """

    name: str
    arn: str = ""
    lifecycle: str = ""
    reason: str = ""
    identity: str = ""
    user: str = ""
    volume: str = ""
    volume_id: str = ""
    volume_uuid: str = ""
    svm_uuid: str = ""
    path: str = ""
    origin: str = ""
    vpc: str = ""
    policy: str | None = None
    public: bool | None = None
    blocked: bool | None = None


@dataclass(frozen=True, slots=True)
class AccessPoints:
    """`points` is None when they were not listed; `unknown` has a line for each question that was refused."""

    points: tuple[S3AccessPoint, ...] | None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """`svm` is empty where there is none, as in a plain folder. `unknown` has a line for each unanswered question.

    `names` and `group_names` are the sources the SVM asks for UNIX users and groups, first one first.
    """

    svm: str = ""
    svm_uuid: str = ""
    smb: SmbService | None = None
    nfs: bool | None = None
    exports: tuple[ExportPolicy, ...] | None = None
    users: tuple[LocalUser, ...] | None = None
    groups: tuple[LocalGroup, ...] | None = None
    privileges: Mapping[str, tuple[str, ...]] | None = None
    mappings: tuple[NameMapping, ...] | None = None
    unix_users: tuple[UnixUser, ...] | None = None
    unix_groups: Mapping[str, int] | None = None
    names: tuple[str, ...] | None = None
    group_names: tuple[str, ...] | None = None
    audit: AuditConfig | None = None
    access_points: tuple[S3AccessPoint, ...] | None = None
    unknown: tuple[str, ...] = ()

    @property
    def uids(self) -> frozenset[int] | None:
        """Every uid that exists; None when LDAP or NIS may know more, or nothing was read."""
        return frozenset(user.uid for user in self.unix_users) if self.unix_users and _local(self.names) else None

    @property
    def gids(self) -> frozenset[int] | None:
        """Every gid that exists, primary groups of users included; None as for `uids`."""
        if not self.unix_groups or not _local(self.group_names):
            return None
        return frozenset(self.unix_groups.values()) | {user.gid for user in self.unix_users or ()}

    @property
    def accounts(self) -> frozenset[str]:
        """Names of the accounts known to be users."""
        return frozenset(user.name for user in self.users or ())


def _local(sources: tuple[str, ...] | None) -> bool:
    return sources is not None and set(sources) <= {"files"}


def with_access_points(site: Site, found: AccessPoints) -> Site:
    """The site with its own SVM's access points, those whose SVM could not be told included."""
    points = found.points
    if points is not None:
        points = tuple(one for one in points if one.svm_uuid in ("", site.svm_uuid))
    return replace(site, access_points=points, unknown=(*site.unknown, *found.unknown))


def described_site(description: Description) -> Site:
    """The site as a described volume tells it: what ONTAP would answer for the same description."""
    svm, services = description.svm, description.services
    accounts = sorted(
        (one for one in description.principals.values() if one.local), key=lambda one: (one.sid, one.name)
    )
    smb = SmbService(False)
    if svm.cifs:
        smb = SmbService(True, svm.server, services.smb_signing, services.restrict_anonymous, "pcuser")
    return Site(
        svm=svm.name,
        svm_uuid=svm.uuid,
        smb=smb,
        nfs=svm.nfs,
        exports=_policies(description),
        users=tuple(LocalUser(one.name, one.sid, one.disabled) for one in accounts if one.kind == "user"),
        groups=tuple(
            LocalGroup(one.name, one.sid, tuple(sorted(one.members))) for one in accounts if one.kind == "group"
        ),
        privileges=dict(sorted(description.privileges.items())),
        mappings=tuple(sorted(description.name_mappings, key=lambda mapping: mapping.direction)),
        unix_users=tuple(sorted(description.unix_users, key=lambda user: user.name)),
        unix_groups=dict(sorted(description.unix_groups.items())),
        names=("files",),
        group_names=("files",),
        audit=AuditConfig(True, True, True) if services.native_audit else AuditConfig(False),
    )


def _policies(description: Description) -> tuple[ExportPolicy, ...]:
    """Every SVM has a policy called default, without rules until somebody writes one."""
    used: dict[str, list[str]] = {}
    for volume in (description.volume, *description.others):
        if volume.path:
            used.setdefault(volume.export_policy, []).append(volume.name)
    policies: dict[str, tuple[ExportRule, ...]] = {"default": (), **description.export_policies}
    return tuple(
        ExportPolicy(
            name,
            tuple(PolicyRule(index, rule) for index, rule in enumerate(rules, 1)),
            tuple(sorted(used.get(name, ()))),
        )
        for name, rules in sorted(policies.items())
    )
