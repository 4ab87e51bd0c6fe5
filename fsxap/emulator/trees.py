"""Where files come from: a folder on disk, a tree that is only computed, or the junctions of an SVM's root."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from fsxap.acl import rights
from fsxap.acl.described import Description
from fsxap.acl.description import parse, plain
from fsxap.acl.model import Ace, Descriptor, Kind, Volume
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


_SYNTHETIC = {
    "owner": "BUILTIN\\Administrators",
    "group": "BUILTIN\\Administrators",
    "acl": [
        {"trustee": "BUILTIN\\Administrators", "rights": "full_control"},
        {"trustee": "NT AUTHORITY\\SYSTEM", "rights": "full_control"},
        {"trustee": "CORP\\Engineering", "rights": "modify"},
        {"trustee": "CORP\\Auditors", "rights": "read_and_execute"},
        {"trustee": "CREATOR OWNER", "rights": "generic_all", "apply_to": ["sub_folders", "files"]},
    ],
}


@dataclass(frozen=True)
class Synthetic:
    """A volume whose tree follows from its numbers: folder `i` holds folders `i*fanout+1 … i*fanout+fanout`.

    Nothing is stored, so a scan of any size needs no memory here. One folder in `denied_every` has a deny of its own.
    """

    folders: int
    files_per_folder: int = 0
    fanout: int = 10
    denied_every: int = 97
    name: str = "synthetic"

    @cached_property
    def description(self) -> Description:
        return parse(
            {
                "version": 1,
                "svm": {"domain": "corp.example"},
                "volume": {"name": self.name, "path": f"/{self.name}"},
                "trustees": {
                    "CORP\\Engineering": "S-1-5-21-3623811015-3361044348-30300820-1201",
                    "CORP\\Auditors": "S-1-5-21-3623811015-3361044348-30300820-1202",
                    "CORP\\Contractors": "S-1-5-21-3623811015-3361044348-30300820-1203",
                },
                "permissions": {".": _SYNTHETIC},
            }
        )

    def node(self, path: str) -> Node | None:
        if not path:
            return Node("", "directory", 64, links=2, size=4096, used=4096)
        above, _, name = path.rpartition("/")
        parent = self._index(above)
        if parent is None or path.startswith("/"):
            return None
        if (index := self._child(parent, name)) is not None:
            return Node(path, "directory", 64 + index, links=2, size=4096, used=4096)
        order, _, rest = name.removeprefix("f").partition(".")
        if rest != "txt" or name != f"f{order}.txt" or not _is_number(order) or int(order) >= self.files_per_folder:
            return None
        inode = 64 + self.folders + parent * self.files_per_folder + int(order)
        return Node(path, "file", inode, size=100, used=4096, mode=0o644)

    def names(self, path: str) -> Sequence[str]:
        index = self._index(path)
        if index is None:
            return ()
        first = index * self.fanout + 1
        below = [f"d{child}" for child in range(first, min(first + self.fanout, self.folders))]
        return in_directory_order(below + [f"f{order}.txt" for order in range(self.files_per_folder)])

    def usage(self) -> tuple[int, int]:
        files = self.folders * (1 + self.files_per_folder)
        return files, files * 4096

    def stored(self, node: Node) -> tuple[Ace, ...]:
        index = self._index(node.path)
        aces = self.description.stored(node.path, node.kind)
        if not index or index % self.denied_every:
            return aces
        contractors = self.description.sid("CORP\\Contractors")
        return (Ace("CORP\\Contractors", "deny", rights.WRITE, sid=contractors, raw="access_deny"), *aces)

    def descriptor(self, node: Node) -> Descriptor:
        found = described(self.description, node)
        extra = self.stored(node)
        return found if len(extra) == len(found.aces) else replace(found, aces=(extra[0], *found.aces))

    def _index(self, path: str) -> int | None:
        """The folder's number when every step down the path leads to a child of the one before."""
        index: int | None = 0
        for part in path.split("/") if path else ():
            if index is not None:
                index = self._child(index, part)
        return index

    def _child(self, index: int, name: str) -> int | None:
        text = name[1:]
        if name[:1] != "d" or not _is_number(text):
            return None
        child = int(text)
        return child if (child - 1) // self.fanout == index and child < self.folders else None


def _is_number(text: str) -> bool:
    """Plain digits in one spelling; a hundred of them are no index."""
    return text.isascii() and text.isdecimal() and len(text) < 16 and str(int(text)) == text


@dataclass(frozen=True)
class SvmRoot:
    """The root volume of an SVM: folders on the way to the places where other volumes are mounted."""

    description: Description
    mounted: tuple[str, ...]

    def node(self, path: str) -> Node | None:
        here = f"/{path}" if path else ""
        if not any(f"{junction}/".startswith(f"{here}/") for junction in self.mounted) and path:
            return None
        return Node(path, "directory", 64 + zlib.crc32(path.encode()), links=2, size=4096, used=4096, mode=0o755)

    def names(self, path: str) -> Sequence[str]:
        here = f"/{path}/" if path else "/"
        below = {j[len(here) :].partition("/")[0] for j in self.mounted if j.startswith(here) and len(j) > len(here)}
        return in_directory_order(below)

    def usage(self) -> tuple[int, int]:
        folders = {
            junction.rsplit("/", count)[0] for junction in self.mounted for count in range(junction.count("/") + 1)
        }
        return len(folders), len(folders) * 4096

    def stored(self, node: Node) -> tuple[Ace, ...]:
        return self.description.stored(node.path, node.kind)

    def descriptor(self, node: Node) -> Descriptor:
        return described(self.description, node)


def svm_root(volume: Volume, first: Description, mounted: Iterable[Volume]) -> SvmRoot:
    """The tree of a listed volume that is mounted at `/`, made of the other volumes' junctions."""
    others = tuple(other for other in mounted if other.uuid != volume.uuid)
    description = Description(first.svm, volume, others=others, principals=first.principals)
    return SvmRoot(description, tuple(other.path for other in others if other.path not in ("", "/")))
