"""Reading an object as a stream that survives broken connections and never mixes two versions of the object."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from fsxap.errors import FsxapError, ItemError, ServiceError, Unavailable
from fsxap.providers.aws.errors import translated
from fsxap.providers.aws.objects import Body, Objects, Opened
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
        objects: Objects,
        key: str,
        where: str,
        *,
        retry: Retry,
        start: int = 0,
        length: int | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__()
        self._objects, self._key, self._where, self._retry, self._sleep = objects, key, where, retry, sleep
        self._position = start
        self._end = None if length is None else start + length
        self._etag: str | None = None
        self._size = -1
        self._body: Body | None = None
        self._carefully = False
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
        body = self._body or self._connect()
        if body is None:
            return 0
        try:
            with translated(f"reading {self._where}"):
                count = body.readinto(view)
                if count and self._position + count == self._stop:
                    # One more read lets botocore compare the checksum and give the connection back.
                    body.readinto(memoryview(bytearray(1)))
        except FsxapError as error:
            self._break()
            if error.code == "corrupted":
                raise ItemError(error.message, code=error.code, hint=error.hint) from error
            raise
        if not count:
            self._break()
            raise Unavailable(f"reading {self._where}: the connection broke off at byte {self._position}")
        return count

    def _connect(self) -> Body | None:
        """Ask for the rest, from the current position.

        By a range even where that is all of it: then the answer says twice how long the object is, and an answer
        with too small a length is continued and not taken for the whole.
        """
        try:
            opened = self._objects.open(
                self._key, f"bytes={self._position}-{self._last}", self._where, carefully=self._carefully
            )
        except ItemError as error:
            if error.code != "range" or self._etag is not None:
                raise
            # The range begins at or behind the end: nothing to read, but the object is there.
            self._size, self._etag = self._position, ""
            return None
        self._body = opened.body
        try:
            self._check(opened)
        except FsxapError:
            self._drop()
            raise
        return opened.body

    @property
    def _last(self) -> str:
        """The last byte of a range, inclusive as HTTP has it; empty for the end of the object."""
        return "" if self._end is None else str(self._end - 1)

    def _check(self, opened: Opened) -> None:
        """That these are the bytes asked for, of the object we began with."""
        match = _RANGE.fullmatch(opened.part)
        start, size = (int(match[1]), int(match[3])) if match else (0, opened.length)
        if size is None:
            raise ServiceError(f"reading {self._where}: the service does not say how long it is", code="no-length")
        if start != self._position or (opened.part and not match):
            raise ServiceError(f"reading {self._where}: the service ignored the range asked for", code="no-ranges")
        if self._etag is None:
            self._etag, self._size = opened.etag, size
        elif (opened.etag, size) != (self._etag, self._size):
            raise ItemError(f"reading {self._where}: it changed while it was read", code="changed", hint="run again")

    def _break(self) -> None:
        """What broke once is continued by botocore, which is more patient."""
        self._carefully = True
        self._drop()

    def _drop(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()
