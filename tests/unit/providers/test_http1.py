from __future__ import annotations

import io
from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong, RemoteDisconnected

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.providers.http1 import Answer, Connections, read_answer
from fsxap.providers.ontap.endpoint import parse

from .ontap.scripted import Reply, in_turn, serving

LIMIT = 1000


def read(raw: bytes, limit: int = LIMIT) -> Answer:
    return read_answer(io.BytesIO(raw), limit)


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", (200, b"{}", True)),
        (b"HTTP/1.1 200\r\ncontent-length:2\r\n\r\n{}", (200, b"{}", True)),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", (200, b"{}", True)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\n{}", (200, b"{}", False)),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", (200, b"{}", False)),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}", (200, b"{}", True)),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", (200, b"to the end", False)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"", True)),
        (b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", (503, b"", True)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", (200, b"{}", True)),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
            (200, b"abc0123456789", True),
        ),
    ],
)
def test_answers(raw: bytes, answer: tuple[int, bytes, bool]) -> None:
    assert read(raw) == answer


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"", RemoteDisconnected),
        (b"SSH-2.0-OpenSSH\r\n", BadStatusLine),
        (b"HTTP/2 200\r\n\r\n", BadStatusLine),
        (b"HTTP/1.1 2000 OK\r\n\r\n", BadStatusLine),
        (b"HTTP/1.1 20", BadStatusLine),
        (b"HTTP/1.1 200 OK\r\nContent-Le", IncompleteRead),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", IncompleteRead),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}", HTTPException),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", HTTPException),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", HTTPException),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", HTTPException),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", IncompleteRead),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", IncompleteRead),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", IncompleteRead),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", HTTPException),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", LineTooLong),
    ],
)
def test_what_is_no_answer(raw: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(raw)


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 11\r\n\r\n", b"\r\n", b"Transfer-Encoding: chunked\r\n\r\nB\r\n"],
    ids=["length", "end", "chunk"],
)
def test_too_large_is_neither_kept_nor_read(head: bytes) -> None:
    assert read(b"HTTP/1.1 200 OK\r\n" + head + b"01234567890", limit=10) == (200, None, False)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=10))
def test_chunks_are_the_body(parts: list[bytes]) -> None:
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    following = b"HTTP/1.1 200 next"
    stream = io.BytesIO(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + following)
    assert read_answer(stream, LIMIT).body == b"".join(parts)
    assert stream.read() == following, "nothing of the next answer was taken"


def connections(url: str) -> Connections:
    return Connections(parse(url), {"X": "y"}, context=None, connect_seconds=5, read_seconds=5)


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/api/x?a=%2F&b=c+d", "/api/x?a=%2F&b=c+d"),
        ("/api/%2E%2E/x", "/api/%2E%2E/x"),
        ("/api/a b", "/api/a%20b"),
        ("/api/x\r\nEvil: 1", "/api/x%0D%0AEvil:%201"),
        ("/api/ü#frag", "/api/%C3%BC%23frag"),
    ],
)
def test_a_target_is_one_line(target: str, sent: str) -> None:
    with serving(in_turn(Reply({}))) as served:
        pool = connections(served.url)
        assert pool.get(target, LIMIT).status == 200
        pool.close()
    assert served.requests == [sent]
    assert "evil" not in served.headers[0]
    assert served.headers[0]["host"] == f"127.0.0.1:{served.port}"


def test_a_connection_that_was_closed_meanwhile_is_not_used() -> None:
    with serving(in_turn(Reply({}))) as served:
        pool = connections(served.url)
        pool.get("/api/a", LIMIT)
        (idle,) = pool._idle
        idle._made.sock.shutdown(2)
        pool.get("/api/b", LIMIT)
        pool.close()
    assert (served.requests, served.connections) == (["/api/a", "/api/b"], 2)


def test_nothing_is_kept_after_closing() -> None:
    with serving(in_turn(Reply({}))) as served:
        pool = connections(served.url)
        pool.close()
        assert pool.get("/api/a", LIMIT).body == b"{}"
        assert not pool._idle
