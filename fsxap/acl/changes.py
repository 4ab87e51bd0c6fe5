"""Where access changes: whether a list amounts to something else than its folder gives, for whoever may ask.

Two lists are compared by what decides each single right, so order, splits, copies of inherited entries and entries
that can never take effect make no difference unless some token would be answered differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fsxap.acl import trustees
from fsxap.acl.access import Reach
from fsxap.acl.compare import Difference, effective_differences
from fsxap.acl.entries import Scope, access_list, below, decoded, denies, has_null_dacl, is_acl_governed, is_conditional
from fsxap.acl.inheritance import Account, inherited
from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.rights import BITS, DELETE_CHILD, FULL, map_generic
from fsxap.model import Record

Reason = Literal["root", "list", "guard", "style", "mode", "owner", "group"]
Shape = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Why access is not what the folder gives; without reasons it is the same."""

    path: str
    reasons: tuple[Reason, ...] = ()
    differences: tuple[Difference, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.reasons)

    def record(self) -> Record:
        return {"reasons": list(self.reasons), "differences": [one.record() for one in self.differences]}


def change(descriptor: Descriptor, parent: Descriptor | None, *, owners: bool = False) -> Change:
    """Whether access changes here. Without a parent it begins here.

    A Windows owner's own rights (reading and changing permissions) count only with `owners`: users own what they make.
    """
    if parent is None:
        return Change(descriptor.path, ("root",))
    governed = is_acl_governed(descriptor)
    if governed is not is_acl_governed(parent):
        return Change(descriptor.path, ("style",))
    reasons: list[Reason] = []
    if not governed:
        reasons.extend(_mode_reasons(descriptor, parent))
    elif not _as_given(descriptor, parent):
        reasons.append("list")
    if _guard(descriptor) != _guard(parent):
        reasons.append("guard")
    if owners and governed and trustees.key(descriptor.owner) != trustees.key(parent.owner):
        reasons.append("owner")
    differences = effective_differences(parent, descriptor) if "list" in reasons else ()
    return Change(descriptor.path, tuple(reasons), differences)


def same_answer(here: Reach, above: Reach) -> bool:
    """Whether a trustee can do the same at a path as in its folder; the right to delete within means nothing to a
    file."""
    ignored = 0 if here.directory is above.directory else DELETE_CHILD
    masks = here.mask ^ above.mask | here.possible ^ above.possible
    return not masks & ~ignored and (here.assured, here.bypass) == (above.assured, above.bypass)


def shape(aces: Iterable[Ace]) -> Shape:
    """What a list amounts to for the object itself, equal where every token gets the same.

    For each right, groups of trustees in the order they decide. Within a run of allows, or of denies, order is
    nothing; a trustee's later entries and trailing denies do nothing.
    """
    listed = [ace for ace in aces if not ace.inherit_only]
    # An OWNER RIGHTS entry for no right at all still takes the owner's own ones away.
    owner = any(trustees.well_known(ace.trustee, ace.sid) == trustees.OWNER_RIGHTS for ace in listed)
    entries = [_decider(ace) for ace in listed if trustees.classify(ace.trustee, ace.sid) != "creator"]
    return owner, *(_runs(entries, bit) for bit in BITS.values())


def _decider(ace: Ace) -> tuple[str, str, int]:
    """Trustee, verdict and bits. What is not decoded or conditional is a verdict of its own kind."""
    verdict = "deny" if denies(ace) else "allow"
    if is_conditional(ace):
        verdict += f"? {ace.raw}"
    elif ace.mask is None:
        verdict += "?"
    mask = FULL if ace.mask is None else map_generic(ace.mask)
    return trustees.key(ace.trustee, ace.sid), verdict, mask


def _runs(entries: list[tuple[str, str, int]], bit: int) -> tuple[tuple[str, frozenset[str]], ...]:
    runs: list[tuple[str, set[str]]] = []
    settled: set[str] = set()
    for trustee, verdict, mask in entries:
        if not mask & bit or trustee in settled:
            continue
        if "?" not in verdict:
            settled.add(trustee)
        if not runs or runs[-1][0] != verdict:
            runs.append((verdict, set()))
        runs[-1][1].add(trustee)
    while runs and runs[-1][0].startswith("deny"):
        runs.pop()
    return tuple((verdict, frozenset(found)) for verdict, found in runs)


def _as_given(descriptor: Descriptor, parent: Descriptor) -> bool:
    """Whether the list is what the parent hands down, or says of itself what the parent's does."""
    if _presence(descriptor) != _presence(parent):
        return False
    own = access_list(descriptor)
    directory = descriptor.kind == "directory"
    # CREATOR OWNER becomes the owner in what a child inherits.
    account = Account(descriptor.owner), Account(descriptor.group)
    given = inherited(decoded(access_list(parent)), directory=directory, owner=account[0], group=account[1])
    found = _scoped(own, directory)
    if found == _scoped(given, directory):
        return True
    return directory and found == _scoped(access_list(parent), directory)


def _presence(descriptor: Descriptor) -> str:
    if has_null_dacl(descriptor):
        return "none"
    return "not known" if descriptor.control is None and not access_list(descriptor) else "list"


def _scoped(aces: Iterable[Ace], directory: bool) -> tuple[Shape, ...]:
    """The shape of a list here and, for a folder, of what it makes for folders and files below."""
    listed = decoded(aces)
    if not directory:
        return (shape(listed),)
    place = Descriptor("", "directory", "ntfs", aces=listed)
    scopes: tuple[Scope, ...] = ("subfolders", "files")
    below_here = [access_list(below(place, scope)) for scope in scopes]
    creators = tuple(_creators(one) for one in (listed, *below_here))
    return shape(listed), *(shape(one) for one in below_here), creators


def _creators(aces: Iterable[Ace]) -> frozenset[tuple[object, ...]]:
    """What makers of something below will get: it decides nothing yet, but belongs to what a folder gives."""
    return frozenset(
        (*_decider(ace), ace.sub_folders, ace.files)
        for ace in aces
        if ace.inheritable and trustees.classify(ace.trustee, ace.sid) == "creator"
    )


def _guard(descriptor: Descriptor) -> tuple[object, ...]:
    """SLAG's two lists, for folders and for files; none at all is open."""
    guard = access_list(descriptor, "slag")
    for_folders = [_own(ace) for ace in guard if ace.this_folder or ace.sub_folders]
    for_files = [_own(ace) for ace in guard if ace.files or not ace.sub_folders]
    return bool(guard), shape(for_folders), shape(for_files)


def _own(ace: Ace) -> Ace:
    return Ace(ace.trustee, ace.access, ace.mask, sid=ace.sid, raw=ace.raw)


def _mode_reasons(descriptor: Descriptor, parent: Descriptor) -> Iterable[Reason]:
    if descriptor.mode is None or parent.mode is None:
        if descriptor.mode != parent.mode:
            yield "mode"
        return
    # A file needs no x to be reached, and its folder's set-id and sticky bits are not about it.
    same_kind = (descriptor.kind == "directory") is (parent.kind == "directory")
    compared = 0o7777 if same_kind else 0o666
    special = 0 if same_kind else descriptor.mode & 0o6000
    if descriptor.mode & compared != parent.mode & compared or special:
        yield "mode"
    owner, group, other = (descriptor.mode >> shift & 7 for shift in (6, 3, 0))
    if descriptor.uid != parent.uid and owner != other:
        yield "owner"
    if descriptor.gid != parent.gid and group != other:
        yield "group"
