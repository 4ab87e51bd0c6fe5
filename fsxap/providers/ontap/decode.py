"""ONTAP's JSON as values: entries, descriptors, shares and volumes.

ONTAP leaves out what is false or empty. Where a missing key is not the same as false, it says so below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from fsxap.acl.model import Access, Ace, Descriptor, Entry, Kind, Share, ShareAce, Style, Volume
from fsxap.acl.once import once
from fsxap.errors import ServiceError
from fsxap.providers.ontap import paths

RIGHTS = {
    "read_data": 0x1,
    "write_data": 0x2,
    "append_data": 0x4,
    "read_ea": 0x8,
    "write_ea": 0x10,
    "execute_file": 0x20,
    "delete_child": 0x40,
    "read_attr": 0x80,
    "write_attr": 0x100,
    "delete": 0x10000,
    "read_perm": 0x20000,
    "write_perm": 0x40000,
    "write_owner": 0x80000,
    "synchronize": 0x100000,
    "full_control": 0x1F01FF,
}
"""Bits of MS-DTYP 2.4.3 by ONTAP's names."""

LEVELS = {
    "full_control": 0x1F01FF,
    "modify": 0x1301BF,
    "read_and_execute": 0x1200A9,
    "read": 0x120089,
    "write": 0x120116,
}
"""The coarse words ONTAP takes on writing, should a release send one back."""

WORDS: dict[str, Access] = {
    "access_allow": "allow",
    "access_deny": "deny",
    "audit_success": "audit",
    "audit_failure": "audit",
    "audit_success_and_failure": "audit",
}
"""Callback, object and resource entries are conditional: they stay "other" and are not evaluated."""

STYLES: dict[str, Style] = {"ntfs": "ntfs", "unix": "unix", "mixed": "mixed", "unified": "unified"}
KINDS: dict[str, Kind] = {"file": "file", "directory": "directory", "symlink": "symlink", "stream": "stream"}
DOS_DIRECTORY = 0x10

_SID = re.compile(r"S-1-\d+(-\d+)*")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?")


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Around any of these functions: a key of the wrong type is ONTAP's error, not a bug of ours."""
    try:
        yield
    except (AttributeError, TypeError, ValueError) as error:
        raise ServiceError(
            f"ONTAP described {what} in a way that cannot be read ({type(error).__name__})",
            code="malformed-answer",
            hint="report the ONTAP release and what GET returns for it",
        ) from error


def descriptor(body: Mapping[str, Any], path: str) -> Descriptor:
    """One answer of file security. `kind` is what the DOS attributes tell; "other" when they are missing."""
    dos = str(body.get("dos_attributes", ""))
    volume_style = STYLES.get(str(body.get("security_style", "")), "")
    return Descriptor(
        path=path,
        kind=_kind_of(dos),
        style=STYLES.get(str(body.get("effective_style", "")), volume_style),
        volume_style=volume_style,
        owner=str(body.get("owner", "")),
        group=str(body.get("group", "")),
        control=_control(body.get("control_flags")),
        aces=_aces(body.get("acls") or ()),
        mode=mode(body.get("mode_bits"), str(body.get("text_mode_bits", ""))),
        uid=_identity(body.get("user_id")),
        gid=_identity(body.get("group_id")),
        inode=int(body.get("inode", 0)),
        dos=dos,
    )


@once
def _aces(rows: Any) -> tuple[Ace, ...]:
    return tuple(map(ace, rows))


def ace(entry: Mapping[str, Any]) -> Ace:
    trustee, word = str(entry.get("user", "")), str(entry.get("access", ""))
    applies = entry.get("apply_to") or {}
    scopes = {name: bool(applies.get(name)) for name in ("this_folder", "sub_folders", "files")}
    return Ace(
        trustee=trustee,
        access=WORDS.get(word, "other"),
        mask=mask(entry),
        inherited=bool(entry.get("inherited")),
        # An entry that would apply nowhere is taken to apply here: too strict rather than unseen.
        this_folder=scopes["this_folder"] or not any(scopes.values()),
        sub_folders=scopes["sub_folders"],
        files=scopes["files"],
        layer="slag" if entry.get("access_control") == "slag" else "file",
        sid=trustee if _SID.fullmatch(trustee) else "",
        raw=word,
    )


def mask(entry: Mapping[str, Any]) -> int | None:
    """The access mask, or None when ONTAP did not decode it.

    Generic rights come without `advanced_rights`; an empty one is a mask with none of the known bits. Where ONTAP
    splits an entry in a this-folder and an inherit-only half, the second stays undecoded: that both are one entry of
    the same rights is likely and for the evaluator to say, not recorded here as fact.
    """
    rights = entry.get("advanced_rights")
    if rights is None:
        return LEVELS.get(str(entry.get("rights", "")))
    total = 0
    for name, bit in RIGHTS.items():
        if rights.get(name):
            total |= bit
    return total


def _kind_of(dos: str) -> Kind:
    try:
        return "directory" if int(dos, 16) & DOS_DIRECTORY else "file"
    except ValueError:
        return "other"


def _control(value: Any) -> int | None:
    """Control bits, sent as hexadecimal with or without 0x. Unreadable ones are an error: they can mean a null DACL."""
    if value is None or isinstance(value, int):
        return value
    try:
        return int(str(value), 16)
    except ValueError:
        raise ServiceError(f"ONTAP sent control flags {str(value)[:20]!r}", code="malformed-answer") from None


def mode(value: Any, text: str = "") -> int | None:
    """Permission bits. ONTAP writes the octal digits as a decimal number, but one release wrote the number itself.

    Digits 8 and 9, or `rwxr-xr-x` text that only the other reading fits, tell the two apart.
    """
    if value is None:
        return None
    digits = str(value)
    if not digits.isascii() or not digits.isdecimal():
        raise ServiceError(f"ONTAP sent mode bits {digits[:20]!r}", code="malformed-answer")
    decimal = int(digits)
    if set(digits) & set("89"):
        return decimal & 0o7777
    octal, shown = int(digits, 8), _mode_of(text)
    if shown is not None and octal & 0o777 != shown and decimal & 0o777 == shown:
        return decimal & 0o7777
    return octal & 0o7777


def _mode_of(text: str) -> int | None:
    """The nine permission bits of `rwxr-xr-t`; special bits hide in the x places as s, S, t, T."""
    letters = text[-9:]
    if len(letters) != 9:
        return None
    bits = 0
    for letter in letters:
        bits = bits << 1 | (letter in "rwxst")
    return bits


def _identity(value: Any) -> int | None:
    return int(value) if str(value).isascii() and str(value).isdecimal() else None


def kind(record: Mapping[str, Any]) -> Kind:
    if record.get("is_junction"):
        return "junction"
    return KINDS.get(str(record.get("type", "")), "other")


def entry(record: Mapping[str, Any], path: str) -> Entry:
    """One record of a directory listing, found at the namespace path."""
    return Entry(
        path=path,
        kind=kind(record),
        inode=int(record.get("inode_number", 0)),
        generation=int(record.get("inode_generation", 0)),
        links=int(record.get("hard_links_count", 1)),
        size=int(record.get("size", 0)),
        modified=utc(record.get("modified_time")),
        changed=utc(record.get("changed_time")),
        accessed=utc(record.get("accessed_time")),
    )


def utc(value: Any) -> str:
    """A time in UTC with every digit of its fraction, because `changed` is compared for equality.

    What is not ISO 8601 is kept as it came: as a version it still tells one state from another.
    """
    match = _TIME.fullmatch(str(value or ""))
    if match is None:
        return str(value or "")
    fraction = (match[2] or "").rstrip("0").rstrip(".")
    if not (match[3] or "Z").strip("Z+-0:"):
        return f"{match[1]}{fraction}Z"
    try:
        moment = datetime.fromisoformat(match[1] + match[3]).astimezone(UTC)
    except (ValueError, OverflowError):
        return str(value)
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def volume(record: Mapping[str, Any]) -> Volume:
    nas, svm = record.get("nas") or {}, record.get("svm") or {}
    used = (record.get("files") or {}).get("used")
    return Volume(
        name=str(record.get("name", "")),
        uuid=str(record.get("uuid", "")),
        path=_mounted(nas.get("path")),
        svm=str(svm.get("name", "")),
        svm_uuid=str(svm.get("uuid", "")),
        style=STYLES.get(str(nas.get("security_style", "")), ""),
        state=str(record.get("state", "")),
        kind=str(record.get("type", "")),
        export_policy=str((nas.get("export_policy") or {}).get("name", "")),
        files_used=int(used) if used is not None else None,
    )


def _mounted(path: Any) -> str:
    return paths.namespace(str(path), "") if path else ""


def share(record: Mapping[str, Any]) -> Share:
    """A share with its inline access list. `flags` are its other plain properties, under ONTAP's names."""
    plain = {
        name: value
        for name, value in record.items()
        if name not in ("name", "path") and isinstance(value, bool | int | str)
    }
    return Share(
        name=str(record.get("name", "")),
        path=_mounted(record.get("path")),
        svm=str((record.get("svm") or {}).get("name", "")),
        volume=str((record.get("volume") or {}).get("name", "")),
        aces=tuple(share_ace(entry) for entry in record.get("acls") or ()),
        flags=plain,
    )


def share_ace(record: Mapping[str, Any]) -> ShareAce:
    return ShareAce(
        trustee=str(record.get("user_or_group", "")),
        permission=str(record.get("permission", "")),
        kind=str(record.get("type", "windows")),
        sid=str(record.get("win_sid_unix_id") or record.get("sid") or record.get("unix_id") or ""),
    )
