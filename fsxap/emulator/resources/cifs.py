"""GET /protocols/cifs: the SMB server, its domain, and the accounts that live on the SVM."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl.described import Principal
from fsxap.emulator.pages import Request, Row, collection, fixed, link, named
from fsxap.emulator.query import Record
from fsxap.emulator.refusal import absent
from fsxap.emulator.resources.cluster import UUID as NODE
from fsxap.emulator.schema import CIFS_DOMAIN, CIFS_SERVICE, GROUP_MEMBER, LOCAL_GROUP, LOCAL_USER, PRIVILEGE
from fsxap.emulator.site import Domain, Site

_SVM = ("svm.uuid",)
_STATES = {"healthy": "ok", "unreachable": "unreachable"}


def services(site: Site, request: Request) -> Record:
    return collection(request, CIFS_SERVICE, _services(site), key_names=_SVM)


def service(site: Site, request: Request) -> Record:
    return named(request, CIFS_SERVICE, _services(site), request.arguments[0])


def domains(site: Site, request: Request) -> Record:
    return collection(request, CIFS_DOMAIN, _domains(site), key_names=_SVM)


def domain(site: Site, request: Request) -> Record:
    return named(request, CIFS_DOMAIN, _domains(site), request.arguments[0])


def local_users(site: Site, request: Request) -> Record:
    return collection(request, LOCAL_USER, _accounts(site, "user"), key_names=("svm.uuid", "sid"))


def local_groups(site: Site, request: Request) -> Record:
    return collection(request, LOCAL_GROUP, _accounts(site, "group"), key_names=("svm.uuid", "sid"))


def members(site: Site, request: Request) -> Record:
    uuid, sid = request.arguments
    found = site.domain(uuid)
    group = next((one for one in _local(found, "group") if one.sid == sid), None)
    if group is None:
        raise absent("local_cifs_group.sid")
    rows = [
        fixed((name,), {"svm": found.reference, "local_cifs_group": {"sid": sid}, "name": name})
        for name in sorted(group.members)
    ]
    return collection(request, GROUP_MEMBER, rows, key_names=("name",))


def privileges(site: Site, request: Request) -> Record:
    rows = [
        fixed((uuid, name), {"svm": found.reference, "name": name, "privileges": list(held)})
        for uuid, found in sorted(site.domains.items())
        for name, held in sorted(found.first.privileges.items())
    ]
    return collection(request, PRIVILEGE, rows, key_names=("svm.uuid", "name"))


def _services(site: Site) -> Iterator[Row]:
    for uuid, found in sorted(site.domains.items()):
        svm, switches = found.svm, found.first.services
        if not svm.cifs:
            continue
        record: Record = {
            "svm": found.reference,
            "name": svm.server,
            "enabled": True,
            "auth-style": "workgroup" if svm.ad == "none" else "domain",
            "default_unix_user": "pcuser",
            "security": {
                "smb_signing": switches.smb_signing,
                "smb_encryption": switches.smb_encryption,
                "restrict_anonymous": switches.restrict_anonymous,
                "lm_compatibility_level": "lm_ntlm_ntlmv2_krb",
                "kdc_encryption": False,
            },
            "_links": link("protocols", "cifs", "services", uuid),
        }
        if svm.ad == "none":
            record["workgroup"] = "WORKGROUP"
        else:
            record["ad_domain"] = {"fqdn": svm.domain.upper(), "organizational_unit": "CN=Computers"}
        yield fixed((uuid,), record)


def _domains(site: Site) -> Iterator[Row]:
    """An SVM in a workgroup has no entry here."""
    for uuid, found in sorted(site.domains.items()):
        svm = found.svm
        if svm.cifs and svm.ad != "none":
            servers = [_server(svm.domain, _STATES[svm.ad], kind) for kind in ("kerberos", "ms_ldap", "ms_dc")]
            links = link("protocols", "cifs", "domains", uuid)
            record = {"svm": found.reference, "server_discovery_mode": "all", "discovered_servers": servers}
            yield fixed((uuid,), {**record, "_links": links})


def _server(domain_name: str, state: str, kind: str) -> Record:
    return {
        "domain": domain_name,
        "node": {"name": "FsxId0123456789abcdef0-01", "uuid": NODE},
        "preference": "preferred",
        "server_ip": "192.0.2.10",
        "server_name": f"dc1.{domain_name}".rstrip("."),
        "server_type": kind,
        "state": state,
    }


def _local(found: Domain, kind: str) -> list[Principal]:
    return sorted(
        (one for one in found.principals().values() if one.local and one.kind == kind), key=lambda one: one.sid
    )


def _accounts(site: Site, kind: str) -> Iterator[Row]:
    for uuid, found in sorted(site.domains.items()):
        for account in _local(found, kind):
            record: Record = {"svm": found.reference, "sid": account.sid, "name": account.name}
            if kind == "user":
                record["account_disabled"] = account.disabled
            else:
                record["members"] = [{"name": name} for name in account.members]
            record["_links"] = link("protocols", "cifs", f"local-{kind}s", uuid, account.sid)
            yield fixed((uuid, account.sid), record)
