"""Finds what to audit and audits one path, share or SVM."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from fsxap.acl.model import Descriptor, Entry, Share, Style
from fsxap.acl.records import acl_record
from fsxap.acl.rules import Context, ShareSubject, Subject, audit_share, not_audited
from fsxap.engine.types import Kit
from fsxap.errors import FsxapError, ItemError, NotFound, ServiceError, Unauthenticated
from fsxap.model import Failure, Item, Result, Unlisted, digest
from fsxap.usecases.legal_compliance.svm import audit_svm, site_of, svm_item
from fsxap.usecases.legal_compliance.verdicts import judge_once

SHARE = "share://"
NEVER_FOLLOWED = {
    "symlink": "a symbolic link: its target is audited where it lies",
    "junction": "another volume is mounted here: audit that volume under its own name",
}


def discover(kit: Kit) -> Iterator[Item | Unlisted]:
    """The SVM where there is one, shares, then every path of every volume.

    Where equal versions do not prove that permissions are equal, the run's id makes each version new, so that an
    audit is always complete and a resumed one still knows what it has done.
    """
    proof = kit.ontap.fingerprint()
    suffix = f"#{kit.run if proof is None else proof}"
    site = site_of(kit)
    if site.svm:
        yield svm_item(site, suffix)
    for share in kit.ontap.shares():
        version = digest(share.name, share.path, [str(ace) for ace in share.aces], dict(share.flags)) + suffix
        yield Item(share_key(share), version=version, attrs={"kind": "share"})
    for volume in kit.ontap.volumes():
        walk = kit.ontap.walk(volume, kit.params["path"], files=kit.params["files"], depth=kit.params["depth"])
        for entry in walk:
            yield _apart(entry) if isinstance(entry, Unlisted) else _item(entry, suffix)


def _apart(entry: Unlisted) -> Unlisted:
    """Under a key of its own: the folder whose listing failed is an item too, and its verdict must not hide that.

    A folder that vanished is not: what became of it, its own item says.
    """
    return entry if entry.failure.code == "vanished" else replace(entry, key=f"{entry.key}/")


def share_key(share: Share) -> str:
    return f"{SHARE}{share.svm}/{share.name}"


def _item(entry: Entry, suffix: str) -> Item:
    attrs = {"kind": entry.kind, "modified": entry.modified, "accessed": entry.accessed, "links": entry.links}
    return Item(entry.path, entry.size, entry.modified, entry.version + suffix, attrs)


def process(item: Item, kit: Kit) -> Result:
    kind = item.attrs.get("kind", "")
    if kind == "share":
        return _audit_share(item, kit)
    if kind == "svm":
        return audit_svm(item, kit, _context(kit, "/"), _wanted(kit))
    if kind in NEVER_FOLLOWED:
        return Result.skipped(item, NEVER_FOLLOWED[kind], kind=kind, engine=kit.ontap.engine)
    try:
        return _audit_path(item, kit)
    except NotFound as error:
        if _gone(item.key, kit):
            return Result(item, "vanished", {"reason": "gone between listing and reading"})
        return _not_audited(item, error)
    except Unauthenticated:
        raise
    except (ServiceError, ItemError) as error:
        return _not_audited(item, error)


def _audit_path(item: Item, kit: Kit) -> Result:
    descriptor = kit.ontap.security(item.key)
    parent = _parent(item.key, kit)
    judge = kit.memo("verdicts", lambda: judge_once(_wanted(kit)))
    verdict = judge(Subject(descriptor, parent, _context(kit, item.key)))
    data = {
        "acl": acl_record(descriptor),
        "engine": kit.ontap.engine,
        "modified": item.attrs.get("modified", ""),
        "accessed": item.attrs.get("accessed", ""),
        "changes": list(verdict.changes),
    }
    return Result(item, "ok", data, findings=verdict.findings, usage={"acl_reads": 1})


def _audit_share(item: Item, kit: Kit) -> Result:
    listed = kit.memo("shares", kit.ontap.shares)
    shares = {share_key(share): share for share in listed}
    share = shares.get(item.key)
    if share is None:
        return Result(item, "vanished", {"reason": "the share is gone"})
    root, reason = None, ""
    try:
        root = kit.ontap.security(share.path) if share.path and "%" not in share.path else None
    except ServiceError as error:
        reason = error.message
    others = tuple(other for other in shares.values() if other is not share)
    findings = audit_share(ShareSubject(share, root, others, _context(kit, share.path)), only=_wanted(kit))
    data: dict[str, Any] = {"share": share.name, "path": share.path, "engine": kit.ontap.engine}
    if reason:
        data["root_not_read"] = reason
    return Result(item, "ok", data, findings=tuple(findings), usage={"share_reads": 1})


def _parent(path: str, kit: Kit) -> Descriptor | None:
    """The descriptor one level up; none above the volume's root, or where it cannot be read."""
    if any(path == volume.path for volume in kit.memo("volumes", kit.ontap.volumes)):
        return None
    try:
        return kit.ontap.security(posixpath.dirname(path) or "/")
    except ServiceError:
        # The parent is an item of its own: that it cannot be read is counted there.
        return None


def _context(kit: Kit, path: str) -> Context:
    volumes = kit.memo("volumes", kit.ontap.volumes)
    inside = [volume for volume in volumes if path == volume.path or path.startswith(volume.path.rstrip("/") + "/")]
    volume = max(inside, key=lambda volume: len(volume.path), default=None)
    root = volume.path if volume else "/"
    depth = len([part for part in path[len(root) :].split("/") if part])
    at: Callable[[Style, int], Context] = kit.memo("contexts", lambda: _contexts(kit))
    return at(volume.style if volume else "", depth)


def _contexts(kit: Kit) -> Callable[[Style, int], Context]:
    """By the volume's style and the depth: all else is the same for the whole run."""
    facts, site = kit.memo("context", kit.ontap.context), site_of(kit)
    around = Context(
        ad=facts["ad"],
        # Not known counts as on: a verdict from mode bits alone must not look certain.
        nfs4_acl=facts["nfs4_acl"] is not False,
        shares=kit.memo("shares", kit.ontap.shares),
        users=site.accounts.union(kit.params["users"]),
        uids=site.uids,
        gids=site.gids,
    )
    return lru_cache(lambda style, depth: replace(around, volume_style=style, depth=depth))


def _wanted(kit: Kit) -> Callable[[str], bool] | None:
    pattern = kit.params["rules"]
    return None if pattern in ("", "*") else lambda rule: fnmatch.fnmatchcase(rule, pattern)


def _gone(path: str, kit: Kit) -> bool:
    try:
        kit.ontap.stat(path)
    except NotFound:
        return True
    except ServiceError:
        return False
    return False


def _not_audited(item: Item, error: FsxapError) -> Result:
    """A path that could not be read is a failure and a finding: the audit must never read as clean."""
    failure = Failure(error.code, error.message, error.retryable)
    return Result(item, "failed", error=failure, findings=(not_audited(item.key, failure),))
