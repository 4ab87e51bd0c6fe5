"""Who can do what: at one path, or one trustee over a whole scan."""

from __future__ import annotations

import posixpath
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from fsxap.acl import access
from fsxap.acl.changes import same_answer
from fsxap.acl.described import ExportRule
from fsxap.acl.groups import Groups
from fsxap.acl.model import Descriptor, Volume
from fsxap.acl.records import descriptor_from_record
from fsxap.acl.site import Site
from fsxap.acl.ways import AccessPoint, Surroundings
from fsxap.engine.types import Kit
from fsxap.errors import UsageError
from fsxap.model import Record, Result

Write = Callable[[Record], None]
KEPT = 4096
"""Folders remembered while their contents pass; beyond that a child is compared with nothing, and so shown."""


def surroundings(kit: Kit, path: str) -> Surroundings:
    """What lies between a caller and the files at a path, as far as ONTAP and AWS tell."""
    mount = mount_of(kit, path)
    return kit.memo(f"surroundings of {mount}", lambda: _surroundings(kit, mount))  # type: ignore[no-any-return]


def mount_of(kit: Kit, path: str) -> str:
    mounts: list[str] = [volume.path for volume in kit.memo("volumes", kit.ontap.volumes)]
    inside = [mount for mount in mounts if path == mount or path.startswith(mount.rstrip("/") + "/")]
    return max(inside, key=len, default="/")


def _surroundings(kit: Kit, mount: str) -> Surroundings:
    site: Site = kit.memo("site", kit.ontap.site)
    context = kit.memo("context", kit.ontap.context)
    return Surroundings(
        shares=tuple(kit.memo("shares", kit.ontap.shares)),
        exports=_exports(kit, site, mount),
        access_points=tuple(_points(site, mount)),
        privileges=site.privileges or {},
        nfs4_acl=context["nfs4_acl"] is not False,
    )


def _exports(kit: Kit, site: Site, mount: str) -> tuple[ExportRule, ...] | None:
    """The rules of the policy the volume uses, in ONTAP's order; none where NFS is off."""
    if site.nfs is False:
        return ()
    if site.exports is None:
        return None
    volumes: Sequence[Volume] = kit.memo("volumes", kit.ontap.volumes)
    policy = next((volume.export_policy for volume in volumes if volume.path == mount), "")
    rules = [rule for each in site.exports if each.name == policy for rule in each.rules]
    return tuple(one.rule for one in sorted(rules, key=lambda rule: rule.index)) if policy else None


def _points(site: Site, mount: str) -> Iterator[AccessPoint]:
    """Access points whose user is known: everybody they let in is that user."""
    uids = {user.name: user.uid for user in site.unix_users or ()}
    for point in site.access_points or ():
        if point.user and point.path and (point.path == mount or mount == "/"):
            kind: Literal["unix", "windows"] = "windows" if point.identity.lower() == "windows" else "unix"
            yield AccessPoint(point.name, point.path, point.user, kind, uids.get(point.user))


def can(kit: Kit, path: str, groups: Groups, write: Write) -> int:
    """Everybody who can do something at one path. Returns how many."""
    place = namespace_path(kit, path)
    descriptor = kit.ontap.security(place)
    top = any(place == volume.path for volume in kit.ontap.volumes())
    parent = None if top else kit.ontap.security(posixpath.dirname(place) or "/")
    number = 0
    for reach in access.can(descriptor, surroundings(kit, place), groups, parent=parent):
        write(reach.record())
        number += 1
    return number


def namespace_path(kit: Kit, path: str) -> str:
    """A path relative to the volume's root, or a namespace path already."""
    volumes = kit.ontap.volumes()
    for volume in volumes:
        if path == volume.path or path.startswith(volume.path.rstrip("/") + "/"):
            return path.rstrip("/") or "/"
    if len(volumes) != 1:
        names = ", ".join(volume.path for volume in volumes)
        raise UsageError(f"{path!r} is in none of the volumes", hint=f"give a namespace path below one of {names}")
    relative = path.strip("/")
    return posixpath.join(volumes[0].path, relative) if relative else volumes[0].path


class Who:
    """Path by path, what one trustee can do, where that differs from the folder above.

    A finished scan comes in path order, so a folder always comes before what lies in it.
    """

    def __init__(self, trustee: str, groups: Groups, write: Write) -> None:
        self.identity = groups.identity(trustee)
        self.write = write

    def watch(self, results: Iterable[Result], kit: Kit) -> Iterator[Result]:
        above: OrderedDict[str, tuple[Descriptor, access.Reach]] = OrderedDict()
        for result in results:
            yield result
            if (acl := result.data.get("acl")) is None:
                continue
            descriptor = descriptor_from_record(acl)
            parent = above.get(posixpath.dirname(descriptor.path))
            around = surroundings(kit, descriptor.path)
            reach = access.who(self.identity, descriptor, around, parent=parent[0] if parent else None)
            if descriptor.kind == "directory":
                above[descriptor.path] = descriptor, reach
                if len(above) > KEPT:
                    above.popitem(last=False)
            if parent is None or not same_answer(reach, parent[1]):
                self.write(reach.record())


def size(kit: Kit, *, files: bool) -> Record:
    """How large a scan would be, as far as the source tells without one."""
    volumes = kit.ontap.volumes()
    return {
        "type": "plan",
        "engines": {"ontap": kit.ontap.engine},
        "volumes": [volume.path for volume in volumes],
        "shares": len(kit.ontap.shares()),
        "inodes": {volume.path: volume.files_used for volume in volumes},
        "calls": kit.ontap.estimate_calls(volumes, files),
        "note": "calls are an upper bound, null when only a scan would tell",
    }
