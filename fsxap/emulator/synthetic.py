"""A volume that is only computed: any number of folders at no cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from fsxap.acl import rights
from fsxap.acl.described import Description
from fsxap.acl.description import parse
from fsxap.acl.model import Ace, Descriptor
from fsxap.emulator.trees import Node, described, in_directory_order

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
