from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fsxap.emulator import Emulator, Faults, Folder, Synthetic, serve
from fsxap.errors import MissingExtra
from tests.unit.emulator.world import description


@pytest.fixture(scope="module")
def plain(root: Path) -> Iterator[Emulator]:
    with serve([Folder(root, description())], tls=False, password="pass:wörd") as emulator:
        yield emulator
        assert emulator.counters.bugs == []


@pytest.fixture
def emulator(plain: Emulator) -> Iterator[Emulator]:
    yield plain
    plain.set_faults()


@contextmanager
def connected(emulator: Emulator) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def login(emulator: Emulator, password: str | None = None) -> dict[str, str]:
    pair = f"{emulator.user}:{emulator.password if password is None else password}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def get(
    connection: http.client.HTTPConnection, path: str, headers: dict[str, str]
) -> tuple[int, bytes, http.client.HTTPResponse]:
    connection.request("GET", f"/api{path}", headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer


def test_an_answer(emulator: Emulator) -> None:
    with connected(emulator) as connection:
        status, body, answer = get(connection, "/svm/svms?fields=*", login(emulator))
        assert status == 200
        assert answer.headers["Content-Type"] == "application/hal+json"
        assert answer.headers["Server"] == "libzapid-httpd"
        parsed = json.loads(body)
        assert body.decode() == json.dumps(parsed, indent=2, ensure_ascii=False)
        assert "_links" in parsed
        status, body, answer = get(connection, "/svm/svms", {**login(emulator), "Accept": "application/json"})
        assert answer.headers["Content-Type"] == "application/json"
        assert "_links" not in json.loads(body)


def test_one_connection_serves_many_requests(emulator: Emulator) -> None:
    before = emulator.counters.connections
    with connected(emulator) as connection:
        for _ in range(5):
            assert get(connection, "/cluster", login(emulator))[0] == 200
    assert emulator.counters.connections == before + 1


def test_errors_have_string_codes(emulator: Emulator) -> None:
    with connected(emulator) as connection:
        status, body, _ = get(connection, "/svm/svms/nope?fields=name", login(emulator))
        assert (status, json.loads(body)) == (404, {"error": {"message": "entry doesn't exist", "code": "4"}})


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_writes_are_refused_and_the_connection_goes_on(emulator: Emulator, method: str) -> None:
    with connected(emulator) as connection:
        connection.request(method, "/api/storage/volumes", body=b'{"name": "x"}', headers=login(emulator))
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error"]["code"]) == (405, "3")
        assert get(connection, "/cluster", login(emulator))[0] == 200


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic ZnN4OmE="}]
)
def test_credentials_are_asked_for(emulator: Emulator, headers: dict[str, str]) -> None:
    with connected(emulator) as connection:
        status, body, answer = get(connection, "/cluster", headers)
        assert status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert json.loads(body)["error"]["code"] == "6691623"


@pytest.mark.parametrize(("kind", "start"), [("json", b"{"), ("html", b"<html"), ("none", b"")])
def test_refused_credentials_come_in_three_bodies(emulator: Emulator, kind: Any, start: bytes) -> None:
    emulator.set_faults(wrong_password=True, unauthorized_body=kind)
    with connected(emulator) as connection:
        status, body, _ = get(connection, "/cluster", login(emulator))
        assert status == 401
        assert body.startswith(start)
        assert body or kind == "none"


def test_paths_outside_the_api(emulator: Emulator) -> None:
    with connected(emulator) as connection:
        connection.request("GET", "/", headers=login(emulator))
        assert connection.getresponse().status == 404


@pytest.mark.parametrize(("name", "status"), [("unavailable", 503), ("throttled", 429), ("server_error", 500)])
def test_failing_answers(emulator: Emulator, name: str, status: int) -> None:
    emulator.set_faults(**{name: 1.0})
    with connected(emulator) as connection:
        found, body, _ = get(connection, "/cluster", login(emulator))
        assert found == status
        assert json.loads(body)["error"]["code"].isdecimal()
    emulator.set_faults()
    with connected(emulator) as connection:
        assert get(connection, "/cluster", login(emulator))[0] == 200


def test_a_reset(emulator: Emulator) -> None:
    emulator.set_faults(reset=1.0)
    with connected(emulator) as connection, pytest.raises(ConnectionResetError):
        get(connection, "/cluster", login(emulator))
    assert emulator.counters.faults["reset"] >= 1


def test_a_truncated_body(emulator: Emulator) -> None:
    emulator.set_faults(truncated=1.0)
    with connected(emulator) as connection, pytest.raises(http.client.IncompleteRead):
        get(connection, "/cluster", login(emulator))


def test_a_connection_lives_for_so_many_requests(emulator: Emulator) -> None:
    emulator.set_faults(requests_per_connection=3)
    with connected(emulator) as connection:
        announced = []
        for _ in range(3):
            _, _, answer = get(connection, "/cluster", login(emulator))
            announced.append((answer.headers["Keep-Alive"], answer.headers["Connection"]))
        assert announced == [
            ("timeout=5, max=2", "Keep-Alive"),
            ("timeout=5, max=1", "Keep-Alive"),
            (None, "close"),
        ]


def test_too_many_at_once_are_reset(emulator: Emulator) -> None:
    emulator.set_faults(max_in_flight=1)
    assert emulator.counters.enter("another client's request", None)
    with connected(emulator) as connection, pytest.raises(ConnectionResetError):
        get(connection, "/cluster", login(emulator))
    assert emulator.counters.faults["rejected"] >= 1
    emulator.counters.leave()
    with connected(emulator) as connection:
        assert get(connection, "/cluster", login(emulator))[0] == 200


def test_counters(root: Path) -> None:
    with serve([Folder(root, description())], tls=False) as emulator, connected(emulator) as connection:
        for path in ("/cluster", "/cluster", "/svm/svms", "/nope"):
            get(connection, path, login(emulator))
        counters = emulator.counters
        assert dict(counters.requests) == {"/cluster": 2, "/svm/svms": 1, "?": 1}
        assert dict(counters.statuses) == {200: 3, 404: 1}
        assert (counters.total, counters.connections, counters.peak) == (4, 1, 1)


def test_garbage_does_not_hurt_others(emulator: Emulator) -> None:
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=10) as garbage:
        garbage.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        assert garbage.recv(100) == b""
    with connected(emulator) as connection:
        assert get(connection, "/cluster", login(emulator))[0] == 200


def test_a_bug_is_an_answer_and_is_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve([Folder(root, description())], tls=False) as emulator, connected(emulator) as connection:
        monkeypatch.setattr(type(emulator.site), "domain", lambda site, uuid: 1 // 0)
        status, body, _ = get(connection, "/protocols/file-security/permissions/x/%2F", login(emulator))
        assert (status, b"ZeroDivisionError" in body) == (500, False)
        assert "ZeroDivisionError" in emulator.counters.bugs[0]


def test_closing_ends_open_connections(root: Path) -> None:
    emulator = serve([Folder(root, description())])
    ca_file = emulator.ca_file
    assert ca_file is not None
    context = ssl.create_default_context(cafile=str(ca_file))
    connection = http.client.HTTPSConnection("127.0.0.1", emulator.port, context=context, timeout=10)
    connection.request("GET", "/api/cluster", headers=login(emulator))
    assert connection.getresponse().read()
    emulator.close()
    emulator.close()
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.request("GET", "/api/cluster", headers=login(emulator))
        connection.getresponse()
    connection.close()
    assert not ca_file.parent.exists()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", emulator.port), timeout=1)


def test_tls_is_trusted_through_its_own_ca_only() -> None:
    with serve([Synthetic(3)]) as emulator:
        assert emulator.url.startswith("https://127.0.0.1:")
        assert emulator.ca_file is not None
        assert emulator.ca_file.parent.stat().st_mode & 0o077 == 0
        assert b"PRIVATE" not in emulator.ca_file.read_bytes()

        def shake(context: ssl.SSLContext) -> None:
            with (
                socket.create_connection(("127.0.0.1", emulator.port), timeout=10) as raw,
                context.wrap_socket(raw, server_hostname="127.0.0.1"),
            ):
                pass

        shake(ssl.create_default_context(cafile=str(emulator.ca_file)))
        with pytest.raises(ssl.SSLCertVerificationError):
            shake(ssl.create_default_context())
        emulator.set_faults(Faults(certificate_host="elsewhere.example"))
        with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
            shake(ssl.create_default_context(cafile=str(emulator.ca_file)))
        emulator.set_faults()
        shake(ssl.create_default_context(cafile=str(emulator.ca_file)))


def test_passwords_are_random_unless_given() -> None:
    with serve([Synthetic(1)], tls=False) as first, serve([Synthetic(1)], tls=False) as second:
        assert first.password != second.password
        assert len(first.password) >= 20
        assert first.ca_file is None


def test_without_trustme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "trustme", None)
    with pytest.raises(MissingExtra) as caught:
        serve([Synthetic(1)])
    assert "fsxap[demo]" in caught.value.hint
    with serve([Synthetic(1)], tls=False) as emulator:
        assert emulator.url.startswith("http://")
