"""GET /protocols/file-security/effective-permissions: what one account may do, by an own walk over the bits.

It shares no code with the evaluator of fsxap.acl, so that the two can be held against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fsxap.acl.described import Description, Principal
from fsxap.acl.model import Ace, Descriptor, Share
from fsxap.emulator.pages import Request, link, one
from fsxap.emulator.query import Record, pairs
from fsxap.emulator.refusal import Refusal, absent
from fsxap.emulator.schema import EFFECTIVE
from fsxap.emulator.site import Domain, Mounted, Site
from fsxap.emulator.trees import Node

_WORDS = (
    (0x1, "read"),
    (0x2, "write"),
    (0x4, "append"),
    (0x8, "read_ea"),
    (0x10, "write_ea"),
    (0x20, "execute"),
    (0x40, "delete_child"),
    (0x80, "read_attributes"),
    (0x100, "write_attributes"),
    (0x10000, "delete"),
    (0x20000, "read_control"),
    (0x40000, "write_dac"),
    (0x80000, "write_owner"),
    (0x100000, "synchronize"),
)
_ALL = 0x1F01FF
_GENERIC = {0x10000000: 0x1F01FF, 0x20000000: 0x1200A0, 0x40000000: 0x120116, 0x80000000: 0x120089}
_SHARE = {"read": 0x1200A9, "change": 0x1301BF, "full_control": 0x1F01FF, "no_access": 0}
_MODE_READ, _MODE_WRITE, _MODE_EXECUTE = 0x120089, 0x100116, 0x1200A0


def effective(site: Site, request: Request) -> Record:
    uuid, path = request.arguments
    domain = site.domain(uuid)
    asked = dict(pairs(request.query))
    if not asked.get("user"):
        raise Refusal(400, "262278", 'The "user" field is required.', "user")
    kind = asked.get("type", "windows")
    if kind not in ("windows", "unix"):
        raise Refusal(400, "2", f'The value "{kind}" is invalid for field "type"', "type")
    share = _share(domain, asked["share.name"]) if "share.name" in asked else None
    full = f"{share.path.rstrip('/')}/{path.strip('/')}".rstrip("/") or "/" if share else path
    mounted, relative, node = site.locate(uuid, full)
    if mounted.tree is None:
        raise absent()
    token = _token(domain, asked["user"], kind)
    found = mounted.descriptor(node)
    granted = _file(domain, mounted, relative, node, found, token, asked["user"], kind)
    record: Record = {
        "svm": domain.reference,
        "path": path,
        "user": asked["user"],
        "type": kind,
        "file_permissions": _words(granted),
        "_links": link("protocols", "file-security", "effective-permissions", uuid, path),
    }
    if share:
        record["share"] = {"name": share.name, "path": share.path}
        record["share_permissions"] = _words(_share_mask(share, token))
    return one(request, EFFECTIVE, lambda _selection: record)


def _file(
    domain: Domain,
    mounted: Mounted,
    relative: str,
    node: Node,
    found: Descriptor,
    token: frozenset[str],
    user: str,
    kind: str,
) -> int:
    description = mounted.tree.description if mounted.tree else domain.first
    if found.style == "unix":
        mask = _unix(domain, found, user, kind)
    else:
        stored = mounted.tree.stored(node) if mounted.tree else ()
        mask = _walk([ace for ace in stored if ace.layer == "file"], token, found)
    guard = _guard(description, relative)
    if guard:
        mask &= _walk(guard, token, None)
    return mask


def _guard(description: Description, relative: str) -> Sequence[Ace]:
    """The storage-level guard of the closest place above that has one: it holds for everything below."""
    while True:
        place = description.places.get(relative)
        guard = [ace for ace in place.own if ace.layer == "slag"] if place else []
        if guard or not relative:
            return guard
        relative = relative.rpartition("/")[0]


def _walk(aces: Sequence[Ace], token: frozenset[str], found: Descriptor | None) -> int:
    """Bit by bit: the first entry that names a bit decides it."""
    if found and not (found.control or 0) & 0x4:
        return _ALL
    owner = bool(found) and found is not None and found.owner.casefold() in token
    if owner:
        token = token | {"owner rights", "s-1-3-4"}
    granted = denied = 0
    owner_rights = False
    for ace in aces:
        who = {ace.trustee.casefold(), ace.sid.casefold()}
        if not ace.this_folder or ace.access not in ("allow", "deny"):
            continue
        owner_rights = owner_rights or bool(who & {"owner rights", "s-1-3-4"})
        if not who & token:
            continue
        open_bits = _mapped(ace.mask or 0) & ~granted & ~denied
        if ace.access == "allow":
            granted |= open_bits
        else:
            denied |= open_bits
    if owner and not owner_rights:
        granted |= 0x60000
    return granted & _ALL


def _mapped(mask: int) -> int:
    for bit, meaning in _GENERIC.items():
        if mask & bit:
            mask = mask & ~bit | meaning
    return mask


def _unix(domain: Domain, found: Descriptor, user: str, kind: str) -> int:
    """The first class that fits decides. A Windows account acts as the UNIX user of its own name."""
    name = user.rpartition("\\")[2] if kind == "windows" else user
    account = next((one for one in domain.first.unix_users if one.name == name), None)
    uid = account.uid if account else 0 if name == "root" else 65534
    gid = account.gid if account else uid
    if uid == 0:
        return _ALL
    mode = found.mode or 0
    bits = mode >> 6 if uid == found.uid else mode >> 3 if gid == found.gid else mode
    mask = _MODE_READ * bool(bits & 4) | _MODE_WRITE * bool(bits & 2) | _MODE_EXECUTE * bool(bits & 1)
    if found.kind == "directory" and bits & 3 == 3:
        mask |= 0x40
    return mask | (0x40000 if uid == found.uid else 0)


def _share(domain: Domain, name: str) -> Share:
    for share in domain.shares():
        if share.name.casefold() == name.casefold():
            return share
    raise Refusal(404, "655470", f'The specified share "{name}" does not exist.', "share.name")


def _share_mask(share: Share, token: frozenset[str]) -> int:
    granted = 0
    for ace in share.aces:
        if {ace.trustee.casefold(), ace.sid.casefold()} & token:
            if ace.permission == "no_access":
                return 0
            granted |= _SHARE[ace.permission]
    return granted


def _token(domain: Domain, user: str, kind: str) -> frozenset[str]:
    """Names and SIDs the account answers to: its own, its groups' however deep, and those of every logged-on user."""
    principals = domain.principals()
    known = principals.get(user.casefold())
    if kind == "windows" and known is None:
        raise Refusal(400, "4849676", f'The specified Windows user or group "{user}" does not exist.', "user")
    named = {user.casefold(), "everyone", "nt authority\\authenticated users", "nt authority\\network"}
    if known is not None and not known.local:
        named |= {name for name, one in principals.items() if one.sid.endswith("-513")} | {"builtin\\users"}
    grown = True
    while grown:
        above = {name for name, one in principals.items() if _has(one, named)} - named
        named |= above
        grown = bool(above)
    # Names such as "Authenticated Users" are written with and without their authority.
    short = {name.removeprefix("nt authority\\") for name in named}
    sids = {principals[name].sid.casefold() for name in named if name in principals}
    wellknown = {domain.first.sid(name).casefold() for name in named}
    return frozenset((named | short | sids | wellknown) - {""})


def _has(group: Principal, named: Iterable[str]) -> bool:
    return not {member.casefold() for member in group.members}.isdisjoint(named)


def _words(mask: int) -> list[str]:
    return [word for bit, word in _WORDS if mask & bit]
