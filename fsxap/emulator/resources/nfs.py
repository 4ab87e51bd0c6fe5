"""GET /protocols/nfs: export policies with their rules, and the NFS service."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl.described import ExportRule
from fsxap.emulator.pages import Request, Row, collection, fixed, link, named
from fsxap.emulator.query import Record
from fsxap.emulator.refusal import absent
from fsxap.emulator.schema import EXPORT_POLICY, EXPORT_RULE, NFS_SERVICE
from fsxap.emulator.site import Domain, Site

_FIRST_ID = 12884901889
"""Policy ids of a real cluster are this long."""


def policy_id(site: Site, svm_uuid: str, name: str) -> int:
    names = [(uuid, policy) for uuid, domain in sorted(site.domains.items()) for policy in _policies(domain)]
    return _FIRST_ID + names.index((svm_uuid, name)) if (svm_uuid, name) in names else _FIRST_ID


def export_policies(site: Site, request: Request) -> Record:
    return collection(request, EXPORT_POLICY, _rows(site), key_names=("id",))


def export_policy(site: Site, request: Request) -> Record:
    return named(request, EXPORT_POLICY, _rows(site), request.arguments[0])


def export_rules(site: Site, request: Request) -> Record:
    for uuid, domain in sorted(site.domains.items()):
        for name, rules in _policies(domain).items():
            number = policy_id(site, uuid, name)
            if str(number) == request.arguments[0]:
                return collection(request, EXPORT_RULE, _rules(domain, name, number, rules), key_names=("index",))
    raise absent("policy.id")


def services(site: Site, request: Request) -> Record:
    return collection(request, NFS_SERVICE, _services(site), key_names=("svm.uuid",))


def service(site: Site, request: Request) -> Record:
    return named(request, NFS_SERVICE, _services(site), request.arguments[0])


def _policies(domain: Domain) -> dict[str, tuple[ExportRule, ...]]:
    """Every SVM has a default policy, without rules until somebody writes one."""
    return {"default": (), **domain.first.export_policies}


def _rows(site: Site) -> Iterator[Row]:
    for uuid, domain in sorted(site.domains.items()):
        for name, rules in _policies(domain).items():
            number = policy_id(site, uuid, name)
            record: Record = {"id": number, "name": name, "svm": domain.reference}
            record["rules"] = [_rule(index, rule) for index, rule in enumerate(rules, 1)]
            record["_links"] = link("protocols", "nfs", "export-policies", str(number))
            yield fixed((str(number),), record)


def _rules(domain: Domain, name: str, number: int, rules: tuple[ExportRule, ...]) -> Iterator[Row]:
    for index, rule in enumerate(rules, 1):
        policy = {"id": number, "name": name}
        yield fixed((f"{index:06d}",), {"policy": policy, "svm": domain.reference, **_rule(index, rule)})


def _rule(index: int, rule: ExportRule) -> Record:
    return {
        "index": index,
        "clients": [{"match": client} for client in rule.clients],
        "ro_rule": list(rule.ro),
        "rw_rule": list(rule.rw),
        "superuser": list(rule.superuser),
        "anonymous_user": rule.anonymous,
        "allow_suid": rule.suid,
        "allow_device_creation": True,
        "chown_mode": "restricted",
        "ntfs_unix_security": "fail",
        "protocols": ["any"],
    }


def _services(site: Site) -> Iterator[Row]:
    for uuid, domain in sorted(site.domains.items()):
        if not domain.svm.nfs:
            continue
        acls = {"acl_enabled": domain.first.services.nfsv4_acls}
        protocol: Record = {"v3_enabled": True, "v40_enabled": True, "v41_enabled": True}
        protocol |= {"v40_features": dict(acls), "v41_features": dict(acls), "v4_id_domain": domain.svm.domain}
        record: Record = {"svm": domain.reference, "enabled": True, "state": "online", "protocol": protocol}
        record["_links"] = link("protocols", "nfs", "services", uuid)
        yield fixed((uuid,), record)
