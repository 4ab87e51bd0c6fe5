from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.emulator.wire import Malformed, Rendered, answer, pretty, receive

JSON = st.recursive(
    st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=40)
@given(JSON)
def test_bodies_are_laid_out_as_recorded(value: Any) -> None:
    """Two spaces, no newline at the end: the recordings have exactly these lengths."""
    assert pretty(value) == json.dumps(value, indent=2, ensure_ascii=False)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_prepared_text_is_the_same_text(value: dict[str, Any]) -> None:
    body = {"acls": [Rendered(value, "\n    ")], "other": Rendered(value, "\n    ")}
    assert pretty(body) == json.dumps({"acls": [value], "other": value}, indent=2, ensure_ascii=False)


def test_other_types_are_a_mistake() -> None:
    with pytest.raises(TypeError):
        pretty({"x": 1.5})


def test_reading_requests() -> None:
    stream = io.BytesIO(
        b"GET /api/cluster?fields=%2A HTTP/1.1\r\nHost: x\r\nACCEPT:  application/json \r\n\r\n"
        b"POST /api/x HTTP/1.1\nContent-Length: 4\nConnection: close\n\nbodyGET / HTTP/1.0\r\n\r\n"
    )
    first = receive(stream)
    assert first is not None
    assert (first.method, first.target, first.keep_alive) == ("GET", "/api/cluster?fields=%2A", True)
    assert first.headers == {"host": "x", "accept": "application/json"}
    second = receive(stream)
    assert second is not None
    assert (second.method, second.keep_alive) == ("POST", False), "its body is read and dropped"
    third = receive(stream)
    assert third is not None
    assert third.target == "/"
    assert receive(stream) is None


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n",
        b"GET /\r\n\r\n",
        b"GET / SPDY/3\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: x\r\n" % number for number in range(200)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
    ],
)
def test_what_is_not_read(sent: bytes) -> None:
    with pytest.raises(Malformed):
        receive(io.BytesIO(sent))


def test_answers() -> None:
    head, _, body = answer(404, b"{}", extra="Keep-Alive: timeout=5, max=9\r\n").partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 404 Not Found"
    assert {
        "Server: libzapid-httpd",
        "Content-Type: application/hal+json",
        "Cache-Control: no-cache,no-store,must-revalidate",
        "X-Content-Type-Options: nosniff",
        "Vary: Accept-Encoding,Origin",
        "Content-Length: 2",
        "Connection: Keep-Alive",
        "Keep-Alive: timeout=5, max=9",
    } <= set(lines)
    assert body == b"{}"
    assert b"Connection: close\r\n" in answer(200, b"", media="", close=True)
    assert b"\r\nContent-Type" not in answer(401, b"", media="")
