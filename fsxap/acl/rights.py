"""Access masks: what each bit is called, what a whole mask amounts to, and how to say it (MS-DTYP 2.4.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Level = Literal["full", "change-permissions", "modify", "write", "read", "list", "none"]

LEVELS: tuple[Level, ...] = ("full", "change-permissions", "modify", "write", "read", "list", "none")
"""Strongest first."""

READ_DATA = 0x1
WRITE_DATA = 0x2
APPEND_DATA = 0x4
READ_EA = 0x8
WRITE_EA = 0x10
EXECUTE = 0x20
DELETE_CHILD = 0x40
READ_ATTRIBUTES = 0x80
WRITE_ATTRIBUTES = 0x100
DELETE = 0x10000
READ_CONTROL = 0x20000
WRITE_DAC = 0x40000
WRITE_OWNER = 0x80000
SYNCHRONIZE = 0x100000
GENERIC_ALL = 0x10000000
GENERIC_EXECUTE = 0x20000000
GENERIC_WRITE = 0x40000000
GENERIC_READ = 0x80000000

FULL = 0x1F01FF
MODIFY = 0x1301BF
READ_AND_EXECUTE = 0x1200A9
READ = 0x120089
WRITE = 0x100116

BITS: dict[str, int] = {
    "read_data": READ_DATA,
    "write_data": WRITE_DATA,
    "append_data": APPEND_DATA,
    "read_ea": READ_EA,
    "write_ea": WRITE_EA,
    "execute_file": EXECUTE,
    "delete_child": DELETE_CHILD,
    "read_attr": READ_ATTRIBUTES,
    "write_attr": WRITE_ATTRIBUTES,
    "delete": DELETE,
    "read_perm": READ_CONTROL,
    "write_perm": WRITE_DAC,
    "write_owner": WRITE_OWNER,
    "synchronize": SYNCHRONIZE,
}
"""ONTAP's name of each bit (`advanced_rights`)."""

COMPOSITES: dict[str, int] = {
    "full_control": FULL,
    "modify": MODIFY,
    "read_and_execute": READ_AND_EXECUTE,
    "read": READ,
    "write": WRITE,
    "no_access": 0,
}
"""ONTAP's words for common masks (`rights`)."""

SHARE_MASKS: dict[str, int] = {"no_access": FULL, "read": READ_AND_EXECUTE, "change": MODIFY, "full_control": FULL}
"""What a share permission covers; `no_access` denies all of it."""

_GENERIC = {GENERIC_READ: READ, GENERIC_WRITE: WRITE | READ_CONTROL, GENERIC_EXECUTE: 0x1200A0, GENERIC_ALL: FULL}
_ANY_GENERIC = GENERIC_ALL | GENERIC_EXECUTE | GENERIC_WRITE | GENERIC_READ


def mask_of(names: Iterable[str]) -> int:
    """The mask of ONTAP's right names, single or composite; ValueError names the unknown one."""
    mask = 0
    for name in names:
        bits = BITS.get(name, COMPOSITES.get(name))
        if bits is None:
            raise ValueError(f"unknown right {name!r}; known: {', '.join((*BITS, *COMPOSITES))}")
        mask |= bits
    return mask


def names(mask: int) -> tuple[str, ...]:
    """ONTAP's names of the bits that are set, generic rights mapped first."""
    mapped = map_generic(mask)
    return tuple(name for name, bit in BITS.items() if mapped & bit)


def map_generic(mask: int) -> int:
    """Generic bits replaced by what they mean on files and folders; any other mask comes back as it is."""
    if not mask & _ANY_GENERIC:
        return mask
    for bit, meaning in _GENERIC.items():
        if mask & bit:
            mask |= meaning
    return mask & ~_ANY_GENERIC


def destructive(is_directory: bool) -> int:
    """The bits that change or remove content."""
    bits = WRITE_DATA | APPEND_DATA | DELETE
    return bits | DELETE_CHILD if is_directory else bits


def level(mask: int, is_directory: bool) -> Level:
    """The strongest word a mask deserves.

    On a folder `read` needs the whole read set and `list` is any part of listing or passing through it.
    SYNCHRONIZE never counts: ONTAP ignores it when it is written.
    """
    mask = map_generic(mask)
    if (mask | SYNCHRONIZE) & FULL == FULL:
        return "full"
    if mask & (WRITE_DAC | WRITE_OWNER):
        return "change-permissions"
    removal = DELETE | DELETE_CHILD if is_directory else DELETE
    if mask & WRITE_DATA and mask & removal:
        return "modify"
    if mask & destructive(is_directory):
        return "write"
    if not is_directory:
        return "read" if mask & READ_DATA else "none"
    if (mask | SYNCHRONIZE) & READ == READ:
        return "read"
    return "list" if mask & (READ_DATA | EXECUTE) else "none"


def is_drop_box(mask: int) -> bool:
    """Can put things in but not look at them."""
    mask = map_generic(mask)
    return bool(mask & (WRITE_DATA | APPEND_DATA)) and not mask & READ_DATA


def describe(mask: int | None, is_directory: bool) -> str:
    """A mask in words, None being what ONTAP did not decode."""
    if mask is None:
        return "generic rights, not decoded"
    mapped = map_generic(mask)
    for name, composite in COMPOSITES.items():
        if composite and mapped | SYNCHRONIZE == composite | SYNCHRONIZE:
            words = name.replace("_", " ")
            break
    else:
        found = [name.replace("_", " ") for name in names(mapped) if BITS[name] != SYNCHRONIZE]
        words = f"{level(mapped, is_directory)} ({', '.join(found)})" if found else "no rights"
    return f"{words}, a drop box: write without read" if is_drop_box(mapped) else words
