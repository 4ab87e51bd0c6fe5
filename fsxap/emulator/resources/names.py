"""GET /name-services: how identities map between Windows and UNIX, and the SVM's own UNIX accounts."""

from __future__ import annotations

from fsxap.emulator.pages import Request, collection, fixed
from fsxap.emulator.query import Record
from fsxap.emulator.schema import NAME_MAPPING, UNIX_GROUP, UNIX_USER
from fsxap.emulator.site import Site


def name_mappings(site: Site, request: Request) -> Record:
    rows = []
    for uuid, domain in sorted(site.domains.items()):
        for index, mapping in enumerate(domain.first.name_mappings, 1):
            # A backslash in a replacement comes doubled, because ONTAP keeps it as a regular expression.
            record = {
                "svm": domain.reference,
                "direction": mapping.direction,
                "index": index,
                "pattern": mapping.pattern,
                "replacement": mapping.replacement.replace("\\", "\\\\"),
            }
            rows.append(fixed((uuid, mapping.direction, f"{index:06d}"), record))
    rows.sort(key=lambda row: row.key)
    return collection(request, NAME_MAPPING, rows, key_names=("svm.uuid", "direction", "index"))


def unix_users(site: Site, request: Request) -> Record:
    rows = [
        fixed((uuid, user.name), {"svm": domain.reference, "name": user.name, "id": user.uid, "primary_gid": user.gid})
        for uuid, domain in sorted(site.domains.items())
        for user in sorted(domain.first.unix_users, key=lambda user: user.name)
    ]
    return collection(request, UNIX_USER, rows, key_names=("svm.uuid", "name"))


def unix_groups(site: Site, request: Request) -> Record:
    rows = [
        fixed((uuid, name), {"svm": domain.reference, "name": name, "id": gid})
        for uuid, domain in sorted(site.domains.items())
        for name, gid in sorted(domain.first.unix_groups.items())
    ]
    return collection(request, UNIX_GROUP, rows, key_names=("svm.uuid", "name"))
