"""Which path is answered by which resource: the routing table, and the rules of decoding a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from fsxap.emulator.pages import Request
from fsxap.emulator.query import Record
from fsxap.emulator.refusal import Refusal
from fsxap.emulator.resources import (
    audit,
    cifs,
    cluster,
    effective,
    files,
    names,
    nfs,
    security,
    shares,
    svms,
    volumes,
)
from fsxap.emulator.site import Site

Answer = Callable[[Site, Request], Record]


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` is split at slashes; `{}` takes exactly one segment, in which a slash is written %2F."""

    pattern: str
    answer: Answer


ROUTES = (
    Route("/cluster", cluster.cluster),
    Route("/svm/svms", svms.svms),
    Route("/svm/svms/{}", svms.svm),
    Route("/storage/volumes", volumes.volumes),
    Route("/storage/volumes/{}", volumes.volume),
    Route("/storage/volumes/{}/files", files.files),
    Route("/storage/volumes/{}/files/{}", files.files),
    Route("/protocols/file-security/permissions/{}/{}", security.permissions),
    Route("/protocols/file-security/effective-permissions/{}/{}", effective.effective),
    Route("/protocols/cifs/shares", shares.shares),
    Route("/protocols/cifs/shares/{}/{}", shares.share),
    Route("/protocols/cifs/shares/{}/{}/acls", shares.acls),
    Route("/protocols/cifs/services", cifs.services),
    Route("/protocols/cifs/services/{}", cifs.service),
    Route("/protocols/cifs/domains", cifs.domains),
    Route("/protocols/cifs/domains/{}", cifs.domain),
    Route("/protocols/cifs/local-users", cifs.local_users),
    Route("/protocols/cifs/local-groups", cifs.local_groups),
    Route("/protocols/cifs/local-groups/{}/{}/members", cifs.members),
    Route("/protocols/cifs/users-and-groups/privileges", cifs.privileges),
    Route("/protocols/nfs/export-policies", nfs.export_policies),
    Route("/protocols/nfs/export-policies/{}", nfs.export_policy),
    Route("/protocols/nfs/export-policies/{}/rules", nfs.export_rules),
    Route("/protocols/nfs/services", nfs.services),
    Route("/protocols/nfs/services/{}", nfs.service),
    Route("/protocols/audit", audit.audits),
    Route("/protocols/audit/{}", audit.audit),
    Route("/name-services/name-mappings", names.name_mappings),
    Route("/name-services/unix-users", names.unix_users),
    Route("/name-services/unix-groups", names.unix_groups),
)
_SPLIT = tuple((tuple(route.pattern[1:].split("/")), route) for route in ROUTES)
_BY_LENGTH = {
    length: tuple((parts, route) for parts, route in _SPLIT if len(parts) == length)
    for length in {len(parts) for parts, _route in _SPLIT}
}
_WITH_PATH = tuple(
    route.pattern.split("{}")[0]
    for route in ROUTES
    if route.pattern.endswith("/{}") and route.answer in (files.files, security.permissions, effective.effective)
)


def find(path: str) -> tuple[Route, tuple[str, ...]]:
    """The route of a raw path below /api, and its decoded segments; one slash at the end is ignored."""
    segments = path[1:].removesuffix("/").split("/")
    for parts, route in _BY_LENGTH.get(len(segments), ()):
        if all(part in ("{}", segment) for part, segment in zip(parts, segments, strict=True)):
            taken = (segment for part, segment in zip(parts, segments, strict=True) if part == "{}")
            return route, tuple(decode(segment) for segment in taken)
    if len(segments) > 3 and path.startswith(_WITH_PATH):
        raise Refusal(404, "262179", f'Unexpected argument "{decode(segments[-1])}".')
    raise Refusal(404, "3", "API not found")


def decode(segment: str) -> str:
    """NetApp's client writes a space in a path as `+`, others as %20; %2B is a plus."""
    return unquote(segment.replace("+", " "))
