"""NFS export rules: which rule admits a client, what it lets through, and who its user becomes."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fsxap.acl.described import ExportRule
from fsxap.acl.rights import FULL, READ_AND_EXECUTE
from fsxap.acl.token import Token

# ONTAP refuses access altogether to whoever is mapped to this number.
_REFUSED = 65535
_NAMED = {"root": 0, "nobody": 65534, "pcuser": 65534}


@dataclass(frozen=True, slots=True)
class Admission:
    """What gets through: `mask` bounds every right, `token` is who the user is behind the export."""

    mask: int
    token: Token
    note: str = ""


def rule_for(rules: Sequence[ExportRule], client: str) -> tuple[ExportRule | None, bool]:
    """The first rule that names the client, and whether that is sure.

    Netgroups and domains need a name service: a rule that holds one before any match makes the answer unsure.
    """
    sure = True
    for rule in rules:
        verdicts = [matches(pattern, client) for pattern in rule.clients]
        if True in verdicts:
            return rule, sure
        sure = sure and None not in verdicts
    return None, sure


def matches(pattern: str, client: str) -> bool | None:
    """Whether a client address or host name is meant; None when only a name service could tell."""
    pattern, client = pattern.strip().casefold(), client.strip().casefold()
    if pattern == client:
        return True
    address = _address(client)
    try:
        network = ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        if pattern.startswith("@") or address is not None:
            return None
        return client.endswith(pattern) if pattern.startswith(".") else False
    if address is None:
        # 0.0.0.0/0 is every client there is, whatever its address.
        return True if network.prefixlen == 0 else None
    return address in network


def admit(rule: ExportRule, token: Token, flavour: str = "sys") -> Admission | None:
    """What a rule makes of a user; None when it lets nobody in with this authentication flavour.

    `ro` is asked first: without it neither `rw` nor `superuser` counts.
    """
    read = _verdict(rule.ro, flavour)
    if read == "refused":
        return None
    write = _verdict(rule.rw, flavour)
    mask = FULL if write != "refused" else READ_AND_EXECUTE
    root_stays = _verdict(rule.superuser, flavour) == "kept"
    if "anonymous" not in (read, write) and (token.uid != 0 or root_stays):
        return Admission(mask, token)
    anonymous = rule.anonymous.strip().casefold()
    number = int(anonymous) if anonymous.isdecimal() else _NAMED.get(anonymous)
    if number == _REFUSED:
        return None
    if number is None:
        return Admission(mask, Token(), f"becomes {rule.anonymous}, whose number is not known")
    # What Windows would call the anonymous user is not known, so no name goes with the number.
    squashed = replace(token, names=frozenset(), accounts=frozenset(), uid=number, gids=frozenset({number}))
    return Admission(mask, squashed, f"becomes uid {number}")


def _verdict(listed: Sequence[str], flavour: str) -> str:
    """kept (as oneself), anonymous, or refused."""
    words = {word.casefold() for word in listed}
    if "never" in words:
        return "refused"
    if flavour in words or "any" in words:
        return "kept"
    return "anonymous" if "none" in words else "refused"


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
