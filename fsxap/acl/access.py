"""Effective access: what one identity can do at a path, and everybody who can do something there.

A caller comes in by a share, by NFS or by an S3 access point; each way bounds what SLAG and the file's own permissions
leave, and the best way counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fsxap.acl import trustees, ways
from fsxap.acl.entries import access_list, denies, has_null_dacl, is_acl_governed
from fsxap.acl.evaluate import Access, Decision
from fsxap.acl.groups import Groups, Identity
from fsxap.acl.model import Ace, Descriptor, ShareAce
from fsxap.acl.rights import Level, describe, level, names
from fsxap.acl.rules.rule import contains
from fsxap.acl.token import Token
from fsxap.acl.ways import AccessPoint, Surroundings, Way
from fsxap.model import Record

_POWERS = {
    "sebackupprivilege": "reads any file, whatever its permissions",
    "serestoreprivilege": "writes any file and sets any owner and permissions",
    "setakeownershipprivilege": "can take ownership and then rewrite the permissions",
    "setcbprivilege": "acts as part of the operating system: no permission holds it",
}


# A user who owns nothing: no account has this number.
_NO_UID = -1

NOTHING = Access(0, 0)
ALONE = Surroundings()
"""No share, export or access point was read."""
NO_GROUPS = Groups()


@dataclass(frozen=True, slots=True)
class Reach:
    """What one trustee ends up with at one path.

    `mask` is certain, `possible` at best; `rights` and `level` are those of `mask`. `via` says what decided: entries,
    owner, mode, ways in, groups. `file` is what the file's permissions alone give, `bypass` privileges that go round
    them.
    """

    path: str
    trustee: str
    mask: int
    possible: int
    directory: bool
    via: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    file: Access = NOTHING
    ways: tuple[Way, ...] = ()
    bypass: tuple[str, ...] = ()
    assured: bool = True

    @property
    def rights(self) -> tuple[str, ...]:
        return names(self.mask)

    @property
    def level(self) -> Level:
        return level(self.mask, self.directory)

    @property
    def certain(self) -> bool:
        return self.assured and self.mask == self.possible

    def record(self) -> Record:
        """`share`, `nfs` and `access_point` are the best level that way, null when none leads here."""
        row: Record = {
            "type": "access",
            "path": self.path,
            "trustee": self.trustee,
            "rights": list(self.rights),
            "level": self.level,
            "via": list(self.via),
            "certain": self.certain,
            "file": level(self.file.mask, self.directory),
            "ways": [way.record(directory=self.directory) for way in self.ways],
        }
        for kind in ("share", "nfs", "access-point"):
            masks = [way.access.mask for way in self.ways if way.kind == kind]
            row[kind.replace("-", "_")] = level(_union(masks), self.directory) if masks else None
        if self.mask != self.possible:
            row["possible"] = level(self.possible, self.directory)
        if self.bypass:
            row["bypass"] = list(self.bypass)
        if self.notes:
            row["notes"] = list(self.notes)
        return row


def who(
    identity: Identity,
    descriptor: Descriptor,
    around: Surroundings = ALONE,
    *,
    parent: Descriptor | None = None,
) -> Reach:
    """What this identity can do here. `parent` is the folder, whose DELETE_CHILD lets what is in it be deleted."""
    directory = descriptor.kind == "directory"
    file = ways.file_access(descriptor, identity, parent, nfs4_acl=around.nfs4_acl)
    found = tuple(ways.ways(file, descriptor, identity, around, parent))
    notes = [*identity.notes, *ways.unclear(around, descriptor.path)]
    blind = _unread(identity, descriptor, around)
    if blind:
        what = f"{' and '.join(blind)} were not read"
        notes.append(what if found else f"{what}: these are the file's permissions alone")
        found = found or (Way("file", "", ways.OPEN, file),)
    mask, possible = _union(way.access.mask for way in found), _union(way.access.possible for way in found)
    for way in found:
        notes.extend(way.access.notes)
    if not found and file.possible:
        notes.append("no share, export or access point leads here for this identity")
    bypass = tuple(_bypass(identity, around))
    return Reach(
        descriptor.path,
        identity.trustee,
        mask,
        possible,
        directory,
        tuple(dict.fromkeys(_via(identity, descriptor, file, found))),
        tuple(dict.fromkeys(notes)),
        file,
        found,
        bypass,
        not (blind or bypass),
    )


def _unread(identity: Identity, descriptor: Descriptor, around: Surroundings) -> tuple[str, ...]:
    """The ways in that were not read and that this identity may come by."""
    windows = ways.is_windows(identity.token)
    unix = identity.token.uid is not None or not windows or not is_acl_governed(descriptor)
    shares = ("shares",) if around.shares is None and windows else ()
    return (*shares, "exports") if around.exports is None and unix else shares


def can(
    descriptor: Descriptor,
    around: Surroundings = ALONE,
    groups: Groups = NO_GROUPS,
    *,
    parent: Descriptor | None = None,
) -> Iterator[Reach]:
    """Everybody who can do something here, or might: trustees of any layer, the members of groups that the import
    knows, access points with the user each acts as, and holders of privileges."""
    seen: set[str] = set()
    for identity in _listed(descriptor, around, groups):
        reach = who(replace(identity, known=True), descriptor, around, parent=parent)
        yield from _new(reach, seen, _refused(descriptor, identity))
        for member in groups.members(identity.trustee, identity.sid):
            person = groups.identity(member.name or member.sid, member.sid)
            yield from _new(who(person, descriptor, around, parent=parent), seen)
    for point in around.access_points:
        if contains(point.path, descriptor.path):
            reach = who(_pinned(point, groups), descriptor, _only(point, around), parent=parent)
            yield from _new(replace(reach, trustee=f"access point {point.name} (as {point.user})"), seen)


def _new(reach: Reach, seen: set[str], refused: tuple[str, ...] = ()) -> Iterator[Reach]:
    key = trustees.key(reach.trustee)
    if key not in seen and (reach.possible or reach.bypass):
        seen.add(key)
        yield replace(reach, notes=(*reach.notes, *refused))


def _listed(descriptor: Descriptor, around: Surroundings, groups: Groups) -> Iterator[Identity]:
    """Everyone a layer names, and for a mode the classes it speaks of."""
    if not is_acl_governed(descriptor):
        yield from _classes(descriptor)
    for trustee, sid in _named(descriptor, around):
        identity = groups.identity(trustee, sid)
        # An entry for a UNIX group means a member who is no more than that.
        yield _ordinary(identity) if identity.token.gids and identity.token.uid is None else identity


def _named(descriptor: Descriptor, around: Surroundings) -> Iterator[tuple[str, str]]:
    if has_null_dacl(descriptor):
        yield "Everyone", trustees.EVERYONE
    if is_acl_governed(descriptor):
        if descriptor.owner:
            yield descriptor.owner, ""
        for ace in access_list(descriptor):
            if not ace.inherit_only and trustees.classify(ace.trustee, ace.sid) not in ("creator", "owner-rights"):
                yield ace.trustee, ace.sid
    for share in around.shares or ():
        if ways.leads_to(share, descriptor.path):
            yield from ((ace.trustee, ace.sid) for ace in share.aces if ace.kind == "windows")
    yield from ((holder, "") for holder in around.privileges)


def _classes(descriptor: Descriptor) -> Iterator[Identity]:
    """root, who is bound by exports alone; the owner; a member of the group; anybody else."""
    yield Identity("UNIXPermUid\\0", Token(uid=0), True)
    if descriptor.uid is not None:
        yield Identity(f"UNIXPermUid\\{descriptor.uid}", Token(uid=descriptor.uid), True)
    if descriptor.gid is not None:
        yield Identity(f"UNIXPermGid\\{descriptor.gid}", Token(uid=_NO_UID, gids=frozenset({descriptor.gid})), True)
    yield Identity("any other UNIX user", Token(uid=_NO_UID), True)


def _ordinary(identity: Identity) -> Identity:
    return replace(identity, token=replace(identity.token, uid=_NO_UID))


def _refused(descriptor: Descriptor, identity: Identity) -> tuple[str, ...]:
    """Denies that hit only those members of the trustee who are in another group as well."""
    others = [ace for ace in access_list(descriptor) if denies(ace) and not ace.inherit_only]
    return tuple(
        f"less for those who are also {trustees.label(ace.trustee, ace.sid)}: {_entry(ace, descriptor)}"
        for ace in others
        if not identity.token.holds(ace.trustee, ace.sid)
    )


def _pinned(point: AccessPoint, groups: Groups) -> Identity:
    if point.kind == "windows":
        return groups.identity(point.user)
    uid = 0 if point.user == "root" and point.uid is None else point.uid
    return groups.identity(f"UNIXPermUid\\{point.user}", uid=uid, gids=point.gids)


def _only(point: AccessPoint, around: Surroundings) -> Surroundings:
    """An access point knows neither shares nor exports. IAM and the access-point policy are judged elsewhere."""
    return replace(around, shares=(), exports=(), access_points=(point,), privileges={})


def _bypass(identity: Identity, around: Surroundings) -> Iterator[str]:
    for holder, held in sorted(around.privileges.items()):
        if identity.token.holds(holder):
            for privilege in held:
                if power := _POWERS.get(privilege.casefold()):
                    yield f"{privilege} through {holder}: {power}"
    if identity.token.holds("BUILTIN\\Administrators", trustees.ADMINISTRATORS):
        yield "member of BUILTIN\\Administrators: can take ownership and then rewrite the permissions"


def _via(identity: Identity, descriptor: Descriptor, file: Access, found: Iterable[Way]) -> Iterator[str]:
    for way in found:
        if way.kind != "file":
            yield _way(way)
        for decision in way.gate.decisions:
            yield f"share {way.name}: {_decision(decision, descriptor)}"
    governed = is_acl_governed(descriptor)
    if identity.token.owns(descriptor):
        yield f"owner {descriptor.owner}" if governed else f"owner uid {descriptor.uid}"
    if not governed and descriptor.mode is not None:
        yield f"mode {descriptor.mode:03o}"
    if governed and has_null_dacl(descriptor):
        yield "no access list (NULL DACL)"
    for decision in file.decisions:
        yield _decision(decision, descriptor)
    yield from (f"group {group}" for group in identity.groups if _counts(group, file, found))


def _way(way: Way) -> str:
    if way.kind == "share":
        return f"share {way.name}: {describe(way.gate.mask, True)}"
    if way.kind == "nfs":
        return f"export to {way.name}: {describe(way.gate.mask, True)}"
    return f"access point {way.name}: past shares and exports"


def _decision(decision: Decision, descriptor: Descriptor) -> str:
    if isinstance(decision.ace, ShareAce):
        return f"{trustees.label(decision.ace.trustee, decision.ace.sid)} {decision.ace.permission}"
    return _entry(decision.ace, descriptor)


def _entry(ace: Ace, descriptor: Descriptor) -> str:
    verb = "deny" if denies(ace) else "allow"
    guard = "SLAG " if ace.layer == "slag" else ""
    origin = " (inherited)" if ace.inherited else ""
    rights = describe(ace.mask, descriptor.kind == "directory")
    return f"{guard}{verb} {trustees.label(ace.trustee, ace.sid)}: {rights}{origin}"


def _counts(group: str, file: Access, found: Iterable[Way]) -> bool:
    decided = [*file.decisions, *(one for way in found for one in way.gate.decisions)]
    return any(trustees.label(one.ace.trustee, one.ace.sid).casefold() == group.casefold() for one in decided)


def _union(masks: Iterable[int]) -> int:
    total = 0
    for mask in masks:
        total |= mask
    return total
