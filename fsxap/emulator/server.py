"""The ONTAP REST emulator: a server on loopback, over folders and computed trees."""

from __future__ import annotations

import base64
import secrets
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import traceback
from collections.abc import Sequence
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self

from fsxap.emulator.certificate import Authority
from fsxap.emulator.connection import Connection
from fsxap.emulator.counters import Counters
from fsxap.emulator.faults import NO_FAULTS, Dice, Faults
from fsxap.emulator.site import Site, build
from fsxap.emulator.trees import Tree

RELEASE = "9.17.1P7"
LOOPBACK = "127.0.0.1"


class Listener(ThreadingHTTPServer):
    """The listening socket and what every connection needs to know."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, site: Site, credentials: bytes, faults: Faults) -> None:
        self.site = site
        self.credentials = credentials
        self.counters = Counters()
        self.dice = Dice(faults)
        self.context: ssl.SSLContext | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((LOOPBACK, port), Connection)

    def server_bind(self) -> None:
        # HTTPServer's own asks the resolver for a name nobody uses, which can take seconds.
        TCPServer.server_bind(self)

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def close_connections(self) -> None:
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # it closed by itself a moment ago
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What a connection did not handle itself: counted or kept, not printed."""
        del request, client_address
        if isinstance(sys.exception(), OSError):
            self.counters.failed("disconnected")
        else:
            self.counters.broke(traceback.format_exc())


class Emulator:
    """A running server. `ca_file` is None without TLS; `counters` are live."""

    def __init__(self, site: Site, *, tls: bool, faults: Faults, user: str, password: str, port: int) -> None:
        self.user = user
        self.password = password
        self._scratch = Path(tempfile.mkdtemp(prefix="fsxap-emulator-"))
        self._authority: Authority | None = None
        try:
            credentials = b"Basic " + base64.b64encode(f"{user}:{password}".encode())
            if tls:
                self._authority = Authority(self._scratch / "ca.pem")
            self._listener = Listener(port, site, credentials, faults)
        except BaseException:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        self.set_faults(faults)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._authority else 'http'}://{LOOPBACK}:{self.port}"

    @property
    def port(self) -> int:
        return int(self._listener.server_address[1])

    @property
    def ca_file(self) -> Path | None:
        return self._authority.ca_file if self._authority else None

    @property
    def counters(self) -> Counters:
        return self._listener.counters

    @property
    def site(self) -> Site:
        return self._listener.site

    @property
    def faults(self) -> Faults:
        return self._listener.dice.faults

    def set_faults(self, faults: Faults | None = None, **changes: Any) -> None:
        """From the next request on: these faults and no others. Entries deleted by an earlier fault are back."""
        chosen = replace(faults or NO_FAULTS, **changes)
        if self._authority and (
            self._listener.context is None or chosen.certificate_host != self.faults.certificate_host
        ):
            self._listener.context = self._authority.context(chosen.certificate_host)
        self._listener.dice = Dice(chosen)
        for mounted in self._listener.site.mounted.values():
            mounted.gone.clear()

    def close(self) -> None:
        """Ends all connections; doing it twice is no error."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
        self._listener.close_connections()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(
    volumes: Sequence[Tree],
    *,
    tls: bool = True,
    faults: Faults = NO_FAULTS,
    user: str = "fsxadmin",
    password: str | None = None,
    port: int = 0,
    release: str = RELEASE,
) -> Emulator:
    """Start an emulator over `volumes` (`Folder` or `Synthetic`); a random password unless one is given.

    It listens on 127.0.0.1 only. Use it in `with`, or call `close()`.
    """
    site = build(volumes, release)
    secret = secrets.token_urlsafe(18) if password is None else password
    return Emulator(site, tls=tls, faults=faults, user=user, password=secret, port=port)
