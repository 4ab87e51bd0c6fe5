"""An S3 that holds any number of objects and stores none: keys are a pure function of their index.

    python -m benchmarks.s3_origin --keys 1000000

prints its address and answers ListObjectsV2 (prefix, start-after, continuation, max-keys), HEAD and GET with Range on
loopback until its standard input closes. A page of 1000 keys costs about 2 ms, so what is measured is the client.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

PER_STUDY, PER_SITE = 250, 50_000
SIZE = 532_480


def key_of(index: int) -> str:
    """Sorted by index: 70 to 80 bytes, as DICOM archives have them."""
    site, study = index // PER_SITE, index % PER_SITE // PER_STUDY
    return f"imaging/site-{site:05d}/study-{study:06d}/1.2.840.113619.2.55.{study:06d}/IM-{index % PER_STUDY:06d}.dcm"


def first_after(key: str, keys: int) -> int:
    """The index of the first key that is greater than `key`."""
    low, high = 0, keys
    while low < high:
        middle = (low + high) // 2
        if key_of(middle) > key:
            high = middle
        else:
            low = middle + 1
    return low


def page(query: dict[str, list[str]], keys: int) -> bytes:
    def one(name: str) -> str:
        return query.get(name, [""])[0]

    prefix, token = one("prefix"), one("continuation-token")
    limit = min(int(one("max-keys") or 1000), 1000)
    start = int(token) if token else max(first_after(one("start-after"), keys), first_after(prefix, keys))
    names = []
    for index in range(start, min(start + limit, keys)):
        name = key_of(index)
        if not name.startswith(prefix):
            break
        names.append(name)
    following = start + len(names)
    more = following < keys and key_of(following).startswith(prefix)
    encoded = one("encoding-type") == "url"
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
        f"<Name>bench</Name><Prefix>{escape(quote(prefix) if encoded else prefix)}</Prefix>",
        f"<KeyCount>{len(names)}</KeyCount><MaxKeys>{limit}</MaxKeys>",
        "<EncodingType>url</EncodingType>" if encoded else "",
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>",
        f"<NextContinuationToken>{following}</NextContinuationToken>" if more else "",
    ]
    out += [
        f"<Contents><Key>{quote(name) if encoded else escape(name)}</Key>"
        f"<LastModified>2026-01-{index % 28 + 1:02d}T08:30:00.000Z</LastModified>"
        f"<ETag>&quot;{index:032x}&quot;</ETag><Size>{SIZE}</Size><StorageClass>FSX_ONTAP</StorageClass></Contents>"
        for index, name in enumerate(names, start)
    ]
    out.append("</ListBucketResult>")
    return "".join(out).encode()


class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body in one packet; two would wait for each other 40 ms on loopback.
    wbufsize = -1
    disable_nagle_algorithm = True
    keys = 0
    delay = 0.0

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        time.sleep(self.delay)
        if "list-type" in query:
            self.answer(200, page(query, self.keys), {"Content-Type": "application/xml"})
        else:
            self.send_object(unquote(url.path).split("/", 2)[2])

    do_HEAD = do_GET  # noqa: N815 - the name http.server looks for

    def send_object(self, key: str) -> None:
        index = first_after(key, self.keys) - 1
        if index < 0 or key_of(index) != key:
            self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>", {})
            return
        body = hashlib.sha256(key.encode()).digest() * (SIZE // 32)
        headers = {
            "ETag": f'"{index:032x}"',
            "Last-Modified": "Thu, 01 Jan 2026 08:30:00 GMT",
            "Accept-Ranges": "bytes",
        }
        wanted = self.headers.get("Range")
        if not wanted:
            self.answer(200, body, headers)
            return
        first, last = wanted.removeprefix("bytes=").split("-")
        part = body[int(first) : int(last) + 1 if last else None]
        headers["Content-Range"] = f"bytes {first}-{int(first) + len(part) - 1}/{SIZE}"
        self.answer(206, part, headers)

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Quiet: a line a request would be most of the work."""


def main() -> None:
    parser = argparse.ArgumentParser(description="an S3 with any number of made-up objects, on loopback")
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    given = parser.parse_args()
    handler = type("Bound", (Origin,), {"keys": given.keys, "delay": given.delay_ms / 1000})
    server = ThreadingHTTPServer(("127.0.0.1", given.port), handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
