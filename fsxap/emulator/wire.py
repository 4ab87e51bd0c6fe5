"""Bytes on the wire: requests read off a kept-alive connection, answers with ONTAP's headers and layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any, BinaryIO

_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_FIXED = (
    "Server: libzapid-httpd\r\n"
    "Cache-Control: no-cache,no-store,must-revalidate\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'self'\r\n"
    "Vary: Accept-Encoding,Origin\r\n"
)
_LONGEST_LINE = 65_536
_MOST_HEADERS = 100
_LARGEST_BODY = 1 << 20


class Malformed(Exception):
    """What arrived is not a request this server reads; the connection ends."""


@dataclass(frozen=True, slots=True)
class Received:
    """Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def keep_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"


def receive(stream: BinaryIO) -> Received | None:
    """The next request, its body read and dropped; None when the client has closed."""
    line = stream.readline(_LONGEST_LINE + 1)
    if not line:
        return None
    parts = line.split()
    if len(line) > _LONGEST_LINE or len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
        raise Malformed("request line")
    headers: dict[str, str] = {}
    while (line := stream.readline(_LONGEST_LINE + 1)) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n") or len(headers) > _MOST_HEADERS:
            raise Malformed("headers")
        name, _, value = line.partition(b":")
        headers[name.decode("latin-1").lower()] = value.decode("latin-1").strip()
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal() or int(length) > _LARGEST_BODY:
        raise Malformed("body")
    if int(length) and len(stream.read(int(length))) < int(length):
        return None
    return Received(parts[0].decode("latin-1"), parts[1].decode("latin-1"), headers)


def answer(
    status: int, body: bytes, *, media: str = "application/hal+json", extra: str = "", close: bool = False
) -> bytes:
    """Head and body in one piece: two small writes would wait for each other on the network."""
    kept = "Connection: close\r\n" if close else "Connection: Keep-Alive\r\n"
    head = f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\n{_FIXED}{extra}{kept}"
    if media:
        head += f"Content-Type: {media}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


class Rendered(dict[str, Any]):
    """An object whose text at one depth is known already: the same entry stands in many lists."""

    def __init__(self, value: Mapping[str, Any], indent: str) -> None:
        super().__init__(value)
        self.indent = indent
        self.text = pretty(dict(value), indent)


def pretty(value: Any, indent: str = "\n") -> str:
    """As `json.dumps(value, indent=2, ensure_ascii=False)`, which is ONTAP's layout, at a fifth of its time."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is Rendered and value.indent == indent:
        return str(value.text)
    inner = indent + "  "
    if isinstance(value, dict):
        if not value:
            return "{}"
        rows = [f"{inner}{encode_basestring(name)}: {pretty(one, inner)}" for name, one in value.items()]
        return "{" + ",".join(rows) + indent + "}"
    if kind is list:
        return "[" + ",".join([inner + pretty(one, inner) for one in value]) + indent + "]" if value else "[]"
    raise TypeError(f"cannot write {kind.__name__} as JSON")
