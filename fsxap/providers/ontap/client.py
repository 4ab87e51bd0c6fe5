"""One pooled, authenticated connection to an ONTAP management endpoint: GET, paging, retry and back-pressure."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote, urlencode

from fsxap import __version__
from fsxap.errors import FsxapError, Interrupted, ServiceError, Unauthenticated
from fsxap.model import Record
from fsxap.ports import Cancellation
from fsxap.providers.gate import DEFAULT, Gate, Outcome
from fsxap.providers.http1 import Connections, Endpoint
from fsxap.providers.ontap import answers, endpoint
from fsxap.retry import Retry

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""Longer than `return_timeout`, so that a slow collection ends in a short page and not in a time-out of ours."""
RETURN_SECONDS = 15
PAGE_RECORDS = 1000
Query = Mapping[str, str | int | bool]
PAGING: Query = {"max_records": PAGE_RECORDS, "return_timeout": RETURN_SECONDS}
"""For collections: what a page may hold and how long ONTAP may work on it, in seconds."""
CAP = 20
"""NetApp's own CSI driver keeps at most 20 requests in flight per management interface."""
BODY_LIMIT = 64 * 2**20
"""Bytes; a page of 1,000 records is below 1 MB."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a collection. `next` is the target of the following one, empty at the end.

    A page may be short or empty and still have a `next`: ONTAP also ends a page when its time is up.
    """

    records: list[Record]
    next: str


class OntapClient:
    """Owns the connection pool, the gate, and the memory that a password was refused.

    Paths are those of the reference without `/api`, already encoded (`paths.segment`). Safe for any thread.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        *,
        ca_file: str | Path = "",
        insecure: bool = False,
        workers: int = DEFAULT,
        retry: Retry | None = None,
        cancel: Cancellation | None = None,
    ) -> None:
        where = endpoint.parse(url)
        self.host = str(where)
        self.gate = Gate(min(workers, CAP))
        self._retry = retry or Retry()
        self._cancel = cancel
        self._answered = threading.Event()
        self._refused: Unauthenticated | None = None
        self._pool = _pool(where, _headers(user, password), ca_file, insecure)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()

    def get(self, path: str, query: Query | None = None) -> Record:
        return self._fetch(target(path, query or {}))

    def page(self, link: str, asked: set[str]) -> Page:
        """One page; `asked` remembers the links of this listing, because a cursor that returns would never end."""
        if link in asked:
            raise ServiceError(
                f"ONTAP's pages of {_describe(link)} lead back to one already read",
                code="paging-loop",
                hint="report it to the vendor: what was listed so far is not all",
            )
        asked.add(link)
        body = self._fetch(link)
        records = body.get("records") or []
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise answers.malformed(_describe(link), "records are not objects")
        number = body.get("num_records")
        if not records and isinstance(number, int) and number > 0:
            # An empty collection may come without records; one that counts some must not pass for empty.
            raise answers.malformed(_describe(link), "it counts records and holds none")
        return Page(records, _next(body, link))

    def records(self, path: str, query: Query | None = None) -> Iterator[Record]:
        """Every record of a collection, page by page."""
        asked: set[str] = set()
        link = target(path, {**PAGING, **(query or {})})
        while link:
            page = self.page(link, asked)
            yield from page.records
            link = page.next

    def _fetch(self, link: str) -> Record:
        return self._retry.call(lambda: self._attempt(link), sleep=self._pause)

    def _attempt(self, link: str) -> Record:
        outcome: Outcome = "neutral"
        era = self.gate.enter(self._stopped)
        try:
            # After the wait for a place, since much can have happened meanwhile.
            self._check()
            answer = self._exchange(link)
            outcome = "answered"
            return answer
        except FsxapError as error:
            if error.code in answers.CONGESTED:
                outcome = "congested"
            if isinstance(error, Unauthenticated):
                self._refused = error
            raise
        finally:
            self.gate.leave(era, outcome)

    def _exchange(self, link: str) -> Record:
        from urllib3.exceptions import HTTPError

        try:
            answer = self._pool.get(link, BODY_LIMIT)
        except (HTTPError, HTTPException, OSError) as error:
            raise answers.lost(error, self.host, _describe(link), answered=self._answered.is_set()) from error
        self._answered.set()
        if answer.body is None:
            said = f"ONTAP's answer to {_describe(link)} is larger than {BODY_LIMIT} bytes"
            raise ServiceError(said, code="oversized-answer")
        if answer.status != 200:
            raise answers.refusal(answer.status, answer.body, _describe(link))
        body = answers.parse(answer.body)
        if body is None:
            raise answers.malformed(_describe(link), "the body is not a JSON object")
        return body

    def _check(self) -> None:
        if self._refused is not None:
            # One refused sign-in is enough: every further one counts towards the account's lock.
            raise self._refused
        if self._stopped():
            raise Interrupted("stopped before asking ONTAP", hint="run it again to go on")

    def _stopped(self) -> bool:
        return self._cancel is not None and self._cancel.is_set()

    def _pause(self, seconds: float) -> None:
        if self._cancel is None:
            time.sleep(seconds)
        elif self._cancel.wait(seconds):
            raise Interrupted("stopped while waiting for ONTAP", hint="run it again to go on")


def target(path: str, query: Query) -> str:
    """The request target; spaces become %20, because ONTAP does not promise to read a plus as one."""
    plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
    return f"/api{path}" + (f"?{urlencode(plain, quote_via=quote, safe='')}" if plain else "")


def _pool(where: Endpoint, headers: Mapping[str, str], ca_file: str | Path, insecure: bool) -> Connections:
    context = None if where.scheme == "http" else endpoint.tls(ca_file, insecure=insecure)
    return Connections(where, headers, context=context, connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS)


def _headers(user: str, password: str) -> dict[str, str]:
    """`application/json` leaves out the links of every record and keeps the one to the next page."""
    login = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return {"Accept": "application/json", "Authorization": f"Basic {login}", "User-Agent": f"fsxap/{__version__}"}


def _describe(link: str) -> str:
    """What was asked, readable and safe to print."""
    path = unquote(link.partition("?")[0], errors="replace")
    if path.isprintable():
        return f"GET {path}"
    return "GET " + "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in path)


def _next(body: Record, link: str) -> str:
    """The link to the next page, as it was sent. It must stay below /api/ of this endpoint: it gets the password."""
    links = body.get("_links")
    following = links.get("next") if isinstance(links, dict) else None
    href = following.get("href") if isinstance(following, dict) else following
    if not href:
        return ""
    path = href.partition("?")[0] if isinstance(href, str) else ""
    if not path.startswith("/api/") or re.search(r"/\.{1,2}(/|$)", path) or not href.isprintable():
        raise ServiceError(
            f"ONTAP's answer to {_describe(link)} names a next page outside its API",
            code="paging-link",
            hint="a proxy may be rewriting answers; connect to the management endpoint directly",
        )
    return str(href)
