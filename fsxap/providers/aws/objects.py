"""GetObject of one bucket with the least work: asked as botocore was seen to ask, and by botocore where that fails.

The first read of a bucket goes through botocore, which decides about endpoint, headers and signing. Later ones are
signed by its signer, with its credentials, and go over connections of our own: the rest of its way costs several times
as much as reading 100 KB. Only a plain good answer counts. For any other botocore asks again, and retries, follows
redirects, compares checksums and reports errors as ever.
"""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from fsxap.errors import FsxapError
from fsxap.providers.aws.errors import translated
from fsxap.providers.aws.learnt import Learnt, base_of, connections_to, is_of_transport, learn
from fsxap.providers.gate import Gate, Outcome
from fsxap.providers.http1 import Connection, Connections, Head

EVENT = "before-sign.s3.GetObject"
REST = 60.0
"""Seconds for which botocore alone is asked after something broke: it may be broken for every request."""
START, WINDOW = 4, 16
"""Requests that wait for their answer at first, and answers before there may be one more."""
LARGE = 8 << 20
"""Bytes of a first object that is asked for once more: botocore's stream copies everything twice."""
SLOW_DOWN = (429, 500, 503)


class Body(Protocol):
    def readinto(self, buffer: memoryview, /) -> int: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A body, and what was said of it: `part` is the Content-Range, `length` that of the body in bytes."""

    body: Body
    etag: str
    part: str
    length: int | None


class Objects:
    """Opens the objects of one bucket. At most `most` requests wait for their answer at a time."""

    def __init__(self, client: Any, bucket: str, *, ca_bundle: str, most: int) -> None:
        self.gate = Gate(most, start=START, step=WINDOW)
        self._client, self._bucket, self._ca_bundle = client, bucket, ca_bundle
        self._seen = threading.local()
        self._learning = True
        self._way: Way | None = None
        self._resting = 0.0
        # Last, so as to see what will be signed.
        client.meta.events.register_last(EVENT, self._see)

    def open(self, key: str, part: str, where: str, *, carefully: bool = False) -> Opened:
        """Bytes of an object by an HTTP range, `carefully` by botocore alone. `where` is for messages."""
        outcome: Outcome = "neutral"
        era, began = self.gate.enter(), time.perf_counter()
        try:
            with translated(f"reading {where}"):
                opened, outcome = self._open(key, part, carefully=carefully)
            return opened
        except FsxapError as error:
            if error.retryable:
                outcome = "congested"
            raise
        finally:
            self.gate.leave(era, outcome, time.perf_counter() - began)

    def _open(self, key: str, part: str, *, carefully: bool) -> tuple[Opened, Outcome]:
        refused = False
        if self._learning and not carefully:
            opened, outcome = self._ask(key, part, refused=refused)
            if self._way is None or (opened.length or 0) < LARGE:
                return opened, outcome
            opened.body.close()
        if self._way is not None and not carefully and time.monotonic() >= self._resting:
            try:
                connection, head = self._way.ask(key, part)
            except Exception as error:
                if not is_of_transport(error):
                    raise
                self._rest()
            else:
                if (length := _plain(head)) is not None:
                    return _received(self._way.connections, connection, head, length), "answered"
                connection.close()
                refused = head.status in SLOW_DOWN
                if head.status in (200, 206):
                    self._rest()
        return self._ask(key, part, refused=refused)

    def _rest(self) -> None:
        self._resting = time.monotonic() + REST

    def _ask(self, key: str, part: str, *, refused: bool) -> tuple[Opened, Outcome]:
        """Through botocore, whose retries tell of congestion as well."""
        self._seen.request, self._seen.on = None, self._learning
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, Range=part)
        finally:
            self._seen.on = False
        if self._learning and (seen := self._seen.request):
            self._learning = False
            self._way = way_to(self._client, seen, key, self._ca_bundle)
            if self._way is not None:
                weakref.finalize(self, self._way.connections.close)
        refused = refused or answer["ResponseMetadata"].get("RetryAttempts", 0) > 0
        opened = Opened(
            answer["Body"], answer.get("ETag", ""), answer.get("ContentRange", ""), answer.get("ContentLength")
        )
        return opened, "congested" if refused else "answered"

    def _see(self, request: Any, request_signer: Any, **_: Any) -> None:
        if getattr(self._seen, "on", False):
            # After a redirect the last one counts.
            self._seen.request = learn(request, request_signer)


@dataclass(frozen=True, slots=True)
class Way:
    """How botocore asked for an object: everything but the object."""

    base: str
    """The URL as far as the key."""
    path: int
    """Where the path begins in it."""
    seen: Learnt
    connections: Connections

    def ask(self, key: str, part: str) -> tuple[Connection, Head]:
        from botocore.utils import percent_encode

        url = self.base + percent_encode(key, safe="/~")
        request = self.seen.again("GetObject", url, Range=part)
        return self.connections.open(url[self.path :], request.headers)


def way_to(client: Any, seen: Learnt, key: str, ca_bundle: str) -> Way | None:
    """None where there can be no connections of our own, or the URL has another form."""
    from botocore.utils import percent_encode

    name = percent_encode(key, safe="/~")
    if urlsplit(seen.url).query or not seen.url.endswith(f"/{name}"):
        return None
    connections = connections_to(client, seen.url, ca_bundle)
    return Way(seen.url.removesuffix(name), len(base_of(seen.url)), seen, connections) if connections else None


def _plain(head: Head) -> int | None:
    """The length of a body that can be taken as it comes. One with a checksum is botocore's to compare."""
    odd = any(name == b"transfer-encoding" or name.startswith(b"x-amz-checksum-") for name in head.headers)
    length = head.headers.get(b"content-length", b"")
    return int(length) if head.status in (200, 206) and not odd and length.isdigit() else None


def _received(connections: Connections, connection: Connection, head: Head, length: int) -> Opened:
    etag, part = (head.headers.get(name, b"").decode("latin-1") for name in (b"etag", b"content-range"))
    return Opened(Received(connections, connection, length, kept=head.kept), etag, part, length)


class Received:
    """Owns a connection as long as there is something of the body to read from it."""

    def __init__(self, connections: Connections, connection: Connection, length: int, *, kept: bool) -> None:
        self._connections, self._connection, self._left, self._kept = connections, connection, length, kept
        self._finish()

    def readinto(self, buffer: memoryview) -> int:
        if not self._left:
            return 0
        count = self._connection.stream.readinto(buffer[: self._left])  # type: ignore[attr-defined]
        self._left -= count
        self._finish()
        return int(count)

    def close(self) -> None:
        """What was not read to its end cannot be used again."""
        if self._left:
            self._left = 0
            self._connection.close()

    def _finish(self) -> None:
        if not self._left:
            self._connections.give(self._connection, kept=self._kept)
