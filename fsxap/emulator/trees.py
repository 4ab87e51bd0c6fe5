"""Where files come from: what a tree of files is to the emulator, and a folder on disk as one."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from fsxap.acl.described import Description
from fsxap.acl.description import plain
from fsxap.acl.model import Ace, Descriptor, Kind
from fsxap.errors import ConfigurationError
from fsxap.providers.local.sidecar import SIDECAR, read_description

_TYPES = {
    stat.S_IFDIR: "directory",
    stat.S_IFREG: "file",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "blockdev",
    stat.S_IFCHR: "chardev",
}
_YEAR_2026 = 1_767_225_600


@dataclass(frozen=True, slots=True)
class Node:
    """One object; `path` is relative to the volume's root, times are UTC seconds, sizes bytes."""

    path: str
    type: str
    inode: int
    links: int = 1
    size: int = 0
    used: int = 0
    mode: int = 0o777
    uid: int = 0
    gid: int = 0
    modified: int = _YEAR_2026
    changed: int = _YEAR_2026
    accessed: int = _YEAR_2026
    target: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def generation(self) -> int:
        """Follows from the inode: a folder on disk does not know how often it was used before."""
        return (self.inode * 2654435761) % (1 << 31) | 1

    @property
    def kind(self) -> Kind:
        words: dict[str, Kind] = {"directory": "directory", "file": "file", "symlink": "symlink"}
        return words.get(self.type, "other")


class Tree(Protocol):
    """A volume's files. Paths are relative, without a slash in front; the root is the empty path."""

    @property
    def description(self) -> Description: ...

    def node(self, path: str) -> Node | None: ...

    def names(self, path: str) -> Sequence[str]:
        """The entries of a directory in directory order, without `.` and `..`."""
        ...

    def usage(self) -> tuple[int, int]:
        """Inodes and bytes in use."""
        ...

    def stored(self, node: Node) -> tuple[Ace, ...]:
        """Its entries with generic bits still in their masks."""
        ...

    def descriptor(self, node: Node) -> Descriptor: ...


def in_directory_order(names: Iterable[str]) -> list[str]:
    """A fixed order that is not the alphabet's, as a hashed directory has."""
    return sorted(names, key=directory_place)


def directory_place(name: str) -> tuple[int, str]:
    return zlib.crc32(name.encode("utf-8", "surrogateescape")), name


def described(description: Description, node: Node) -> Descriptor:
    return description.descriptor(
        node.path,
        "junction" if description.is_junction(node.path) else node.kind,
        mode=node.mode,
        uid=node.uid,
        gid=node.gid,
        inode=node.inode,
        dos="10" if node.type == "directory" else "20",
    )


@dataclass(frozen=True)
class Folder:
    """A folder on disk; without a description, its sidecar's is used, or else modes and owners alone."""

    path: Path
    given: Description | None = None

    @cached_property
    def description(self) -> Description:
        root = Path(self._root)
        return self.given or read_description(root) or plain(root.name or "volume")

    @cached_property
    def _root(self) -> str:
        if not self.path.is_dir():
            raise ConfigurationError(f"{self.path} is not a folder", hint="name the folder that holds the files")
        return str(self.path.resolve())

    def node(self, path: str) -> Node | None:
        """Nothing also where the path leads through a link: the REST API does not follow them."""
        place = self._root
        parts = path.split("/") if path else []
        try:
            for part in parts[:-1]:
                place = f"{place}/{part}"
                if stat.S_ISLNK(os.lstat(place).st_mode):
                    return None
            place = f"{place}/{parts[-1]}" if parts else place
            found = os.lstat(place)
            target = str(Path(place).readlink()) if stat.S_ISLNK(found.st_mode) else ""
        except (OSError, ValueError):  # gone, not readable, or a NUL in the name: to a client all are the same
            return None
        if path == SIDECAR:
            return None
        return Node(
            path,
            _TYPES.get(stat.S_IFMT(found.st_mode), "file"),
            found.st_ino,
            found.st_nlink,
            found.st_size,
            found.st_blocks * 512,
            stat.S_IMODE(found.st_mode),
            found.st_uid,
            found.st_gid,
            int(found.st_mtime),
            int(found.st_ctime),
            # ONTAP's own listings leave the access time of a directory alone; those of a folder on disk move it.
            int(found.st_mtime if stat.S_ISDIR(found.st_mode) else found.st_atime),
            target,
        )

    def names(self, path: str) -> Sequence[str]:
        found = os.listdir(f"{self._root}/{path}")  # noqa: PTH208 - names only, as fast as it goes
        return in_directory_order(name for name in found if path or name != SIDECAR)

    def usage(self) -> tuple[int, int]:
        return self._usage

    @cached_property
    def _usage(self) -> tuple[int, int]:
        """Counted once: ONTAP keeps these numbers, a folder does not."""
        waiting, files, used = [""], 1, 0
        while waiting:
            path = waiting.pop()
            for name in self.names(path):
                if node := self.node(f"{path}/{name}" if path else name):
                    files, used = files + 1, used + node.used
                    if node.type == "directory":
                        waiting.append(node.path)
        return files, used

    def stored(self, node: Node) -> tuple[Ace, ...]:
        return self.description.stored(node.path, node.kind)

    def descriptor(self, node: Node) -> Descriptor:
        return described(self.description, node)
