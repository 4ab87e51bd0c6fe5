"""Where runs are remembered: the same files on a disk and in a bucket.

Below the state root, per use case and source: `ledger`, and `runs/<run-id>/` with run.json, manifest.jsonl,
results/*.jsonl, findings.jsonl, summary.json and reports. Every file is whole or absent, except a journal on disk,
which grows line by line and may end in half a line after a power cut.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from fsxap.errors import ConfigurationError, NotFound
from fsxap.model import Unlisted, digest
from fsxap.ports import Store

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class State(Protocol):
    """Named files; names are relative, with `/`."""

    @property
    def location(self) -> str: ...

    def lines(self, name: str) -> Iterator[bytes]:
        """Lines without their newline; nothing when the file is absent. Half a last line is left out."""
        ...

    def read(self, name: str) -> bytes:
        """A whole file as it lies there, which others than fsxap may have written."""
        ...

    def exists(self, name: str) -> bool: ...

    def names(self, prefix: str) -> Iterator[str]:
        """Names below a prefix, sorted."""
        ...

    def writer(self, name: str) -> AbstractContextManager[BinaryIO]: ...

    def locate(self, name: str) -> str: ...


def folder_name(use_case: str, source: str, seal: str = "") -> str:
    """One folder per use case, source and key that seals it: readable, and told apart by a fingerprint."""
    slug = re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")[-40:].strip("-")
    return f"{use_case}/{slug + '-' if slug else ''}{digest(source, *filter(None, [seal]), size=8)}"


def state_root(
    chosen: str, environ: Mapping[str, str], here: Path, project: Path | None = None, home: Path | None = None
) -> Path:
    """--state or FSXAP_STATE, else ./.fsxap when it exists or a project file was found, else the user's folder."""
    if chosen:
        return Path(chosen).expanduser()
    if (here / ".fsxap").is_dir():
        return own(here / ".fsxap", "--state DIR names another one")
    if project is not None:
        return project.parent / ".fsxap"
    home = home or Path.home()
    base = environ.get("XDG_STATE_HOME")
    if base:
        return Path(base) / "fsxap"
    return home / ("Library/Application Support" if sys.platform == "darwin" else ".local/state") / "fsxap"


def own(path: Path, hint: str) -> Path:
    """What we found by looking around may lie in a folder that others write to, who may have put it there for us."""
    owners = {path.lstat().st_uid, path.stat().st_uid}
    if not owners <= {0, os.geteuid()}:
        raise ConfigurationError(f"{path} belongs to another user", code="foreign-file", hint=hint)
    return path


class DiskState:
    """State in a folder of mode 0700."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def location(self) -> str:
        return str(self.root)

    def path(self, name: str) -> Path:
        return self.root / name

    def locate(self, name: str) -> str:
        return str(self.path(name))

    def lines(self, name: str) -> Iterator[bytes]:
        try:
            stream = self.path(name).open("rb")
        except FileNotFoundError:
            return
        with stream:
            yield from whole_lines(stream)

    def read(self, name: str) -> bytes:
        return self.path(name).read_bytes()

    def exists(self, name: str) -> bool:
        return self.path(name).exists()

    def names(self, prefix: str) -> Iterator[str]:
        start = self.path(prefix)
        for path in sorted(start.rglob("*")):
            if path.is_file() and not path.name.startswith(".tmp-"):
                yield path.relative_to(self.root).as_posix()

    @contextmanager
    def writer(self, name: str) -> Iterator[BinaryIO]:
        path = self.path(name)
        self.make(path.parent)
        try:
            handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            with os.fdopen(handle, "wb", buffering=1 << 18) as stream:
                yield stream
            Path(temporary).replace(path)
        except BaseException as error:
            Path(temporary).unlink(missing_ok=True)
            # A reader of our stdout that goes away while we write here is no fault of the disk.
            if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                raise unwritable(path, error) from error
            raise

    def make(self, folder: Path) -> None:
        try:
            # Of the parents that mkdir makes, only the last gets the mode.
            for each in reversed([folder, *folder.parents]):
                if not each.exists():
                    each.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error

    def append(self, name: str) -> BinaryIO:
        """A file that grows, unbuffered, one write a line. Half a line left by a power cut is cut off first."""
        path = self.path(name)
        self.make(path.parent)
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            stream = Growing(os.open(path, flags, 0o600), path)
        except OSError as error:
            raise unwritable(path, error) from error
        end = last_line_end(cast(BinaryIO, stream))
        stream.truncate(end)
        stream.seek(end)
        return cast(BinaryIO, stream)


class Growing(io.FileIO):
    """A file that takes all it is given or says that the state cannot be written."""

    def __init__(self, handle: int, path: Path) -> None:
        super().__init__(handle, "r+b")
        self._path = path

    def write(self, data: ReadableBuffer) -> int:
        # A disk that fills up takes half a line and says nothing until it is asked to take more.
        with memoryview(data) as view:
            done = 0
            try:
                while done < len(view):
                    done += super().write(view[done:]) or 0
            except OSError as error:
                raise unwritable(self._path, error) from error
        return done


class StoreState:
    """State in a standard bucket (never on an access point: nothing there can lock or write conditionally)."""

    def __init__(self, store: Store, scratch: Path) -> None:
        self.store = store
        self.scratch = scratch

    @property
    def location(self) -> str:
        return self.store.location

    def locate(self, name: str) -> str:
        return self.store.locate(name)

    def lines(self, name: str) -> Iterator[bytes]:
        try:
            stream = self.store.open(name)
        except NotFound:
            return
        with stream:
            yield from whole_lines(stream)

    def read(self, name: str) -> bytes:
        return self.store.read(name)

    def exists(self, name: str) -> bool:
        try:
            self.store.head(name)
        except NotFound:
            return False
        return True

    def names(self, prefix: str) -> Iterator[str]:
        for item in self.store.list(prefix.rstrip("/") + "/"):
            if isinstance(item, Unlisted):
                raise ConfigurationError(f"cannot list state at {self.locate(item.key)}: {item.failure.message}")
            yield item.key

    @contextmanager
    def writer(self, name: str) -> Iterator[BinaryIO]:
        with tempfile.TemporaryFile(dir=self.scratch) as stream:
            yield stream
            stream.seek(0)
            self.store.put(name, stream)


def whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    for line in stream:
        if line.endswith(b"\n"):
            yield line[:-1]


def last_line_end(stream: BinaryIO) -> int:
    """The offset just behind the last newline."""
    position = stream.seek(0, os.SEEK_END)
    while position > 0:
        step = min(position, 1 << 16)
        position -= step
        stream.seek(position)
        found = stream.read(step).rfind(b"\n")
        if found >= 0:
            return position + found + 1
    return 0


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Around what makes something of a line of the state, which may be no such line."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(where) from error


def damaged(where: str) -> ConfigurationError:
    return ConfigurationError(
        f"the state at {where} is damaged: a line of it cannot be read",
        code="state-damaged",
        hint="restore it from a copy, or choose another place with --state DIR, where everything is done once more",
    )


def unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"cannot write state at {path}: {error.strerror or error}",
        code="state-unwritable",
        hint="choose another place with --state DIR or FSXAP_STATE, or free some space",
    )
