"""What is served: SVMs, their volumes, and which volume a namespace path belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fsxap.acl.described import Description, Principal, Svm
from fsxap.acl.model import Descriptor, Share, Volume
from fsxap.emulator.junctions import svm_root
from fsxap.emulator.pages import link
from fsxap.emulator.query import Record
from fsxap.emulator.refusal import Refusal, absent
from fsxap.emulator.trees import Node, Tree


@dataclass(frozen=True, slots=True)
class Mounted:
    """A volume and its files; a volume that is only listed has none. `gone` holds paths removed while paging."""

    volume: Volume
    tree: Tree | None = None
    gone: set[str] = field(default_factory=set)

    def node(self, path: str) -> Node | None:
        return None if self.tree is None or self._is_gone(path) else self.tree.node(path)

    def names(self, path: str) -> Sequence[str]:
        if self.tree is None:
            return ()
        names = self.tree.names(path)
        prefix = f"{path}/" if path else ""
        return [name for name in names if prefix + name not in self.gone] if self.gone else names

    def descriptor(self, node: Node) -> Descriptor:
        if self.tree is None:
            raise absent()
        return self.tree.descriptor(node)

    def _is_gone(self, path: str) -> bool:
        return any(path == one or path.startswith(f"{one}/") for one in self.gone.copy())


@dataclass(frozen=True)
class Domain:
    """One SVM, as the descriptions of its volumes tell it; where they differ, the first one counts."""

    svm: Svm
    descriptions: tuple[Description, ...]

    @cached_property
    def reference(self) -> Record:
        svm = self.svm
        return {"uuid": svm.uuid, "name": svm.name, "_links": link("svm", "svms", svm.uuid)}

    @property
    def first(self) -> Description:
        return self.descriptions[0]

    def shares(self) -> Iterator[Share]:
        seen: set[str] = set()
        for description in self.descriptions:
            for share in description.shares:
                if share.name.casefold() not in seen:
                    seen.add(share.name.casefold())
                    yield share

    def principals(self) -> Mapping[str, Principal]:
        found: dict[str, Principal] = {}
        for description in self.descriptions:
            for name, principal in description.principals.items():
                found.setdefault(name, principal)
        return found


@dataclass(frozen=True, slots=True)
class Site:
    """`version` is an ONTAP release like 9.17.1P7."""

    domains: Mapping[str, Domain]
    mounted: Mapping[str, Mounted]
    version: str

    @property
    def volumes(self) -> tuple[Volume, ...]:
        return tuple(mounted.volume for mounted in self.mounted.values())

    @property
    def shares(self) -> tuple[Share, ...]:
        return tuple(share for domain in self.domains.values() for share in domain.shares())

    @property
    def release(self) -> tuple[int, int]:
        generation, major, *_rest = self.version.split(".")
        return int(generation), int(major)

    def domain(self, uuid: str) -> Domain:
        """By UUID only: names are refused in paths."""
        try:
            return self.domains[uuid]
        except KeyError:
            raise Refusal(404, "1260882", f"Specified SVM not found: {uuid}", "svm.uuid") from None

    def volume(self, uuid: str) -> Mounted:
        """A volume whose files can be read."""
        try:
            mounted = self.mounted[uuid]
        except KeyError:
            raise Refusal(404, "918235", f'A volume with UUID "{uuid}" was not found.', "volume.uuid") from None
        if mounted.volume.state != "online":
            raise Refusal(400, "917752", f'Volume "{mounted.volume.name}" is offline.', "volume.uuid")
        return mounted

    def locate(self, svm_uuid: str, path: str) -> tuple[Mounted, str, Node]:
        """The object at a namespace path: in the volume with the longest junction path that leads there."""
        svm = self.domain(svm_uuid).svm
        clean = "/" + "/".join(part for part in path.split("/") if part)
        best: Mounted | None = None
        for mounted in self.mounted.values():
            junction = mounted.volume.path
            holds = (
                junction and mounted.volume.svm_uuid == svm_uuid and f"{clean}/".startswith(f"{junction.rstrip('/')}/")
            )
            if holds and (best is None or len(junction) > len(best.volume.path)):
                best = mounted
        relative = clean[len(best.volume.path.rstrip("/")) :].strip("/") if best else ""
        node = best.node(relative) if best else None
        if best is None or node is None or not path.startswith("/"):
            raise missing(path, svm)
        return best, relative, node


def missing(path: str, svm: Svm) -> Refusal:
    message = f'The specified file or directory "{path}" does not exist in SVM "{svm.name}".'
    return Refusal(400, "655865", message, "path")


def build(trees: Iterable[Tree], version: str) -> Site:
    """SVMs and volumes out of the trees' descriptions; the same SVM UUID makes one SVM."""
    trees = tuple(trees)
    descriptions: dict[str, list[Description]] = {}
    volumes: dict[str, Mounted] = {}
    for tree in trees:
        description = tree.description
        descriptions.setdefault(description.svm.uuid, []).append(description)
        if description.volume.uuid in volumes:
            raise ValueError(f"two volumes have the UUID {description.volume.uuid}: name them differently")
        volumes[description.volume.uuid] = Mounted(description.volume, tree)
    listed = [(other, tree.description) for tree in trees for other in tree.description.others]
    every = [*(mounted.volume for mounted in volumes.values()), *(other for other, _ in listed)]
    for other, description in listed:
        if other.uuid not in volumes:
            mates = [volume for volume in every if volume.svm_uuid == other.svm_uuid]
            root = svm_root(other, description, mates) if other.path == "/" else None
            volumes[other.uuid] = Mounted(other, root)
    domains = {uuid: Domain(found[0].svm, tuple(found)) for uuid, found in descriptions.items()}
    return Site(domains, volumes, version)
