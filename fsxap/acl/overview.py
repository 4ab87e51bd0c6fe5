"""Two overviews of an audit for its report: where findings lie in the folder tree, and who has what where."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import Any

from fsxap.acl.rights import LEVELS
from fsxap.model import SEVERITIES, Section, Severity

KEPT = 20_000
"""Folders a tree holds in memory, about 10 MB; what is folded away for room is still counted above."""

NOWHERE = "(no path)"
UNKNOWN = "unknown"
"""A level that ONTAP did not decode: not the same as none."""

_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}
# Not knowing is worth a look, so it sorts between what changes and what only reads.
_STRENGTH = {level: at for at, level in enumerate((*LEVELS[:4], UNKNOWN, *LEVELS[4:-1]))}


class _Folder:
    """`counts` holds what lies below too, `own` only what is here; a closed one takes no new folders."""

    __slots__ = ("children", "closed", "counts", "name", "own", "path")

    def __init__(self, name: str, path: str) -> None:
        self.name, self.path, self.closed = name, path, False
        self.counts, self.own = [0] * len(SEVERITIES), [0] * len(SEVERITIES)
        self.children: dict[str, _Folder] = {}

    def order(self) -> tuple[list[int], str]:
        """Most severe first: one critical finding outranks any number of lesser ones."""
        return [-number for number in self.counts], self.name


class FolderTree:
    """Findings by folder, rolled up, in bounded memory. Every number shown is exact, whatever the order of arrival."""

    def __init__(self, kept: int = KEPT) -> None:
        self._root, self._size, self._kept = _Folder("", ""), 0, max(2, kept)

    def add(self, path: str, severity: Severity) -> None:
        """One finding at a namespace path or a key. Hand in the folder of a file to leave files out."""
        rank, node = _RANK[severity], self._root
        for part in _parts(path):
            node.counts[rank] += 1
            child = node.children.get(part)
            if child is None:
                # A folder that was folded away may come again; counted afresh it would show too few.
                if node.closed:
                    return
                child = node.children[part] = _Folder(part, _join(node.path, part))
                self._size += 1
            node = child
        node.counts[rank] += 1
        node.own[rank] += 1
        if self._size > self._kept:
            self._fold()

    def section(self, title: str, limit: int = 200) -> Section:
        """At most `limit` folders, the most severe; the others at each place in one row. Rows as `Section` says."""
        columns = ("Depth", "Folder", "Path", *SEVERITIES)
        rows = tuple(self._rows(self._choose(limit)))
        note = "Each number includes what lies below. Folders that are not shown are summed where they lie."
        return Section(title, "tree", columns, rows, note=note)

    def _fold(self) -> None:
        """Folds the least severe leaves into their folders until half the room is free."""
        while self._size > self._kept // 2:
            leaves = sorted(_leaves(self._root), key=lambda pair: (pair[1].counts, pair[1].path))
            for parent, leaf in leaves[: self._size - self._kept // 2]:
                del parent.children[leaf.name]
                parent.closed = True
                self._size -= 1

    def _choose(self, limit: int) -> set[int]:
        """Folders to show, by identity: the most severe one next to those chosen, again and again."""
        chosen, near = set[int](), [(child.order(), id(child), child) for child in self._root.children.values()]
        heapq.heapify(near)
        while near and len(chosen) < limit:
            _, key, node = heapq.heappop(near)
            chosen.add(key)
            for child in _chain(node)[1].children.values():
                heapq.heappush(near, (child.order(), id(child), child))
        return chosen

    def _rows(self, chosen: set[int]) -> Iterator[tuple[Any, ...]]:
        stack: list[tuple[int, _Folder | tuple[Any, ...]]] = list(_below(0, self._root, chosen))[::-1]
        while stack:
            depth, node = stack.pop()
            if isinstance(node, tuple):
                yield (depth, *node)
                continue
            name, end = _chain(node)
            yield (depth, name, end.path, *end.counts)
            stack.extend(list(_below(depth + 1, end, chosen))[::-1])


def _below(depth: int, node: _Folder, chosen: set[int]) -> Iterator[tuple[int, _Folder | tuple[Any, ...]]]:
    """The chosen folders in one, then the sum of the others."""
    shown = sorted((child for child in node.children.values() if id(child) in chosen), key=_Folder.order)
    yield from ((depth, child) for child in shown)
    rest = [
        number - own - sum(child.counts[at] for child in shown)
        for at, (number, own) in enumerate(zip(node.counts, node.own, strict=True))
    ]
    if any(rest):
        left = len(node.children) - len(shown)
        name = "other folders" if node.closed else f"{left:,} other folder{'' if left == 1 else 's'}"
        yield depth, (name, "", *rest)


def _chain(node: _Folder) -> tuple[str, _Folder]:
    """A run of folders that lead only to one another is one row: its name, and the last of them."""
    names = [node.name]
    while not any(node.own) and len(node.children) == 1:
        (only,) = node.children.values()
        if only.counts != node.counts:
            break
        node = only
        names.append(only.name)
    return names[0] + "/".join(names[1:]) if names[0] == "/" else "/".join(names), node


def _leaves(root: _Folder) -> Iterator[tuple[_Folder, _Folder]]:
    """Each leaf with its parent."""
    stack = [root]
    while stack:
        node = stack.pop()
        for child in node.children.values():
            if child.children:
                stack.append(child)
            else:
                yield node, child


def _parts(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part]
    return ["/", *parts] if path.startswith("/") else parts or [NOWHERE]


def _join(above: str, name: str) -> str:
    return "" if name == NOWHERE else f"{above.rstrip('/')}/{name}" if above else name


class AccessMatrix:
    """Levels of access by folder and trustee, in bounded memory: the shallowest folders where access changes."""

    def __init__(self, folders: int = 40, trustees: int = 24) -> None:
        self._limit, self._trustees, self._seen = folders, trustees, 0
        self._folders: dict[str, dict[str, str]] = {}

    def add(self, folder: str, levels: Mapping[str, str | None]) -> None:
        """What each trustee ends up with at one folder: a word of `rights.LEVELS`, None where it is not known.

        Where UNIX modes decide, hand in owner, group and others: a folder without entries reads as closed to all.
        """
        self._seen += 1
        self._folders[folder] = {name: level or UNKNOWN for name, level in levels.items() if level != "none"}
        if len(self._folders) > 100 * self._limit:
            self._folders = {
                name: self._folders[name] for name in sorted(self._folders, key=_depth)[: 50 * self._limit]
            }

    def section(self, title: str) -> Section:
        """Rows as `Section` says; the note tells what is not shown."""
        shown = dict(sorted(self._changes()))
        best: dict[str, tuple[int, int]] = {}
        for levels in shown.values():
            for name, level in levels.items():
                strongest, places = best.get(name, (len(_STRENGTH), 0))
                best[name] = min(strongest, _STRENGTH[level]), places - 1
        trustees = sorted(best, key=lambda name: (best[name], name))[: self._trustees]
        rows = tuple((folder, *(levels.get(name, "") for name in trustees)) for folder, levels in shown.items())
        said = [f"{len(shown):,} of {self._seen:,} folders: a folder with the access of the one above is left out"]
        if len(shown) == self._limit:
            said.append(f"at most {self._limit:,} are shown, those near the root first")
        if len(best) > len(trustees):
            said.append(f"trustees not shown, with less access: {len(best) - len(trustees):,}")
        return Section(title, "matrix", ("Folder", *trustees), rows, note="; ".join(said) + ".")

    def _changes(self) -> Iterator[tuple[str, dict[str, str]]]:
        shown: dict[str, dict[str, str]] = {}
        for folder in sorted(self._folders, key=_depth):
            if len(shown) == self._limit:
                return
            above = next((shown[name] for name in _above(folder) if name in shown), None)
            if above != self._folders[folder]:
                shown[folder] = self._folders[folder]
                yield folder, shown[folder]


def _depth(folder: str) -> tuple[int, str]:
    return len(_parts(folder)), folder


def _above(folder: str) -> Iterator[str]:
    """The folders it lies in, the nearest first."""
    while folder not in ("", "/"):
        folder = folder.rpartition("/")[0] or ("/" if folder.startswith("/") else "")
        yield folder
