from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from fsxap.errors import (
    AccessDenied,
    ConfigurationError,
    FsxapError,
    Interrupted,
    ServiceError,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from fsxap.providers.ontap.client import CAP, OntapClient, target
from fsxap.retry import Retry

from .scripted import Reply, Script, error, in_turn, serving

AT_ONCE = Retry(attempts=4, base=0.0)


def client(url: str, **options: Any) -> OntapClient:
    return OntapClient(url, "reader", "pa:ss wörd", **{"retry": AT_ONCE, **options})


def outcome(script: Script, **options: Any) -> tuple[FsxapError, int]:
    """The error of one GET, and how many requests it took."""
    with serving(script) as served, client(served.url, **options) as ontap:
        with pytest.raises(FsxapError) as caught:
            ontap.get("/cluster")
        return caught.value, len(served.requests)


def test_what_a_request_says() -> None:
    with serving(in_turn(Reply({"name": "c1"}))) as served, client(served.url) as ontap:
        assert ontap.get("/cluster", {"fields": "version,name", "x": "a b+c", "flag": True}) == {"name": "c1"}
    assert served.requests == ["/api/cluster?fields=version%2Cname&x=a%20b%2Bc&flag=true"]
    sent = served.headers[0]
    assert base64.b64decode(sent["authorization"].removeprefix("Basic ")).decode() == "reader:pa:ss wörd"
    assert sent["accept"] == "application/json"
    assert sent["user-agent"].startswith("fsxap/")


def test_nothing_is_sent_before_it_is_asked() -> None:
    with serving(in_turn(Reply({}))) as served:
        client(served.url).close()
    assert served.connections == 0


def test_the_connection_is_kept() -> None:
    with serving(in_turn(Reply({}))) as served, client(served.url) as ontap:
        for _ in range(5):
            ontap.get("/cluster")
    assert (len(served.requests), served.connections) == (5, 1)


def test_the_password_is_in_no_repr() -> None:
    with serving(in_turn(Reply({}))) as served, client(served.url) as ontap:
        shown = f"{ontap!r} {ontap._pool!r}"
    assert "wörd" not in shown


@pytest.mark.parametrize("fault", ["reset", "close", "cut", "chunked-cut"])
def test_a_broken_answer_is_asked_for_again(fault: str) -> None:
    script = in_turn(Reply({"name": "c1"}, fault=fault), Reply({"name": "c1"}, fault=fault), Reply({"name": "c1"}))
    with serving(script) as served, client(served.url) as ontap:
        assert ontap.get("/cluster") == {"name": "c1"}
    assert len(served.requests) == 3


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(status: int) -> None:
    script = in_turn(error("1", status=status), error("1", status=status), Reply({"name": "c1"}))
    with serving(script) as served, client(served.url) as ontap:
        assert ontap.get("/cluster") == {"name": "c1"}
    assert len(served.requests) == 3


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply({"a": 1}, fault="reset"), Unavailable, "reset"),
        (Reply({"a": 1}, fault="close"), Unavailable, "closed"),
        (Reply({"a": 1}, fault="cut"), Unavailable, "truncated"),
        (Reply({"a": 1}, fault="chunked-cut"), Unavailable, "truncated"),
        (Reply(b'{"records": ['), Unavailable, "malformed-answer"),
        (Reply(b"<html>sign in</html>"), Unavailable, "malformed-answer"),
        (error("1", status=503), Unavailable, "unavailable"),
        (error("4", "temporarily locked", 404), Unavailable, "locked"),
    ],
    ids=lambda value: getattr(value, "fault", "") or str(value)[:20],
)
def test_what_does_not_get_better_fails_after_all_attempts(reply: Reply, kind: type[FsxapError], code: str) -> None:
    failure, requests = outcome(in_turn(reply))
    assert type(failure) is kind
    assert failure.code == code
    assert requests == AT_ONCE.attempts


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(b"", 401), Unauthenticated),
        (error("6", status=403), AccessDenied),
        (error("262197"), ServiceError),
        (Reply(b"", 302, headers=(("Location", "http://127.0.0.1:1/"),)), ServiceError),
    ],
)
def test_an_answer_is_not_asked_for_again(reply: Reply, kind: type[FsxapError]) -> None:
    failure, requests = outcome(in_turn(reply))
    assert type(failure) is kind
    assert requests == 1


def test_a_refused_password_is_sent_once() -> None:
    with serving(in_turn(Reply(b"", 401))) as served, client(served.url) as ontap:
        for _ in range(3):
            with pytest.raises(Unauthenticated):
                ontap.get("/cluster")
    assert len(served.requests) == 1


def test_an_oversized_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsxap.providers.ontap.client.BODY_LIMIT", 10)
    rest = threading.Event()
    script = in_turn(Reply({"name": "x" * 100}, fault="endless", wait=rest), Reply(b'{"n":1}'))
    with serving(script) as served, client(served.url, retry=Retry(attempts=1)) as ontap:
        with pytest.raises(ServiceError) as caught:
            ontap.get("/cluster")
        assert ontap.get("/cluster") == {"n": 1}
        rest.set()
    assert caught.value.code == "oversized-answer"
    assert served.connections == 2


def test_no_more_are_in_flight_than_ontap_serves() -> None:
    with OntapClient("127.0.0.1", "user", "password", workers=100) as ontap:
        assert ontap.gate.limit == CAP


def test_back_pressure_halves_what_is_in_flight() -> None:
    script = in_turn(error("1", status=503), Reply({}, fault="reset"), Reply({}, fault="close"), Reply({}))
    with serving(script) as served, client(served.url) as ontap:
        ontap.get("/cluster")
        assert ontap.gate.limit == 1
    assert len(served.requests) == 4


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_refused_connections_are_tried_again_and_named() -> None:
    pauses: list[float] = []

    class Watch:
        def is_set(self) -> bool:
            return False

        def wait(self, seconds: float) -> bool:
            pauses.append(seconds)
            return False

    with client(f"http://127.0.0.1:{unused_port()}", cancel=Watch()) as ontap, pytest.raises(Unreachable) as caught:
        ontap.get("/cluster")
    assert caught.value.code == "refused"
    assert "443" in caught.value.hint
    assert len(pauses) == AT_ONCE.attempts - 1


def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with client("https://fs.example.com") as ontap, pytest.raises(Unreachable) as caught:
        ontap.get("/cluster")
    assert caught.value.code == "unknown-host"
    assert "inside the VPC" in caught.value.hint


def test_no_answer_to_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def silence(*_: object, **__: object) -> None:
        tries.append(1)
        raise TimeoutError("timed out")

    monkeypatch.setattr("urllib3.util.connection.create_connection", silence)
    with client("https://10.255.255.1") as ontap, pytest.raises(Unreachable) as caught:
        ontap.get("/cluster")
    assert caught.value.code == "unreachable"
    assert len(tries) == 1, "a host that never answered is not tried again"


def test_a_host_that_has_answered_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(in_turn(Reply({}, headers=(("Connection", "close"),)))) as served, client(served.url) as ontap:
        ontap.get("/cluster")
        tries = []

        def silence(*_: object, **__: object) -> None:
            tries.append(1)
            raise TimeoutError("timed out")

        monkeypatch.setattr("urllib3.util.connection.create_connection", silence)
        with pytest.raises(Unreachable):
            ontap.get("/cluster")
    assert len(tries) == AT_ONCE.attempts


def test_no_answer_to_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough for the server to note each request, however busy the machine is.
    monkeypatch.setattr("fsxap.providers.ontap.client.READ_SECONDS", 0.5)
    late = threading.Event()
    failure, requests = outcome(in_turn(Reply({}, wait=late)), retry=Retry(attempts=2, base=0.0))
    late.set()
    assert (failure.code, requests) == ("timeout", 2)
    assert isinstance(failure, Unavailable)


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def certificate(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[str]:
    with serving(in_turn(Reply({"name": "c1"})), context=certificate(authority, "127.0.0.1")) as served:
        yield served.url


def test_a_trusted_certificate(secure: str, ca_file: Path) -> None:
    with client(secure, ca_file=ca_file) as ontap:
        assert ontap.get("/cluster") == {"name": "c1"}


def test_an_unknown_authority(secure: str) -> None:
    with client(secure) as ontap, pytest.raises(Unreachable) as caught:
        ontap.get("/cluster")
    assert caught.value.code == "certificate"
    assert not caught.value.retryable
    assert "--ontap-ca" in caught.value.hint


def test_a_certificate_for_another_host(authority: trustme.CA, ca_file: Path) -> None:
    with (
        serving(in_turn(Reply({})), context=certificate(authority, "other.example.com")) as served,
        client(served.url, ca_file=ca_file) as ontap,
        pytest.raises(Unreachable) as caught,
    ):
        ontap.get("/cluster")
    assert caught.value.code == "certificate"
    assert "DNS name" in caught.value.hint
    assert served.requests == [], "no password went out"


def test_insecure_asks_without_a_warning(secure: str) -> None:
    with client(secure, insecure=True) as ontap:
        assert ontap.get("/cluster") == {"name": "c1"}


def test_a_port_without_tls() -> None:
    with (
        serving(in_turn(Reply({}))) as served,
        client(served.url.replace("http:", "https:")) as ontap,
        pytest.raises(Unreachable) as caught,
    ):
        ontap.get("/cluster")
    assert caught.value.code == "tls"


def test_a_handshake_that_ends_early_is_a_full_queue(authority: trustme.CA) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            for _ in range(AT_ONCE.attempts):
                accepted, _address = listener.accept()
                accepted.recv(16)
                accepted.shutdown(socket.SHUT_WR)
                accepted.recv(65536)
                accepted.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with client(f"https://127.0.0.1:{listener.getsockname()[1]}") as ontap, pytest.raises(Unavailable) as caught:
            ontap.get("/cluster")
        thread.join()
        assert caught.value.code == "reset"
        assert ontap.gate.limit == 1


def test_clear_text_stays_on_this_machine() -> None:
    with pytest.raises(ConfigurationError):
        client("http://10.0.0.9")


# Paging


def page(names: str, following: str = "") -> Reply:
    body: dict[str, Any] = {"records": [{"name": name} for name in names], "num_records": len(names)}
    if following:
        body["_links"] = {"next": {"href": following}}
    return Reply(body)


def listed(*replies: Reply) -> tuple[list[str], list[str]]:
    with serving(in_turn(*replies)) as served, client(served.url) as ontap:
        return [record["name"] for record in ontap.records("/storage/volumes")], served.requests


def test_pages_are_followed_as_they_were_sent() -> None:
    following = "/api/storage/volumes?start.uuid=00c881eb&fields=%2A%2A&max_records=1&name=%2A&x=a%20b+c"
    names, requests = listed(page("ab", following), page("c"))
    assert names == ["a", "b", "c"]
    assert requests == ["/api/storage/volumes?max_records=1000&return_timeout=15", following]


def test_an_empty_page_is_not_the_end() -> None:
    names, _ = listed(
        page("a", "/api/x?1"), page("", "/api/x?2"), Reply({"_links": {"next": {"href": "/api/x?3"}}}), page("b")
    )
    assert names == ["a", "b"]


@pytest.mark.parametrize("reply", [Reply({"num_records": 0}), Reply({"records": []}), Reply({"records": None})])
def test_nothing_at_all(reply: Reply) -> None:
    assert listed(reply)[0] == []


@pytest.mark.parametrize(
    "first", [page("a", "/api/x?1"), page("a", "/api/storage/volumes?max_records=1000&return_timeout=15")]
)
def test_a_cursor_that_returns_is_an_error(first: Reply) -> None:
    with pytest.raises(ServiceError) as caught:
        listed(first, page("b", "/api/x?1"))
    assert caught.value.code == "paging-loop"


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example.com/api/x",
        "//evil.example.com/api/x",
        "/other",
        "/api",
        "/apix",
        "/api/../private",
        "/api/./x",
        "/api/x/..",
        "api/x",
        "/api/x\r\nHost: evil",
        7,
        {"href": 1},
    ],
)
def test_a_next_page_elsewhere_is_refused(href: Any) -> None:
    body = {"records": [], "_links": {"next": {"href": href}}}
    with serving(in_turn(Reply(body))) as served, client(served.url) as ontap:
        with pytest.raises(ServiceError) as caught:
            list(ontap.records("/storage/volumes"))
        assert len(served.requests) == 1
    assert caught.value.code == "paging-link"


@pytest.mark.parametrize("records", [[], None])
def test_records_that_are_counted_and_not_there(records: Any) -> None:
    with pytest.raises(Unavailable) as caught:
        listed(Reply({"records": records, "num_records": 2}))
    assert caught.value.code == "malformed-answer"


@pytest.mark.parametrize("records", [{}, "text", [1], [None]])
def test_records_that_are_no_objects(records: Any) -> None:
    with pytest.raises(Unavailable) as caught:
        listed(Reply({"records": records or {"a": 1}}))
    assert caught.value.code == "malformed-answer"


# Cancellation


class Stop:
    """Set from the start, or by the first pause."""

    def __init__(self, stopped: bool) -> None:
        self.stopped = stopped

    def is_set(self) -> bool:
        return self.stopped

    def wait(self, seconds: float) -> bool:
        self.stopped = True
        return True


@pytest.mark.parametrize(("stopped", "sent"), [(True, 0), (False, 1)])
def test_a_cancelled_run_asks_no_more(stopped: bool, sent: int) -> None:
    with serving(in_turn(error("1", status=503))) as served, client(served.url, cancel=Stop(stopped)) as ontap:
        with pytest.raises(Interrupted):
            ontap.get("/cluster")
        assert len(served.requests) == sent


def test_target_leaves_encoded_paths_alone() -> None:
    assert target("/storage/volumes/u/files/%2E%2E%2Fa%2Bb", {}) == "/api/storage/volumes/u/files/%2E%2E%2Fa%2Bb"


def test_dots_reach_the_server_as_they_are() -> None:
    with serving(in_turn(Reply({}))) as served, client(served.url) as ontap:
        ontap.get("/storage/volumes/u/files/%2E%2E%2F%2E%2Fa%5Cb%2B")
    assert served.requests == ["/api/storage/volumes/u/files/%2E%2E%2F%2E%2Fa%5Cb%2B"]
