from __future__ import annotations

from typing import Any

import pytest

from fsxap.errors import AccessDenied, NotFound, ServiceError, Unauthenticated, Unreachable
from fsxap.providers.ontap.client import Query
from fsxap.providers.ontap.surroundings import surroundings

SERVICE = {"enabled": True, "ad_domain": {"fqdn": "corp.example.com"}}


def answers(services: Any = SERVICE, domains: Any = None, nfs: Any = None) -> Any:
    given = {
        "/protocols/cifs/services/s": services,
        "/protocols/cifs/domains/s": domains,
        "/protocols/nfs/services/s": nfs,
    }

    def get(path: str, _query: Query) -> Any:
        answer = given[path]
        if isinstance(answer, Exception):
            raise answer
        return answer or {}

    return get


def servers(*states: str, kind: str = "ms_dc") -> dict[str, Any]:
    return {"discovered_servers": [{"server_type": kind, "state": state} for state in states]}


@pytest.mark.parametrize(
    ("services", "domains", "ad"),
    [
        (SERVICE, servers("ok"), "healthy"),
        (SERVICE, servers("unavailable", "ok"), "healthy"),
        (SERVICE, servers("slow"), "healthy"),
        (SERVICE, servers("ok", kind="kerberos"), "healthy"),
        (SERVICE, servers("unavailable", "unreachable"), "unreachable"),
        (SERVICE, servers("unavailable", "undetermined"), "unknown"),
        (SERVICE, servers("expired"), "unknown"),
        (SERVICE, servers("ok", kind="unknown"), "unknown"),
        (SERVICE, {}, "unknown"),
        (SERVICE, {"discovered_servers": ["odd"]}, "unknown"),
        (SERVICE, NotFound("none"), "unknown"),
        (SERVICE, AccessDenied("no"), "unknown"),
        (AccessDenied("no"), servers("ok"), "unknown"),
        (NotFound("no SMB server"), None, "none"),
        ({"enabled": True, "workgroup": "W"}, None, "none"),
        ({"ad_domain": "odd"}, None, "none"),
    ],
)
def test_active_directory(services: Any, domains: Any, ad: str) -> None:
    assert surroundings(answers(services, domains), "s")["ad"] == ad


@pytest.mark.parametrize(
    ("nfs", "enabled"),
    [
        ({"protocol": {"v40_features": {"acl_enabled": True}}}, True),
        ({"protocol": {"v41_features": {"acl_enabled": True}}}, True),
        ({"protocol": {"v40_features": {}}}, False),
        ({"protocol": {"v40_features": {"acl_enabled": False}}}, False),
        ({}, False),
        (NotFound("no NFS server"), False),
        (AccessDenied("no"), None),
        ({"protocol": "odd"}, False),
    ],
)
def test_nfs4_acls(nfs: Any, enabled: bool | None) -> None:
    assert surroundings(answers(nfs=nfs), "s")["nfs4_acl"] is enabled


def test_each_refused_question_is_told_with_its_code() -> None:
    refused = ServiceError("ONTAP answered 400", code="unsupported")
    told = surroundings(answers(AccessDenied("ONTAP answered 403"), None, refused), "s")["unknown"]
    assert told == (
        "SMB server and its domain: ONTAP answered 403 [access-denied]",
        "NFSv4 ACLs: ONTAP answered 400 [unsupported]",
    )


def test_nothing_refused_is_nothing_unknown() -> None:
    found = surroundings(answers(SERVICE, servers("ok")), "s")
    assert found == {"ad": "healthy", "ad_domain": "corp.example.com", "nfs4_acl": False, "unknown": ()}


@pytest.mark.parametrize("error", [Unauthenticated("no"), Unreachable("gone")])
def test_what_stops_the_run_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        surroundings(answers(error), "s")
