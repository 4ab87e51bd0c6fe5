"""Rules about an SVM's accounts, name mapping, auditing and SMB server: what reaches files past their permissions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fsxap.acl import trustees
from fsxap.acl.described import NameMapping
from fsxap.acl.entries import is_acl_governed
from fsxap.acl.model import SACL_PRESENT, Descriptor, Share
from fsxap.acl.rules.rule import NEED_TO_KNOW, PRIVILEGE, Context, Hit, Rule, is_privileged
from fsxap.acl.site import LocalGroup, Site
from fsxap.model import Severity

AUDITING = ("CIS 8.5", "NIST AU-2", "NIST AU-12", "ISO 27001 A.8.15", "SOX 404", "HIPAA 164.312(b)", "PCI DSS 10")
MAPPING = (*PRIVILEGE, "NIST IA-2")
BACKUP_OPERATORS = "S-1-5-32-551"
_POWERS = {
    "sebackupprivilege": "read any file",
    "serestoreprivilege": "write any file and set any permissions",
    "setakeownershipprivilege": "take ownership of any file",
    "setcbprivilege": "act as part of the operating system",
}
_QUANTIFIER = re.compile(r"[*+{]")


@dataclass(frozen=True, slots=True)
class SiteSubject:
    """One SVM. `shares` are its shares; `context` says who is expected to have privileges."""

    site: Site
    shares: tuple[Share, ...] = ()
    context: Context = field(default_factory=Context)

    @property
    def where(self) -> str:
        return f"svm://{self.site.svm}"

    @property
    def directory(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class RootSubject:
    """The root of a volume or share, where entries for auditing ought to be."""

    descriptor: Descriptor
    site: Site
    context: Context = field(default_factory=Context)

    @property
    def where(self) -> str:
        return self.descriptor.path

    @property
    def directory(self) -> bool:
        return self.descriptor.kind == "directory"


def is_root(site: Site, name: str) -> bool:
    """Whether a UNIX name or number is uid 0."""
    return name in ("root", "0") or any(user.uid == 0 and user.name == name for user in site.unix_users or ())


def powers(subject: SiteSubject) -> dict[str, tuple[str, set[str], set[str]]]:
    """Accounts that privileges or local groups lift above permissions: key → name, privileges, groups."""
    found: dict[str, tuple[str, set[str], set[str]]] = {}
    for name, held in (subject.site.privileges or {}).items():
        if strong := {word.casefold() for word in held} & _POWERS.keys():
            _entry(found, name)[1].update(strong)
    for group in subject.site.groups or ():
        if trustees.well_known(group.name, group.sid) in (trustees.ADMINISTRATORS, BACKUP_OPERATORS):
            for member in group.members:
                _entry(found, member)[2].add(group.name)
    return found


def _entry(found: dict[str, tuple[str, set[str], set[str]]], name: str) -> tuple[str, set[str], set[str]]:
    return found.setdefault(name.casefold(), (name, set(), set()))


def _privileged_account(subject: SiteSubject) -> Iterator[Hit]:
    groups = {group.name.casefold(): group for group in subject.site.groups or ()}
    disabled = {user.name.casefold() for user in subject.site.users or () if user.disabled}
    for key, (name, privileges, through) in sorted(powers(subject).items()):
        known = trustees.well_known(name)
        if known == BACKUP_OPERATORS or is_privileged(name, "", subject.context):
            continue
        can = [_POWERS[word] for word in sorted(privileges)]
        can += [f"act as a member of {group}" for group in sorted(through)]
        facts: dict[str, Any] = {"account": name, "privileges": sorted(privileges), "groups": sorted(through)}
        if key in groups:
            facts["members"] = list(groups[key].members)
        severity: Severity | None = "low" if key in disabled else None
        reason = "the account is disabled, and keeps what it has" if severity else ""
        message = f"{name} can {_and(can)}, whatever the files' permissions say"
        yield Hit(message, name, (), "certain", reason, severity, facts=facts)


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def matches_many(mapping: NameMapping) -> bool:
    """Whether the pattern, a regular expression, stands for any number of names."""
    return _QUANTIFIER.search(re.sub(r"\\.", "", mapping.pattern)) is not None


def is_constant(mapping: NameMapping) -> bool:
    """Whether everybody who matches becomes the same account: nothing of the name is taken over."""
    groups = re.sub(r"\\.", "", mapping.pattern).count("(")
    return not any(int(number) <= groups for number in re.findall(r"\\([1-9])", mapping.replacement))


def _becomes_root(subject: SiteSubject, mapping: NameMapping) -> bool:
    if mapping.direction in ("unix_win", "s3_win"):
        return is_privileged(mapping.replacement, "", subject.context)
    return is_root(subject.site, mapping.replacement)


def _facts(mapping: NameMapping) -> dict[str, Any]:
    return {"direction": mapping.direction, "pattern": mapping.pattern, "replacement": mapping.replacement}


def _wildcard(subject: SiteSubject) -> Iterator[Hit]:
    for mapping in subject.site.mappings or ():
        if matches_many(mapping) and is_constant(mapping) and not _becomes_root(subject, mapping):
            yield Hit(
                f"Everybody who matches {mapping.pattern} becomes {mapping.replacement} ({mapping.direction})",
                f"{mapping.direction} {mapping.pattern}",
                facts=_facts(mapping),
            )


def _to_root(subject: SiteSubject) -> Iterator[Hit]:
    smb = subject.site.smb
    if smb and smb.enabled and is_root(subject.site, smb.default_unix_user):
        message = f"Every Windows user without a mapping becomes {smb.default_unix_user}"
        yield Hit(message, "default UNIX user", severity="critical", facts={"default_unix_user": smb.default_unix_user})
    for mapping in subject.site.mappings or ():
        if not _becomes_root(subject, mapping) or _stays_privileged(subject, mapping):
            continue
        many = matches_many(mapping)
        who = f"Everybody who matches {mapping.pattern}" if many else mapping.pattern
        yield Hit(
            f"{who} becomes {mapping.replacement} ({mapping.direction})",
            f"{mapping.direction} {mapping.pattern}",
            severity="critical" if many else None,
            facts=_facts(mapping),
        )


def _stays_privileged(subject: SiteSubject, mapping: NameMapping) -> bool:
    """Whether one administrator becomes another: that lifts nobody."""
    name = re.sub(r"\\(.)", r"\1", mapping.pattern)
    if matches_many(mapping):
        return False
    if mapping.direction == "unix_win":
        return is_root(subject.site, name)
    return mapping.direction == "win_unix" and is_privileged(name, "", subject.context)


def _auditing_off(subject: SiteSubject) -> Iterator[Hit]:
    audit = subject.site.audit
    if audit and not audit.enabled:
        yield Hit("ONTAP's native auditing is off: who opens which file is not recorded", facts={"enabled": False})
    elif audit and audit.files is False:
        message = "Native auditing leaves out file operations: who opens which file is not recorded"
        yield Hit(message, facts={"enabled": True, "file_operations": False})


def _no_sacl(subject: RootSubject) -> Iterator[Hit]:
    descriptor, audit = subject.descriptor, subject.site.audit
    if audit is None or not audit.enabled or audit.files is False or _is_audited(descriptor):
        return
    message = "Auditing is on, but nothing here asks for a record: no audit entry is set"
    if (descriptor.control or 0) & SACL_PRESENT:
        reason = "the control flags say that there is a list for auditing, but none of its entries was reported"
        yield Hit(message, "", (), "unknown", reason, "info")
    elif not is_acl_governed(descriptor) and subject.context.nfs4_acl:
        reason = "NFSv4 ACLs are enabled and cannot be read; they may hold audit entries"
        yield Hit(message, "", (), "unknown", reason, "info")
    else:
        yield Hit(message, facts={"style": descriptor.style})


def _is_audited(descriptor: Descriptor) -> bool:
    return any(ace.access == "audit" or ace.raw.startswith("system_audit") for ace in descriptor.aces)


def _smb(bad: Callable[[Any], bool], message: str, name: str) -> Callable[[SiteSubject], Iterator[Hit]]:
    def check(subject: SiteSubject) -> Iterator[Hit]:
        smb = subject.site.smb
        if smb and smb.enabled and bad(smb):
            yield Hit(message, facts={"server": smb.server, name: getattr(smb, name)})

    return check


def privileged_members(groups: tuple[LocalGroup, ...]) -> frozenset[str]:
    """Who is in BUILTIN\\Administrators."""
    return frozenset(
        member
        for group in groups
        if trustees.well_known(group.name, group.sid) == trustees.ADMINISTRATORS
        for member in group.members
    )


SITE_RULES: tuple[Rule[SiteSubject], ...] = (
    Rule(
        "privileged-local-account",
        "An account outside the administrators has privileges that no permission stops",
        "high",
        PRIVILEGE,
        "Take the privilege or the membership away, or name the account among the privileged ones if it is meant.",
        _privileged_account,
    ),
    Rule(
        "name-mapping-wildcard",
        "Name mapping makes one account out of many users, so permissions and records cannot tell them apart",
        "medium",
        MAPPING,
        "Map each user to an account of the same name (a back-reference in the replacement), or list the users meant.",
        _wildcard,
    ),
    Rule(
        "name-mapping-to-root",
        "Name mapping makes ordinary users root or an administrator",
        "high",
        MAPPING,
        "Remove the mapping; give the users who need it an account of their own with the rights they need.",
        _to_root,
    ),
    Rule(
        "auditing-off",
        "ONTAP does not record who opens files",
        "medium",
        AUDITING,
        "Switch native auditing of file operations on, or record which FPolicy product does it instead.",
        _auditing_off,
    ),
    Rule(
        "smb-anonymous-enumeration",
        "Anonymous SMB sessions may list users and shares",
        "low",
        NEED_TO_KNOW,
        "Set restrict_anonymous of the SMB server to no_enumeration or no_access.",
        _smb(
            lambda smb: smb.restrict_anonymous == "no_restriction",
            "Whoever reaches the SMB server may list its users and shares without signing in",
            "restrict_anonymous",
        ),
    ),
    Rule(
        "smb-signing-off",
        "SMB signing is not required, so sessions can be altered on the way",
        "low",
        ("NIST SC-8", "NIST SC-23", "ISO 27001 A.8.24", "HIPAA 164.312(e)", "PCI DSS 4"),
        "Require SMB signing on the SMB server.",
        _smb(
            lambda smb: smb.signing is False,
            "The SMB server does not require signing: sessions can be relayed or altered on the way",
            "signing",
        ),
    ),
)

ROOT_RULES: tuple[Rule[RootSubject], ...] = (
    Rule(
        "no-sacl",
        "Auditing is on, but the root of a volume or share has no entry that asks for it",
        "medium",
        AUDITING,
        "Set audit entries (SACL) for the groups and rights of interest on this folder, and let them inherit.",
        _no_sacl,
    ),
)

RULES: tuple[Rule[Any], ...] = (*SITE_RULES, *ROOT_RULES)
