"""An S3 bucket in memory, and AI services beside it: whole answers, no faults of their own."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.chaos.wire import Message, Peer

SPAN = {"BeginOffset": 0, "EndOffset": 2, "Score": 0.9}
BOX = {
    "BoundingBox": {"Left": 0.1, "Top": 0.1, "Width": 0.5, "Height": 0.2},
    "Polygon": [{"X": x, "Y": y} for x, y in ((0.1, 0.1), (0.6, 0.1), (0.6, 0.3), (0.1, 0.3))],
}
LINE: dict[str, Any] = {"Confidence": 99.0, "Geometry": BOX}
SAID: dict[str, dict[str, Any]] = {
    "DetectEntities": {"Entities": [SPAN | {"Type": "OTHER"}]},
    "DetectPHI": {"Entities": [SPAN | {"Id": 0, "Category": "PROTECTED_HEALTH_INFORMATION", "Type": "ID"}]},
    "DetectText": {"TextDetections": [LINE | {"Id": 0, "Type": "LINE", "DetectedText": "it"}]},
    "DetectDocumentText": {
        "DocumentMetadata": {"Pages": 1},
        "Blocks": [
            LINE | {"Id": "p", "BlockType": "PAGE", "Page": 1, "Relationships": [{"Type": "CHILD", "Ids": ["l"]}]},
            LINE
            | {
                "Id": "l",
                "BlockType": "LINE",
                "Page": 1,
                "Text": "it",
                "Relationships": [{"Type": "CHILD", "Ids": ["w"]}],
            },
            LINE | {"Id": "w", "BlockType": "WORD", "Page": 1, "Text": "it", "TextType": "PRINTED"},
        ],
    },
    "Converse": {
        "output": {"message": {"role": "assistant", "content": [{"text": "It was read."}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 9, "outputTokens": 3, "totalTokens": 12},
        "metrics": {"latencyMs": 1},
    },
}
"""What each service says, whatever it is asked about."""
STAMP = "2026-01-05T08:30:00.000Z"
PAGE = 100
"""Keys in a page, so that a listing of 500 has several."""


class Origin:
    """`objects` is the bucket; `asked` counts the calls of AI services that were answered."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked = 0
        self._lock = threading.Lock()

    def serve(self, connection: socket.socket) -> None:
        peer = Peer(connection)
        while True:
            request = peer.message()
            connection.sendall(self.answer(request))

    def answer(self, request: Message) -> bytes:
        if is_service(request):
            return self._told(request)
        url = urlsplit(request.target)
        key = unquote(url.path).partition("/")[2].partition("/")[2]
        if request.method == "PUT":
            body = request.body
            if "aws-chunked" in request.head.get("content-encoding", ""):
                body = _unchunked(body)
            with self._lock:
                self.objects[key] = body
            return _answer(200, b"", {"etag": f'"{_tag(body)}"'})
        if not key:
            return _answer(200, self._page(parse_qs(url.query)), {"content-type": "application/xml"})
        return self._object(request, key)

    def _object(self, request: Message, key: str) -> bytes:
        found = self.objects.get(key)
        if found is None:
            return _answer(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>", {})
        head = {"etag": f'"{_tag(found)}"', "last-modified": "Mon, 05 Jan 2026 08:30:00 GMT"}
        if request.method == "HEAD":
            return _answer(200, b"", head, len(found))
        wanted = request.head.get("range")
        if not wanted:
            return _answer(200, found, head)
        first, last = wanted.removeprefix("bytes=").split("-")
        part = found[int(first) : int(last) + 1 if last else None]
        if not part:
            return _answer(416, b"<Error><Code>InvalidRange</Code><Message>none</Message></Error>", {})
        head["content-range"] = f"bytes {first}-{int(first) + len(part) - 1}/{len(found)}"
        return _answer(206, part, head)

    def _page(self, query: dict[str, list[str]]) -> bytes:
        prefix, after = (query.get(name, [""])[0] for name in ("prefix", "start-after"))
        after = query.get("continuation-token", [after])[0]
        with self._lock:
            keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        shown, more = keys[:PAGE], len(keys) > PAGE
        entries = "".join(
            f"<Contents><Key>{quote(key)}</Key><LastModified>{STAMP}</LastModified>"
            f"<ETag>&quot;{_tag(self.objects[key])}&quot;</ETag><Size>{len(self.objects[key])}</Size></Contents>"
            for key in shown
        )
        token = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>chaos</Name><KeyCount>{len(shown)}</KeyCount><MaxKeys>{PAGE}</MaxKeys>"
            f"<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}"
            "</ListBucketResult>"
        ).encode()

    def _told(self, request: Message) -> bytes:
        operation = request.head.get("x-amz-target", ".Converse").partition(".")[2]
        with self._lock:
            self.asked += 1
        told = SAID[operation]
        if operation == "DetectPHI":
            # The one answer that must say a word of the question.
            told = {"Entities": [told["Entities"][0] | {"Text": json.loads(request.body)["Text"][:2]}]}
        return _answer(200, json.dumps(told).encode(), {"content-type": "application/x-amz-json-1.1"})


def is_service(request: Message) -> bool:
    """Whether it is asked of an AI service; Bedrock's operation is in its path."""
    return "x-amz-target" in request.head or request.target.startswith("/model/")


def _tag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _unchunked(body: bytes) -> bytes:
    """The object in AWS's own chunks, behind which a checksum follows."""
    whole = b""
    while True:
        line, _, body = body.partition(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        if not size:
            return whole
        whole, body = whole + body[:size], body[size + 2 :]


def _answer(status: int, body: bytes, head: dict[str, str], length: int | None = None) -> bytes:
    return Message(f"HTTP/1.1 {status} {'OK' if status < 300 else 'No'}", head, body).encode(length)
