"""An HTTP server on loopback that answers what a test says, and breaks off where it is told to."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """`fault`: reset (RST before any byte), close (FIN before any byte), cut (half of the body), chunked-cut, endless.

    `wait` holds an answer back; an endless one is begun and then held.
    """

    body: Any = None
    status: int = 200
    fault: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    wait: threading.Event | None = None

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, indent=2).encode()


@dataclass
class Served:
    url: str
    port: int
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0


Script = Callable[[str], Reply]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what these tests are about."""


@contextmanager
def serving(script: Script, *, context: ssl.SSLContext | None = None) -> Iterator[Served]:
    """`script` gets the request target as sent on the wire."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One segment an answer: head and body written apart wait for a delayed acknowledgement.
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            served.connections += 1

        def do_GET(self) -> None:
            served.requests.append(self.path)
            served.headers.append({name.lower(): value for name, value in self.headers.items()})
            reply = script(self.path)
            if reply.wait is not None and reply.fault != "endless":
                reply.wait.wait(10)
            if reply.fault in ("reset", "close"):
                _hang_up(self.connection, abruptly=reply.fault == "reset")
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            if reply.fault == "chunked-cut":
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"40\r\n" + reply.raw[:10])
            elif reply.fault == "endless":
                self.send_header("Content-Length", str(10**9))
                self.end_headers()
                self.wfile.write(reply.raw)
                self.wfile.flush()
                assert reply.wait is not None
                reply.wait.wait(10)
            else:
                self.send_header("Content-Length", str(len(reply.raw)))
                self.end_headers()
                self.wfile.write(reply.raw[: len(reply.raw) // 2] if reply.fault == "cut" else reply.raw)
            if reply.fault:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = _Quiet(("127.0.0.1", 0), Answer)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    served = Served(f"{'https' if context else 'http'}://127.0.0.1:{port}", port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _hang_up(connection: socket.socket, *, abruptly: bool) -> None:
    if abruptly:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def error(code: str, message: str = "refused", status: int = 400) -> Reply:
    return Reply({"error": {"message": message, "code": code}}, status)


def in_turn(*replies: Reply) -> Script:
    """The replies one after another; the last one for good."""
    waiting = list(replies)
    return lambda _target: waiting.pop(0) if len(waiting) > 1 else waiting[0]
