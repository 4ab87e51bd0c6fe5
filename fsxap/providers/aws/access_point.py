"""A store that is a prefix of a bucket or of an S3 access point, by alias or ARN."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import lt
from typing import Any, BinaryIO

from fsxap.engine.sorting import spill_sort
from fsxap.errors import ItemError, NotFound, ServiceError
from fsxap.listed import Files, Page, Row
from fsxap.model import Failure, Item, Unlisted, timestamp
from fsxap.providers.aws.body import ObjectStream
from fsxap.providers.aws.errors import translated
from fsxap.providers.aws.objects import Objects
from fsxap.providers.aws.pages import Pages
from fsxap.providers.aws.session import CONNECTIONS
from fsxap.providers.aws.upload import upload
from fsxap.providers.keys import LONGEST, check_range, check_segments, is_utf8, unsafe
from fsxap.retry import Retry

BUFFER = 256 << 10
"""Bytes read ahead by `open`."""


class S3Store:
    """The objects below `prefix`, which is empty or ends in a slash.

    `retry` is for bodies that break off; requests are retried by the client. `ca_bundle` is what the client trusts, if
    not botocore's own certificates, and `workers` how many reads may wait for their answers at a time.
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        prefix: str = "",
        *,
        retry: Retry | None = None,
        ca_bundle: str = "",
        workers: int = CONNECTIONS,
    ) -> None:
        self._client, self._bucket = client, bucket
        self._prefix = prefix if not prefix or prefix.endswith("/") else prefix + "/"
        self._retry = retry or Retry()
        self._pages = Pages(client, ca_bundle=ca_bundle)
        self._objects = Objects(client, bucket, ca_bundle=ca_bundle, most=workers)
        self._unordered = False

    @property
    def location(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    def locate(self, key: str) -> str:
        return self.location + key

    def list(self, prefix: str = "", start_after: str = "") -> Iterator[Item | Unlisted]:
        """Streamed page by page. A place that does not keep S3's order is refused once with the code
        `unordered-listing`; from then on this store sorts it on disk before the first key comes out."""
        for page in self.pages(prefix, start_after):
            yield from page

    def pages(self, prefix: str = "", start_after: str = "") -> Iterator[Page]:
        """What `list` gives, by the page; read each to its end before the next."""
        full, start = self._full(prefix), self._full(start_after) if start_after else ""
        if self._unordered:
            yield self._entries(self._sorted(full, start))
            return
        last, cut = start, len(self._prefix)
        for page in self._pages.read(self._bucket, full, start, self._where(full)):
            if page.plain and _only_files(page.rows, full, last):
                yield Files([(row[0][cut:], *row[1:]) for row in page.rows] if cut else page.rows)
            else:
                yield self._entries(self._checked(page.rows, full, last))
            last = page.rows[-1][0] if page.rows else last

    def head(self, key: str) -> Item:
        if not key:
            raise NotFound(f"{self.location} is a folder, not a file", code="is-a-directory")
        with translated(f"reading {self.locate(key)}"):
            found = self._client.head_object(Bucket=self._bucket, Key=self._full(key))
        return Item(key, found["ContentLength"], timestamp(found["LastModified"]), found["ETag"].strip('"'))

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        check_range(start, length)
        if length == 0:
            # HTTP has no empty range, but what is not there must still be noticed.
            self.head(key)
            return b""
        with self._stream(key, start, length) as stream:
            return stream.readall()

    def open(self, key: str) -> BinaryIO:
        return io.BufferedReader(self._stream(key), BUFFER)

    def put(self, key: str, body: bytes | BinaryIO) -> str:
        check_segments(key)
        full = self._full(key)
        if len(full.encode()) > LONGEST:
            raise ItemError(
                f"refused key {key!r}: with its prefix it is longer than {LONGEST} bytes", code="name-too-long"
            )
        upload(self._client, self._bucket, full, body, self.locate(key))
        return self.locate(key)

    def delete(self, key: str) -> None:
        check_segments(key)
        try:
            with translated(f"deleting {self.locate(key)}"):
                self._client.delete_object(Bucket=self._bucket, Key=self._full(key))
        except NotFound:
            # S3 calls this a success; a file system behind it may not.
            return

    def _full(self, key: str) -> str:
        if not is_utf8(key):
            raise unsafe(key, "it cannot be written as UTF-8, as every S3 key is")
        return self._prefix + key

    def _stream(self, key: str, start: int = 0, length: int | None = None) -> ObjectStream:
        if not key:
            raise NotFound(f"{self.location} is a folder, not a file", code="is-a-directory")
        return ObjectStream(
            self._objects,
            self._full(key),
            self.locate(key),
            retry=self._retry,
            start=start,
            length=length,
        )

    def _where(self, full: str) -> str:
        return f"s3://{self._bucket}/{full}"

    def _entries(self, rows: Iterable[Row]) -> Iterator[Item | Unlisted]:
        cut = len(self._prefix)
        for key, modified, etag, size in rows:
            if not key.isascii() and not is_utf8(key):
                yield Unlisted(key[cut:], Failure("not-utf8", "its name is not UTF-8, so S3 cannot be asked for it"))
            elif size != "0" or not key.endswith("/"):
                yield Item(key[cut:], int(size), modified and modified + "Z", etag)
            elif len(key) > cut:
                yield Unlisted(key[cut:], Failure("directory-marker", "an empty object that stands for a folder"), True)

    def _checked(self, rows: Iterable[Row], prefix: str, last: str) -> Iterator[Row]:
        for row in rows:
            key = row[0]
            self._check_place(key, prefix)
            # Names that are not UTF-8 have their place in another order, and only their own.
            if key <= last and is_utf8(key + last):
                self._unordered = True
                raise ServiceError(
                    f"listing {self._where(prefix)}: {key!r} came after {last!r}",
                    code="unordered-listing",
                    hint="list folder by folder with --prefix, and report the ONTAP version",
                )
            last = key
            yield row

    def _check_place(self, key: str, prefix: str) -> None:
        if not key.startswith(prefix):
            raise ServiceError(f"listing {self._where(prefix)}: {key!r} is not below it", code="foreign-key")

    def _sorted(self, prefix: str, start: str) -> Iterator[Row]:
        """Without start-after, whose meaning is unknown where there is no order."""
        last = start
        pages = self._pages.read(self._bucket, prefix, "", self._where(prefix), sorted_place=False)
        for row in spill_sort((row for page in pages for row in page.rows), None, _encode, _decode):
            self._check_place(row[0], prefix)
            if row[0] > last:
                last = row[0]
                yield row


def _only_files(rows: list[Row], prefix: str, last: str) -> bool:
    """Whether every row is a file below the prefix, and each key greater than the one before; judged by the page."""
    keys = [row[0] for row in rows]
    text = "\n".join((*keys, ""))
    return (
        # A key that ends in a slash may be a directory's marker.
        "/\n" not in text
        and (text.isascii() or is_utf8(text))
        and last < keys[0]
        # Between two keys with one prefix no other begins differently.
        and keys[0].startswith(prefix)
        and keys[-1].startswith(prefix)
        and all(map(lt, keys, islice(keys, 1, None)))
    )


def _encode(row: Row) -> bytes:
    return json.dumps(row).encode()


def _decode(line: bytes) -> Row:
    key, modified, etag, size = json.loads(line)
    return key, modified, etag, size
