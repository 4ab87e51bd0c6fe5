"""What one trustee ends up with: here, and in what the folder hands down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fsxap.acl import trustees
from fsxap.acl.entries import Scope, access_list, below, denies, is_acl_governed, is_conditional, origins, scopes
from fsxap.acl.evaluate import granted
from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.rights import FULL, map_generic
from fsxap.acl.token import ANY_GUEST, ANY_USER, NOBODY_KNOWN, Token


@dataclass(frozen=True, slots=True)
class Reach:
    """`bits` are certain, `possible` at best; both are what the trustee's own allow entries ask for and the access
    check lets through. `aces` are those entries, `against` the deny entries that took bits away."""

    trustee: str
    sid: str
    scope: Scope
    directory: bool
    bits: int
    possible: int
    aces: tuple[Ace, ...]
    against: tuple[Ace, ...] = ()

    @property
    def label(self) -> str:
        return trustees.label(self.trustee, self.sid)

    @property
    def inherited(self) -> bool:
        return all(ace.inherited for ace in self.aces)


def reaches(descriptor: Descriptor) -> tuple[Reach, ...]:
    """One answer for each trustee that is allowed something, and each place the list has a say in.

    Denies for everybody count, those for other groups do not: who is a member of what is not in the list.
    """
    if not is_acl_governed(descriptor):
        return ()
    return _reaches(Descriptor("", descriptor.kind, "ntfs", control=descriptor.control, aces=descriptor.aces))


# About one folder in twenty has a list of its own, and every rule asks anew: the same answer is kept.
@lru_cache(maxsize=1024)
def _reaches(descriptor: Descriptor) -> tuple[Reach, ...]:
    return tuple(_reaches_in(descriptor))


def _reaches_in(descriptor: Descriptor) -> Iterator[Reach]:
    for scope in scopes(descriptor):
        place = below(descriptor, scope)
        stored = origins(descriptor, scope)
        asking: dict[str, list[Ace]] = {}
        for ace in access_list(place):
            if ace.this_folder and not denies(ace):
                asking.setdefault(trustees.key(ace.trustee, ace.sid), []).append(ace)
        for asked in asking.values():
            yield _reach(place, scope, asked, stored)


def _reach(place: Descriptor, scope: Scope, asked: list[Ace], stored: Mapping[Ace, Ace]) -> Reach:
    trustee, sid = asked[0].trustee, asked[0].sid
    access = granted(place, session(trustee, sid))
    sure = best = 0
    for ace in asked:
        best |= FULL if ace.mask is None else map_generic(ace.mask)
        sure |= 0 if ace.mask is None or is_conditional(ace) else map_generic(ace.mask)
    against = [one.ace for one in access.decisions if one.bits & best]
    return Reach(
        trustee,
        sid,
        scope,
        place.kind == "directory",
        sure & access.mask,
        best & access.possible,
        tuple(dict.fromkeys(stored.get(ace, ace) for ace in asked)),
        tuple(stored.get(ace, ace) for ace in against if isinstance(ace, Ace) and denies(ace)),
    )


def session(trustee: str, sid: str = "") -> Token:
    """Somebody who logged on and is, or is a member of, this trustee."""
    kind = trustees.classify(trustee, sid)
    if kind == "anonymous":
        return NOBODY_KNOWN
    return member(trustee, sid) | (ANY_GUEST if kind == "guest" else ANY_USER)


def member(trustee: str, sid: str = "") -> Token:
    """Somebody who is, or is a member of, this trustee."""
    return Token(trustees.spellings(trustee, sid))
