"""HTTP/1.1 messages on sockets, read just far enough to pass them on, and the servers that do."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"


class Gone(Exception):
    """The other side closed the connection between two messages, or in the middle of one."""


@dataclass(frozen=True)
class Message:
    """`first` is the request or status line; `head` ends before the empty line; `body` is without HTTP chunks."""

    first: str
    head: dict[str, str]
    body: bytes

    @property
    def method(self) -> str:
        return self.first.split(" ", 2)[0]

    @property
    def target(self) -> str:
        return self.first.split(" ", 2)[1]

    def encode(self, length: int | None = None) -> bytes:
        """With a Content-Length: the body's own unless told otherwise."""
        kept = {name: value for name, value in self.head.items() if name not in ("content-length", "transfer-encoding")}
        kept["content-length"] = str(len(self.body) if length is None else length)
        lines = [self.first, *(f"{name}: {value}" for name, value in kept.items() if name != "expect"), "", ""]
        return "\r\n".join(lines).encode("latin-1") + self.body


class Peer:
    """One connection and what was read of it too early."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._rest = b""

    def _more(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise Gone
        self._rest += data

    def _line(self) -> bytes:
        while b"\n" not in self._rest:
            self._more()
        line, _, self._rest = self._rest.partition(b"\n")
        return line.rstrip(b"\r")

    def _exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def message(self, *, bodiless: bool = False) -> Message:
        """`bodiless` is for answers to HEAD, whose length is another's."""
        first = self._line().decode("latin-1")
        head: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(":")
            head[name.strip().lower()] = value.strip()
        if head.get("expect"):
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if bodiless:
            return Message(first, head, b"")
        if head.get("transfer-encoding", "").lower() == "chunked":
            return Message(first, head, self._chunks())
        return Message(first, head, self._exactly(int(head.get("content-length", 0))))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._line().partition(b";")[0], 16):
            body += self._exactly(size)
            self._line()
        while self._line():
            continue
        return body


def listen(serve: Callable[[socket.socket], None], wrap: Callable[[socket.socket], socket.socket]) -> int:
    """Serve connections on loopback, one thread each, for as long as the process lives; gives the port."""
    listener = socket.create_server((LOOPBACK, 0), backlog=128)

    def answer(connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wrapped = wrap(connection)
            with wrapped:
                serve(wrapped)
        except (Gone, OSError, ssl.SSLError):
            # A client that is killed or gives up leaves its connection like this.
            connection.close()

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])
