"""Reading an object as a stream that survives broken connections and never mixes two versions of the object."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fsxap.errors import FsxapError, ItemError, ServiceError, Unavailable
from fsxap.providers.aws.errors import translated
from fsxap.retry import Retry

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class ObjectStream(io.RawIOBase):
    """The bytes of one object from `start`, at most `length` of them; seeking asks for another range.

    botocore retries requests but not bodies: a body that breaks off is continued here, by a range, and only when the
    object still has the same entity tag and size.
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        key: str,
        where: str,
        *,
        retry: Retry,
        start: int = 0,
        length: int | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__()
        self._request = {"Bucket": bucket, "Key": key}
        self._client, self._where, self._retry, self._sleep = client, where, retry, sleep
        self._position = start
        self._end = None if length is None else start + length
        self._etag: str | None = None
        self._size = -1
        self._body: Any = None
        self._connect()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"no such position: {base + offset}")
        if base + offset != self._position:
            self._drop()
            self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")[: max(0, self._stop - self._position)]
        if not len(view):
            return 0
        # Also opening the range again is tried several times: a failover lasts longer than botocore's patience.
        count = self._retry.call(lambda: self._fill(view), sleep=self._sleep)
        self._position += count
        return count

    def readall(self) -> bytes:
        data = bytearray(max(0, self._stop - self._position))
        done = 0
        with memoryview(data) as view:
            while done < len(data):
                done += self.readinto(view[done:])
        return bytes(data)

    def close(self) -> None:
        self._drop()
        super().close()

    @property
    def _stop(self) -> int:
        return self._size if self._end is None else min(self._end, self._size)

    def _fill(self, view: memoryview) -> int:
        if self._body is None:
            self._connect()
        try:
            with translated(f"reading {self._where}"):
                count: int = self._body.readinto(view)
                if count and self._position + count == self._stop:
                    # One more read lets botocore compare the checksum and give the connection back.
                    self._body.readinto(bytearray(1))
        except FsxapError as error:
            self._drop()
            if error.code == "corrupted":
                raise ItemError(error.message, code=error.code, hint=error.hint) from error
            raise
        if not count:
            self._drop()
            raise Unavailable(f"reading {self._where}: the connection broke off at byte {self._position}")
        return count

    def _connect(self) -> None:
        """Ask for the rest, from the current position.

        By a range even where that is all of it: then the answer says twice how long the object is, and an answer
        with too small a length is continued and not taken for the whole.
        """
        request = {**self._request, "Range": f"bytes={self._position}-{self._last}"}
        try:
            with translated(f"reading {self._where}"):
                answer = self._client.get_object(**request)
        except ItemError as error:
            if error.code != "range" or self._etag is not None:
                raise
            # The range begins at or behind the end: nothing to read, but the object is there.
            self._size, self._etag = self._position, ""
            return
        self._body = answer["Body"]
        try:
            self._check(answer)
        except FsxapError:
            self._drop()
            raise

    @property
    def _last(self) -> str:
        """The last byte of a range, inclusive as HTTP has it; empty for the end of the object."""
        return "" if self._end is None else str(self._end - 1)

    def _check(self, answer: dict[str, Any]) -> None:
        """That these are the bytes asked for, of the object we began with."""
        part = answer.get("ContentRange")
        match = _RANGE.fullmatch(part or "")
        start, size = (int(match[1]), int(match[3])) if match else (0, answer.get("ContentLength"))
        if size is None:
            raise ServiceError(f"reading {self._where}: the service does not say how long it is", code="no-length")
        if start != self._position or (part and not match):
            raise ServiceError(f"reading {self._where}: the service ignored the range asked for", code="no-ranges")
        etag = str(answer.get("ETag", ""))
        if self._etag is None:
            self._etag, self._size = etag, size
        elif (etag, size) != (self._etag, self._size):
            raise ItemError(f"reading {self._where}: it changed while it was read", code="changed", hint="run again")

    def _drop(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()
