"""A user's folder of a volume: files below it, by names that no link and no `..` leads out of, whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import posixpath
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn
from uuid import uuid4

from fsxap.providers.local.files import LISTABLE, NEW, READABLE, descend

LONGEST, LONGEST_NAME = 1024, 255
"""Bytes of a key and of a name in it, as access points take them."""
LARGEST = 5 * 2**30
"""Bytes. What Transfer Family writes to an access point ends here."""
Names = Sequence[bytes]


def names(path: bytes) -> list[bytes]:
    """A client's path, always from the top, `..` resolved by its letters alone. OSError for what is no name."""
    try:
        letters = path.decode("utf-8")
    except UnicodeDecodeError:
        refuse(errno.EILSEQ)
    if any(letter < " " or "\x7f" <= letter < "\xa0" for letter in letters):
        refuse(errno.EINVAL)
    found = [name for name in posixpath.normpath(b"/" + path).split(b"/") if name]
    if len(path) > LONGEST or any(len(name) > LONGEST_NAME for name in found):
        refuse(errno.ENAMETOOLONG)
    return found


def listed(folder: int) -> list[bytes]:
    """Names in an open folder, sorted."""
    with os.scandir(folder) as rows:
        return sorted(os.fsencode(row.name) for row in rows)


def refuse(code: int) -> NoReturn:
    raise OSError(code, os.strerror(code))


class Upload(io.FileIO):
    """A file that nobody sees before it is whole. `target` are the names it will have below the home."""

    def __init__(self, handle: int, temporary: bytes, target: Names, exclusive: bool) -> None:
        super().__init__(handle, "wb")
        self.temporary, self.target, self.exclusive = temporary, target, exclusive

    def put(self, data: bytes, offset: int) -> int:
        """All of it: one write may stop early."""
        if offset + len(data) > LARGEST:
            refuse(errno.EFBIG)
        done = 0
        while done < len(data):
            done += os.pwrite(self.fileno(), data[done:], offset + done)
        return done


@dataclass(frozen=True, slots=True)
class Home:
    """`volume` and `incoming` are open folders of one file system; `top` leads from the volume to the home."""

    volume: int
    incoming: int
    top: Names

    @contextmanager
    def folder(self, path: Names) -> Iterator[int]:
        """The folder at a path, open. Each step is from an open folder, so that nothing can be swapped meanwhile."""
        handle = os.open(b".", LISTABLE, dir_fd=self.volume)
        try:
            for name in (*self.top, *path):
                handle = descend(handle, name, LISTABLE)
            yield handle
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                refuse(errno.ENOENT)
            raise
        finally:
            os.close(handle)

    def make(self) -> None:
        """The home itself, with the folders above it, where they are not there yet."""
        handle = os.open(b".", LISTABLE, dir_fd=self.volume)
        try:
            for name in self.top:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o750, dir_fd=handle)
                handle = descend(handle, name, LISTABLE)
        finally:
            os.close(handle)

    def about(self, path: Names) -> os.stat_result:
        """Of a file or folder; anything else is not there."""
        if not path:
            with self.folder(()) as folder:
                return os.fstat(folder)
        with self.folder(path[:-1]) as folder:
            return _plain(os.stat(path[-1], dir_fd=folder, follow_symlinks=False))

    def entries(self, path: Names) -> Iterator[tuple[bytes, os.stat_result]]:
        with self.folder(path) as folder:
            for name in listed(folder):
                with suppress(FileNotFoundError):
                    yield name, _plain(os.stat(name, dir_fd=folder, follow_symlinks=False))

    def reader(self, path: Names) -> io.FileIO:
        if not path:
            refuse(errno.EISDIR)
        with self.folder(path[:-1]) as folder:
            _regular(os.stat(path[-1], dir_fd=folder, follow_symlinks=False))
            handle = os.open(path[-1], READABLE, dir_fd=folder)
        file = io.FileIO(handle)
        try:
            _regular(os.fstat(handle))
        except OSError:
            file.close()
            raise
        return file

    def upload(self, path: Names, *, create: bool, exclusive: bool) -> Upload:
        there = self._there(path)
        if there and exclusive:
            refuse(errno.EEXIST)
        if not there and not create:
            refuse(errno.ENOENT)
        temporary = uuid4().hex.encode()
        return Upload(os.open(temporary, NEW, 0o640, dir_fd=self.incoming), temporary, path, exclusive)

    def _there(self, path: Names) -> bool:
        if not path:
            refuse(errno.EISDIR)
        with self.folder(path[:-1]) as folder:
            try:
                found = os.stat(path[-1], dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                return False
        return bool(_regular(found))

    def publish(self, upload: Upload) -> None:
        """Give a whole upload its name, in one step; what had the name before is replaced."""
        try:
            os.fsync(upload.fileno())
            with self.folder(upload.target[:-1]) as folder:
                old, new = upload.temporary, upload.target[-1]
                if upload.exclusive:
                    os.link(old, new, src_dir_fd=self.incoming, dst_dir_fd=folder)
                else:
                    os.replace(old, new, src_dir_fd=self.incoming, dst_dir_fd=folder)
        finally:
            self.discard(upload)

    def discard(self, upload: Upload) -> None:
        upload.close()
        with suppress(FileNotFoundError):
            os.unlink(upload.temporary, dir_fd=self.incoming)

    def remove(self, path: Names) -> None:
        if not path:
            refuse(errno.EISDIR)
        with self.folder(path[:-1]) as folder:
            _regular(os.stat(path[-1], dir_fd=folder, follow_symlinks=False))
            os.unlink(path[-1], dir_fd=folder)

    def mkdir(self, path: Names) -> None:
        if not path:
            refuse(errno.EEXIST)
        with self.folder(path[:-1]) as folder:
            os.mkdir(path[-1], 0o750, dir_fd=folder)

    def rmdir(self, path: Names) -> None:
        """An empty folder, but for the home, which is not the user's to remove."""
        if not path:
            refuse(errno.EACCES)
        with self.folder(path[:-1]) as folder:
            os.rmdir(path[-1], dir_fd=folder)


def _plain(found: os.stat_result) -> os.stat_result:
    """Links, devices and pipes are no part of what an access point shows."""
    return found if stat.S_ISDIR(found.st_mode) else _regular(found)


def _regular(found: os.stat_result) -> os.stat_result:
    if stat.S_ISDIR(found.st_mode):
        refuse(errno.EISDIR)
    if not stat.S_ISREG(found.st_mode):
        refuse(errno.ENOENT)
    return found
