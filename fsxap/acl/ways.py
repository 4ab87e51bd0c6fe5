"""The ways into a path: shares, NFS exports and access points, and what each lets an identity do there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from fsxap.acl import exports, trustees
from fsxap.acl.described import ExportRule
from fsxap.acl.entries import access_list, denies, is_acl_governed
from fsxap.acl.evaluate import Access, granted, may_delete, share_access
from fsxap.acl.groups import Identity
from fsxap.acl.mode import mode_rights
from fsxap.acl.model import Descriptor, Share
from fsxap.acl.rights import DELETE, FULL, level
from fsxap.acl.rules.rule import contains
from fsxap.acl.rules.shares import is_administrative, is_dynamic
from fsxap.acl.token import Token
from fsxap.model import Record

WayKind = Literal["share", "nfs", "access-point", "file"]

# Nobody becomes one of these by being in a group.
_NO_GROUP = frozenset(
    {trustees.SYSTEM, trustees.CREATOR_OWNER, trustees.CREATOR_GROUP, trustees.OWNER_RIGHTS, trustees.ANONYMOUS}
    | {trustees.ADMINISTRATOR, trustees.DOMAIN_GUEST}
)


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """An S3 access point: whoever IAM lets in acts as this one user. `path` is the folder it opens at."""

    name: str
    path: str
    user: str
    kind: Literal["unix", "windows"] = "unix"
    uid: int | None = None
    gids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lies between a caller and the files; None where it was not read.

    `exports` are the rules of the policy that holds at the path, `client` the NFS client's address or name (every
    rule is a way of its own without one), `flavour` how it authenticates. `privileges` are the SVM's, by holder.
    """

    shares: tuple[Share, ...] | None = None
    exports: tuple[ExportRule, ...] | None = None
    access_points: tuple[AccessPoint, ...] = ()
    privileges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nfs4_acl: bool = False
    client: str = ""
    flavour: str = "sys"


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: `gate` is what it lets through at most, `access` what is left of the file's permissions."""

    kind: WayKind
    name: str
    gate: Access
    access: Access

    def record(self, *, directory: bool) -> Record:
        return {"kind": self.kind, "name": self.name, "level": level(self.access.mask, directory)}


OPEN = Access(FULL, FULL)


def file_access(
    descriptor: Descriptor, identity: Identity, parent: Descriptor | None, *, nfs4_acl: bool = False
) -> Access:
    """File permissions within SLAG. Groups the identity may be in without our knowing widen the answer."""
    token = identity.token
    access = _one(descriptor, token, parent)
    if not is_acl_governed(descriptor) and nfs4_acl:
        note = "NFSv4 ACLs are enabled and cannot be read; the mode bits are only derived from them"
        access = Access(0, FULL, access.decisions, (*access.notes, note))
    unknown = frozenset[str]()
    if not identity.known:
        unknown = _unknown_groups(descriptor, token) | (_unknown_groups(parent, token) if parent else unknown)
    if not unknown:
        return access
    wider = token | Token(unknown)
    # The least anybody can end up with is every unknown deny and no unknown allow, the most the reverse; either as
    # the owner or not, because an OWNER RIGHTS entry may give the owner less.
    mask, possible = access.mask, access.possible
    for here, above in itertools.product(
        _owned_or_not(descriptor, token), _owned_or_not(parent, token) if parent else (None,)
    ):
        bounds = [
            _one(_without(here, token, denied=denied), wider, above and _without(above, token, denied=denied))
            for denied in (False, True)
        ]
        mask, possible = mask & bounds[0].mask, possible | bounds[1].possible
    if (mask, possible) == (access.mask, access.possible):
        return access
    return Access(mask, possible, access.decisions, (*access.notes, _NOT_KNOWN))


def _owned_or_not(descriptor: Descriptor, token: Token) -> tuple[Descriptor, ...]:
    doubtful = descriptor.owner and _may_hold(descriptor.owner, "", token)
    return (descriptor, replace(descriptor, owner="")) if doubtful else (descriptor,)


_NOT_KNOWN = "membership in groups that have entries here is not known"


def ways(
    file: Access,
    descriptor: Descriptor,
    identity: Identity,
    around: Surroundings,
    parent: Descriptor | None = None,
) -> Iterator[Way]:
    """Every way that leads here for this identity, those through which nothing gets included."""
    if is_windows(identity.token):
        for share in around.shares or ():
            if leads_to(share, descriptor.path):
                gate = _share_gate(share, identity)
                yield Way("share", share.name, gate, gate & file)
    if around.exports is not None and identity.token.uid is not None:
        yield from _nfs(file, descriptor, identity, around, parent)
    for point in around.access_points:
        if contains(point.path, descriptor.path) and is_pinned(point, identity):
            yield Way("access-point", point.name, OPEN, file)


def leads_to(share: Share, path: str) -> bool:
    return bool(share.path and share.aces) and not is_dynamic(share) and contains(share.path, path)


def unclear(around: Surroundings, path: str) -> Iterator[str]:
    """What is not known about the ways to a path."""
    for share in around.shares or ():
        if is_dynamic(share):
            yield f"home-directory share {share.name} opens a folder for each user and was not considered"
        elif not share.aces and not is_administrative(share) and contains(share.path or "/", path):
            yield f"share {share.name} reports no access list and was not considered"


def is_pinned(point: AccessPoint, identity: Identity) -> bool:
    """Whether the access point acts as this account; a Windows name may come without its domain."""
    if point.kind == "windows":
        own = trustees.identities(identity.trustee, identity.sid)
        either_bare = "\\" not in point.user or "\\" not in identity.trustee
        same = trustees.account(point.user) == trustees.account(identity.trustee) != ""
        return not own.isdisjoint(trustees.identities(point.user)) or (either_bare and same)
    one = trustees.unix_identity(identity.trustee, identity.sid)
    named = one.name if one and one.kind == "user" else ""
    if point.uid is not None and identity.token.uid is not None:
        return point.uid == identity.token.uid
    return named == point.user


def _nfs(
    file: Access, descriptor: Descriptor, identity: Identity, around: Surroundings, parent: Descriptor | None
) -> Iterator[Way]:
    rules = around.exports or ()
    sure = True
    if around.client:
        rule, sure = exports.rule_for(rules, around.client)
        rules = (rule,) if rule else ()
    for rule in rules:
        name = around.client or ", ".join(rule.clients)
        admitted = exports.admit(rule, identity.token, around.flavour)
        notes = (admitted.note,) if admitted and admitted.note else ()
        if not sure:
            notes = (*notes, f"whether an earlier export rule names {around.client} is not known")
        mask = admitted.mask if admitted else 0
        gate = Access(mask if sure else 0, mask if sure else FULL, notes=notes)
        behind = file
        if admitted and admitted.token != identity.token:
            squashed = replace(identity, token=admitted.token, known=True)
            behind = file_access(descriptor, squashed, parent, nfs4_acl=around.nfs4_acl)
        yield Way("nfs", name, gate, gate & behind)


def _share_gate(share: Share, identity: Identity) -> Access:
    access = share_access(share, identity.token)
    if identity.known:
        return access
    foreign = [ace for ace in share.aces if ace.kind == "windows" and _may_hold(ace.trustee, ace.sid, identity.token)]
    if not foreign:
        return access
    wider = identity.token | Token(frozenset().union(*(trustees.identities(ace.trustee, ace.sid) for ace in foreign)))
    least = [ace for ace in share.aces if ace not in foreign or ace.permission == "no_access"]
    most = [ace for ace in share.aces if ace not in foreign or ace.permission != "no_access"]
    low, high = (share_access(replace(share, aces=tuple(aces)), wider) if aces else None for aces in (least, most))
    mask, possible = low.mask if low else 0, high.possible if high else 0
    notes = access.notes if (mask, possible) == (access.mask, access.possible) else (*access.notes, _NOT_KNOWN)
    return Access(mask, possible, access.decisions, notes)


def _one(descriptor: Descriptor, token: Token, parent: Descriptor | None) -> Access:
    access = _of_mode(descriptor, token) if not is_acl_governed(descriptor) else _of_list(descriptor, token)
    deletes = may_delete(descriptor, parent, token) if parent else False
    if deletes is None:
        return replace(access, possible=access.possible | DELETE)
    return replace(access, mask=access.mask | DELETE, possible=access.possible | DELETE) if deletes else access


def _of_list(descriptor: Descriptor, token: Token) -> Access:
    access = granted(descriptor, token)
    if is_windows(token):
        return access
    # Who a UNIX user is to Windows is up to name mapping.
    note = "which Windows account the UNIX user is mapped to is not known"
    return Access(0, access.possible | FULL, access.decisions, (*access.notes, note))


def is_windows(token: Token) -> bool:
    """Whether this is an account that logs on to Windows, and not a UNIX one in disguise."""
    return bool(token.accounts) or any(not trustees.unix_identity(name) for name in token.names)


def _of_mode(descriptor: Descriptor, token: Token) -> Access:
    access = granted(descriptor, token)
    if token.uid is not None or descriptor.mode is None:
        return access
    member = replace(token, gids=token.gids | ({descriptor.gid} if descriptor.gid is not None else set()))
    classes = [mode_rights(descriptor, one, owner=owner) for one in (token, member) for owner in (False, True)]
    least, most = FULL, 0
    for mask in classes:
        least, most = least & mask, most | mask
    note = "which UNIX user the account is mapped to is not known"
    guard = granted(replace(descriptor, mode=0o777), replace(token, uid=0))
    return Access(least & guard.mask, most & guard.possible, access.decisions, (*access.notes, note))


def _unknown_groups(descriptor: Descriptor, token: Token) -> frozenset[str]:
    """Who stands in the lists, or owns the object, and may be a group the identity is in."""
    listed = (*access_list(descriptor), *access_list(descriptor, "slag"))
    foreign = [trustees.identities(ace.trustee, ace.sid) for ace in listed if _may_hold(ace.trustee, ace.sid, token)]
    if descriptor.owner and is_acl_governed(descriptor) and _may_hold(descriptor.owner, "", token):
        foreign.append(trustees.identities(descriptor.owner))
    return frozenset().union(*foreign)


def _may_hold(trustee: str, sid: str, token: Token) -> bool:
    if token.holds(trustee, sid) or trustees.well_known(trustee, sid) in _NO_GROUP:
        return False
    return trustees.classify(trustee, sid) not in ("unix", "anonymous", "guest")


def _without(descriptor: Descriptor, token: Token, *, denied: bool) -> Descriptor:
    """Without the entries of unknown groups that deny, or without those that allow."""
    kept = tuple(
        ace for ace in descriptor.aces if not (_may_hold(ace.trustee, ace.sid, token) and denies(ace) is denied)
    )
    return replace(descriptor, aces=kept)
