"""Rules about SMB shares: their own lists, their flags, and the folders they open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fsxap.acl import trustees
from fsxap.acl.entries import access_list, has_null_dacl, is_acl_governed
from fsxap.acl.evaluate import granted, share_access
from fsxap.acl.model import Descriptor, Share, ShareAce
from fsxap.acl.reach import member
from fsxap.acl.rights import LEVELS, level
from fsxap.acl.rules.open_access import is_open
from fsxap.acl.rules.rule import ACCESS, DATA_IN_TRANSIT, NEED_TO_KNOW, REVIEW, Hit, Rule, ShareSubject, contains
from fsxap.acl.token import ANY_USER
from fsxap.model import Record, Severity

_ADMINISTRATIVE = frozenset({"c$", "ipc$", "admin$"})


def is_administrative(share: Share) -> bool:
    return share.name.casefold() in _ADMINISTRATIVE


def is_dynamic(share: Share) -> bool:
    """A home-directory share: %w and %d in its path stand for the user, so it opens no single folder."""
    return "%" in share.path or bool(share.flags.get("home_directory"))


def _entry(ace: ShareAce) -> Record:
    return {"trustee": ace.trustee, "permission": ace.permission, "kind": ace.kind}


def _everyone_full(subject: ShareSubject) -> Iterator[Hit]:
    share = subject.share
    for ace in share.aces:
        if ace.kind != "windows" or ace.permission != "full_control" or not trustees.is_global(ace.trustee, ace.sid):
            continue
        access = share_access(share, member(ace.trustee, ace.sid) | ANY_USER)
        if level(access.mask, True) != "full":
            continue
        name = trustees.label(ace.trustee, ace.sid)
        severity, note = _folder_verdict(subject)
        facts: dict[str, Any] = {"share": share.name, "entries": [_entry(ace)], "folder": note}
        reason = "" if subject.root else "the folder's own permissions were not available"
        yield Hit(
            f"The share gives {name} full control; {note}",
            f"{subject.name}: {name}",
            (),
            "certain" if subject.root else "unknown",
            reason,
            severity,
            facts=facts,
        )


def _folder_verdict(subject: ShareSubject) -> tuple[Severity | None, str]:
    if subject.root is None:
        return None, "whether its folder is open too is not known"
    match is_open(subject.root):
        case "full" | "write" as found:
            return "high", f"its folder is open too ({found})"
        case "read":
            return "medium", "its folder lets everybody read"
    return None, "its folder's own permissions are stricter"


def _gap(subject: ShareSubject) -> Iterator[Hit]:
    share, root = subject.share, subject.root
    if root is None or not share.aces or is_administrative(share):
        return
    if gaps := list(_gaps(share, root)):
        first = gaps[0]
        more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
        yield Hit(
            f"Share and folder differ for {first['trustee']} "
            f"(share {first['share']}, folder {first['folder']}){more}; the stricter one counts",
            subject.name,
            facts={"share": share.name, "gaps": gaps},
        )


def _gaps(share: Share, root: Descriptor) -> Iterator[Record]:
    """Trustees of either list for whom the two allow different levels."""
    if not is_acl_governed(root) or has_null_dacl(root):
        return
    people = {trustees.key(ace.trustee, ace.sid): (ace.trustee, ace.sid) for ace in share.aces if ace.kind == "windows"}
    for ace in access_list(root):
        if not ace.inherit_only and trustees.classify(ace.trustee, ace.sid) not in ("creator", "owner-rights"):
            people.setdefault(trustees.key(ace.trustee, ace.sid), (ace.trustee, ace.sid))
    for trustee, sid in people.values():
        token = member(trustee, sid) | ANY_USER
        through, below = share_access(share, token), granted(root, token)
        if not below.certain:
            continue
        share_level, folder_level = level(through.mask, True), level(below.mask, True)
        if share_level != folder_level:
            stricter = LEVELS.index(share_level) > LEVELS.index(folder_level)
            yield {
                "trustee": trustees.label(trustee, sid),
                "share": share_level,
                "folder": folder_level,
                "stricter": "share" if stricter else "folder",
            }


def _nested(subject: ShareSubject) -> Iterator[Hit]:
    share = subject.share
    if is_administrative(share) or is_dynamic(share):
        return
    outer = [other for other in subject.others if _holds(other, share)]
    if outer:
        nearest = max(outer, key=lambda other: (len(other.path), other.name))
        yield Hit(
            f"The share lies inside share {nearest.name} ({nearest.path}), whose permissions lead here too",
            subject.name,
            facts={"share": share.name, "inside": sorted(other.name for other in outer)},
        )


def _holds(outer: Share, inner: Share) -> bool:
    if outer.svm != inner.svm or is_administrative(outer) or is_dynamic(outer) or not outer.path:
        return False
    return contains(outer.path, inner.path) and not contains(inner.path, outer.path)


def _flag(name: str, bad: bool, message: str) -> Callable[[ShareSubject], Iterator[Hit]]:
    def check(subject: ShareSubject) -> Iterator[Hit]:
        share = subject.share
        # A flag that was not reported says nothing.
        if not is_administrative(share) and share.flags.get(name) is bad:
            yield Hit(message, subject.name, facts={"share": share.name, name: bad})

    return check


def _unencrypted(subject: ShareSubject) -> Iterator[Hit]:
    yield from _flag("encryption", False, "The share does not ask for SMB encryption")(subject)
    if subject.share.flags.get("encryption") is True:
        message = "The share asks for SMB encryption but admits clients without it"
        yield from _flag("allow_unencrypted_access", True, message)(subject)


RULES: tuple[Rule[ShareSubject], ...] = (
    Rule(
        "share-everyone-full",
        "A share gives Everyone or the like full control, so the files' own lists are all that protects",
        "low",
        ACCESS,
        "Give the share's groups change instead; above all, see to the permissions of its folder.",
        _everyone_full,
    ),
    Rule(
        "share-ntfs-gap",
        "A share allows more or less than the folder it opens",
        "info",
        REVIEW,
        "Choose one of the two lists as the one that limits, and say so where it is administered.",
        _gap,
    ),
    Rule(
        "nested-share",
        "A share's folder lies inside another share",
        "low",
        REVIEW,
        "Check that the outer share's permissions are meant for this folder too, or move it out.",
        _nested,
    ),
    Rule(
        "share-abe-off",
        "Access-based enumeration is off, so names show that users cannot open",
        "info",
        NEED_TO_KNOW,
        "Switch access-based enumeration on for the share.",
        _flag("access_based_enumeration", False, "Users see the names of everything, also of what they may not open"),
    ),
    Rule(
        "share-unencrypted",
        "The share can be used without SMB encryption",
        "low",
        DATA_IN_TRANSIT,
        "Require SMB encryption on the share once its clients support SMB 3.",
        _unencrypted,
    ),
    Rule(
        "share-show-snapshot",
        "Snapshots can be browsed, with the permissions their files had then",
        "info",
        NEED_TO_KNOW,
        "Hide the snapshot folder on the share unless users restore files by themselves.",
        _flag("show_snapshot", True, "Clients can browse old versions, which keep the permissions they had then"),
    ),
)
