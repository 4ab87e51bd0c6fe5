"""Audits what surrounds the files: the SVM's services and accounts, and the roots its auditing should cover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fsxap.acl.model import Descriptor, Share
from fsxap.acl.rules import Context, RootSubject, SiteSubject, audit_root, audit_site
from fsxap.acl.rules.shares import is_administrative, is_dynamic
from fsxap.acl.site import Site
from fsxap.engine.types import Kit
from fsxap.errors import ServiceError, Unauthenticated
from fsxap.model import Finding, Item, Result

SVM = "svm://"


def site_of(kit: Kit) -> Site:
    """Read once per run and process."""
    return kit.memo("site", kit.ontap.site)  # type: ignore[no-any-return]


def svm_item(site: Site, suffix: str) -> Item:
    return Item(f"{SVM}{site.svm}", version=f"svm{suffix}", attrs={"kind": "svm"})


def audit_svm(item: Item, kit: Kit, context: Context, only: Callable[[str], bool] | None) -> Result:
    """`data.unknown` has a line for everything that was not answered, so that nothing unread looks fine."""
    site = site_of(kit)
    if item.key != f"{SVM}{site.svm}":
        return Result(item, "vanished", {"reason": "the SVM is another one now"})
    shares: tuple[Share, ...] = tuple(kit.memo("shares", kit.ontap.shares))
    unknown = list(site.unknown)
    findings = audit_site(SiteSubject(site, shares, context), only)
    if site.audit and site.audit.enabled:
        for root in _roots(kit, shares, unknown):
            findings += audit_root(RootSubject(root, site, context), only)
    data: dict[str, Any] = {"svm": site.svm, "engine": kit.ontap.engine, "unknown": unknown}
    return Result(item, "ok", data, findings=_once(findings), usage={"svm_reads": 1})


def _roots(kit: Kit, shares: tuple[Share, ...], unknown: list[str]) -> Iterator[Descriptor]:
    """The roots of the audited volumes and of shares; one that cannot be read is told."""
    places = [volume.path for volume in kit.memo("volumes", kit.ontap.volumes)]
    places += [share.path for share in shares if share.path and not (is_administrative(share) or is_dynamic(share))]
    for path in dict.fromkeys(places):
        try:
            yield kit.ontap.security(path)
        except Unauthenticated:
            raise
        except ServiceError as error:
            unknown.append(f"whether {path} has audit entries: {error.message} [{error.code}]")


def _once(findings: list[Finding]) -> tuple[Finding, ...]:
    """Mappings may say the same twice, and a fact has one id."""
    return tuple({finding.id: finding for finding in findings}.values())
