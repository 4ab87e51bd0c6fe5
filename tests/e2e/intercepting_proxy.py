"""A proxy that opens TLS with a CA of its own, so that AWS's real host names can be answered on loopback (layer e)."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import trustme

SCOPE = re.compile(r"Credential=[^/]+/[0-9]{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Call:
    """One request as it was sent. `region` and `service` are what it was signed for, empty where it was not."""

    host: str
    method: str
    path: str
    region: str
    service: str


@dataclass
class Proxy:
    """`upstreams` is by host; a call to any other host is kept and refused."""

    upstreams: Mapping[str, str]
    ca: trustme.CA
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    contexts: dict[str, ssl.SSLContext] = field(default_factory=dict)

    @property
    def hosts(self) -> set[str]:
        return {call.host for call in self.calls}

    def context(self, host: str) -> ssl.SSLContext:
        if host not in self.contexts:
            self.contexts[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.ca.issue_cert(host).configure_cert(self.contexts[host])
        return self.contexts[host]

    def environ(self, folder: Path) -> dict[str, str]:
        """What a process needs to be led through it, and nothing about endpoints."""
        file = folder / "proxy-ca.pem"
        self.ca.cert_pem.write_to_path(str(file))
        return {"HTTPS_PROXY": self.url, "AWS_CA_BUNDLE": str(file)}


@contextmanager
def intercepting(upstreams: Mapping[str, str]) -> Iterator[Proxy]:
    """`upstreams`: host as the program names it → URL on loopback that answers for it."""
    proxy = Proxy(upstreams, trustme.CA())
    server = ThreadingHTTPServer(("127.0.0.1", 0), _tunnel(proxy))
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _tunnel(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Tunnel(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        host = ""

        def do_CONNECT(self) -> None:
            self.host, _, port = self.path.partition(":")
            assert port == "443"
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.connection = proxy.context(self.host).wrap_socket(self.connection, server_side=True)
            # What comes next through the same connection is read by this handler again, as requests to the host.
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
            self.close_connection = False

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ssl.SSLError, ConnectionError):
                self.close_connection = True

        def do_GET(self) -> None:
            body = self._body()
            scope = SCOPE.search(self.headers.get("Authorization", ""))
            region, service = scope.groups() if scope else ("", "")
            host = self.headers["Host"]
            proxy.calls.append(Call(host, self.command, self.path, region, service))
            upstream = proxy.upstreams.get(host) if host == self.host else None
            status, headers, answer = self._forward(upstream, body) if upstream else (599, {}, b"")
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815  # names of http.server

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _forward(self, upstream: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
            connection = HTTPConnection(urlsplit(upstream).netloc)
            own = ("connection", "transfer-encoding", "content-length", "expect")
            headers = {name: value for name, value in self.headers.items() if name.lower() not in own}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            left = own if self.command != "HEAD" else own[:2]
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in left}
            return answer.status, kept, content

        def log_message(self, format: str, *args: object) -> None: ...

    return Tunnel
