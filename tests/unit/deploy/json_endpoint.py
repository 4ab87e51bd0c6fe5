"""A service that speaks AWS's JSON, on a port of this machine."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.unit.providers.aws_wire import Refusal

Answer = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""From service, operation and parameters to the answer; raises Refusal."""
Read = Callable[[str, str, Mapping[str, str], dict[str, Any]], dict[str, Any]]
"""From method, path, headers and body to the answer."""


@contextmanager
def listening(answer: Answer) -> Iterator[str]:
    """Its URL, for AWS_ENDPOINT_URL_<SERVICE>."""

    def read(_method: str, _path: str, headers: Mapping[str, str], body: dict[str, Any]) -> dict[str, Any]:
        name, _, operation = headers["X-Amz-Target"].partition(".")
        return answer(name, operation, body)

    with _served(read) as url:
        yield url


@contextmanager
def listening_by_path(service: str, answer: Answer) -> Iterator[str]:
    """As `listening`, of a service whose operations are methods and paths; botocore's model judges both sides."""
    import botocore.session
    from botocore.validate import ParamValidator

    model = botocore.session.Session().get_service_model(service)
    operations = [model.operation_model(name) for name in model.operation_names]

    def judge(value: dict[str, Any], shape: Any) -> None:
        if (report := ParamValidator().validate(value, shape)).has_errors():
            raise Refusal("ValidationException", report.generate_report())

    def read(method: str, path: str, _headers: Mapping[str, str], body: dict[str, Any]) -> dict[str, Any]:
        for each in operations:
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", each.http["requestUri"])
            if method == each.http["method"] and (found := re.fullmatch(pattern, urlsplit(path).path)):
                params = body | {name: unquote(value) for name, value in found.groupdict().items()}
                judge(params, each.input_shape)
                told = answer(service, each.name, params)
                judge(told, each.output_shape)
                return told
        raise Refusal("UnknownOperationException", f"{method} {path}", 404)

    with _served(read) as url:
        yield url


@contextmanager
def _served(read: Read) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            try:
                status, told = 200, read(self.command, self.path, self.headers, given)
            except Refusal as refusal:
                status, told = refusal.status, {"__type": refusal.code, "message": refusal.message}
            body = json.dumps(told, default=str).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_DELETE = do_POST  # noqa: N815 - names of the standard library

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
