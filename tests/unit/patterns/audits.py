"""Made-up audits: folders and files with entries, as scan-acl writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.records import acl_record
from fsxap.acl.rights import FULL, READ
from fsxap.patterns.knowledge_base.readers import Audit

STARTED = "2026-11-20T10:00:00Z"
BEFORE = "2026-11-19T10:00:00Z"
EVERYONE = "Everyone"
ALICE, BOB, STAFF, BOARD = "CORP\\alice", "CORP\\bob", "CORP\\Staff", "CORP\\Board"


def allow(trustee: str, mask: int = READ) -> Ace:
    return Ace(trustee, "allow", mask)


def deny(trustee: str, mask: int = READ) -> Ace:
    return Ace(trustee, "deny", mask)


def ntfs(path: str, *aces: Ace, kind: str = "file", owner: str = "CORP\\admin") -> Descriptor:
    return Descriptor(path=path, kind=kind, style="ntfs", owner=owner, control=0x8004, aces=aces)  # type: ignore[arg-type]


def unix(path: str, mode: int, uid: int = 0, gid: int = 0, kind: str = "file") -> Descriptor:
    return Descriptor(path=path, kind=kind, style="unix", mode=mode, uid=uid, gid=gid)  # type: ignore[arg-type]


def folder(path: str = "/vol") -> Descriptor:
    return ntfs(path, allow(EVERYONE, FULL), kind="directory")


def summary(**changed: Any) -> dict[str, Any]:
    return {"type": "summary", "started": STARTED, "complete": True, **changed}


def rows(*descriptors: Descriptor, end: bool = True) -> list[dict[str, Any]]:
    return [*map(acl_record, descriptors), *([summary()] if end else ())]


def audit(found: Iterable[dict[str, Any]]) -> Audit:
    made = Audit()
    for row in found:
        made.add(row)
    return made


def write(path: Path, found: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    return path
