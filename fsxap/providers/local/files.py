"""Opening files and folders without following links, and what the operating system's errors mean."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fsxap.errors import AccessDenied, FsxapError, ItemError, NotFound, ServiceError, Unavailable
from fsxap.providers.keys import unsafe

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

LISTABLE = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_PATH passes through folders we may enter but not list; macOS has no such flag.
PASSABLE = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO would block an ordinary open until somebody writes to it.
READABLE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_CODES = {
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.ENAMETOOLONG: "name-too-long",
    errno.ELOOP: "symlink",
    errno.EISDIR: "is-a-directory",
    errno.ENOTDIR: "parent-is-a-file",
    errno.EILSEQ: "unsafe-key",
    errno.EINVAL: "unsafe-key",
    errno.EMFILE: "too-many-open-files",
    errno.ENFILE: "too-many-open-files",
    errno.ENOSPC: "no-space",
    errno.EDQUOT: "no-space",
    errno.EROFS: "read-only",
}


class File(io.FileIO):
    """A file whose errors name it: a file server may go away between any two reads."""

    def __init__(self, handle: int, where: str, mode: str = "rb") -> None:
        super().__init__(handle, mode)
        self._where = where

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        with translated("read", self._where):
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with translated("read", self._where):
            return super().readall()

    def write(self, data: ReadableBuffer) -> int:
        """All of it: a plain write may stop early, and those who copy into it would not notice."""
        with translated("write", self._where), memoryview(data) as view:
            done = 0
            while done < len(view):
                done += super().write(view[done:]) or 0
            return done


def descend(parent: int, name: bytes, flags: int = PASSABLE) -> int:
    """The child folder opened, in place of its parent; on failure the parent stays open. ELOOP for a link."""
    try:
        child = os.open(name, flags, dir_fd=parent)
    except NotADirectoryError:
        # Systems disagree about what a link to a folder is when links are not followed.
        if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise
    os.close(parent)
    return child


def open_regular(folder: int, name: bytes, where: str) -> int:
    """Looked at before it is opened, because opening a device can do something, and after, because it may change."""
    regular(os.stat(name, dir_fd=folder, follow_symlinks=False), where)
    handle = os.open(name, READABLE, dir_fd=folder)
    try:
        regular(os.fstat(handle), where)
    except BaseException:
        os.close(handle)
        raise
    return handle


def regular(found: os.stat_result, where: str) -> os.stat_result:
    if stat.S_ISREG(found.st_mode):
        return found
    if stat.S_ISDIR(found.st_mode):
        raise NotFound(f"{where} is a folder, not a file", code="is-a-directory")
    if stat.S_ISLNK(found.st_mode):
        raise ItemError(f"{where} is a symbolic link, which is never followed", code="symlink")
    raise ItemError(f"{where} is not a regular file", code="special-file")


def name_bytes(text: str, key: str) -> bytes:
    """The bytes of a name; refused when reading them back would give another key."""
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise unsafe(key, "it cannot be written as UTF-8") from error
    if not text.isascii() and raw.decode("utf-8", "surrogateescape") != text:
        raise unsafe(key, "its escaped bytes make up another character")
    return raw


def reason(error: OSError) -> tuple[str, str]:
    """A stable code, and the system's words."""
    return _CODES.get(error.errno or 0, "io"), error.strerror or type(error).__name__


@contextmanager
def translated(verb: str, where: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise translate(verb, where, error) from error


def translate(verb: str, where: str, error: OSError) -> FsxapError:
    code, words = reason(error)
    message = f"cannot {verb} {where}: {words}"
    if isinstance(error, FileNotFoundError) or (code == "parent-is-a-file" and verb != "write"):
        return NotFound(message)
    if code == "permission":
        return AccessDenied(message, code=code, hint="check who owns the file and its folders, and their modes")
    if code in ("no-space", "read-only"):
        return ServiceError(message, code=code, hint="free some space, or choose another place")
    if code == "io":
        return Unavailable(message, code=code, hint="the disk or the file server did not answer; try again")
    return ItemError(message, code=code)
