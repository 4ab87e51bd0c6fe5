"""Who asks for access: an identity with everything it is a member of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fsxap.acl import trustees
from fsxap.acl.entries import is_acl_governed
from fsxap.acl.model import Descriptor, ShareAce


@dataclass(frozen=True, slots=True)
class Token:
    """`names` are SIDs and case-folded names; `uid` and `gids` are the UNIX side, None when there is none.

    `accounts` are names whose domain is not known, each with whether its SID is: they are held in any domain.
    """

    names: frozenset[str] = frozenset()
    uid: int | None = None
    gids: frozenset[int] = frozenset()
    accounts: frozenset[tuple[str, bool]] = frozenset()

    def holds(self, trustee: str, sid: str = "") -> bool:
        if not self.names.isdisjoint(trustees.identities(trustee, sid)):
            return True
        if not self.accounts:
            return False
        account = trustees.account(trustee)
        # Where both sides have a SID, the SID has spoken already.
        return (account, False) in self.accounts or (not sid and (account, True) in self.accounts)

    def holds_share_entry(self, ace: ShareAce) -> bool:
        """UNIX entries of a share are matched by number when ONTAP gives one, else by name."""
        if ace.kind == "windows":
            return self.holds(ace.trustee, ace.sid)
        number = int(ace.sid) if ace.sid.isdecimal() else int(ace.trustee) if ace.trustee.isdecimal() else None
        if number is None:
            return self.holds(ace.trustee)
        return number in self.gids if ace.kind == "unix_group" else number == self.uid

    def owns(self, descriptor: Descriptor) -> bool:
        # A UNIX owner's name is not a Windows one: a user called "everyone" is nobody special.
        if not is_acl_governed(descriptor):
            return self.uid is not None and self.uid == descriptor.uid
        return bool(descriptor.owner) and self.holds(descriptor.owner)

    def __or__(self, other: Token) -> Token:
        uid = other.uid if self.uid is None else self.uid
        return Token(self.names | other.names, uid, self.gids | other.gids, self.accounts | other.accounts)


def token(*members: str, uid: int | None = None, gids: Iterable[int] = ()) -> Token:
    """An identity from its own name or SID and those of everything it is in, Everyone and the like included."""
    names: frozenset[str] = frozenset().union(*(trustees.spellings(member) for member in members))
    return Token(names, uid, frozenset(gids))


ANY_USER = token(
    trustees.EVERYONE, trustees.AUTHENTICATED_USERS, trustees.NETWORK, trustees.DOMAIN_USERS, trustees.USERS
)
"""Any logged-on domain user: BUILTIN\\Users holds Domain Users unless somebody took them out."""

ANY_GUEST = token(trustees.EVERYONE, trustees.NETWORK, trustees.GUESTS, trustees.DOMAIN_GUEST)

NOBODY_KNOWN = token(trustees.ANONYMOUS, trustees.NETWORK)
"""An anonymous session: not in Everyone since Windows 2003."""
