"""The root volume of an SVM: nothing but the places where its other volumes are mounted."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fsxap.acl.described import Description
from fsxap.acl.model import Ace, Descriptor, Volume
from fsxap.emulator.trees import Node, described, in_directory_order


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
