from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from fsxap.errors import AccessDenied, NotFound, ServiceError
from fsxap.providers.ontap import probes


class Client:
    """Answers by path; an exception is raised."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def get(self, path: str, query: Mapping[str, Any]) -> Any:
        self.asked.append((path, query))
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def records(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        yield from self.get(path, query)


def servers(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"discovered_servers": [{"server_type": kind, "state": state} for kind, state in pairs]}]


JOINED = [{"name": "FILES"}, {"name": "FILES2", "ad_domain": {"fqdn": "CORP.EXAMPLE"}}]


@pytest.mark.parametrize(
    ("services", "domains", "found"),
    [
        ([], [], probes.Membership()),
        ([{"name": "FILES", "workgroup": "WORKGROUP"}], [], probes.Membership()),
        (JOINED, [], probes.Membership("CORP.EXAMPLE", None)),
        (JOINED, servers(("ms_dc", "ok"), ("ms_ldap", "undetermined")), probes.Membership("CORP.EXAMPLE", 1)),
        (JOINED, servers(("ms_ldap", "ok"), ("kerberos", "ok")), probes.Membership("CORP.EXAMPLE", None)),
        (JOINED, servers(("ms_dc", "unavailable"), ("ms_dc", "unreachable")), probes.Membership("CORP.EXAMPLE", 0)),
    ],
)
def test_only_domain_controllers_that_answer_count(services: Any, domains: Any, found: probes.Membership) -> None:
    client: Any = Client({"/protocols/cifs/services": services, "/protocols/cifs/domains": domains})
    assert probes.membership(client, "svm1") == found
    assert all(query["svm.name"] == "svm1" for _, query in client.asked)


def test_what_the_account_may_not_see_is_not_known() -> None:
    client: Any = Client({"/cluster": AccessDenied("no"), "/protocols/s3/services": NotFound("no")})
    assert probes.release(client) == ""
    assert probes.has_s3_server(client, "") is None


def test_release_and_svms() -> None:
    client: Any = Client(
        {
            "/cluster": {"version": {"generation": 9, "major": 17, "minor": 1}},
            "/svm/svms": [{"name": "b"}, {"name": "a"}],
            "/protocols/s3/services": [{"name": "s3"}],
        }
    )
    assert probes.release(client) == "9.17.1"
    assert probes.svms(client) == ("a", "b")
    assert probes.has_s3_server(client, "a") is True


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ([{"name": "reader", "role": {"name": "readonly"}}], "readonly"),
        ([{"name": "reader"}], ""),
        ([], ""),
        (AccessDenied("no"), ""),
        (ServiceError("API not found", code="unsupported"), ""),
    ],
)
def test_the_role_of_an_account(answer: Any, found: str) -> None:
    client: Any = Client({"/security/accounts": answer})
    assert probes.role(client, "reader") == found
    assert client.asked[0][1]["name"] == "reader"
