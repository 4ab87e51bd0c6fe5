"""How a child's list differs from what its folder hands down, whatever order or split the entries are stored in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fsxap.acl import trustees
from fsxap.acl.entries import Scope, access_list, decoded
from fsxap.acl.inheritance import inherited
from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.rights import describe, map_generic
from fsxap.model import Record

Key = tuple[str, str, Scope]


@dataclass(frozen=True, slots=True)
class Difference:
    """One trustee's rights in one scope. A mask is None where ONTAP did not decode it, 0 where there is no entry."""

    trustee: str
    access: str
    scope: Scope
    expected: int | None
    found: int | None

    def record(self) -> Record:
        directory = self.scope != "files"
        return {
            "trustee": self.trustee,
            "access": self.access,
            "scope": self.scope,
            "expected": describe(self.expected, directory),
            "found": describe(self.found, directory),
        }


def inherited_differences(parent: Descriptor, child: Descriptor) -> tuple[Difference, ...]:
    """Where the child's inherited entries are not what the parent hands down."""
    found = tuple(ace for ace in access_list(child) if ace.inherited)
    return _differences(parent, child, found, stops_at_child=True)


def effective_differences(parent: Descriptor, child: Descriptor) -> tuple[Difference, ...]:
    """Where all of the child's entries together amount to something else than inheriting would."""
    found = access_list(child)
    if spread(found) == spread(access_list(parent)):
        return ()
    return _differences(parent, child, found, stops_at_child=False)


def same_entry(ace: Ace, other: Ace) -> bool:
    """Whether two entries say the same of the same trustee, scope aside; an undecoded mask may be any."""
    if trustees.key(ace.trustee, ace.sid) != trustees.key(other.trustee, other.sid) or ace.access != other.access:
        return False
    return _equal(ace.mask, other.mask)


def _differences(
    parent: Descriptor, child: Descriptor, found: tuple[Ace, ...], *, stops_at_child: bool
) -> tuple[Difference, ...]:
    directory = child.kind == "directory"
    entries = decoded(access_list(parent))
    plain = inherited((ace for ace in entries if not is_creator(ace)), directory=directory)
    creators = [ace for ace in entries if is_creator(ace)]
    makers = [ace for ace in creators if (ace.sub_folders if directory else ace.files)]
    travelling = (ace for ace in inherited(creators, directory=directory) if ace.inheritable)
    wanted = spread(plain)
    wanted.update((key, mask) for key, mask in spread(travelling).items() if key[2] != "this")
    actual = spread(found)
    labels = {trustees.key(ace.trustee, ace.sid): trustees.label(ace.trustee, ace.sid) for ace in (*plain, *found)}
    differences = []
    for key in sorted({*wanted, *actual}):
        trustee, access, scope = key
        want, have = wanted.get(key, 0), actual.get(key, 0)
        if _equal(want, have) or (scope == "this" and _by_creator(want, have, access, makers)):
            continue
        # "Only to this container" (NO_PROPAGATE) is not in ONTAP's answer: an entry that goes no further may be right.
        if stops_at_child and scope != "this" and not any((trustee, access, on) in actual for on in _BELOW):
            continue
        differences.append(Difference(labels.get(trustee) or trustees.label(trustee), access, scope, want, have))
    return tuple(differences)


_BELOW: tuple[Scope, ...] = ("subfolders", "files")


def is_creator(ace: Ace) -> bool:
    return trustees.classify(ace.trustee, ace.sid) == "creator"


def _by_creator(want: int | None, have: int | None, access: str, creators: Iterable[Ace]) -> bool:
    """Whether a CREATOR entry explains rights of whoever made the child; the owner may have changed since."""
    if want is None or (have is not None and want & ~have):
        return False
    masks = [ace.mask for ace in creators if ace.access == access]
    if have is None:
        return None in masks
    extra, given = have & ~want, 0
    for mask in masks:
        if mask is None:
            return bool(extra)
        given |= map_generic(mask)
    return bool(extra) and not extra & ~given


def spread(aces: Iterable[Ace]) -> dict[Key, int | None]:
    """Entries taken apart by trustee, access and scope, so that a split entry equals a whole one."""
    spread: dict[Key, int | None] = {}
    for ace in decoded(aces):
        reaches: tuple[tuple[Scope, bool], ...] = (
            ("this", ace.this_folder),
            ("subfolders", ace.sub_folders),
            ("files", ace.files),
        )
        for scope, reached in reaches:
            if reached:
                key = trustees.key(ace.trustee, ace.sid), ace.raw if ace.access == "other" else ace.access, scope
                before = spread.get(key, 0)
                mask = ace.mask if ace.mask is None else map_generic(ace.mask)
                spread[key] = None if before is None or mask is None else before | mask
    return spread


def _equal(one: int | None, other: int | None) -> bool:
    # 0 stands for "no entry", which an undecoded mask is not.
    if one is None or other is None:
        return one != 0 and other != 0
    return map_generic(one) == map_generic(other)
