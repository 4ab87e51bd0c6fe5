"""Whether a host can be reached at all: its name, then a connection, with a time-out of seconds.

A missing route in a VPC gives no error, so only a short wait tells it from a slow answer.
"""

from __future__ import annotations

import socket

from fsxap.errors import Unreachable

SECONDS = 3.0


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Its addresses. Unreachable where it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            f"{host} has no address: {error}", code="dns", hint="check its spelling, and this machine's DNS"
        ) from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def connect(host: str, port: int, seconds: float = SECONDS) -> None:
    """Unreachable where no TCP connection is taken within `seconds`; nothing is sent."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return
    except TimeoutError as error:
        raise Unreachable(
            f"{host}:{port} is silent for {seconds:g} s",
            code="unreachable",
            hint="a missing route or a firewall gives no answer at all; check route tables and security groups",
        ) from error
    except OSError as error:
        raise Unreachable(
            f"{host}:{port} takes no connection: {error.strerror or error}",
            code="unreachable",
            hint="check the port, and whether the service runs there",
        ) from error
