"""Pages of a bucket listing: complete, exact, and read without an object per field.

The body of a good page is read by a regular expression: building botocore's tree costs thirty times as much. The first
request is botocore's; those that follow repeat it with other parameters, signed by botocore's signer and sent over
connections of our own, as the rest of its way costs more than the page. Whatever is not a good page, fully understood,
is asked for again by botocore, which retries, follows redirects and reports errors.
"""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

from fsxap.errors import FsxapError, ServiceError, Unavailable, Unreachable
from fsxap.listed import Row
from fsxap.model import timestamp
from fsxap.providers.aws.errors import translated
from fsxap.providers.aws.learnt import Learnt, base_of, connections_to, is_of_transport, learn
from fsxap.providers.aws.ranges import Page, ordered
from fsxap.providers.http1 import Connections
from fsxap.providers.keys import is_utf8

# With a wildcard for the service, because botocore calls such handlers before those of "before-parse.s3.*", one of
# which builds a tree of the whole body to look for an error in it.
EVENT = "before-parse.*.ListObjectsV2"

# Possessive throughout: a page that does not fit must fail fast. All but one character costs half of a set of them.
_ENTRY = re.compile(
    r"<Contents>\s*+<Key>([^<]++)</Key>\s*+<LastModified>([0-9T:-]{19})(?:\.[0-9]++)?+Z</LastModified>\s*+"
    r"<ETag>(?:&quot;|&#34;|\")?+([!#-%\'-;=-\[\]-~]*+)(?:&quot;|&#34;|\")?+</ETag>\s*+"
    r"(?:<Checksum[^<]*+</Checksum[^<]*+)*+<Size>(0|[1-9][0-9]{0,17}+)</Size>",
    re.ASCII,
)
_COUNT = re.compile(r"<KeyCount>([0-9]++)</KeyCount>")
_MORE = re.compile(r"<IsTruncated>(true|false)</IsTruncated>")
_NAME = re.compile(r"<(?:CommonPrefixes>\s*+<Prefix|Contents>\s*+<Key)>([^<&]++)<")
_TOKEN = re.compile(r"<NextContinuationToken>([^<&]++)</NextContinuationToken>")
_NAMES = {
    "Prefix": "prefix",
    "Delimiter": "delimiter",
    "EncodingType": "encoding-type",
    "StartAfter": "start-after",
    "ContinuationToken": "continuation-token",
}
"""Parameters as they stand in a URL."""
_ENCODED = "<EncodingType>url</EncodingType>"
LARGEST = 10**18
"""Bytes; more is no size of a file."""
LARGEST_PAGE = 64 << 20
"""Bytes of an answer on the short way; a thousand of the longest names, each byte escaped twice, are 6 MB."""
MOST_EMPTY = 1000
"""Pages without a key, one after the other, before the service is taken to lead nowhere."""
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})++")


def _close(every: Mapping[str, Connections | None]) -> None:
    for each in every.values():
        if each:
            each.close()


def _target(way: Learnt, request: Mapping[str, str]) -> str:
    """Where the same request with other parameters goes."""
    query = "&".join(
        [f"{_NAMES[name]}={quote(value, safe='-._~')}" for name, value in request.items() if name in _NAMES]
    )
    return f"{urlsplit(way.url).path}?list-type=2&{query}"


class Trail:
    """The way a listing has taken, so that one that leads in a circle ends. Safe to use from any thread."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._marks: set[bytes] = set()
        self._empty = 0

    def pass_by(self, mark: str) -> None:
        """A token that is followed; ranges of one listing may be given the same ones, but only one follows them."""
        # A token may be a kilobyte, and a listing have a million pages.
        short = sha256(mark.encode(errors="surrogateescape")).digest()[:12]
        if short in self._marks:
            raise self._lost("leads back to a page already read")
        self._marks.add(short)

    def look(self, page: Page) -> None:
        self._empty = 0 if page.rows else self._empty + 1
        if self._empty > MOST_EMPTY:
            raise self._lost("gives one empty page after the other")

    def _lost(self, how: str) -> ServiceError:
        return ServiceError(
            f"listing {self._where}: the service {how}",
            code="paging-loop",
            hint="check what answers at the endpoint: what was listed so far is not all",
        )


class Pages:
    """Reads listings through a client, long ones by `requests` at once; its other users are not affected."""

    def __init__(self, client: Any, requests: int = 16, *, ca_bundle: str = "") -> None:
        self._client, self._requests, self._ca_bundle = client, requests, ca_bundle
        self._reading = threading.local()
        self._ways: dict[str, Learnt | None] = {}
        """Of each bucket; None where its pages are of another form."""
        self._connections: dict[str, Connections | None] = {}
        """Of our own, by scheme and host; None where there can be none."""
        weakref.finalize(self, _close, self._connections)
        client.meta.events.register(EVENT, self._read_first)
        # Last, so as to see what will be signed.
        client.meta.events.register_last("before-sign.s3.ListObjectsV2", self._see)

    def read(
        self, bucket: str, prefix: str, start_after: str, where: str, *, sorted_place: bool = True
    ) -> Iterator[Page]:
        """Every page below a prefix, in the service's order. A page that is not a listing is an error, not an end.

        Only a place that sorts may be cut into ranges; another would lose keys at the cuts.
        """
        # Asked for here and not by botocore, which would decode a name that is not UTF-8 into another name.
        place = {"Bucket": bucket, "EncodingType": "url"}
        request = {**place, "Prefix": prefix} if prefix else place

        trail = Trail(where)

        def fetch(after: str, token: str) -> tuple[Page, str]:
            if token:
                trail.pass_by(f"token {token}")
            start = {"ContinuationToken": token} if token else {"StartAfter": after} if after else {}
            page, following = self._quick({**request, **start}) or self._page({**request, **start}, where)
            trail.look(page)
            if page.rows and not sorted_place:
                # Where order tells nothing, a page that comes again is only known by its first key.
                trail.pass_by(f"key {page.rows[0][0]}")
            return page, following

        def siblings(level: str, after: str) -> list[str]:
            # Whatever answers, a name is only a place to begin at. What is really wrong, the listing itself will meet.
            names = self._names({**place, "Prefix": level, "Delimiter": "/", "StartAfter": after})
            return sorted(name for name in map(_decode, names) if is_utf8(name))

        return ordered(fetch, siblings, prefix, start_after, self._requests if sorted_place else 1)

    def _names(self, request: dict[str, str]) -> list[str]:
        """Encoded, of what lies directly below; none where that cannot be had."""
        if body := self._sent(request):
            return _NAME.findall(body.decode(errors="replace"))
        try:
            with translated("listing"):
                answer = self._client.list_objects_v2(**request)
        except FsxapError:
            return []
        names = [each["Prefix"] for each in answer.get("CommonPrefixes", ())]
        names += [each["Key"] for each in answer.get("Contents", ())]
        encoded = answer.get("EncodingType") == "url"
        return names if encoded else [quote(name, errors="surrogateescape") for name in names]

    def _sent(self, request: dict[str, str]) -> bytes:
        """The body of a good answer; empty where a request cannot be repeated, or its answer is not good."""
        from botocore.exceptions import BotoCoreError

        way = self._ways.get(request["Bucket"])
        connections = self._to(way.url) if way else None
        if not way or not connections:
            return b""
        target = _target(way, request)
        try:
            signed = way.again("ListObjectsV2", base_of(way.url) + target)
            answer = connections.get(target, LARGEST_PAGE, signed.headers)
        except BotoCoreError:
            return b""
        except Exception as error:
            if not is_of_transport(error):
                raise
            return b""
        return answer.body or b"" if answer.status == 200 else b""

    def _to(self, url: str) -> Connections | None:
        base = base_of(url)
        if base not in self._connections:
            self._connections.setdefault(base, connections_to(self._client, url, self._ca_bundle))
        return self._connections[base]

    def _quick(self, request: dict[str, str]) -> tuple[Page, str] | None:
        body = self._sent(request)
        if not body:
            return None
        if (read := _read(body)) is not None:
            rows, rest = read
            more, token = _MORE.search(rest), _TOKEN.search(rest)
            following = token[1] if token else ""
            if more and (more[1] == "true") == bool(following):
                return Page(rows, bool(rows)), following
        # Other pages are hardly different, and each would be asked for twice.
        self._ways[request["Bucket"]] = None
        return None

    def _see(self, request: Any, request_signer: Any, **_: Any) -> None:
        bucket = getattr(self._reading, "bucket", "")
        if bucket and self._ways.get(bucket, True) is not None:
            # After a redirect the last one counts.
            self._ways[bucket] = learn(request, request_signer)

    def _page(self, request: dict[str, str], where: str) -> tuple[Page, str]:
        reading = self._reading
        reading.bucket, reading.rows = request["Bucket"], None
        try:
            with translated(f"listing {where}"):
                answer: dict[str, Any] = self._client.list_objects_v2(**request)
            plain = reading.rows is not None
            rows: list[Row] = reading.rows or []
            if not plain:
                encoded = answer.get("EncodingType") == "url"
                rows = [_row(entry, encoded=encoded) for entry in answer.get("Contents", ())]
        except (ValueError, TypeError, LookupError) as error:
            # What botocore says of a number or a time that is none, and _row of an entry.
            raise ServiceError(
                f"listing {where}: an entry of it cannot be read",
                code="malformed-listing",
                hint="check what answers at the endpoint: what was listed so far is not all",
            ) from error
        finally:
            reading.bucket, reading.rows = "", None
        count = answer.get("KeyCount")
        if count is None:
            # A proxy's or a portal's page parses as an empty listing.
            raise Unreachable(
                f"listing {where}: what answered is not S3",
                code="not-s3",
                hint="check the endpoint and HTTPS_PROXY; perhaps a proxy or a portal wants something first",
            )
        if count != len(rows):
            raise Unavailable(f"listing {where}: a page of {count} keys has {len(rows)}", code="incomplete-listing")
        following = answer.get("NextContinuationToken", "")
        if "IsTruncated" not in answer or answer["IsTruncated"] != bool(following):
            raise Unavailable(
                f"listing {where}: the service does not say whether there is more, or not how to get it",
                code="incomplete-listing",
            )
        return Page(rows, plain), following

    def _read_first(self, response_dict: dict[str, Any], **_: Any) -> None:
        """Take the entries out of a good page and leave botocore the rest."""
        if not getattr(self._reading, "bucket", ""):
            return
        self._reading.rows = None
        if response_dict["status_code"] == 200 and (read := _read(response_dict["body"])) is not None:
            rows, rest = read
            self._reading.rows = rows or None
            response_dict["body"] = rest.encode()


def _read(body: bytes) -> tuple[list[Row], str] | None:
    """The entries of a good page and the text around them; None unless everything is understood."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    if _ENCODED not in text:
        return None
    rows: list[Row] = _ENTRY.findall(text)
    rest = text[: text.find("<Contents>")] + text[text.rfind("</Contents>") + len("</Contents>") :] if rows else text
    count = _COUNT.search(rest)
    if "<Contents>" in rest or count is None or int(count[1]) != len(rows):
        return None
    keys = "".join([row[0] for row in rows])
    if "&" in keys:
        return None
    if "%" in keys or "+" in keys:
        rows = [(_decode(key), *others) for key, *others in rows]  # type: ignore[misc]
    return rows, rest


def _decode(text: str) -> str:
    """Bytes that are not UTF-8 become surrogates, so they can be told from any real name."""
    return _ESCAPES.sub(_bytes, text.replace("+", " "))


def _bytes(escapes: re.Match[str]) -> str:
    """A run at a time; urllib's unquote takes ten times as long, an escape at a time."""
    return bytes.fromhex(escapes[0].replace("%", "")).decode(errors="surrogateescape")


def _row(entry: dict[str, Any], *, encoded: bool) -> Row:
    """ValueError, TypeError or LookupError where it is no file."""
    key, size, modified = entry["Key"], entry["Size"], entry.get("LastModified")
    if not isinstance(key, str) or not 0 <= size <= LARGEST:
        raise ValueError("neither a key nor a size")
    when = timestamp(modified).removesuffix("Z") if isinstance(modified, datetime) else ""
    return _decode(key) if encoded else key, when, entry.get("ETag", "").strip('"'), str(size)
