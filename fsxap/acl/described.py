"""A described volume as values: its SVM, shares, accounts and the permissions of every path, inheritance included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from fsxap.acl import inheritance, rights, trustees
from fsxap.acl.inheritance import Account
from fsxap.acl.model import (
    DACL_PRESENT,
    DACL_PROTECTED,
    SACL_PRESENT,
    Ace,
    Descriptor,
    Kind,
    Share,
    Style,
    Volume,
)

Health = Literal["healthy", "unreachable", "none"]

SELF_RELATIVE = 0x8000
_GENERIC = rights.GENERIC_ALL | rights.GENERIC_EXECUTE | rights.GENERIC_WRITE | rights.GENERIC_READ
# A new NTFS volume starts with this one entry.
_DEFAULT_ROOT = Ace("Everyone", "allow", rights.FULL, sub_folders=True, files=True, sid="S-1-1-0", raw="access_allow")


@dataclass(frozen=True, slots=True)
class Svm:
    """`server` is the SVM's NetBIOS name, `domain` the DNS name of its Active Directory domain."""

    name: str
    uuid: str
    ad: Health = "healthy"
    cifs: bool = True
    nfs: bool = True
    server: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Services:
    """Switches of the SVM's services that an audit asks about."""

    smb_signing: bool = True
    smb_encryption: bool = False
    restrict_anonymous: str = "no_enumeration"
    nfsv4_acls: bool = False
    native_audit: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """An account; `members` are names. `local` accounts live on the SVM, others in the domain."""

    name: str
    sid: str = ""
    members: tuple[str, ...] = ()
    kind: Literal["user", "group"] = "group"
    local: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class UnixUser:
    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class NameMapping:
    direction: str
    pattern: str
    replacement: str


@dataclass(frozen=True, slots=True)
class ExportRule:
    """`ro`, `rw` and `superuser` are lists of authentication flavours: any, none, never, sys, krb5, ..."""

    clients: tuple[str, ...]
    ro: tuple[str, ...] = ("any",)
    rw: tuple[str, ...] = ("any",)
    superuser: tuple[str, ...] = ("none",)
    anonymous: str = "65534"
    suid: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """What is said about one path, with owner, group, style, uid and gid already taken over from above.

    `aces` are the stored entries of a folder here, with generic bits still in their masks. `own` are those said
    at this very path; they are the whole list when `complete`. `below` is what folders and files below have from
    here when nothing is said about them. `error` is ONTAP's code instead of an answer.
    """

    owner: Account
    group: Account
    style: Style
    uid: int | None = None
    gid: int | None = None
    mode: int | None = None
    own: tuple[Ace, ...] = ()
    aces: tuple[Ace, ...] = ()
    below: tuple[tuple[Ace, ...], tuple[Ace, ...]] = ((), ())
    complete: bool = False
    protected: bool = False
    null_dacl: bool = False
    error: str = ""

    @classmethod
    def of(cls, owner: Account, group: Account, style: Style, aces: tuple[Ace, ...], **said: Any) -> Self:
        """A place with what it hands down worked out: a scan asks for it at every path."""
        folders = inheritance.inherited(aces, directory=True, owner=owner, group=group)
        files = inheritance.inherited(aces, directory=False, owner=owner, group=group)
        return cls(owner, group, style, aces=aces, below=(folders, files), **said)


@dataclass(frozen=True, slots=True)
class Description:
    """A volume, described. Relative paths use `/` and have none in front; the root is the empty path."""

    svm: Svm
    volume: Volume
    others: tuple[Volume, ...] = ()
    shares: tuple[Share, ...] = ()
    principals: Mapping[str, Principal] = field(default_factory=dict)
    """By case-folded name."""
    unix_users: tuple[UnixUser, ...] = ()
    unix_groups: Mapping[str, int] = field(default_factory=dict)
    privileges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    name_mappings: tuple[NameMapping, ...] = ()
    export_policies: Mapping[str, tuple[ExportRule, ...]] = field(default_factory=dict)
    services: Services = Services()
    places: Mapping[str, Place] = field(default_factory=dict)

    def error(self, relative_path: str) -> str:
        """The planted error code at exactly this path, or nothing."""
        place = self.places.get(relative_path)
        return place.error if place else ""

    def is_junction(self, relative_path: str) -> bool:
        """Whether another volume is mounted here."""
        here = namespace_path(self.volume, relative_path)
        return bool(relative_path) and any(other.path == here for other in self.others)

    def nearest(self, relative_path: str) -> tuple[str, Place]:
        """The closest described path at or above this one, and what is said there."""
        while relative_path and relative_path not in self.places:
            relative_path = relative_path.rpartition("/")[0]
        return relative_path, self.places.get(relative_path) or default_root(self.volume)

    def stored(self, relative_path: str, kind: Kind) -> tuple[Ace, ...]:
        """The entries of an object in stored order, generic bits not mapped."""
        directory = kind in ("directory", "junction")
        where, place = self.nearest(relative_path)
        if where != relative_path:
            return place.below[0 if directory else 1]
        if directory:
            return place.aces
        own = tuple(replace(ace, sub_folders=False, files=False) for ace in place.own if ace.this_folder)
        if place.complete or place.protected or place.null_dacl:
            return own
        above = self.nearest(relative_path.rpartition("/")[0])[1]
        return own + inheritance.inherited(above.aces, directory=False, owner=place.owner, group=place.group)

    def descriptor(
        self,
        relative_path: str,
        kind: Kind,
        *,
        mode: int,
        uid: int,
        gid: int,
        inode: int = 0,
        dos: str = "",
    ) -> Descriptor:
        """What ONTAP says here. `mode`, `uid` and `gid` are the file's own, used where nothing else is said.

        An NTFS object shows mode 0o777 and uid 0, as ONTAP makes them up; a UNIX one shows no entries and no owner.
        """
        where, place = self.nearest(relative_path)
        exact = where == relative_path
        common: dict[str, Any] = {
            "path": namespace_path(self.volume, relative_path),
            "kind": kind,
            "style": place.style,
            "volume_style": self.volume.style,
            "inode": inode,
            "dos": dos,
        }
        own_mode = place.mode if exact else None
        if place.style == "unix":
            return Descriptor(
                mode=mode & 0o7777 if own_mode is None else own_mode,
                uid=uid if place.uid is None else place.uid,
                gid=gid if place.gid is None else place.gid,
                **common,
            )
        aces = self.stored(relative_path, kind)
        return Descriptor(
            owner=place.owner.name,
            group=place.group.name,
            control=_control(place if exact else None, aces),
            aces=tuple(_as_reported(ace) for ace in aces),
            mode=0o777 if own_mode is None else own_mode,
            uid=place.uid or 0,
            gid=place.gid or 0,
            **common,
        )

    def sid(self, name: str) -> str:
        """The SID of a described or well-known name; a SID is its own; nothing when unknown."""
        if trustees.is_sid(name):
            return name
        if principal := self.principals.get(name.casefold()):
            return principal.sid
        known = trustees.well_known(name)
        return "" if "*" in known else known


def namespace_path(volume: Volume, relative_path: str) -> str:
    """Where a path of a volume lies in the SVM's namespace."""
    if not relative_path:
        return volume.path or "/"
    return f"{volume.path.rstrip('/')}/{relative_path}"


def default_root(volume: Volume) -> Place:
    """The root of a volume about which nothing is said."""
    style: Style = "ntfs" if volume.style == "ntfs" else "unix"
    administrators = Account("BUILTIN\\Administrators", trustees.ADMINISTRATORS)
    own = (_DEFAULT_ROOT,) if style == "ntfs" else ()
    return Place.of(administrators, administrators, style, own, own=own)


def _control(place: Place | None, aces: tuple[Ace, ...]) -> int:
    control = SELF_RELATIVE
    if not (place and place.null_dacl):
        control |= DACL_PRESENT
    if place and place.protected:
        control |= DACL_PROTECTED
    if any(ace.access == "audit" for ace in aces):
        control |= SACL_PRESENT
    return control


def _as_reported(ace: Ace) -> Ace:
    """ONTAP does not decode a mask with a generic right in it."""
    return replace(ace, mask=None) if (ace.mask or 0) & _GENERIC else ace
