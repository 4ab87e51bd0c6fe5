"""What ONTAP's answers mean: JSON out of bodies, and our errors out of status codes, ONTAP codes and lost connections.

Source: ONTAP REST API reference, "Error responses", and what the endpoints' pages list; codes are digits in a string
on the wire, and numbers behind some proxies.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import RemoteDisconnected

from fsxap.errors import (
    AccessDenied,
    FsxapError,
    NotFound,
    ServiceError,
    Throttled,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from fsxap.model import Record

CONGESTED = frozenset({"refused", "reset", "closed", "timeout", "throttled", "unavailable"})
"""Codes after which fewer requests should be in flight."""

LOGIN_HINT = (
    "check the user and the secret before trying again: repeated failures lock the account; fsxadmin and "
    "fsxadmin-readonly sign in at the file system's management endpoint, vsadmin accounts at the SVM's; "
    "after a password change FSx needs up to a minute"
)
ROLE_HINT = (
    "use fsxadmin-readonly (file system) or vsadmin-readonly (SVM), or add this path with read-only access to the role"
)
PLACE_HINT = (
    "the management endpoint answers only inside the VPC or networks peered with it: check the address "
    "(Endpoints.Management.DNSName of fsx describe-file-systems), and that its security group allows port 443 from here"
)
CERTIFICATE_HINT = (
    "give the endpoint's CA with --ontap-ca, and connect by the DNS name in the certificate rather than by IP address"
)


@dataclass(frozen=True, slots=True)
class Meaning:
    error: type[ServiceError]
    code: str
    hint: str


_GONE = Meaning(NotFound, "not-found", "")
_OLD = Meaning(ServiceError, "unsupported", "this ONTAP release or role does not offer it; 9.10.1 or newer is expected")

CODES: dict[str, Meaning] = {
    "2": Meaning(ServiceError, "invalid-value", "check names and UUIDs"),
    "3": _OLD,
    "4": _GONE,
    "6": Meaning(AccessDenied, "access-denied", ROLE_HINT),
    "6691623": Meaning(AccessDenied, "access-denied", ROLE_HINT),
    "262179": Meaning(ServiceError, "invalid-argument", "this ONTAP release does not know the query parameter"),
    "262197": Meaning(ServiceError, "invalid-field", "this ONTAP release does not know the field"),
    "655865": _GONE,
    "6684674": _GONE,
    "1260882": Meaning(NotFound, "not-found", "list the SVMs with GET /api/svm/svms"),
    "918235": Meaning(NotFound, "not-found", "the volume was deleted or recreated"),
    "917752": Meaning(ServiceError, "volume-offline", "bring the volume online, or leave it out"),
    "6488109": Meaning(ServiceError, "flexcache", "audit the origin volume: ONTAP does not show this for a FlexCache"),
}
"""Meanings by ONTAP code, whatever the HTTP status: for most the reference does not fix one."""

_GENERIC = 100
"""Codes below are reused for anything; with a 5xx status only the status counts."""
_LENIENT = json.JSONDecoder(strict=False)


def parse(body: bytes) -> Record | None:
    """The JSON object in a body, None when there is none.

    Job messages may hold raw control characters and names bytes that are not UTF-8, so neither is refused here.
    """
    try:
        value = _LENIENT.decode(body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else None


def malformed(what: str, why: str) -> Unavailable:
    """An answer that says nothing. It can be asked for again, because answers cut short look like that."""
    return Unavailable(
        f"ONTAP's answer to {what} cannot be read: {why}",
        code="malformed-answer",
        hint="a proxy or another service may be answering; check the address",
    )


def refusal(status: int, body: bytes, what: str) -> FsxapError:
    """The error an HTTP status and its body stand for."""
    message, code = _envelope(body)
    said = f"ONTAP answered {status} to {what}" + (f": {message}" if message else "")
    said += f" (error {code})" if code else ""
    if status == 401:
        return Unauthenticated(said, hint=LOGIN_HINT)
    if "temporarily locked" in message.lower():
        # Code 4 is "entry doesn't exist", reused while another operation holds the object.
        return Unavailable(said, code="locked")
    if status == 429:
        return Throttled(said, hint="lower --workers")
    meaning = CODES.get(code)
    if meaning and (status < 500 or int(code) >= _GENERIC):
        return meaning.error(said, code=meaning.code, hint=meaning.hint)
    return _by_status(status, code, said)


def _by_status(status: int, code: str, said: str) -> FsxapError:
    if status >= 500:
        return Unavailable(said, hint="ONTAP is busy or failing; lower --workers or try later")
    if status == 403:
        return AccessDenied(said, hint=ROLE_HINT)
    if status == 404:
        return NotFound(said)
    if 300 <= status < 400:
        return ServiceError(
            said, code="redirect", hint="redirects are not followed: name the management endpoint itself"
        )
    return ServiceError(said, code=f"ontap-{code}" if code else f"http-{status}")


def _envelope(body: bytes) -> tuple[str, str]:
    """Message and code of an error body; a 401 may come with HTML or nothing."""
    error = (parse(body) or {}).get("error")
    if not isinstance(error, dict):
        return "", ""
    code = str(error.get("code", "")).strip()
    return str(error.get("message", ""))[:300], code if code.isdecimal() else ""


def lost(error: Exception, host: str, what: str, *, answered: bool) -> FsxapError:
    """The error a failed exchange stands for; `answered` tells whether this host ever has.

    A host that never answered is misconfigured, not busy; only a refusal is tried again, as ONTAP sheds load so.
    """
    from urllib3 import exceptions

    if isinstance(error, exceptions.NameResolutionError):
        said = f"host {host} is not known"
        return Unreachable(said, code="unknown-host", hint=PLACE_HINT, retryable=answered)
    if isinstance(error, exceptions.NewConnectionError):
        # Before the time-out, which it counts as in urllib3 2.
        return _not_connected(error, host, answered)
    if isinstance(error, exceptions.ConnectTimeoutError):
        said = f"no connection to {host} within the time limit"
        return Unreachable(said, hint=PLACE_HINT, retryable=answered)
    if isinstance(error, exceptions.TimeoutError | TimeoutError):
        return Unavailable(
            f"{host} did not answer {what} within the time limit", code="timeout", hint="lower --workers"
        )
    secure = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLError)), None)
    if secure is not None:
        return _not_secured(secure, host)
    return _broken(error, host, what)


def _not_connected(error: Exception, host: str, answered: bool) -> FsxapError:
    if any(isinstance(cause, ConnectionRefusedError | ConnectionResetError) for cause in _causes(error)):
        return Unreachable(f"{host} refuses connections", code="refused", hint=PLACE_HINT, retryable=True)
    return Unreachable(f"no connection to {host}", hint=PLACE_HINT, retryable=answered)


def _not_secured(error: ssl.SSLError, host: str) -> FsxapError:
    if isinstance(error, ssl.SSLCertVerificationError):
        said = f"the certificate of {host} is not trusted: {error.verify_message}"
        return Unreachable(said, code="certificate", hint=CERTIFICATE_HINT)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or "EOF" in str(error.reason):
        # A full input queue shows as a TLS handshake that ends early.
        return Unavailable(f"{host} closed the connection during TLS", code="reset")
    said = f"no TLS with {host}: {re.sub('_', ' ', str(error.reason)).lower()}"
    return Unreachable(said, code="tls", hint="check the port: the REST API speaks HTTPS on 443")


def _broken(error: Exception, host: str, what: str) -> FsxapError:
    causes = tuple(_causes(error))
    if any(isinstance(cause, RemoteDisconnected) for cause in causes):
        # How a rejected request looks through TLS. A kept-alive connection that ends just as it is used again looks
        # the same, but is rare: urllib3 notices closed ones before it uses them.
        return Unavailable(f"{host} closed the connection without answering {what}", code="closed")
    if any(isinstance(cause, OSError) for cause in causes):
        return Unavailable(f"{host} reset the connection during {what}", code="reset")
    return Unavailable(f"{host} cut its answer to {what} short", code="truncated")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it wraps: urllib3 keeps the cause in `args`, as `__cause__`, or as `__context__`."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = [*current.args, current.__cause__, current.__context__]
        waiting += [cause for cause in wrapped if isinstance(cause, BaseException)]
