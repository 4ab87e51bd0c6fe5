"""A store that is a folder: listed in S3's order, never left through a link, written whole or not at all.

Names are bytes on disk; keys hold them as UTF-8 with surrogate escapes, whatever the locale. Paths are opened segment
by segment without following symbolic links, so one swapped in while we look leads nowhere.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from fsxap.errors import ConfigurationError, ItemError, NotFound
from fsxap.model import Item, Unlisted
from fsxap.providers.keys import check_range, check_segments
from fsxap.providers.local import files, walk


class FolderStore:
    """The files below `root`. The first put makes a root that is missing; anything else refuses it."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = os.path.abspath(os.fspath(root))  # noqa: PTH100

    @property
    def location(self) -> str:
        return self._root

    def locate(self, key: str) -> str:
        return os.path.join(self._root, key)  # noqa: PTH118

    def list(self, prefix: str = "", start_after: str = "") -> Iterator[Item | Unlisted]:
        base = prefix[: prefix.rfind("/") + 1]
        top = self._open_base(base)
        if isinstance(top, Unlisted):
            yield top
        elif top is not None:
            yield from walk.walk(top, base, prefix, start_after)

    def head(self, key: str) -> Item:
        where = self.locate(key)
        with self._parent(key) as (folder, name), files.translated("read", where):
            return walk.item(key, files.regular(os.stat(name, dir_fd=folder, follow_symlinks=False), where))

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        check_range(start, length)
        with self.open(key) as stream:
            stream.seek(start)
            return stream.read(-1 if length is None else length)

    def open(self, key: str) -> BinaryIO:
        where = self.locate(key)
        with self._parent(key) as (folder, name), files.translated("read", where):
            return io.BufferedReader(files.File(files.open_regular(folder, name, where), where))

    def put(self, key: str, body: bytes | BinaryIO) -> str:
        """A file of mode 0600 below folders of mode 0700, on the disk before it takes its name."""
        where = self.locate(key)
        with self._parent(key, create=True) as (folder, name):
            temporary = walk.PARTIAL + secrets.token_hex(8)
            with files.translated("write", where):
                handle = os.open(temporary, files.NEW, 0o600, dir_fd=folder)
            try:
                with files.File(handle, where, "wb") as stream:
                    if isinstance(body, bytes):
                        stream.write(body)
                    else:
                        shutil.copyfileobj(body, stream, 1 << 20)
                    with files.translated("write", where):
                        os.fsync(handle)
                with files.translated("write", where):
                    os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=folder)
                raise
        return where

    def delete(self, key: str) -> None:
        with suppress(NotFound), self._parent(key) as (folder, name), files.translated("delete", self.locate(key)):
            os.unlink(name, dir_fd=folder)

    @contextmanager
    def _parent(self, key: str, *, create: bool = False) -> Iterator[tuple[int, bytes]]:
        """The open folder that holds `key`, and the key's last segment."""
        *folders, name = [files.name_bytes(segment, key) for segment in check_segments(key)]
        with files.translated("write" if create else "read", self.locate(key)):
            handle = self._open_root(create=create)
            try:
                for folder in folders:
                    if create:
                        with suppress(FileExistsError):
                            os.mkdir(folder, 0o700, dir_fd=handle)
                    handle = files.descend(handle, folder)
            except BaseException:
                os.close(handle)
                raise
        try:
            yield handle, name
        finally:
            os.close(handle)

    def _open_root(self, *, create: bool = False) -> int:
        try:
            if create:
                os.makedirs(self._root, 0o700, exist_ok=True)  # noqa: PTH103
            return os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            code, words = files.reason(error)
            missing = isinstance(error, FileNotFoundError | NotADirectoryError | FileExistsError)
            raise ConfigurationError(
                f"cannot open the folder {self._root}: {words}",
                code="no-folder" if missing else code,
                hint="check the path, and that you may read it",
            ) from error

    def _open_base(self, base: str) -> int | Unlisted | None:
        """The folder a prefix lies in; None when there is none, so nothing to list."""
        handle = self._open_root()
        try:
            for folder in check_segments(base[:-1]) if base else ():
                handle = files.descend(handle, files.name_bytes(folder, base), files.LISTABLE)
        except (ItemError, FileNotFoundError, NotADirectoryError):
            os.close(handle)
            return None
        except OSError as error:
            os.close(handle)
            # ELOOP is a symbolic link, and what is behind one is not in this store.
            return None if error.errno == errno.ELOOP else walk.unlisted(base, error)
        return handle
