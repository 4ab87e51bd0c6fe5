"""The access check: what an identity is granted by a file's list or mode, by SLAG, by a share, and by all together.

Lists are read as MS-DTYP 2.5.3.2 says, in stored order, the first entry that names a bit deciding it.
What cannot be evaluated (undecoded masks, conditional entries) widens the answer instead of being guessed:
`mask` is granted in any case, `possible` at best.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fsxap.acl import trustees
from fsxap.acl.entries import (
    CENTRAL_POLICY,
    access_list,
    denies,
    has_null_dacl,
    is_acl_governed,
    is_conditional,
)
from fsxap.acl.mode import mode_rights
from fsxap.acl.model import DACL_PRESENT, Ace, Descriptor, Share, ShareAce
from fsxap.acl.rights import DELETE, DELETE_CHILD, FULL, READ_CONTROL, SHARE_MASKS, WRITE_DAC, map_generic
from fsxap.acl.token import Token


@dataclass(frozen=True, slots=True)
class Decision:
    """An entry and the bits it was the first to decide."""

    ace: Ace | ShareAce
    bits: int


@dataclass(frozen=True, slots=True)
class Access:
    """`mask` is what is granted in any case, `possible` what may be; `decisions` say by which entries."""

    mask: int
    possible: int
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        return self.mask == self.possible

    def __and__(self, other: Access) -> Access:
        return Access(
            self.mask & other.mask,
            self.possible & other.possible,
            self.decisions + other.decisions,
            tuple(dict.fromkeys(self.notes + other.notes)),
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    ace: Ace | ShareAce
    deny: bool
    mask: int | None
    conditional: bool = False


def granted(descriptor: Descriptor, token: Token, *, owner: bool = False) -> Access:
    """What `token` may do with the object itself: its list or mode, within SLAG. `owner` says the token owns it."""
    return _granted(descriptor, token, owner or token.owns(descriptor))


def _granted(descriptor: Descriptor, token: Token, owner: bool, *, sticky: bool = True) -> Access:
    if is_acl_governed(descriptor):
        access = _list_access(descriptor, token, owner)
    elif descriptor.mode is None:
        access = Access(0, FULL, notes=("neither an access list nor mode bits were reported",))
    else:
        rights = mode_rights(descriptor, token, owner=owner, sticky=sticky)
        access = Access(rights, rights)
    guard = access_list(descriptor, "slag")
    return access & _slag_access(descriptor, guard, token) if guard else access


def share_access(share: Share, token: Token) -> Access:
    if not share.aces:
        return Access(0, FULL, notes=("the share reports no access list",))
    known = [ace for ace in share.aces if ace.permission in SHARE_MASKS and token.holds_share_entry(ace)]
    return _walk(_Entry(ace, ace.permission == "no_access", SHARE_MASKS[ace.permission]) for ace in known)


def effective(descriptor: Descriptor, token: Token, *, share: Share | None = None, owner: bool = False) -> Access:
    """All gates an SMB user passes: share, SLAG and file. Without a share, what NFS or an access point meets."""
    access = granted(descriptor, token, owner=owner)
    return share_access(share, token) & access if share else access


def may_delete(descriptor: Descriptor, parent: Descriptor, token: Token) -> bool | None:
    """Deleting takes DELETE on the object or DELETE_CHILD on its folder; None when that cannot be told.

    UNIX modes put it all in the folder; from a sticky one the owner of a file may still remove it.
    """
    own = granted(descriptor, token)
    folder = _granted(parent, token, token.owns(parent), sticky=not token.owns(descriptor))
    if own.mask & DELETE or folder.mask & DELETE_CHILD:
        return True
    return None if own.possible & DELETE or folder.possible & DELETE_CHILD else False


def _list_access(descriptor: Descriptor, token: Token, owner: bool) -> Access:
    if has_null_dacl(descriptor):
        return Access(FULL, FULL, notes=("there is no access list (NULL DACL), so nothing is refused",))
    listed = access_list(descriptor)
    if not listed and descriptor.control is None:
        return Access(0, FULL, notes=("no entries and no control flags: an empty list or none at all",))
    # MS-DTYP gives the owner these two before reading the list; an OWNER RIGHTS entry replaces them.
    governs_owner = any(_is_owner_rights(ace) for ace in listed)
    implicit = READ_CONTROL | WRITE_DAC if owner and not governs_owner else 0
    access = _walk(_matching(listed, token, owner), implicit)
    if any(ace.raw == CENTRAL_POLICY for ace in descriptor.aces):
        note = "a central access policy may refuse more"
        return Access(0, access.possible, access.decisions, (*access.notes, note))
    if descriptor.control is not None and not descriptor.control & DACL_PRESENT:
        note = "the control flags say there is no list, yet entries were reported"
        return Access(access.mask, FULL, access.decisions, (*access.notes, note))
    return access


def _is_owner_rights(ace: Ace) -> bool:
    return not ace.inherit_only and trustees.well_known(ace.trustee, ace.sid) == trustees.OWNER_RIGHTS


def _matching(aces: Iterable[Ace], token: Token, owner: bool) -> Iterator[_Entry]:
    for ace in aces:
        if ace.inherit_only:
            continue
        if token.holds(ace.trustee, ace.sid) or (owner and _is_owner_rights(ace)):
            yield _Entry(ace, denies(ace), ace.mask, is_conditional(ace))


def _slag_access(descriptor: Descriptor, guard: tuple[Ace, ...], token: Token) -> Access:
    # SLAG keeps one list for folders and one for files; ONTAP says which by the same apply_to flags.
    if descriptor.kind == "directory":
        listed = [ace for ace in guard if ace.this_folder or ace.sub_folders]
    else:
        listed = [ace for ace in guard if ace.files or not ace.sub_folders]
    if not listed:
        return Access(0, FULL, notes=("storage-level access guard names no entry for this kind of object",))
    matching = (ace for ace in listed if token.holds(ace.trustee, ace.sid))
    return _walk(_Entry(ace, denies(ace), ace.mask, is_conditional(ace)) for ace in matching)


def _walk(entries: Iterable[_Entry], implicit: int = 0) -> Access:
    """First match per bit. `sure` and `best` are two readings of the same list: with every doubt against the
    identity, and with every doubt in its favour."""
    sure = best = implicit
    refused_sure = refused_best = 0
    decisions: list[Decision] = []
    notes: dict[str, None] = {}
    for entry in entries:
        mask = FULL if entry.mask is None else map_generic(entry.mask)
        doubtful = entry.conditional or entry.mask is None
        if doubtful:
            notes["conditional entries were not evaluated" if entry.conditional else "a mask was not decoded"] = None
        fresh_sure = mask & ~(sure | refused_sure)
        fresh_best = mask & ~(best | refused_best)
        if entry.deny:
            refused_sure |= fresh_sure
            refused_best |= 0 if doubtful else fresh_best
        else:
            sure |= 0 if doubtful else fresh_sure
            best |= fresh_best
        if bits := fresh_sure | fresh_best:
            decisions.append(Decision(entry.ace, bits))
    return Access(sure, best, tuple(decisions), tuple(notes) if sure != best else ())
