"""Kept-alive HTTP/1.1 connections to one host: GETs, with bodies read whole or left to the caller, and nothing else.

urllib3 makes the connections, so name resolution, TLS and their errors are its own. Requests are written and answers
read here, because its way through pool, http.client and header parser costs eight times as much for each call as what
is asked of it, and threads that wait for the interpreter then miss the rate the endpoint allows.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong, RemoteDisconnected
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast
from urllib.parse import quote

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection

LONGEST_LINE = 65_536
MOST_HEADERS = 100
READ_AHEAD = 1 << 16
_TARGET = "%/:?[]@!$&'()*+,;=-._~"
"""What stands in a request target as it is; anything else is sent encoded, so no line can be broken."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


class Head(NamedTuple):
    """`headers` by name in lower case; `kept` whether the connection can be used again behind the body."""

    status: int
    headers: dict[bytes, bytes]
    kept: bool


class Answer(NamedTuple):
    """`body` is None when it is larger than was allowed; `kept` whether the connection can be used again."""

    status: int
    body: bytes | None
    kept: bool


class Connection:
    """Owns one socket and what was read ahead of it."""

    def __init__(self, made: HTTPConnection, read_seconds: float) -> None:
        self._made = made
        made.connect()
        made.sock.settimeout(read_seconds)
        self.stream = cast("BinaryIO", made.sock.makefile("rb", READ_AHEAD))

    @property
    def alive(self) -> bool:
        """False when the other end has closed it, or sent what nobody asked for."""
        return self._made.is_connected

    def ask(self, request: bytes) -> Head:
        self._made.sock.sendall(request)
        return read_head(self.stream)

    def close(self) -> None:
        self.stream.close()
        self._made.close()


class Connections:
    """Owns the idle connections to one endpoint: last used first, so that spare ones fall out of use.

    How many there are is up to the callers: a connection is made when none is idle.
    """

    def __init__(
        self,
        where: Endpoint,
        headers: Mapping[str, str],
        *,
        context: ssl.SSLContext | None,
        connect_seconds: float,
        read_seconds: float,
    ) -> None:
        self._where = where
        self._context = context
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        fixed = {"Host": _host(where), "Accept-Encoding": "identity", **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in fixed.items()).encode("latin-1") + b"\r\n"
        self._idle: deque[Connection] = deque()
        self._closed = False

    def get(self, target: str, limit: int, headers: Mapping[str, str] | None = None) -> Answer:
        """One GET of a target that starts with a slash. OSError, HTTPException or urllib3's errors when it fails."""
        connection, head = self.open(target, headers)
        try:
            body, kept = read_body(connection.stream, head, limit)
        except BaseException:
            connection.close()
            raise
        self.give(connection, kept=kept)
        return Answer(head.status, body, kept)

    def open(self, target: str, headers: Mapping[str, str] | None = None) -> tuple[Connection, Head]:
        """One GET as far as its body, which is the caller's to read before `give`, or `close` of the connection."""
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items()) if headers else ""
        line = f"GET {quote(target, safe=_TARGET)} HTTP/1.1\r\n"
        connection = self._take()
        try:
            return connection, connection.ask((line + more).encode("latin-1") + self._head)
        except BaseException:
            connection.close()
            raise

    def give(self, connection: Connection, *, kept: bool) -> None:
        """Back, when its body has been read."""
        if kept and not self._closed:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Idle ones now, those in use when they are done."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Connection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return Connection(self._make(), self._read_seconds)
            if connection.alive:
                return connection
            connection.close()

    def _make(self) -> HTTPConnection:
        from urllib3.connection import HTTPConnection, HTTPSConnection

        where = self._where
        if self._context is None:
            return HTTPConnection(where.host, where.port, timeout=self._connect_seconds)
        return HTTPSConnection(where.host, where.port, timeout=self._connect_seconds, ssl_context=self._context)


def _host(where: Endpoint) -> str:
    host = f"[{where.host}]" if ":" in where.host else where.host
    return host if where.port == (443 if where.scheme == "https" else 80) else f"{host}:{where.port}"


def read_answer(stream: BinaryIO, limit: int) -> Answer:
    head = read_head(stream)
    return Answer(head.status, *read_body(stream, head, limit))


def read_head(stream: BinaryIO) -> Head:
    """That of the next answer on a connection. RemoteDisconnected when there is none, IncompleteRead when cut short."""
    status, kept = _status(stream)
    while 100 <= status < 200:
        _headers(stream)
        status, kept = _status(stream)
    headers = _headers(stream)
    connection = headers.get(b"connection", b"").lower()
    return Head(status, headers, b"close" not in connection and (kept or b"keep-alive" in connection))


def read_body(stream: BinaryIO, head: Head, limit: int) -> tuple[bytes | None, bool]:
    """The body, and whether the connection can be used again; None where it is larger than `limit`."""
    if head.status in (204, 304):
        return b"", head.kept
    kept = head.kept
    if coding := head.headers.get(b"transfer-encoding", b""):
        if coding.lower() != b"chunked":
            raise HTTPException("a transfer coding that was not asked for")
        body = _chunks(stream, limit)
    elif (length := head.headers.get(b"content-length")) is not None:
        if not length.isdigit():
            raise HTTPException("a content length that is no number")
        body = _exactly(stream, int(length)) if int(length) <= limit else None
    else:
        rest, kept = stream.read(limit + 1), False
        body = rest if len(rest) <= limit else None
    return body, kept and body is not None


def _status(stream: BinaryIO) -> tuple[int, bool]:
    """The status, and whether this version of the protocol keeps connections."""
    line = stream.readline(LONGEST_LINE)
    if not line:
        raise RemoteDisconnected("closed without an answer")
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if version not in (b"HTTP/1.1", b"HTTP/1.0") or not code.isdigit() or len(code) < 3 or rest[3:4].strip():
        raise BadStatusLine("not an HTTP/1 status line")
    return int(code), version == b"HTTP/1.1"


def _headers(stream: BinaryIO) -> dict[bytes, bytes]:
    """By name in lower case. A length given twice must be the same: else two readers would see different answers."""
    found: dict[bytes, bytes] = {}
    for _ in range(MOST_HEADERS + 1):
        line = stream.readline(LONGEST_LINE)
        if line in (b"\r\n", b"\n"):
            return found
        if not line.endswith(b"\n"):
            if len(line) < LONGEST_LINE:
                raise IncompleteRead(line)
            raise LineTooLong("header line")
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        if name == b"content-length" and found.get(name, value) != value:
            raise HTTPException("two content lengths")
        found[name] = value
    raise HTTPException(f"more than {MOST_HEADERS} headers")


def _exactly(stream: BinaryIO, size: int) -> bytes:
    body = stream.read(size)
    if len(body) < size:
        raise IncompleteRead(b"", size - len(body))
    return body


def _chunks(stream: BinaryIO, limit: int) -> bytes | None:
    """A chunked body, trailers read and dropped; None when it is larger than `limit`."""
    parts: list[bytes] = []
    total = 0
    while True:
        line = stream.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise IncompleteRead(line)
        try:
            size = int(line.partition(b";")[0].strip() or b"-", 16)
        except ValueError:
            raise HTTPException("a chunk without a size") from None
        total += size
        if size < 0 or total > limit:
            return None
        if size == 0:
            _headers(stream)
            return b"".join(parts)
        parts.append(_exactly(stream, size))
        if stream.readline(LONGEST_LINE) not in (b"\r\n", b"\n"):
            raise IncompleteRead(b"")
