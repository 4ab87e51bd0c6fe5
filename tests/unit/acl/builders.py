"""Short ways to write entries and descriptors, and strategies that make random ones."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from fsxap.acl.model import DACL_PRESENT, DACL_PROTECTED, Ace, Descriptor
from fsxap.acl.rights import FULL

T, C, F = "this_folder", "sub_folders", "files"
ALL = (T, C, F)
PRESENT = DACL_PRESENT | 0x8000
PROTECTED = PRESENT | DACL_PROTECTED

ADMINS = "BUILTIN\\Administrators"
SYSTEM = "NT AUTHORITY\\SYSTEM"
SALES = "CORP\\Sales"
ALICE = "CORP\\alice"
ORPHAN = "S-1-5-21-11-22-33-1105"


def ace(trustee: str, mask: int | None = FULL, to: tuple[str, ...] = ALL, *, deny: bool = False, **more: Any) -> Ace:
    scope = {"this_folder": T in to, "sub_folders": C in to, "files": F in to}
    return Ace(trustee, more.pop("access", "deny" if deny else "allow"), mask, **scope, **more)


def deny(trustee: str, mask: int | None = FULL, to: tuple[str, ...] = ALL, **more: Any) -> Ace:
    return ace(trustee, mask, to, deny=True, **more)


def conditional(trustee: str, mask: int = FULL, *, deny: bool = False) -> Ace:
    raw = "access_denied_callback" if deny else "access_allowed_callback"
    return Ace(trustee, "other", mask, sub_folders=True, files=True, raw=raw)


ADMIN_FULL = ace(ADMINS)


def folder(*aces: Ace, **more: Any) -> Descriptor:
    defaults: dict[str, Any] = {
        "path": "/vol1/data",
        "kind": "directory",
        "style": "ntfs",
        "volume_style": "ntfs",
        "owner": ADMINS,
        "control": PRESENT,
    }
    return Descriptor(aces=aces, **(defaults | more))


def file(*aces: Ace, **more: Any) -> Descriptor:
    return folder(*aces, **({"kind": "file", "path": "/vol1/data/a.txt"} | more))


def unix(mode: int, **more: Any) -> Descriptor:
    defaults: dict[str, Any] = {"style": "unix", "volume_style": "unix", "owner": "", "control": None}
    return folder(**(defaults | {"mode": mode, "uid": 1000, "gid": 100} | more))


TRUSTEES = (
    "Everyone",
    "NT AUTHORITY\\Authenticated Users",
    "CORP\\Domain Users",
    "BUILTIN\\Users",
    ADMINS,
    SYSTEM,
    "CREATOR OWNER",
    "OWNER RIGHTS",
    "NT AUTHORITY\\ANONYMOUS LOGON",
    SALES,
    ALICE,
    ORPHAN,
    "UNIXPermUid\\bob",
)
masks = st.one_of(
    st.sampled_from([0, FULL, 0x1301BF, 0x1200A9, 0x100116, 0x10000000, 0x80000000, 0xC0000000]), st.integers(0, FULL)
)
trustees = st.sampled_from(TRUSTEES)


@st.composite
def aces(draw: st.DrawFn, mask: st.SearchStrategy[int | None] = masks) -> Ace:
    scope = draw(st.sets(st.sampled_from(ALL)))
    return ace(draw(trustees), draw(mask), tuple(scope), deny=draw(st.booleans()), inherited=draw(st.booleans()))


unhurried = settings(deadline=None, max_examples=60)
"""Making lists of entries takes a while on a busy machine, which is no failure."""
