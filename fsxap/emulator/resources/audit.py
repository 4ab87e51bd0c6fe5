"""GET /protocols/audit: whether ONTAP itself records who opens what."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.emulator.pages import Request, Row, collection, fixed, link, named
from fsxap.emulator.query import Record
from fsxap.emulator.schema import AUDIT
from fsxap.emulator.site import Site


def audits(site: Site, request: Request) -> Record:
    return collection(request, AUDIT, _rows(site), key_names=("svm.uuid",))


def audit(site: Site, request: Request) -> Record:
    return named(request, AUDIT, _rows(site), request.arguments[0])


def _rows(site: Site) -> Iterator[Row]:
    """An SVM without an audit configuration has no entry."""
    for uuid, domain in sorted(site.domains.items()):
        if domain.first.services.native_audit:
            record: Record = {
                "svm": domain.reference,
                "enabled": True,
                "log_path": "/audit_log",
                "guarantee": True,
                "log": {"format": "evtx", "rotation": {"size": 104857600}},
                "events": {"file_operations": True, "cifs_logon_logoff": True},
                "_links": link("protocols", "audit", uuid),
            }
            yield fixed((uuid,), record)
