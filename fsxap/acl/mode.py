"""UNIX mode bits as access rights: the class is chosen once, and the folder decides about deleting."""

from __future__ import annotations

from fsxap.acl.model import Descriptor
from fsxap.acl.rights import (
    APPEND_DATA,
    DELETE_CHILD,
    EXECUTE,
    FULL,
    READ_ATTRIBUTES,
    READ_CONTROL,
    READ_DATA,
    READ_EA,
    SYNCHRONIZE,
    WRITE_ATTRIBUTES,
    WRITE_DAC,
    WRITE_DATA,
    WRITE_EA,
)
from fsxap.acl.token import Token

SETUID, SETGID, STICKY = 0o4000, 0o2000, 0o1000

_ALWAYS = READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE
_WRITE = WRITE_DATA | APPEND_DATA | WRITE_EA | WRITE_ATTRIBUTES


def permission_bits(descriptor: Descriptor, token: Token, *, owner: bool) -> int:
    """The three bits that apply: a later class that allows more does not help."""
    mode = descriptor.mode or 0
    if owner:
        return mode >> 6 & 7
    if descriptor.gid in token.gids:
        return mode >> 3 & 7
    return mode & 7


def mode_rights(descriptor: Descriptor, token: Token, *, owner: bool, sticky: bool = True) -> int:
    """The mask a mode amounts to. `sticky` false leaves the sticky bit out of account."""
    mode, directory = descriptor.mode or 0, descriptor.kind == "directory"
    if token.uid == 0:
        return FULL if directory or mode & 0o111 else FULL & ~EXECUTE
    bits = permission_bits(descriptor, token, owner=owner)
    # Without x a folder's names can be read, but nothing below can be reached or changed.
    passable = not directory or bits & 1
    mask = _ALWAYS
    if bits & 4:
        mask |= READ_DATA | READ_EA if passable else READ_DATA
    if bits & 2 and passable:
        mask |= _WRITE
        if directory and (owner or not (sticky and mode & STICKY)):
            mask |= DELETE_CHILD
    if bits & 1:
        mask |= EXECUTE
    if owner:
        mask |= WRITE_DAC | WRITE_ATTRIBUTES
    return mask
