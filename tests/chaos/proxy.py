"""A proxy on loopback that does to requests and answers what networks and services do on their bad days.

Whether a request meets the fault follows from the seed, the request, and how often it was made before: not from
which thread comes first, so the same seed meets the same faults.
"""

from __future__ import annotations

import random
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.origin import is_service
from tests.chaos.wire import LOOPBACK, Gone, Message, Peer

STALL = 2.0
"""Seconds of silence in the middle of an answer: longer than clients wait here."""
HANDSHAKES = ("tls-broken", "tls-untrusted")
ERRORS = {
    "throttled": ("SlowDown", "ThrottlingException", 503, 400, 429),
    "error-500": ("InternalError", "InternalServerException", 500, 500, 500),
    "error-503": ("ServiceUnavailable", "ServiceUnavailable", 503, 503, 503),
    "clock-skew": ("RequestTimeTooSkewed", "InvalidSignatureException: Signature expired", 403, 400, 401),
    "expired-credentials": ("ExpiredToken", "ExpiredTokenException", 400, 400, 401),
}
"""What S3 calls it, what a JSON service calls it, and the statuses of S3, JSON services and ONTAP."""
LASTING = ("clock-skew", "expired-credentials")
"""What begins at some request and does not go away by asking again."""
CUTS = ("reset", "reset-mid-body", "truncated", "length-too-long", "length-too-short", "stalled", "slow")
FAULTS = (*ERRORS, *CUTS, *HANDSHAKES)
SPOILING = (*ERRORS, *CUTS)
CONNECTING = (*HANDSHAKES, "dns")
LENGTHS = ("length-too-long", "length-too-short")


@dataclass
class Weather:
    """What one attempt of one run meets. `rate` is the share of requests; `onset` the request a lasting fault begins
    at."""

    seed: int = 0
    fault: str = ""
    rate: float = 0.0
    onset: int = 0
    requests: int = 0
    met: int = 0
    tries: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def meets(self, what: str) -> bool:
        with self.lock:
            self.requests += 1
            self.tries[what] += 1
            drawn = random.Random(f"{self.seed} {what} {self.tries[what]}").random()
            hit = self.requests > self.onset if self.fault in LASTING else drawn < self.rate
            self.met += hit
            return hit


class Proxy:
    """Between a client and one origin; `weather` may be replaced between runs."""

    def __init__(self, upstream: int, trusted: ssl.SSLContext, other: ssl.SSLContext, *, ontap: bool = False) -> None:
        self.weather = Weather()
        self._upstream, self._trusted, self._other, self._ontap = upstream, trusted, other, ontap

    def wrap(self, connection: socket.socket) -> socket.socket:
        weather = self.weather
        if weather.fault in HANDSHAKES and weather.meets("handshake"):
            if weather.fault == "tls-broken":
                _reset(connection)
                raise Gone
            return self._other.wrap_socket(connection, server_side=True)
        return self._trusted.wrap_socket(connection, server_side=True)

    def serve(self, connection: socket.socket) -> None:
        peer = Peer(connection)
        with socket.create_connection((LOOPBACK, self._upstream)) as upstream:
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            origin = Peer(upstream)
            # A new connection every few requests, where connections are what fails; or hardly any would be made.
            last = 8 if self.weather.fault in CONNECTING else 1 << 30
            for _ in range(last):
                self._pass_on(peer, origin)

    def _pass_on(self, peer: Peer, origin: Peer) -> None:
        request, weather = peer.message(), self.weather
        hit = weather.fault in SPOILING and weather.meets(f"{request.method} {request.target}{len(request.body)}")
        if request.method == "HEAD" and weather.fault in LENGTHS:
            hit = False
        if hit and weather.fault in ERRORS:
            peer.socket.sendall(refusal(weather.fault, request, ontap=self._ontap))
            return
        if hit and weather.fault == "reset":
            _reset(peer.socket)
            raise Gone
        origin.socket.sendall(request.encode())
        answer = origin.message(bodiless=request.method == "HEAD")
        if hit:
            SPOIL[weather.fault](peer.socket, answer)
        else:
            length = int(answer.head.get("content-length", 0)) if request.method == "HEAD" else None
            peer.socket.sendall(answer.encode(length))


def refusal(fault: str, request: Message, *, ontap: bool) -> bytes:
    s3, service, *statuses = ERRORS[fault]
    if ontap:
        status, kind = statuses[2], "application/json"
        body = f'{{"error": {{"message": "{s3}"}}}}'
    elif is_service(request):
        code, _, message = service.partition(": ")
        status, kind = statuses[1], "application/x-amz-json-1.1"
        body = f'{{"__type": "{code}", "message": "{message}"}}'
    else:
        status, kind, body = statuses[0], "application/xml", f"<Error><Code>{s3}</Code><Message>no</Message></Error>"
    if request.method == "HEAD":
        body = ""
    return Message(f"HTTP/1.1 {status} No", {"content-type": kind}, body.encode()).encode()


def _reset(connection: socket.socket) -> None:
    """An RST instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw = connection.detach()
    socket.close(raw)


def _half(answer: Message) -> bytes:
    whole = answer.encode()
    return whole[: len(whole) - max(1, len(answer.body) // 2)]


def _reset_mid_body(connection: socket.socket, answer: Message) -> None:
    connection.sendall(_half(answer))
    _reset(connection)
    raise Gone


def _truncated(connection: socket.socket, answer: Message) -> None:
    connection.sendall(_half(answer))
    raise Gone


def _length_too_long(connection: socket.socket, answer: Message) -> None:
    connection.sendall(answer.encode(len(answer.body) + 7))
    raise Gone


def _length_too_short(connection: socket.socket, answer: Message) -> None:
    connection.sendall(answer.encode(len(answer.body) // 2))
    raise Gone


def _stalled(connection: socket.socket, answer: Message) -> None:
    connection.sendall(_half(answer))
    time.sleep(STALL)
    raise Gone


def _slow(connection: socket.socket, answer: Message) -> None:
    whole = answer.encode()
    for at in range(0, len(whole), max(1, len(whole) // 8)):
        connection.sendall(whole[at : at + max(1, len(whole) // 8)])
        time.sleep(0.01)


SPOIL: dict[str, Callable[[socket.socket, Message], None]] = {
    "reset-mid-body": _reset_mid_body,
    "truncated": _truncated,
    "length-too-long": _length_too_long,
    "length-too-short": _length_too_short,
    "stalled": _stalled,
    "slow": _slow,
}
