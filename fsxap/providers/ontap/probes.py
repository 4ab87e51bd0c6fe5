"""Small questions to ONTAP about what stands between a client and the data: SVMs, domain, controllers, S3 server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fsxap.errors import AccessDenied, NotFound, ServiceError
from fsxap.providers.ontap.client import OntapClient
from fsxap.providers.ontap.surroundings import REACHABLE


@dataclass(frozen=True, slots=True)
class Membership:
    """`domain` is empty in a workgroup. `controllers` that answer; None where nobody says."""

    domain: str = ""
    controllers: int | None = None


def release(client: OntapClient) -> str:
    """Empty where the account may not see the cluster."""
    try:
        version = client.get("/cluster", {"fields": "version"}).get("version") or {}
    except (AccessDenied, NotFound):
        return ""
    return ".".join(str(version[part]) for part in ("generation", "major", "minor") if part in version)


def role(client: OntapClient, user: str) -> str:
    """Of this account; empty where it may not see accounts, which is right for one that only reads files' rights."""
    try:
        found = client.records("/security/accounts", {"name": user, "fields": "role.name"})
        return next((str((record.get("role") or {}).get("name") or "") for record in found), "")
    except ServiceError:
        return ""


def svms(client: OntapClient) -> tuple[str, ...]:
    return tuple(sorted(str(record.get("name", "")) for record in client.records("/svm/svms", {"fields": "name"})))


def membership(client: OntapClient, svm: str) -> Membership:
    """The domain of the SVM (of the first one that has one, without a name), and its working controllers.

    Only servers of type ms_dc count: ms_ldap is often undetermined. None listed proves nothing, since discovery may
    not have run yet.
    """
    wanted = {"svm.name": svm} if svm else {}
    found = client.records("/protocols/cifs/services", {"fields": "ad_domain.fqdn", **wanted})
    domain = next((name for record in found if (name := str((record.get("ad_domain") or {}).get("fqdn") or ""))), "")
    if not domain:
        return Membership()
    listed = client.records("/protocols/cifs/domains", {"fields": "discovered_servers", **wanted})
    states = [server.get("state") for server in _servers(listed) if server.get("server_type") == "ms_dc"]
    return Membership(domain, sum(state in REACHABLE for state in states) if states else None)


def _servers(records: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for record in records:
        yield from record.get("discovered_servers") or ()


def has_s3_server(client: OntapClient, svm: str) -> bool | None:
    """None where this release or account does not say."""
    try:
        rows = client.records("/protocols/s3/services", {"fields": "name", **({"svm.name": svm} if svm else {})})
        return any(True for _ in rows)
    except (AccessDenied, NotFound):
        return None
