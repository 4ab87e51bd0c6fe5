"""Rules about UNIX modes and owners, where those decide."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl.entries import is_acl_governed
from fsxap.acl.mode import SETGID, SETUID, STICKY
from fsxap.acl.rules.rule import ACCESS, ACCOUNTS, PRIVILEGE, Certainty, Hit, Rule, Subject
from fsxap.model import Record

_NOBODY = 65534


def _mode(subject: Subject) -> int | None:
    """The mode bits where they decide; a symbolic link's mean nothing."""
    descriptor = subject.descriptor
    return None if is_acl_governed(descriptor) or descriptor.kind == "symlink" else descriptor.mode


def _certainty(subject: Subject) -> tuple[Certainty, str]:
    if subject.context.nfs4_acl:
        return "likely", "NFSv4 ACLs are enabled and cannot be read; the mode bits are only derived from them"
    return "certain", ""


def _facts(subject: Subject) -> Record:
    descriptor = subject.descriptor
    return {"mode": f"{descriptor.mode or 0:03o}", "uid": descriptor.uid, "gid": descriptor.gid}


def _world_writable(subject: Subject) -> Iterator[Hit]:
    mode = _mode(subject)
    if mode is None or not mode & 0o2:
        return
    # Writing into a folder takes x as well; with the sticky bit others' files are safe, as in /tmp.
    if subject.directory and (not mode & 0o1 or mode & STICKY):
        return
    what = "add, rename and delete files here" if subject.directory else "change this file"
    yield Hit(f"Every user may {what} (mode {mode:03o})", "", (), *_certainty(subject), facts=_facts(subject))


def _world_readable(subject: Subject) -> Iterator[Hit]:
    mode = _mode(subject)
    if mode is not None and mode & 0o4:
        what = "list this folder" if subject.directory else "read this file"
        message = f"Every user may {what} (mode {mode:03o})"
        yield Hit(message, "", (), *_certainty(subject), inherited=True, facts=_facts(subject))


def _set_id(subject: Subject) -> Iterator[Hit]:
    mode = _mode(subject)
    # On folders setgid only hands the group on; without x there is nothing to run.
    if mode is None or subject.descriptor.kind != "file":
        return
    user, group = mode & SETUID and mode & 0o111, mode & SETGID and mode & 0o010
    if user or group:
        who = " and ".join(name for name, on in (("owner", user), ("group", group)) if on)
        severe = user and subject.descriptor.uid == 0
        message = f"Whoever runs this file runs it as its {who} (mode {mode:03o})"
        yield Hit(message, severity="high" if severe else None, facts=_facts(subject))


def _unknown_owner(subject: Subject) -> Iterator[Hit]:
    if _mode(subject) is None:
        return
    descriptor, context = subject.descriptor, subject.context
    for name, number, known in (("uid", descriptor.uid, context.uids), ("gid", descriptor.gid, context.gids)):
        if number == _NOBODY:
            message = f"{name} {number} is nobody: the owner's identity was lost in mapping"
        elif number and known is not None and number not in known:
            message = f"{name} {number} belongs to no account known to the SVM"
        else:
            continue
        yield Hit(message, f"{name} {number}", inherited=True, facts=_facts(subject))


RULES: tuple[Rule[Subject], ...] = (
    Rule(
        "unix-world-writable",
        "Every UNIX user may change the file, or add and delete in the folder (no sticky bit)",
        "high",
        ACCESS,
        "Take the write bit from others (chmod o-w); where many must write, use a group or the sticky bit.",
        _world_writable,
    ),
    Rule(
        "unix-world-readable",
        "Every UNIX user may read the file or list the folder",
        "low",
        ACCESS,
        "Take read from others (chmod o-r) where the data is not for everybody.",
        _world_readable,
        reports_inherited=False,
    ),
    Rule(
        "setuid-setgid",
        "The file runs with its owner's or group's rights",
        "medium",
        PRIVILEGE,
        "Remove the bit (chmod u-s,g-s), or mount the volume with nosuid.",
        _set_id,
    ),
    Rule(
        "unix-unknown-owner",
        "The owner or group is nobody (65534) or no known account",
        "low",
        ACCOUNTS,
        "Give the object to an existing owner and group, and repair the name mapping that lost them.",
        _unknown_owner,
        reports_inherited=False,
    ),
)
