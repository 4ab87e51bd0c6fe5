"""GET /storage/volumes and one volume."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fsxap.emulator.pages import Request, Row, collection, link, named
from fsxap.emulator.query import Record, Selection, boolean, pairs
from fsxap.emulator.resources.nfs import policy_id
from fsxap.emulator.schema import VOLUME
from fsxap.emulator.site import Mounted, Site

_SIZE = 1 << 40
_INODES = 31_122_855


def volumes(site: Site, request: Request) -> Record:
    """`is_constituent` can be asked for but is never told; no volume here is one."""
    wanted = boolean("is_constituent", dict(pairs(request.query)).get("is_constituent", "false"))
    return collection(request, VOLUME, () if wanted else _rows(site), key_names=("uuid",))


def volume(site: Site, request: Request) -> Record:
    return named(request, VOLUME, _rows(site), request.arguments[0])


def _rows(site: Site) -> Iterator[Row]:
    for uuid, mounted in sorted(site.mounted.items()):
        yield Row((uuid,), partial(_record, site, mounted))


def _record(site: Site, mounted: Mounted, selection: Selection) -> Record:
    volume = mounted.volume
    record: Record = {
        "uuid": volume.uuid,
        "name": volume.name,
        "create_time": "2026-01-01T00:00:00+00:00",
        "language": "c.utf_8",
        "size": _SIZE,
        "state": volume.state,
        "style": "flexvol",
        "type": volume.kind,
        "is_svm_root": volume.path == "/" and volume.name.endswith("_root"),
        "flexcache_endpoint_type": "none",
        "snapshot_directory_access_enabled": True,
        "svm": site.domains[volume.svm_uuid].reference,
        "analytics": {"state": "off", "supported": True},
        "_links": link("storage", "volumes", volume.uuid),
    }
    counted = selection.all_cheap or selection.wants("files") or selection.wants("space")
    if volume.state == "online" and mounted.tree and counted:
        files, used = mounted.tree.usage()
        record["files"] = {"maximum": _INODES, "used": files}
        record["space"] = {"size": _SIZE, "available": _SIZE - used, "used": used}
    if volume.state == "online":
        policy = {"name": volume.export_policy, "id": policy_id(site, volume.svm_uuid, volume.export_policy)}
        nas: Record = {"security_style": volume.style, "export_policy": policy, "uid": 0, "gid": 0}
        nas["unix_permissions"] = 755
        if volume.path:
            nas["path"] = volume.path
        record["nas"] = nas
    return record
