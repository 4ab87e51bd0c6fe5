"""Bytes of a log in any usual encoding, packed or not, as a UTF-8 file with one kind of line end."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from fsxap.errors import ItemError

CHUNK = 1 << 20
HEAD = 1 << 18
"""Bytes looked at to tell the encoding and, decoded, the format."""
IN_PLACE = 64 << 20
"""Bytes from which a file of this machine is read where it lies: a copy costs a fifth of the reading."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Text:
    """`lines` counts line ends, and a last line without one; `quotes` whether there is any quote character.

    `size` and `digest` are of all bytes; no digest where reading cannot go on safely behind them.
    """

    encoding: str
    lines: int
    quotes: bool
    head: str
    size: int = 0
    digest: str = ""


class Seen:
    """What was read of a text: how much, and its fingerprint. `plain` text is bytes as they are, without a mark."""

    def __init__(self) -> None:
        self.size = 0
        self.head = b""
        self.plain = True
        self._sum = hashlib.sha256()
        self._ended = False

    def add(self, chunk: bytes) -> None:
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        self.size += len(chunk)
        self._sum.update(chunk)
        self._ended = chunk.endswith(b"\n")

    @property
    def digest(self) -> str:
        """Nothing where the last row may not be whole, or more rows could change how the first are understood."""
        whole = self._ended and self.plain and len(self.head) == HEAD and not self.head.startswith(codecs.BOM_UTF8)
        return self._sum.hexdigest() if whole else ""


def unpacked(stream: BinaryIO, key: str) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if key.lower().endswith(".gz") else stream


def encoding_of(sample: bytes) -> str:
    """By mark, by zeros, by what decodes: UTF-8 before CP932, which is Shift-JIS as it is used; "" for plain ASCII."""
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) > len(sample) // 5:
        return "utf-16-le" if odd > even else "utf-16-be"
    if sample.isascii():
        return ""
    for name in ("utf-8", "cp932"):
        try:
            codecs.getincrementaldecoder(name)().decode(sample)
        except UnicodeDecodeError:
            continue
        return name
    return "cp1252"


def spool(stream: BinaryIO, path: Path, chosen: str, limit: int, before: Seen | None = None) -> Text:
    """Copies the stream to `path`. ItemError for what is larger than `limit` unpacked, no gzip, or not `chosen`.

    `before` is what was read of the stream already, and is added to.
    """
    known = "" if chosen == "auto" else codecs.lookup(chosen).name
    lines = written = 0
    quotes, ended, head = False, True, b""
    seen = before or Seen()
    decoder: codecs.IncrementalDecoder | None = None
    with path.open("wb") as out:
        for number, chunk in enumerate(_chunks(stream)):
            seen.add(chunk)
            if number == 0 and before is None and chunk.startswith(codecs.BOM_UTF8) and known in ("", "utf-8"):
                known, chunk = "utf-8", chunk[3:]
            if not known and (found := encoding_of(chunk if chunk[:HEAD].isascii() else chunk[:HEAD])):
                known = found
            if known not in ("", "utf-8"):
                decoder = decoder or codecs.getincrementaldecoder(known)()
                chunk = _decoded(decoder, chunk, known)
            if b"\r" in chunk and b"\n" not in chunk:
                chunk = chunk.replace(b"\r", b"\n")
                seen.plain = False
            lines += chunk.count(b"\n")
            quotes = quotes or b'"' in chunk
            if len(head) < HEAD:
                head += chunk[: HEAD - len(head)]
            ended = chunk.endswith(b"\n") if chunk else ended
            written += len(chunk)
            if written > limit:
                raise ItemError(f"it is larger than max_size ({limit} bytes) when unpacked", code="too-large")
            out.write(chunk)
        if decoder is not None:
            out.write(_decoded(decoder, b"", known, final=True))
        if not ended:
            lines += 1
            out.write(b"\n")
    digest = seen.digest if known in ("", "utf-8") and not quotes else ""
    return Text(known or "ascii", lines, quotes, head.decode("utf-8", "replace"), seen.size, digest)


def blank_lines(stream: BinaryIO) -> int:
    """Empty lines, which readers of tables leave out."""
    return sum(1 for line in stream if line in (b"\n", b"\r\n"))


def in_place(stream: BinaryIO, key: str, chosen: str) -> str:
    """The head of a large file of this machine that needs no decoding, as far as the head tells; "" for any other."""
    try:
        handle = stream.fileno()
    except OSError:
        return ""
    status = os.fstat(handle)
    known = chosen == "auto" or codecs.lookup(chosen).name == "utf-8"
    if key.lower().endswith(".gz") or not known or not stat.S_ISREG(status.st_mode) or status.st_size < IN_PLACE:
        return ""
    head = os.pread(handle, HEAD, 0)
    if encoding_of(head) not in ("", "utf-8") or b"\n" not in head:
        return ""
    return head.decode("utf-8", "replace")


def counted(handle: int, head: str) -> Text:
    """What `spool` tells, of a file that is read in place. It leaves the handle's position alone."""
    lines = at = 0
    quotes, plain, ended = False, True, True
    seen = Seen()
    while chunk := os.pread(handle, CHUNK, at):
        seen.add(chunk)
        lines += chunk.count(b"\n")
        quotes, plain, ended = quotes or b'"' in chunk, plain and chunk.isascii(), chunk.endswith(b"\n")
        at += len(chunk)
    digest = "" if quotes else seen.digest
    return Text("ascii" if plain else "utf-8", lines + (not ended), quotes, head, seen.size, digest)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    try:
        while chunk := stream.read(CHUNK):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ItemError("it is no complete gzip file", code="damaged") from error


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, name: str, *, final: bool = False) -> bytes:
    try:
        return decoder.decode(chunk, final).encode("utf-8")
    except UnicodeDecodeError as error:
        raise ItemError(f"it is not {name} text", code="encoding") from error
