"""What an audit must know about a volume's surroundings, and which of it ONTAP would not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from fsxap.errors import NotFound, ServiceError, Unauthenticated
from fsxap.model import Record
from fsxap.providers.ontap.client import Query

Directory = Literal["healthy", "unreachable", "none", "unknown"]
Get = Callable[[str, Query], Record]

REACHABLE = ("ok", "slow")
GONE = ("unavailable", "unreachable")
CONTROLLERS = ("ms_dc", "ms_ldap", "kerberos")


class Questions:
    """Asks one endpoint after another; a refused one becomes a line in `unknown`."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self.unknown: list[str] = []

    def ask(self, path: str, query: Query, about: str) -> Record | None:
        """None when refused; an empty object when ONTAP has none. A refused sign-in is raised."""
        try:
            return self._get(path, query)
        except NotFound:
            return {}
        except Unauthenticated:
            raise
        except ServiceError as error:
            self.unknown.append(f"{about}: {error.message} [{error.code}]")
            return None


def surroundings(get: Get, svm_uuid: str) -> dict[str, Any]:
    """`ad` with `ad_domain`, `nfs4_acl` (None when unknown), and `unknown`: a line for each refused question."""
    questions = Questions(get)
    ad, domain = active_directory(questions, svm_uuid)
    return {
        "ad": ad,
        "ad_domain": domain,
        "nfs4_acl": nfs4_acl(questions, svm_uuid),
        "unknown": tuple(questions.unknown),
    }


def active_directory(questions: Questions, svm_uuid: str) -> tuple[Directory, str]:
    """Whether the SVM's domain controllers answer it: it decides what a SID that does not resolve means."""
    service = questions.ask(
        f"/protocols/cifs/services/{svm_uuid}", {"fields": "enabled,ad_domain.fqdn"}, "SMB server and its domain"
    )
    if service is None:
        return "unknown", ""
    domain = service.get("ad_domain")
    name = str(domain.get("fqdn", "")) if isinstance(domain, dict) else ""
    if not name:
        return "none", ""
    servers = questions.ask(
        f"/protocols/cifs/domains/{svm_uuid}", {"fields": "discovered_servers"}, "domain controllers the SVM found"
    )
    return health(servers or {}), name


def health(domains: Record) -> Directory:
    """One reachable controller is enough; none listed proves nothing, since discovery may not have run yet."""
    servers = domains.get("discovered_servers") or []
    states = [
        server.get("state")
        for server in servers
        if isinstance(server, dict) and server.get("server_type", "ms_dc") in CONTROLLERS
    ]
    if any(state in REACHABLE for state in states):
        return "healthy"
    return "unreachable" if states and all(state in GONE for state in states) else "unknown"


def nfs4_acl(questions: Questions, svm_uuid: str) -> bool | None:
    """Whether NFSv4 ACLs may exist: no REST endpoint shows them, so UNIX verdicts then rest on mode bits alone."""
    service = questions.ask(
        f"/protocols/nfs/services/{svm_uuid}",
        {"fields": "protocol.v40_features.acl_enabled,protocol.v41_features.acl_enabled"},
        "NFSv4 ACLs",
    )
    if service is None:
        return None
    protocol = service.get("protocol")
    versions = [protocol.get(name) for name in ("v40_features", "v41_features")] if isinstance(protocol, dict) else []
    return any(isinstance(version, dict) and bool(version.get("acl_enabled")) for version in versions)
