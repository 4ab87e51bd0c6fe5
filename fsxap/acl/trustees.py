"""Who an entry names: well-known SIDs and names, the sets an audit cares about, and when two spellings are one.

A SID decides when there is one; names are compared without case. Localised names are known only for groups that
hold everybody: taking a look-alike for such a group reports too much, taking one for an administrator too little.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal[
    "global",
    "anonymous",
    "guest",
    "privileged",
    "creator",
    "owner-rights",
    "builtin",
    "unix",
    "domain",
    "local",
    "unresolved-sid",
]

EVERYONE = "S-1-1-0"
CREATOR_OWNER = "S-1-3-0"
CREATOR_GROUP = "S-1-3-1"
OWNER_RIGHTS = "S-1-3-4"
NETWORK = "S-1-5-2"
ANONYMOUS = "S-1-5-7"
AUTHENTICATED_USERS = "S-1-5-11"
SYSTEM = "S-1-5-18"
ADMINISTRATORS = "S-1-5-32-544"
USERS = "S-1-5-32-545"
GUESTS = "S-1-5-32-546"
ADMINISTRATOR = "S-1-5-21-*-500"
DOMAIN_GUEST = "S-1-5-21-*-501"
DOMAIN_USERS = "S-1-5-21-*-513"

# SID → (name, kind). A domain-relative identity is written with * for the domain.
_FIXED: dict[str, tuple[str, Kind]] = {
    EVERYONE: ("Everyone", "global"),
    CREATOR_OWNER: ("CREATOR OWNER", "creator"),
    CREATOR_GROUP: ("CREATOR GROUP", "creator"),
    OWNER_RIGHTS: ("OWNER RIGHTS", "owner-rights"),
    NETWORK: ("NT AUTHORITY\\NETWORK", "global"),
    "S-1-5-4": ("NT AUTHORITY\\INTERACTIVE", "global"),
    ANONYMOUS: ("NT AUTHORITY\\ANONYMOUS LOGON", "anonymous"),
    AUTHENTICATED_USERS: ("NT AUTHORITY\\Authenticated Users", "global"),
    SYSTEM: ("NT AUTHORITY\\SYSTEM", "privileged"),
    ADMINISTRATORS: ("BUILTIN\\Administrators", "privileged"),
    USERS: ("BUILTIN\\Users", "global"),
    GUESTS: ("BUILTIN\\Guests", "guest"),
    "S-1-5-32-547": ("BUILTIN\\Power Users", "builtin"),
    "S-1-5-32-551": ("BUILTIN\\Backup Operators", "builtin"),
    "S-1-5-32-552": ("BUILTIN\\Replicator", "builtin"),
    "S-1-5-32-554": ("BUILTIN\\Pre-Windows 2000 Compatible Access", "global"),
    "S-1-15-2-1": ("APPLICATION PACKAGE AUTHORITY\\ALL APPLICATION PACKAGES", "builtin"),
}
_RELATIVE: dict[str, tuple[str, Kind]] = {
    ADMINISTRATOR: ("Administrator", "privileged"),
    DOMAIN_GUEST: ("Guest", "guest"),
    "S-1-5-21-*-512": ("Domain Admins", "privileged"),
    DOMAIN_USERS: ("Domain Users", "global"),
    "S-1-5-21-*-514": ("Domain Guests", "guest"),
    "S-1-5-21-*-515": ("Domain Computers", "global"),
    "S-1-5-21-*-518": ("Schema Admins", "domain"),
    "S-1-5-21-*-519": ("Enterprise Admins", "privileged"),
    "S-1-5-21-*-520": ("Group Policy Creator Owners", "domain"),
}
_LOCALISED: dict[str, str] = {
    "jeder": EVERYONE,
    "tout le monde": EVERYONE,
    "todos": EVERYONE,
    "authentifizierte benutzer": AUTHENTICATED_USERS,
    "utilisateurs authentifiés": AUTHENTICATED_USERS,
    "usuarios autentificados": AUTHENTICATED_USERS,
}
_LOCALISED_RELATIVE: dict[str, str] = {
    "domänen-benutzer": DOMAIN_USERS,
    "utilisateurs du domaine": DOMAIN_USERS,
    "usuarios del dominio": DOMAIN_USERS,
}
_AUTHORITIES = frozenset(
    {"", "builtin", "nt authority", "nt service", "application package authority", "nt-autorität", "vordefiniert"}
    | {"autorite nt"}
)
_BY_NAME = {name.rpartition("\\")[2].casefold(): sid for sid, (name, _kind) in _FIXED.items()} | _LOCALISED
_BY_RELATIVE_NAME = {name.casefold(): sid for sid, (name, _kind) in _RELATIVE.items()} | _LOCALISED_RELATIVE

# "*" stands for any domain; no account can be called that.
_SID = re.compile(r"S-1-\d+(?:-(?:\d+|\*))+", re.IGNORECASE)
_DOMAIN_SID = re.compile(r"S-1-5-21-\d+-\d+-\d+-(\d+)", re.IGNORECASE)
# ONTAP dresses UNIX ids as SIDs of a made-up domain.
_UNIX_SID = re.compile(r"S-1-5-21-2038298172-1297133386-(11111|22222)-(\d+)", re.IGNORECASE)
_UNIX_NAME = re.compile(r"UNIXPerm(Uid|Gid)\\(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UnixIdentity:
    """A UNIX account dressed as a Windows one; `name` is a name or a number in text."""

    kind: Literal["user", "group"]
    name: str


def is_sid(name: str) -> bool:
    return _SID.fullmatch(name) is not None


def is_unresolved(name: str) -> bool:
    """Whether a name is the bare SID of a domain or local account; a UNIX identity needs no resolving."""
    return _DOMAIN_SID.fullmatch(name) is not None and _UNIX_SID.fullmatch(name) is None


def unix_identity(trustee: str, sid: str = "") -> UnixIdentity | None:
    for text in (sid, trustee):
        if match := _UNIX_SID.fullmatch(text):
            return UnixIdentity("user" if match[1] == "11111" else "group", match[2])
    if match := _UNIX_NAME.fullmatch(trustee):
        return UnixIdentity("user" if match[1].casefold() == "uid" else "group", match[2])
    return None


# A volume names few trustees, each of them on every path.
@lru_cache(maxsize=4096)
def well_known(trustee: str, sid: str = "") -> str:
    """The SID of a well-known identity (`S-1-5-21-*-513` when it belongs to some domain), or nothing."""
    known = sid or (trustee if is_sid(trustee) else "")
    if known:
        known = known.upper()
        if known in _FIXED or known in _RELATIVE:
            return known
        match = _DOMAIN_SID.fullmatch(known)
        relative = f"S-1-5-21-*-{match[1]}" if match and not _UNIX_SID.fullmatch(known) else ""
        return relative if relative in _RELATIVE else ""
    authority, _slash, account = trustee.casefold().rpartition("\\")
    # A domain may hold a group called Everyone; only the system's own authorities make a name the system's.
    if authority in _AUTHORITIES and account in _BY_NAME:
        return _BY_NAME[account]
    return "" if authority and authority in _AUTHORITIES else _BY_RELATIVE_NAME.get(account, "")


def label(trustee: str, sid: str = "") -> str:
    """How findings call a trustee: one spelling for a well-known identity, otherwise as stored."""
    known = well_known(trustee, sid)
    return _FIXED[known][0] if known in _FIXED else trustee or sid


def classify(trustee: str, sid: str = "", servers: Collection[str] = ()) -> Kind:
    """What kind of trustee this is. `servers` are the SVM's own SMB names, whose accounts are local."""
    return _classify(trustee, sid, frozenset(servers))


@lru_cache(maxsize=4096)
def _classify(trustee: str, sid: str, servers: frozenset[str]) -> Kind:
    known = well_known(trustee, sid)
    if known:
        return (_FIXED.get(known) or _RELATIVE[known])[1]
    if unix_identity(trustee, sid):
        return "unix"
    if is_sid(trustee):
        own = trustee.upper().startswith(("S-1-5-21-", "S-1-12-1-"))
        return "unresolved-sid" if own else "builtin"
    authority, slash, _account = trustee.casefold().rpartition("\\")
    if slash and authority in _AUTHORITIES:
        return "builtin"
    if authority in {server.casefold() for server in servers} or not (slash or "@" in trustee):
        return "local"
    return "domain"


def is_global(trustee: str, sid: str = "") -> bool:
    """Whether this names more or less everybody: the open-access set."""
    return classify(trustee, sid) in ("global", "anonymous", "guest")


def is_privileged(trustee: str, sid: str = "", extra: Iterable[str] = ()) -> bool:
    """Whether full control is expected here; `extra` are the site's own names or SIDs."""
    return classify(trustee, sid) == "privileged" or is_one_of(trustee, sid, extra)


def is_one_of(trustee: str, sid: str, listed: Iterable[str]) -> bool:
    mine = identities(trustee, sid)
    return any(not mine.isdisjoint(spellings(name)) for name in listed)


@lru_cache(maxsize=4096)
def identities(trustee: str, sid: str = "") -> frozenset[str]:
    """Everything an entry's trustee answers to.

    A well-known name counts as its SID, so an account that only looks like one never matches it.
    """
    known = well_known(trustee, sid)
    found = {(sid or (trustee if is_sid(trustee) else "")).upper(), known}
    named = well_known(trustee)
    if not is_sid(trustee) and (not named or (named in _RELATIVE and named == known and "\\" in trustee)):
        found.add(trustee.casefold())
    return frozenset(found - {""})


def account(trustee: str) -> str:
    """An ordinary account's name without its domain, case-folded; nothing for SIDs and for well-known or UNIX names."""
    if is_sid(trustee) or well_known(trustee) or unix_identity(trustee):
        return ""
    authority, _slash, name = trustee.casefold().rpartition("\\")
    return "" if authority and authority in _AUTHORITIES else name


def spellings(trustee: str, sid: str = "") -> frozenset[str]:
    """What a concrete account is known by: CORP\\Domain Users is not every domain's Domain Users."""
    found = identities(trustee, sid)
    return frozenset(name for name in found if "*" not in name) or found


@lru_cache(maxsize=4096)
def key(trustee: str, sid: str = "") -> str:
    """One spelling to group entries by. Two domains' Domain Users stay two."""
    known = well_known(trustee, sid)
    if known in _FIXED:
        return known
    return (sid or (trustee if is_sid(trustee) else "")).upper() or trustee.casefold()
