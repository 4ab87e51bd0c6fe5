"""Pages of a bucket listing: complete, exact, and read without an object per field.

botocore signs, retries, follows redirects and reports errors. Only the body of a good page is read here first, by a
regular expression: building botocore's tree costs thirty times as much. Whatever the expression does not fully
understand is left to botocore.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from fsxap.errors import Unavailable, Unreachable
from fsxap.model import timestamp
from fsxap.providers.aws.errors import translated

# With a wildcard for the service, because botocore calls such handlers before those of "before-parse.s3.*", one of
# which builds a tree of the whole body to look for an error in it.
EVENT = "before-parse.*.ListObjectsV2"

# Possessive throughout: a page that does not fit must fail fast.
_ENTRY = re.compile(
    r"<Contents>\s*+<Key>([^<&]*+)</Key>\s*+<LastModified>([0-9T:-]{19})[^<]*+</LastModified>\s*+"
    r"<ETag>(?:&quot;)?+([^<&]*+)(?:&quot;)?+</ETag>\s*+(?:<Checksum[^<]*+</Checksum[^<]*+)*+<Size>([0-9]++)</Size>"
)
_COUNT = "<KeyCount>"
_ENCODED = "<EncodingType>url</EncodingType>"


Row = tuple[str, int, str, str]
"""One object: its whole key, bytes, UTC time and entity tag."""


class Pages:
    """Reads listings through a client; other users of the same client are not affected."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._reading = threading.local()
        client.meta.events.register(EVENT, self._read_first)

    def read(self, bucket: str, prefix: str, start_after: str, where: str) -> Iterator[list[Row]]:
        """Every page below a prefix, in the service's order. A page that is not a listing is an error, not an end."""
        # Asked for here and not by botocore, which would decode a name that is not UTF-8 into another name.
        request = {"Bucket": bucket, "EncodingType": "url"}
        if prefix:
            request["Prefix"] = prefix
        first = {**request, "StartAfter": start_after} if start_after else request
        asked = ""
        while True:
            rows, answer = self._page({**request, "ContinuationToken": asked} if asked else first, where)
            yield rows
            if not answer.get("IsTruncated"):
                return
            token = answer.get("NextContinuationToken", "")
            if token in ("", asked):
                raise Unavailable(
                    f"listing {where}: the service says there is more, but not how to get it",
                    code="incomplete-listing",
                )
            asked = token

    def _page(self, request: dict[str, str], where: str) -> tuple[list[Row], dict[str, Any]]:
        reading = self._reading
        reading.on, reading.rows = True, None
        try:
            with translated(f"listing {where}"):
                answer: dict[str, Any] = self._client.list_objects_v2(**request)
            rows: list[Row] | None = reading.rows
        finally:
            reading.on, reading.rows = False, None
        if rows is None:
            encoded = answer.get("EncodingType") == "url"
            rows = [_row(entry, encoded=encoded) for entry in answer.get("Contents", ())]
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
        return rows, answer

    def _read_first(self, response_dict: dict[str, Any], **_: Any) -> None:
        """Take the entries out of a good page and leave botocore the rest."""
        if not getattr(self._reading, "on", False):
            return
        self._reading.rows = None
        try:
            text = response_dict["body"].decode()
        except UnicodeDecodeError:
            return
        if response_dict["status_code"] != 200 or _COUNT not in text or _ENCODED not in text:
            return
        rows = [
            (_decode(key) if "%" in key or "+" in key else key, int(size), modified + "Z", etag.strip('"'))
            for key, modified, etag, size in _ENTRY.findall(text)
        ]
        if not rows or len(rows) != text.count("<Contents>"):
            return
        self._reading.rows = rows
        rest = text[: text.find("<Contents>")] + text[text.rfind("</Contents>") + len("</Contents>") :]
        response_dict["body"] = rest.encode()


def _decode(text: str) -> str:
    """Bytes that are not UTF-8 become surrogates, so they can be told from any real name."""
    return unquote_plus(text, errors="surrogateescape")


def _row(entry: dict[str, Any], *, encoded: bool) -> Row:
    modified = entry.get("LastModified")
    when = timestamp(modified) if isinstance(modified, datetime) else ""
    key = _decode(entry["Key"]) if encoded else entry["Key"]
    return key, entry.get("Size", 0), when, entry.get("ETag", "").strip('"')
