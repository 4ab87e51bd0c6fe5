"""ONTAP's own answer to who may do what: one call per account and path, used to check ours."""

from __future__ import annotations

from typing import Any

from fsxap.model import Record

BITS = {
    "read": 0x1,
    "write": 0x2,
    "append": 0x4,
    "read_ea": 0x8,
    "write_ea": 0x10,
    "execute": 0x20,
    "delete_child": 0x40,
    "read_attributes": 0x80,
    "write_attributes": 0x100,
    "delete": 0x10000,
    "read_control": 0x20000,
    "write_dac": 0x40000,
    "write_owner": 0x80000,
    "synchronize": 0x100000,
    "system_security": 0x1000000,
    "generic_read": 0x120089,
    "generic_write": 0x120116,
    "generic_execute": 0x1200A0,
    "generic_all": 0x1F01FF,
}
"""The words of effective-permissions; they differ from those of an access list's advanced rights."""


def query(trustee: str) -> dict[str, str]:
    """A backslash or an @ makes it a Windows account."""
    return {"user": trustee, "type": "windows" if "\\" in trustee or "@" in trustee else "unix"}


def mask(answer: Record) -> int:
    """Documentation and schema disagree on the key's number, so either is read."""
    words: Any = answer.get("file_permissions", answer.get("file_permission")) or ()
    found = 0
    for word in words:
        found |= BITS[str(word)]
    return found
