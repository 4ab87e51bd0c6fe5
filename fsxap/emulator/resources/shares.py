"""GET /protocols/cifs/shares, one share, and a share's entries."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl.model import Share, ShareAce
from fsxap.emulator.pages import Request, Row, collection, fixed, link, named
from fsxap.emulator.query import Record
from fsxap.emulator.refusal import Refusal
from fsxap.emulator.schema import SHARE, SHARE_ACL
from fsxap.emulator.site import Domain, Site


def shares(site: Site, request: Request) -> Record:
    rows = [row for uuid in sorted(site.domains) for row in _rows(site, site.domains[uuid])]
    return collection(request, SHARE, rows, key_names=("svm.uuid", "name"))


def share(site: Site, request: Request) -> Record:
    uuid, name = request.arguments
    found = _find(site.domain(uuid), name)
    return named(request, SHARE, _rows(site, site.domain(uuid)), found.name)


def acls(site: Site, request: Request) -> Record:
    uuid, name = request.arguments
    domain = site.domain(uuid)
    found = _find(domain, name)
    rows = [fixed((ace.trustee, ace.kind), _acl(domain, found, ace)) for ace in found.aces]
    rows.sort(key=lambda row: row.key)
    return collection(request, SHARE_ACL, rows, key_names=("user_or_group", "type"))


def _find(domain: Domain, name: str) -> Share:
    """Share names are compared without case."""
    for found in domain.shares():
        if found.name.casefold() == name.casefold():
            return found
    raise Refusal(404, "4", "entry doesn't exist", "name")


def _rows(site: Site, domain: Domain) -> Iterator[Row]:
    if not domain.svm.cifs:
        return
    for found in sorted(domain.shares(), key=lambda share: share.name):
        yield fixed((domain.svm.uuid, found.name), _record(site, domain, found))


def _record(site: Site, domain: Domain, found: Share) -> Record:
    record: Record = {
        "svm": domain.reference,
        "name": found.name,
        "path": found.path,
        **found.flags,
    }
    for uuid, mounted in site.mounted.items():
        if mounted.volume.name == found.volume and mounted.volume.svm_uuid == domain.svm.uuid:
            record["volume"] = {"name": found.volume, "uuid": uuid, "_links": link("storage", "volumes", uuid)}
    if found.aces:
        record["acls"] = [
            {
                "user_or_group": ace.trustee,
                "type": ace.kind,
                "permission": ace.permission,
                "win_sid_unix_id": _identity(domain, ace),
            }
            for ace in found.aces
        ]
    record["_links"] = link("protocols", "cifs", "shares", domain.svm.uuid, found.name)
    return record


def _acl(domain: Domain, found: Share, ace: ShareAce) -> Record:
    record: Record = {
        "svm": domain.reference,
        "share": found.name,
        "user_or_group": ace.trustee,
        "type": ace.kind,
        "permission": ace.permission,
        "_links": link("protocols", "cifs", "shares", domain.svm.uuid, found.name, "acls", ace.trustee, ace.kind),
    }
    identity = _identity(domain, ace)
    if ace.kind == "windows" and identity:
        record["sid"] = identity
    elif identity.isdecimal():
        record["unix_id"] = int(identity)
    return record


def _identity(domain: Domain, ace: ShareAce) -> str:
    if ace.kind == "windows":
        return ace.sid
    if ace.kind == "unix_group":
        return str(domain.first.unix_groups.get(ace.trustee, ""))
    return next((str(user.uid) for user in domain.first.unix_users if user.name == ace.trustee), "")
