"""GET /svm/svms and one SVM."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.emulator.pages import Request, Row, collection, fixed, link, named
from fsxap.emulator.query import Record
from fsxap.emulator.schema import SVM
from fsxap.emulator.site import Domain, Site


def svms(site: Site, request: Request) -> Record:
    return collection(request, SVM, _rows(site), key_names=("uuid",))


def svm(site: Site, request: Request) -> Record:
    return named(request, SVM, _rows(site), request.arguments[0])


def _rows(site: Site) -> Iterator[Row]:
    for uuid, domain in sorted(site.domains.items()):
        yield fixed((uuid,), _record(domain))


def _record(domain: Domain) -> Record:
    svm = domain.svm
    record: Record = {
        "uuid": svm.uuid,
        "name": svm.name,
        "subtype": "default",
        "language": "c.utf_8",
        "state": "running",
        "ipspace": {"name": "Default", "uuid": "5b1a8c2e-51d4-11ee-8f6c-0a1b2c3d4e5f"},
        "nsswitch": {"passwd": ["files"], "group": ["files"], "hosts": ["files", "dns"], "namemap": ["files"]},
        "nfs": {"allowed": True, "enabled": svm.nfs},
        "cifs": {"allowed": True, "enabled": svm.cifs},
        "s3": {"allowed": True, "enabled": False},
        "_links": link("svm", "svms", svm.uuid),
    }
    if svm.cifs:
        in_domain = svm.ad != "none"
        record["cifs"] |= {"name": svm.server, "auth-style": "domain" if in_domain else "workgroup"}
        if in_domain and svm.domain:
            record["cifs"]["ad_domain"] = {"fqdn": svm.domain.upper()}
    return record
