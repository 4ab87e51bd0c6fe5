"""Inheritance: which entries a child takes from its folder's list, as Windows computes them (MS-DTYP 2.5.3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fsxap.acl import rights, trustees
from fsxap.acl.model import Ace


@dataclass(frozen=True, slots=True)
class Account:
    """A name and its SID; either may be empty."""

    name: str = ""
    sid: str = ""


def inheritable(aces: Iterable[Ace], *, directory: bool) -> tuple[Ace, ...]:
    """The entries of a folder that a child of this kind takes something from."""
    return tuple(ace for ace in aces if ace.layer == "file" and (ace.inheritable if directory else ace.files))


def inherited(
    aces: Iterable[Ace], *, directory: bool, owner: Account = Account(), group: Account = Account()
) -> tuple[Ace, ...]:
    """What a child has from `aces`, its folder's entries; `owner` and `group` are the child's own."""
    return tuple(
        child
        for ace in inheritable(aces, directory=directory)
        for child in (_for_folder(ace, owner, group) if directory else _for_file(ace, owner, group))
    )


def _for_file(ace: Ace, owner: Account, group: Account) -> Iterator[Ace]:
    yield _effective(replace(ace, inherited=True, this_folder=True, sub_folders=False, files=False), owner, group)


def _for_folder(ace: Ace, owner: Account, group: Account) -> Iterator[Ace]:
    child = replace(ace, inherited=True, this_folder=ace.sub_folders)
    if not child.this_folder:
        yield child
        return
    alone = replace(child, sub_folders=False, files=False)
    effective = _effective(alone, owner, group)
    if effective == alone:
        yield child
        return
    # A creator or a generic right holds for this folder in its resolved form and travels on in its own, so
    # Windows splits the entry in two.
    yield effective
    yield replace(child, this_folder=False)


def _effective(ace: Ace, owner: Account, group: Account) -> Ace:
    """The entry as it acts on the object itself: creators named, generic rights mapped."""
    mask = None if ace.mask is None else rights.map_generic(ace.mask)
    known = trustees.well_known(ace.trustee, ace.sid)
    creator = {trustees.CREATOR_OWNER: owner, trustees.CREATOR_GROUP: group}.get(known)
    if creator and creator.name:
        return replace(ace, mask=mask, trustee=creator.name, sid=creator.sid)
    return replace(ace, mask=mask)
