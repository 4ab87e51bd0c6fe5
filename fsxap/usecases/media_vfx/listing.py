"""Lists the source as sequences and scenes: files are grouped folder by folder while the listing streams by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fsxap.engine.types import Kit
from fsxap.model import Item, Unlisted
from fsxap.usecases.media_vfx import names
from fsxap.usecases.media_vfx.sequences import Group, group, told_apart

KINDS = names.IMAGES + names.SCENES
OWN = ("_fsxap", ".fsxap")


def discover(kit: Kit) -> Iterator[Item | Unlisted]:
    """Items in the order their folders end; memory holds the open folders' pictures only."""
    for entry in folders(kit.source.list()):
        if isinstance(entry, Unlisted):
            yield entry
        else:
            yield from (made.item() for made in told_apart(tuple(group(entry))))


def folders(listing: Iterable[Item | Unlisted]) -> Iterator[list[Item] | Unlisted]:
    """The pictures and scenes of each folder, as soon as a listing in key order has left it."""
    open_folders: list[tuple[str, list[Item]]] = [("", [])]
    for entry in listing:
        if isinstance(entry, Unlisted):
            yield entry
            continue
        folder = entry.key.rpartition("/")[0]
        if not entry.key.lower().endswith(KINDS) or any(part in OWN for part in folder.split("/")):
            continue
        path = f"{folder}/" if folder else ""
        while not path.startswith(open_folders[-1][0]):
            yield open_folders.pop()[1]
        if path != open_folders[-1][0]:
            open_folders.append((path, []))
        open_folders[-1][1].append(entry)
    while open_folders:
        yield open_folders.pop()[1]


def found_again(item: Item, kit: Kit) -> Group | None:
    """The item's group as it is now; None when nothing of it is left."""
    folder = item.key.rpartition("/")[0]
    stem = names.stem_of(item.key)
    listed = kit.source.list(stem)
    here = [
        each
        for each in listed
        if isinstance(each, Item) and each.key.rpartition("/")[0] == folder and each.key.lower().endswith(KINDS)
    ]
    like = str(item.attrs.get("like", ""))
    return next((replace(made, like=like) for made in group(here) if made.key == item.key), None)
