"""Groups the files of a folder into sequences, tiles, stills and scenes, and says what their names give away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from fsxap.model import Item, digest
from fsxap.usecases.media_vfx import names
from fsxap.usecases.media_vfx.names import Numbered

MONO = ""
"""The view of what has no views."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a group. A still's frame is 0."""

    item: Item
    frame: int
    digits: str = ""
    view: str = MONO


@dataclass(frozen=True, slots=True)
class Group:
    """What is judged as one: `kind` is sequence, tiles, still or scene. Members are in order of view and frame. `like`
    is a larger sequence beside it whose name differs in spelling alone."""

    key: str
    kind: str
    members: tuple[Member, ...]
    padding: int = 0
    like: str = ""

    @property
    def views(self) -> tuple[str, ...]:
        return tuple(sorted({member.view for member in self.members}))

    def frames(self, view: str) -> tuple[int, ...]:
        return tuple(sorted({member.frame for member in self.members if member.view == view}))

    @property
    def version(self) -> str:
        """Changes when any member does."""
        if self.kind in ("still", "scene"):
            return self.members[0].item.version
        return digest(*((m.item.key, m.item.version, m.item.size) for m in self.members))

    def item(self) -> Item:
        attrs: dict[str, object] = {"kind": self.kind}
        if self.kind in ("sequence", "tiles"):
            attrs["frames"] = names.written_range(m.frame for m in self.members)
            attrs["files"] = len(self.members)
        if self.kind == "sequence":
            attrs["padding"] = self.padding
        if self.like:
            attrs["like"] = self.like
        if self.views != (MONO,):
            attrs["views"] = list(self.views)
        if version := names.version_of(self.key):
            attrs["version"] = version
        size = sum(member.item.size for member in self.members)
        modified = max(member.item.modified for member in self.members)
        return Item(self.key, size, modified, self.version, attrs)


def group(items: Iterable[Item]) -> Iterator[Group]:
    """The groups among the files of one folder. What is neither picture nor scene is left out."""
    numbered: dict[tuple[str, str], list[Member]] = defaultdict(list)
    taken: set[str] = set()
    for item in items:
        folder, slash, name = item.key.rpartition("/")
        lower = name.lower()
        if lower.endswith(names.SCENES):
            taken.add(item.key)
            yield Group(item.key, "scene", (Member(item, 0),))
        elif lower.endswith(names.IMAGES):
            cut = names.split(name)
            if cut is None:
                taken.add(item.key)
                yield Group(item.key, "still", (Member(item, 0),))
            else:
                numbered[folder + slash + cut.head, cut.tail].append(Member(item, cut.number, cut.digits))
    for head, tail, members in _with_views(numbered):
        yield _sequence(head, tail, members, taken)


def _with_views(numbered: dict[tuple[str, str], list[Member]]) -> Iterator[tuple[str, str, list[Member]]]:
    """Left and right become one group where both are there."""
    pairs: dict[tuple[str, str], dict[str, tuple[str, str]]] = defaultdict(dict)
    for head, tail in numbered:
        folder, slash, name = head.rpartition("/")
        if seen := names.view_of(name):
            pairs[folder + slash + seen[0], tail][seen[1]] = (head, tail)
    for (head, tail), views in pairs.items():
        if len(views) == 2:
            yield head, tail, [replace(m, view=view) for view, each in views.items() for m in numbered.pop(each)]
    for (head, tail), members in numbered.items():
        yield head, tail, members


def _sequence(head: str, tail: str, members: list[Member], taken: set[str]) -> Group:
    if len(members) == 1 and head and head[-1] not in "._-/":
        # A digit of a name, as in logo2.png, says nothing of frames as long as it is alone.
        taken.add(members[0].item.key)
        return Group(members[0].item.key, "still", (Member(members[0].item, 0),))
    ordered = tuple(sorted(members, key=lambda m: (m.view, m.frame, m.digits)))
    if names.looks_like_tiles(head, (m.frame for m in members)):
        kind, padding, token = "tiles", 4, names.UDIM
    else:
        kind, padding = "sequence", padding_of(ordered)
        token = "#" * padding
    key = head + token + tail
    while key in taken:
        key = key.replace(token, token + "#", 1)
    taken.add(key)
    return Group(key, kind, ordered, padding)


def told_apart(groups: Sequence[Group]) -> Iterator[Group]:
    """The same groups of one folder; those that only their spelling keeps out of a larger one know it."""
    largest: dict[str, Group] = {}
    for made in groups:
        known = largest.get(spelled := names.spelling(made.key))
        if made.kind == "sequence" and (known is None or len(made.members) > len(known.members)):
            largest[spelled] = made
    for made in groups:
        other = largest.get(names.spelling(made.key), made)
        yield replace(made, like=other.key) if made.kind == "sequence" and other is not made else made


def padding_of(members: Sequence[Member]) -> int:
    """Digits a frame number is filled up to: what most padded names say, else the fewest digits there are."""
    cuts = [Numbered("", member.digits, "") for member in members]
    padded = [cut.width for cut in cuts if cut.padded]
    return max(set(padded), key=lambda width: (padded.count(width), width)) if padded else min(c.width for c in cuts)


def written_twice(members: Sequence[Member]) -> dict[int, list[str]]:
    """Frames of one view that more than one file claims to be, as 1 and 0001."""
    keys: dict[tuple[str, int], list[str]] = defaultdict(list)
    for member in members:
        keys[member.view, member.frame].append(member.item.key)
    return {frame: found for (_view, frame), found in keys.items() if len(found) > 1}


def badly_padded(made: Group) -> tuple[Member, ...]:
    """Names that a pattern of this padding does not write."""

    def expected(frame: int) -> str:
        return f"{'-' if frame < 0 else ''}{abs(frame):0{made.padding}d}"

    return tuple(m for m in made.members if m.digits != expected(m.frame)) if made.kind == "sequence" else ()


def gaps(made: Group, view: str, wanted: Sequence[int]) -> tuple[int, ...]:
    """Frames that are not there: of the wanted range, or else between the first and the last of any view."""
    if made.kind != "sequence":
        return ()
    there = set(made.frames(view))
    if not wanted:
        every = [member.frame for member in made.members]
        if max(every) - min(every) > names.MOST:
            return ()
        step = _step(sorted(set(every)))
        wanted = range(min(every), max(every) + 1, step)
    return tuple(frame for frame in wanted if frame not in there)


def _step(frames: Sequence[int]) -> int:
    """A sequence rendered on twos or tens has no gaps: the distance most frames keep, where all keep a multiple."""
    distances = [b - a for a, b in pairwise(frames)]
    if len(distances) < 4:
        return 1
    usual = max(set(distances), key=distances.count)
    return usual if all(each % usual == 0 for each in distances) and distances.count(usual) * 2 > len(distances) else 1
