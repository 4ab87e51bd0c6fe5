"""State whose lines are encrypted: for use cases where the name of a file may say who a patient is.

What holds keys of the source is sealed line by line (Fernet: AES and HMAC, from `cryptography`); what a run says about
itself stays readable, and holds no keys. A sealed line is a JSON object, so that Step Functions can carry it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from fsxap.engine.state import DiskState, StoreState
from fsxap.errors import ConfigurationError
from fsxap.model import Record, dumps

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

OPEN = {"current.json", "complete.json", "run.json", "summary.json", "sections.jsonl", "findings.jsonl", "lock"}
OPEN |= {"report.html", "report.md"}
"""What is about a run, not about its files."""


class Seal:
    """One key. The same secret opens what it sealed, on any machine."""

    def __init__(self, secret: bytes) -> None:
        from cryptography.fernet import Fernet

        self._secret = secret
        self._fernet: Fernet = Fernet(urlsafe_b64encode(self._derive(b"state")))

    def _derive(self, label: bytes) -> bytes:
        return hmac.new(self._secret, b"fsxap " + label, hashlib.sha256).digest()

    @property
    def fingerprint(self) -> str:
        """Names the key without giving it away."""
        return self._derive(b"fingerprint").hex()[:16]

    def token(self, record: Record) -> str:
        """The same for equal records, and nothing to anybody without the key."""
        return hmac.new(self._derive(b"token"), dumps(record).encode(), hashlib.sha256).hexdigest()[:32]

    def close(self, line: bytes) -> bytes:
        return b'{"sealed":"' + self._fernet.encrypt(line) + b'"}'

    def open(self, line: bytes) -> bytes:
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(json.loads(line)["sealed"])
        except (InvalidToken, ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                "a line of the state cannot be opened with this key: it was altered, or sealed with another one",
                code="sealed",
                hint="use the key the run began with, or another place with --state",
            ) from error


class SealingStream:
    """A stream that seals each line it is given, however the writes are cut."""

    def __init__(self, stream: BinaryIO, seal: Seal) -> None:
        self._stream, self._seal, self._rest = stream, seal, b""

    def write(self, data: bytes) -> int:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._stream.write(b"".join(self._seal.close(line) + b"\n" for line in lines))
        return len(data)

    def close(self) -> None:
        self._stream.close()


class SealedDisk(DiskState):
    def __init__(self, state: DiskState, seal: Seal) -> None:
        super().__init__(state.root)
        self.seal = seal

    def lines(self, name: str) -> Iterator[bytes]:
        return _opened(super().lines(name), name, self.seal)

    @contextmanager
    def writer(self, name: str) -> Iterator[BinaryIO]:
        with super().writer(name) as stream:
            yield _sealing(stream, name, self.seal)

    def append(self, name: str) -> BinaryIO:
        return _sealing(super().append(name), name, self.seal)


class SealedStore(StoreState):
    def __init__(self, state: StoreState, seal: Seal) -> None:
        super().__init__(state.store, state.scratch)
        self.seal = seal

    def lines(self, name: str) -> Iterator[bytes]:
        return _opened(super().lines(name), name, self.seal)

    @contextmanager
    def writer(self, name: str) -> Iterator[BinaryIO]:
        with super().writer(name) as stream:
            yield _sealing(stream, name, self.seal)


def sealed(state: DiskState | StoreState, seal: Seal) -> SealedDisk | SealedStore:
    return SealedStore(state, seal) if isinstance(state, StoreState) else SealedDisk(state, seal)


def _hides(name: str) -> bool:
    return name.rpartition("/")[2] not in OPEN


def _opened(lines: Iterator[bytes], name: str, seal: Seal) -> Iterator[bytes]:
    return map(seal.open, lines) if _hides(name) else lines


def _sealing(stream: BinaryIO, name: str, seal: Seal) -> BinaryIO:
    return cast(BinaryIO, SealingStream(stream, seal)) if _hides(name) else stream
