"""Which entries of a descriptor count, what ONTAP left out of them, and what a folder hands down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from fsxap.acl import trustees
from fsxap.acl.inheritance import inherited
from fsxap.acl.model import DACL_PRESENT, Ace, Descriptor, Layer

Scope = Literal["this", "subfolders", "files"]

CENTRAL_POLICY = "system_scoped_policy_id"


def is_conditional(ace: Ace) -> bool:
    """Callback and object entries apply under conditions only Windows can evaluate."""
    return "callback" in ace.raw or "object" in ace.raw or ace.access == "other"


def denies(ace: Ace) -> bool:
    return ace.access == "deny" or "denied" in ace.raw


def decides(ace: Ace) -> bool:
    """Whether an entry grants or refuses access; audit entries, resource attributes and policies do not."""
    if ace.access in ("allow", "deny"):
        return True
    return ace.access == "other" and ace.raw.startswith(("access_allowed", "access_denied"))


def access_list(descriptor: Descriptor, layer: Layer = "file") -> tuple[Ace, ...]:
    """The entries of one layer's DACL in stored order; ONTAP lists audit entries among them."""
    return tuple(ace for ace in descriptor.aces if ace.layer == layer and decides(ace))


def is_acl_governed(descriptor: Descriptor) -> bool:
    """Whether the access list decides, not the mode bits."""
    if descriptor.style in ("ntfs", "unix"):
        return descriptor.style == "ntfs"
    return bool(access_list(descriptor)) or descriptor.control is not None


def has_null_dacl(descriptor: Descriptor) -> bool:
    """No DACL at all, which lets everyone in. Without control flags it looks like an empty one, which lets no one."""
    return (
        is_acl_governed(descriptor)
        and descriptor.control is not None
        and not descriptor.control & DACL_PRESENT
        and not access_list(descriptor)
    )


def decoded(aces: Iterable[Ace]) -> tuple[Ace, ...]:
    """Entries with missing masks filled in where a twin tells them.

    ONTAP splits an inheritable entry in two and decodes only the half for this folder; the other half holds the
    same rights in generic form.
    """
    listed = tuple(aces)
    known = {_twin(ace): ace.mask for ace in listed if ace.mask is not None and ace.this_folder}
    return tuple(
        replace(ace, mask=known.get(_twin(ace))) if ace.mask is None and ace.inherit_only else ace for ace in listed
    )


def _twin(ace: Ace) -> tuple[str, str, bool, Layer]:
    return trustees.key(ace.trustee, ace.sid), ace.access, ace.inherited, ace.layer


def below(descriptor: Descriptor, scope: Scope) -> Descriptor:
    """A folder's child as its list would make it, owned by nobody in particular; SLAG stays what it is."""
    if scope == "this":
        return descriptor
    slag = tuple(ace for ace in descriptor.aces if ace.layer == "slag")
    return replace(
        descriptor,
        kind="file" if scope == "files" else "directory",
        style="ntfs",
        owner="",
        aces=(*inherited(decoded(access_list(descriptor)), directory=scope == "subfolders"), *slag),
    )


def origins(descriptor: Descriptor, scope: Scope) -> dict[Ace, Ace]:
    """The stored entry behind each one of `below`; of two that give the same, the first."""
    stored = access_list(descriptor)
    if scope == "this":
        return {ace: ace for ace in stored}
    found: dict[Ace, Ace] = {}
    for ace, whole in zip(stored, decoded(stored), strict=True):
        for child in inherited((whole,), directory=scope == "subfolders"):
            found.setdefault(child, ace)
    return found


def scopes(descriptor: Descriptor) -> tuple[Scope, ...]:
    """Where the list of this object has a say."""
    return ("this", "subfolders", "files") if descriptor.kind == "directory" else ("this",)


def applies_to(ace: Ace) -> list[str]:
    """ONTAP's own words, those that are true."""
    flags = {"this_folder": ace.this_folder, "sub_folders": ace.sub_folders, "files": ace.files}
    return [name for name, on in flags.items() if on]
