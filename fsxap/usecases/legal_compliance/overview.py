"""Two pictures of an audit, gathered while its results pass: where findings lie, and who has what where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fsxap.acl.entries import has_null_dacl
from fsxap.acl.model import Descriptor
from fsxap.acl.once import once
from fsxap.acl.overview import AccessMatrix, FolderTree
from fsxap.acl.reach import reaches
from fsxap.acl.records import descriptor_from_record
from fsxap.acl.rights import level
from fsxap.model import Result, Section


class Overview:
    """Bounded memory, whatever the size of the audit."""

    def __init__(self) -> None:
        self._tree = FolderTree()
        self._matrix = AccessMatrix()

    def watch(self, results: Iterable[Result]) -> Iterator[Result]:
        for result in results:
            for finding in result.findings:
                if finding.waived is None and finding.where.startswith("/"):
                    self._tree.add(finding.where, finding.severity)
            acl = result.data.get("acl")
            if acl is not None and acl["kind"] == "directory":
                self._matrix.add(acl["path"], _levels({**acl, "path": "", "inode": 0}))
            yield result

    def sections(self) -> tuple[Section, ...]:
        pages = (self._tree.section("Findings by folder"), self._matrix.section("Who has what where"))
        return tuple(page for page in pages if page.rows)


def levels(descriptor: Descriptor) -> dict[str, str | None]:
    """What each trustee ends up with at a folder; None where it is not known for certain."""
    if descriptor.mode is not None and descriptor.style == "unix":
        classes = (("owner", 6), ("group", 3), ("others", 0))
        return {name: _mode_level(descriptor.mode >> shift & 7) for name, shift in classes}
    if has_null_dacl(descriptor):
        return {"Everyone": "full"}
    found: dict[str, str | None] = {}
    for reach in reaches(descriptor):
        if reach.scope == "this":
            found[reach.label] = level(reach.bits, True) if reach.bits == reach.possible else None
    return found


@once
def _levels(acl: Mapping[str, Any]) -> Mapping[str, str | None]:
    return levels(descriptor_from_record(acl))


def _mode_level(bits: int) -> str:
    if bits & 2:
        return "modify" if bits & 1 else "write"
    return "read" if bits & 4 else "list" if bits & 1 else "none"
