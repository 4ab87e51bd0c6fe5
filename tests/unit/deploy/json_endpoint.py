"""A service that speaks AWS's JSON, on a port of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.unit.providers.aws_wire import Refusal

Answer = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""From service, operation and parameters to the answer; raises Refusal."""


@contextmanager
def listening(answer: Answer) -> Iterator[str]:
    """Its URL, for AWS_ENDPOINT_URL_<SERVICE>."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            params = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            name, _, operation = self.headers["X-Amz-Target"].partition(".")
            try:
                status, told = 200, answer(name, operation, params)
            except Refusal as refusal:
                status, told = refusal.status, {"__type": refusal.code, "message": refusal.message}
            body = json.dumps(told, default=str).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
