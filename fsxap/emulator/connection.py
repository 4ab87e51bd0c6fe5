"""One client's connection: requests in, answers and faults out, until either side has had enough."""

from __future__ import annotations

import hmac
import io
import socket
import ssl
import struct
import time
import traceback
from socketserver import StreamRequestHandler
from typing import TYPE_CHECKING, cast

from fsxap.emulator.faults import Dice
from fsxap.emulator.pages import Request
from fsxap.emulator.refusal import Refusal
from fsxap.emulator.routes import Route, find
from fsxap.emulator.wire import Malformed, Received, answer, pretty, receive

if TYPE_CHECKING:
    from fsxap.emulator.server import Listener

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_REFUSED = {
    "503": Refusal(503, "917518", "The service is temporarily unavailable."),
    "429": Refusal(429, "917519", "Too many requests."),
    "500": Refusal(500, "393271", "Internal error."),
}
_UNAUTHORIZED = {
    "json": ("application/hal+json", pretty(Refusal(401, "6691623", "User is not authorized").body()).encode()),
    "html": ("text/html", b"<html><head><title>401 Unauthorized</title></head><body>Unauthorized</body></html>"),
    "none": ("", b""),
}


class Connection(StreamRequestHandler):
    """Serves one socket in its own thread."""

    disable_nagle_algorithm = True

    @property
    def listener(self) -> Listener:
        return cast("Listener", self.server)

    def setup(self) -> None:
        listener = self.listener
        listener.counters.connected()
        self.request.settimeout(listener.dice.faults.keep_alive)
        if listener.context:
            # In this thread: a slow handshake must not keep others from connecting.
            self.request = listener.context.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
        listener.opened(self.request)
        super().setup()

    def handle(self) -> None:
        try:
            if isinstance(self.request, ssl.SSLSocket):
                self.request.do_handshake()
            served = 0
            while self._serve_one(served):
                served += 1
        except Malformed:
            self.listener.counters.failed("malformed")
        except OSError:  # the client went away, or was too slow
            self.listener.counters.failed("disconnected")

    def finish(self) -> None:
        self.listener.closed(self.request)
        self.rfile.close()
        self.wfile.close()
        self.request.close()

    def _serve_one(self, served: int) -> bool:
        """Whether the connection stays open."""
        received = receive(cast("io.BufferedReader", self.rfile))
        if received is None:
            return False
        listener, dice = self.listener, self.listener.dice
        path, _, query = received.target.partition("?")
        route: Route | None = None
        arguments: tuple[str, ...] = ()
        refusal: Refusal | None = None
        try:
            if not path.startswith("/api/"):
                raise Refusal(404, "3", "API not found")
            route, arguments = find(path[4:])
        except Refusal as problem:
            refusal = problem
        if not listener.counters.enter(route.pattern if route else "?", dice.faults.max_in_flight):
            self._reset()
            return False
        try:
            request = Request(path[4:], query, arguments, _wants_links(received), dice.faults)
            if delay := dice.delay(request.further_page):
                time.sleep(delay)
            outcome = dice.outcome()
            if outcome != "reset":
                found = self._answer(received, request, route, _REFUSED.get(outcome, refusal))
        finally:
            # Before the answer is sent: a client that has it may ask again at once, and is not one too many.
            listener.counters.leave()
        if outcome == "reset":
            listener.counters.failed(outcome)
            self._reset()
            return False
        return self._send(*found, dice, received, served)

    def _answer(
        self, received: Received, request: Request, route: Route | None, refusal: Refusal | None
    ) -> tuple[int, bytes, str]:
        media = "application/hal+json" if request.hal else "application/json"
        offered = received.headers.get("authorization", "").encode("latin-1")
        if request.faults.wrong_password or not hmac.compare_digest(offered, self.listener.credentials):
            media, body = _UNAUTHORIZED[request.faults.unauthorized_body]
            return 401, body, media
        if received.method != "GET":
            refusal = Refusal(405, "3", f"The method {received.method} is not emulated.")
        if refusal or route is None:
            return _refused(refusal or Refusal(404, "3", "API not found"), media)
        try:
            return 200, pretty(route.answer(self.listener.site, request)).encode("utf-8", "replace"), media
        except Refusal as problem:
            return _refused(problem, media)
        except Exception:  # noqa: BLE001 - whatever it is, the client gets an answer and the counters the traceback
            self.listener.counters.broke(traceback.format_exc())
            return _refused(Refusal(500, "393271", "The emulator failed."), media)

    def _send(self, status: int, body: bytes, media: str, dice: Dice, received: Received, served: int) -> bool:
        most = dice.faults.requests_per_connection
        close = not received.keep_alive or (most is not None and served + 1 >= most)
        extra = 'WWW-Authenticate: Basic realm="/api"\r\n' if status == 401 else ""
        if most is not None and not close:
            extra += f"Keep-Alive: timeout={dice.faults.keep_alive:.0f}, max={most - served - 1}\r\n"
        body = b"" if received.method == "HEAD" else body
        whole = answer(status, body, media=media, extra=extra, close=close)
        self.listener.counters.answered(status)
        if dice.truncates():
            self.listener.counters.failed("truncated")
            whole, close = whole[: len(whole) - max(1, len(body) // 2)], True
        self.request.sendall(whole)
        return not close

    def _reset(self) -> None:
        """Close with RST rather than FIN."""
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _refused(problem: Refusal, media: str) -> tuple[int, bytes, str]:
    return problem.status, pretty(problem.body()).encode("utf-8", "replace"), media


def _wants_links(received: Received) -> bool:
    accept = received.headers.get("accept", "")
    return "application/json" not in accept or "hal+json" in accept
