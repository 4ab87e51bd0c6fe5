"""Group memberships in LDIF (RFC 2849), as directory exports write them: entries with `member` or `memberOf`."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fsxap.acl import trustees
from fsxap.acl.inheritance import Account

# An export carries photographs and certificates too; only what names accounts and memberships is kept.
_WANTED = frozenset({"dn", "cn", "samaccountname", "objectsid", "member", "memberof", "primarygroupid", "changetype"})
_RDN = re.compile(r"(?:\\.|[^,\\])+")
_ESCAPED = re.compile(rb"\\([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)
_RANGE = re.compile(r";range=\d+-(\d+|\*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    values: dict[str, list[bytes]] = field(default_factory=dict)
    ranges: dict[str, set[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        found = self.values.get(name)
        return _decode(found[0], self.line) if found else ""


def pairs(lines: Iterable[str]) -> Iterator[tuple[Account, Account]]:
    """(member, group) for every membership; an account is paired with itself to make its SID known.

    A name that the file refers to without describing is taken from the DN's first part.
    """
    entries = [entry for entry in _entries(lines) if "dn" in entry.values]
    described = {_dn(entry.text("dn")): _account(entry) for entry in entries}
    for entry in entries:
        if entry.values.get("changetype"):
            raise ValueError(f"line {entry.line}: a change record; an export of entries is needed")
        own = described[_dn(entry.text("dn"))]
        yield own, own
        for name in ("member", "memberof"):
            _whole(entry, name)
            for value in entry.values.get(name, ()):
                written = _decode(value, entry.line)
                other = described.get(_dn(written)) or _named_by(written, entry.line)
                yield (other, own) if name == "member" else (own, other)
        if primary := _primary_group(entry, own):
            yield own, primary


def sid_text(raw: bytes) -> str:
    """A binary SID as text (MS-DTYP 2.4.2.2); ValueError when it is none."""
    if len(raw) < 8 or raw[0] != 1 or raw[1] > 15 or len(raw) != 8 + 4 * raw[1]:
        raise ValueError("not a binary SID")
    parts = struct.unpack(f"<{raw[1]}I", raw[8:])
    return "-".join(["S", "1", str(int.from_bytes(raw[2:8], "big")), *map(str, parts)])


def _entries(lines: Iterable[str]) -> Iterator[_Entry]:
    entry: _Entry | None = None
    for number, line in _unfolded(lines):
        if not line:
            if entry:
                yield entry
            entry = None
            continue
        if line.startswith("#"):
            continue
        described, colon, value = line.partition(":")
        if not colon or not described.strip():
            raise ValueError(f"line {number}: expected `attribute: value`")
        name = described.partition(";")[0].strip().casefold()
        if name == "version" and entry is None:
            continue
        entry = entry or _Entry(number)
        if name in _WANTED:
            if partial := _RANGE.search(described):
                entry.ranges.setdefault(name, set()).add(partial[1])
            entry.values.setdefault(name, []).append(_value(value, number))
    if entry:
        yield entry


def _unfolded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first physical one."""
    begun, parts = 0, [""]
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        if number == 1:
            line = line.removeprefix("\ufeff")
        if line.startswith(" "):
            if not begun:
                raise ValueError(f"line {number}: continues a line that is not there")
            parts.append(line[1:])
            continue
        if begun:
            yield begun, "".join(parts)
        begun, parts = number, [line]
    if begun:
        yield begun, "".join(parts)


def _value(text: str, number: int) -> bytes:
    if text.startswith("<"):
        raise ValueError(f"line {number}: a value kept elsewhere (`:<`) is not fetched")
    if not text.startswith(":"):
        return text.strip(" ").encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text[1:].strip(" "), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"line {number}: not base64") from error


def _decode(value: bytes, number: int) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"line {number}: text that is not UTF-8") from error


def _account(entry: _Entry) -> Account:
    name = entry.text("samaccountname")
    named = _named_by(entry.text("dn"), entry.line)
    raw = entry.values.get("objectsid")
    if not raw:
        return Account(name or entry.text("cn") or named.name, named.sid)
    try:
        sid = raw[0].decode("ascii") if raw[0].startswith(b"S-1-") else sid_text(raw[0])
    except ValueError as error:
        raise ValueError(f"line {entry.line}: objectSid is not a SID") from error
    if not trustees.is_sid(sid):
        raise ValueError(f"line {entry.line}: objectSid is not a SID")
    return Account(name or entry.text("cn") or named.name, sid.upper())


def _named_by(dn: str, number: int) -> Account:
    """The account a DN's first part names; a foreign security principal is named by its SID."""
    parts = _parts(dn)
    name = parts[0].partition("=")[2].strip() if parts else ""
    if not name:
        raise ValueError(f"line {number}: not a distinguished name")
    return Account("", name.upper()) if trustees.is_sid(name) else Account(name)


def _dn(text: str) -> tuple[str, ...]:
    """A DN to compare by: parts without case and without spaces around separators."""
    cut = (part.partition("=") for part in _parts(text))
    return tuple(f"{kind.strip()}={value.strip()}".casefold() for kind, _equals, value in cut)


def _parts(dn: str) -> list[str]:
    return [_unescaped(part) for part in _RDN.findall(dn)]


def _unescaped(part: str) -> str:
    raw = part.encode("utf-8", "surrogatepass")
    plain = _ESCAPED.sub(lambda m: bytes.fromhex(m[1].decode()) if m[1] else m[2], raw)
    return plain.decode("utf-8", "replace")


def _whole(entry: _Entry, name: str) -> None:
    ends = entry.ranges.get(name)
    if ends and "*" not in ends:
        raise ValueError(f"line {entry.line}: only a part of `{name}` (range retrieval); export it whole")


def _primary_group(entry: _Entry, own: Account) -> Account | None:
    """Active Directory leaves a user's primary group out of member and memberOf; its RID is in the user's entry."""
    rid = entry.text("primarygroupid")
    if not rid or not own.sid:
        return None
    if not rid.isdecimal():
        raise ValueError(f"line {entry.line}: primaryGroupID is not a number")
    return Account("", f"{own.sid.rpartition('-')[0]}-{rid}")
