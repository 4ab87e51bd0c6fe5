"""How many pages a document has, by the few bytes that say so."""

from __future__ import annotations

import io
import threading
import warnings
from typing import Any, BinaryIO, cast

from fsxap.engine.types import Params
from fsxap.errors import FsxapError, ItemError, MissingExtra
from fsxap.model import Item
from fsxap.ports import Store

BLOCK, MOST = 64 * 1024, 64
"""Bytes read at a time, and how many times: a document that needs more is not counted."""
BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, OverflowError, MemoryError)
"""What Pillow raises for files that lie about themselves."""
LOCK = threading.Lock()
"""pdfium is not safe for threads."""


class Ranges(io.RawIOBase):
    """An object as a file that can be sought in, of which only blocks that are asked for are read.

    It ends where it cannot be read, since pdfium's callbacks lose what is raised in them; `failure` says why.
    """

    def __init__(self, store: Store, item: Item) -> None:
        self._store, self._item = store, item
        self._at = 0
        self.failure: FsxapError | None = None
        self._blocks: dict[int, bytes] = {}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._item.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        number, skipped = divmod(self._at, BLOCK)
        found = self._block(number)[skipped : skipped + len(view)]
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks and number * BLOCK < self._item.size and self.failure is None:
            try:
                if len(self._blocks) == MOST:
                    raise ItemError("too much of the file is needed to know its pages", code="uncounted")
                self._blocks[number] = self._store.read(self._item.key, number * BLOCK, BLOCK)
            except FsxapError as error:
                self.failure = error
        return self._blocks.get(number, b"")


def count(item: Item, store: Store, _params: Params) -> dict[str, int]:
    """`pages`; none for XML, which no service is paid for. ItemError where the file does not say."""
    suffix = item.key.lower().rpartition(".")[2]
    if suffix == "xml":
        return {"pages": 0}
    if suffix in ("png", "jpg", "jpeg"):
        return {"pages": 1}
    ranges = Ranges(store, item)
    stream = cast(BinaryIO, io.BufferedReader(ranges, BLOCK))
    try:
        found = {"pages": _pdf(stream) if suffix == "pdf" else _tiff(stream)}
    except ImportError as error:
        raise MissingExtra("ocr", "what counts pages") from error
    except ItemError as error:
        raise ranges.failure or error from None
    if ranges.failure is not None:
        raise ranges.failure
    return found


def _pdf(stream: BinaryIO) -> int:
    from pypdfium2 import PdfDocument, PdfiumError

    with LOCK:
        try:
            document = PdfDocument(stream)
            try:
                return len(document)
            finally:
                document.close()
        except PdfiumError as error:
            raise ItemError("the document does not say how many pages it has", code="uncounted") from error


def _tiff(stream: BinaryIO) -> int:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Damaged tags are warned of; they are no matter here.
            warnings.simplefilter("ignore")
            with Image.open(stream, formats=("TIFF",)) as picture:
                return int(getattr(picture, "n_frames", 1))
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise ItemError("the picture does not say how many pages it has", code="uncounted") from error
