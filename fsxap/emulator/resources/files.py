"""GET /storage/volumes/{uuid}/files: a directory's entries, or with return_metadata one object."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from fsxap.emulator.pages import Request, Row, collection, href, single
from fsxap.emulator.query import Record, Selection, boolean, pairs
from fsxap.emulator.refusal import Refusal
from fsxap.emulator.schema import FILE
from fsxap.emulator.site import Mounted, Site
from fsxap.emulator.trees import Node, directory_place


def files(site: Site, request: Request) -> Record:
    """The path is relative to the volume's root; `/`, `.` and nothing are the root."""
    uuid, asked = (*request.arguments, "")[:2]
    mounted = site.volume(uuid)
    path = _resolve(asked)
    node = mounted.node(path)
    if node is None:
        raise Refusal(404, "6684674", f'No such file or directory: "{asked}".', "path")
    flags = dict(pairs(request.query))
    if boolean("return_metadata", flags.get("return_metadata", "false")):
        return single(request, FILE, partial(_metadata, mounted, node, asked or "/"))
    if node.type != "directory":
        raise Refusal(400, "3", "Reading file data is not emulated; ask for return_metadata=true.", "path")
    return collection(
        request, FILE, _entries(mounted, node), place=_place, key_names=("name",), sent=partial(_sent, mounted, request)
    )


def _resolve(asked: str) -> str:
    """`..` never leads above the volume's root."""
    parts: list[str] = []
    for part in asked.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _place(key: tuple[str, ...]) -> tuple[int, int, str]:
    """`.` and `..` first, the rest in the directory's own order."""
    name = key[0]
    if name in (".", ".."):
        return (len(name) - 2, 0, "")
    return (1, *directory_place(name))


def _entries(mounted: Mounted, folder: Node) -> Iterator[Row]:
    yield Row((".",), partial(_dots, mounted, folder, "."))
    yield Row(("..",), partial(_dots, mounted, folder, ".."))
    prefix = f"{folder.path}/" if folder.path else ""
    for name in mounted.names(folder.path):
        # A file may vanish between the listing and the look at it.
        if node := mounted.node(prefix + name):
            yield Row((name,), partial(_entry, mounted, node, folder.path))


def _dots(mounted: Mounted, folder: Node, name: str, selection: Selection) -> Record:
    above = folder.path.rpartition("/")[0] if name == ".." else folder.path
    node = mounted.node(above) or folder
    return _record(mounted, node, selection) | _names(mounted, name, folder.path, directory=True)


def _entry(mounted: Mounted, node: Node, folder: str, selection: Selection) -> Record:
    record = _record(mounted, node, selection)
    return record | _names(mounted, node.name, folder, directory=node.type == "directory")


def _metadata(mounted: Mounted, node: Node, asked: str, selection: Selection) -> Record:
    place = href("storage", "volumes", mounted.volume.uuid, "files", node.path or "/")
    links = {"metadata": {"href": f"{place}?return_metadata=true"}}
    return {**_record(mounted, node, selection), "path": asked, "_links": links}


def _names(mounted: Mounted, name: str, folder: str, *, directory: bool) -> Record:
    shown = _utf8(name)
    place = href("storage", "volumes", mounted.volume.uuid, "files", f"{folder}/{shown}" if folder else shown)
    links: Record = {"self": {"href": place}} if directory else {}
    links["metadata"] = {"href": f"{place}?return_metadata=true"}
    return {"name": shown, "path": _utf8(folder) or "/", "_links": links}


def _record(mounted: Mounted, node: Node, selection: Selection) -> Record:
    volume = mounted.volume
    record: Record = {
        "type": node.type,
        "inode_number": node.inode,
        "inode_generation": node.generation,
        "hard_links_count": node.links,
        "size": node.size,
        "bytes_used": node.used,
        "creation_time": _moment(min(node.modified, node.changed)),
        "modified_time": _moment(node.modified),
        "changed_time": _moment(node.changed),
        "accessed_time": _moment(node.accessed),
        "is_junction": bool(mounted.tree and mounted.tree.description.is_junction(node.path)),
        "is_snapshot": False,
        "is_vm_aligned": False,
        "volume": {"name": volume.name, "uuid": volume.uuid},
    }
    if selection.all_cheap or any(selection.wants(name) for name in ("owner_id", "group_id", "unix_permissions")):
        record |= _unix(mounted, node)
    if node.type == "directory" and selection.wants("is_empty"):
        record["is_empty"] = not mounted.names(node.path)
    if node.type == "symlink" and selection.wants("target"):
        record["target"] = _utf8(node.target)
    return record


def _unix(mounted: Mounted, node: Node) -> dict[str, Any]:
    found = mounted.descriptor(node)
    return {"owner_id": found.uid, "group_id": found.gid, "unix_permissions": int(f"{found.mode or 0:o}")}


def _sent(mounted: Mounted, request: Request, last: Record) -> None:
    if request.faults.delete_entry and last["type"] != "directory":
        folder = last["path"].strip("/")
        mounted.gone.add(f"{folder}/{last['name']}" if folder else last["name"])


@lru_cache(maxsize=1024)
def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _utf8(name: str) -> str:
    """JSON carries text: a name that is not UTF-8 arrives altered."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
