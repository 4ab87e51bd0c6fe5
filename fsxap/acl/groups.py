"""Who is a member of what: memberships imported from CSV or LDIF, and the token they give an account.

ONTAP does not know the members of domain groups. Names are compared without case and, where one side leaves the
domain out, without it; where both sides have a SID, the SID decides.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from fsxap.acl import ldif, trustees
from fsxap.acl.inheritance import Account
from fsxap.acl.reach import session
from fsxap.acl.token import ANY_USER, Token

_COLUMNS = ("member", "group", "member_sid", "group_sid")
_OF_ANY_USER = (
    (trustees.EVERYONE, "Everyone"),
    (trustees.AUTHENTICATED_USERS, "NT AUTHORITY\\Authenticated Users"),
    (trustees.NETWORK, "NT AUTHORITY\\NETWORK"),
    (trustees.DOMAIN_USERS, "Domain Users"),
    (trustees.USERS, "BUILTIN\\Users"),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """An account with its token. `known` false: nothing was imported about it, so it may be in other groups too.

    `groups` are those the import names, direct and nested; `assumed` are in the token without any evidence.
    """

    trustee: str
    token: Token
    known: bool = False
    groups: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sid: str = ""


@dataclass(frozen=True, slots=True)
class Groups:
    """Memberships by node: a SID where one is known, else a case-folded name. `groups()` makes one."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    above: Mapping[str, frozenset[str]] = field(default_factory=dict)
    below: Mapping[str, frozenset[str]] = field(default_factory=dict)
    nodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By account name without its domain."""

    def token(self, trustee: str, sid: str = "") -> Token:
        """Every group the account is in, directly or nested, and what any logged-on user is in."""
        return self.identity(trustee, sid).token

    def identity(self, trustee: str, sid: str = "", *, uid: int | None = None, gids: Iterable[int] = ()) -> Identity:
        """`uid` and `gids` are the account's UNIX side, which no membership file says."""
        kind = trustees.classify(trustee, sid)
        unix = Token(uid=uid, gids=frozenset(gids))
        if kind == "unix":
            return Identity(
                trustee, Token(trustees.spellings(trustee, sid)) | _unix(trustee, sid) | unix, True, sid=sid
            )
        token = session(trustee, sid) | _loose(Account(trustee, sid)) | unix
        start = self._same(Account(trustee, sid))
        if _is_ambiguous(trustee, [self.accounts[node] for node in start]):
            spelled = ", ".join(sorted(_shown(self.accounts[node]) for node in start))
            note = f"{trustee} may be any of {spelled}: the import was not used"
            return Identity(trustee, token, False, (), _assumed(token, ()), (note,), sid)
        found = self._reached(start, self.above)
        for node in (*start, *found):
            token |= _token(self.accounts[node])
        groups = tuple(sorted(_shown(self.accounts[node]) for node in found if node not in start))
        known = bool(start) or bool(trustees.well_known(trustee, sid))
        return Identity(trustee, token, known, groups, _assumed(token, found), sid=sid)

    def members(self, trustee: str, sid: str = "") -> tuple[Account, ...]:
        """The accounts in a group at any depth that have no members themselves; none when the import has none."""
        start = self._same(Account(trustee, sid))
        found = [node for node in self._reached(start, self.below) if node not in start and not self.below.get(node)]
        return tuple(sorted((self.accounts[node] for node in found), key=_shown))

    def users(self) -> frozenset[str]:
        """Names of the accounts that have no members: people and services."""
        return frozenset(
            account.name for node, account in self.accounts.items() if account.name and not self.below.get(node)
        )

    def __contains__(self, trustee: object) -> bool:
        return isinstance(trustee, str) and bool(self._same(Account(trustee)))

    def _reached(self, start: Iterable[str], edges: Mapping[str, frozenset[str]]) -> list[str]:
        """Every node an edge leads to, however deep; a cycle ends where it began."""
        found: dict[str, None] = {}
        waiting = [*start]
        seen = set(waiting)
        while waiting:
            for node in sorted(edges.get(waiting.pop(), ())):
                for one in (node, *self._same(self.accounts[node])):
                    found[one] = None
                    if one not in seen:
                        seen.add(one)
                        waiting.append(one)
        return list(found)

    def _same(self, account: Account) -> list[str]:
        """The nodes an account may be. One without domain is not taken for two in different domains at once."""
        exact = trustees.key(account.name, account.sid)
        found = {exact} if exact in self.accounts else set[str]()
        name = trustees.account(account.name)
        for node in self.nodes.get(name, ()):
            other = self.accounts[node]
            if account.sid and other.sid:
                continue
            either_bare = "\\" not in account.name or "\\" not in other.name
            if other.name.casefold() == account.name.casefold() or either_bare:
                found.add(node)
        return sorted(found)


def groups(memberships: Iterable[tuple[Account, Account]]) -> Groups:
    """From (member, group); an account paired with itself is only made known."""
    listed = list(memberships)
    sids: dict[str, set[str]] = {}
    for account in (one for pair in listed for one in pair):
        if account.name and account.sid:
            sids.setdefault(account.name.casefold(), set()).add(account.sid.upper())
    accounts: dict[str, Account] = {}
    above: dict[str, set[str]] = {}
    below: dict[str, set[str]] = {}
    for pair in listed:
        member, group = (_node(account, sids, accounts) for account in pair)
        if member != group:
            above.setdefault(member, set()).add(group)
            below.setdefault(group, set()).add(member)
    nodes: dict[str, list[str]] = {}
    for node, account in accounts.items():
        if name := trustees.account(account.name):
            nodes.setdefault(name, []).append(node)
    return Groups(accounts, _frozen(above), _frozen(below), {name: tuple(found) for name, found in nodes.items()})


def read_csv(lines: str | Iterable[str], domain: str = "") -> Groups:
    """`member,group` rows, with or without a heading; `member_sid` and `group_sid` are understood too.

    `domain` is the NetBIOS name of accounts written without one. ValueError names the line of a mistake.
    """
    return groups(_qualified(_csv_pairs(_lines(lines)), domain))


def read_ldif(lines: str | Iterable[str], domain: str = "") -> Groups:
    """LDIF says nothing of NetBIOS domains: without `domain` its names hold in any. ValueError names the line."""
    return groups(_qualified(ldif.pairs(_lines(lines)), domain))


def _lines(text: str | Iterable[str]) -> Iterable[str]:
    return io.StringIO(text, newline="") if isinstance(text, str) else text


def _csv_pairs(lines: Iterable[str]) -> Iterator[tuple[Account, Account]]:
    reader = csv.reader(_without_mark(lines), strict=True, skipinitialspace=True)
    columns: tuple[str, ...] = _COLUMNS[:2]
    first = True
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            heading = tuple(cell.casefold() for cell in cells)
            if first and {"member", "group"} <= set(heading):
                columns = _checked_heading(heading, reader.line_num)
            else:
                yield _csv_pair(cells, columns, reader.line_num)
            first = False
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix("\ufeff")


def _checked_heading(heading: tuple[str, ...], number: int) -> tuple[str, ...]:
    unknown = [name for name in heading if name not in _COLUMNS]
    if unknown or len(set(heading)) != len(heading):
        raise ValueError(f"line {number}: columns are {', '.join(_COLUMNS)}, each once; not {', '.join(heading)}")
    return heading


def _csv_pair(cells: list[str], columns: tuple[str, ...], number: int) -> tuple[Account, Account]:
    if len(cells) != len(columns):
        raise ValueError(f"line {number}: {len(cells)} values, expected {', '.join(columns)}")
    row = dict(zip(columns, cells, strict=True))
    for name in ("member", "group"):
        sid = row.get(f"{name}_sid", "")
        if not (row[name] or sid):
            raise ValueError(f"line {number}: no {name}")
        if sid and not trustees.is_sid(sid):
            raise ValueError(f"line {number}: {name}_sid is not a SID")
        if not row[name].isprintable():
            raise ValueError(f"line {number}: the {name}'s name holds control characters")
    return _account(row["member"], row.get("member_sid", "")), _account(row["group"], row.get("group_sid", ""))


def _account(name: str, sid: str) -> Account:
    return Account("", name.upper()) if trustees.is_sid(name) and not sid else Account(name, sid.upper())


def _qualified(pairs: Iterable[tuple[Account, Account]], domain: str) -> Iterator[tuple[Account, Account]]:
    def named(account: Account) -> Account:
        bare = domain and account.name and "\\" not in account.name and "@" not in account.name
        known = trustees.well_known(account.name)
        # Everyone is nobody's in particular, but Domain Users are the domain's own.
        if not bare or (known and "*" not in known):
            return account
        return replace(account, name=f"{domain}\\{account.name}")

    return ((named(member), named(group)) for member, group in pairs)


def _node(account: Account, sids: Mapping[str, set[str]], accounts: dict[str, Account]) -> str:
    """The account's node, which learns its name and SID from whichever mention has them."""
    spoken = sids.get(account.name.casefold(), set())
    sid = account.sid.upper() or (next(iter(spoken)) if len(spoken) == 1 else "")
    node = trustees.key(account.name, sid)
    before = accounts.get(node, Account())
    accounts[node] = Account(before.name or account.name, before.sid or sid)
    return node


def _frozen(edges: Mapping[str, set[str]]) -> Mapping[str, frozenset[str]]:
    return {node: frozenset(found) for node, found in edges.items()}


def _is_ambiguous(trustee: str, found: list[Account]) -> bool:
    if "\\" in trustee or trustees.is_sid(trustee):
        return False
    full = {one.name.casefold() for one in found if "\\" in one.name}
    sids = {one.sid for one in found if one.sid}
    return len(full) > 1 or len(sids) > 1


def _token(account: Account) -> Token:
    return Token(trustees.spellings(account.name, account.sid)) | _loose(account)


def _loose(account: Account) -> Token:
    name = trustees.account(account.name)
    bare = name and "\\" not in account.name and "@" not in account.name
    return Token(accounts=frozenset({(name, bool(account.sid))})) if bare else Token()


def _unix(trustee: str, sid: str) -> Token:
    one = trustees.unix_identity(trustee, sid)
    if one is None or not one.name.isdecimal():
        return Token()
    number = int(one.name)
    return Token(uid=number) if one.kind == "user" else Token(gids=frozenset({number}))


def _assumed(token: Token, found: Iterable[str]) -> tuple[str, ...]:
    """What the token holds of any user's groups because that is usual, not because the import says so."""
    imported = {trustees.well_known("", node) or node for node in found if trustees.is_sid(node)}
    return tuple(name for sid, name in _OF_ANY_USER if sid in token.names & ANY_USER.names and sid not in imported)


def _shown(account: Account) -> str:
    return trustees.label(account.name, account.sid)
