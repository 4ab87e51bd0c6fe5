"""The rule about NFS export policies: which of their rules let in whoever asks, or let root stay root."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from fsxap.acl.rules.rule import ACCESS, Hit, Rule
from fsxap.acl.rules.site import SiteSubject
from fsxap.acl.site import ExportPolicy, PolicyRule
from fsxap.model import Severity

_WEAK = frozenset({"any", "sys", "none"})
"""Flavours that take the client's word for who its user is, or do not ask."""
_FEW = 8
"""Networks with a shorter prefix hold most of the Internet."""
_NFS = ("any", "nfs", "nfs3", "nfs4")


def _export_open(subject: SiteSubject) -> Iterator[Hit]:
    site = subject.site
    for policy in site.exports or ():
        decided: set[int] = set()
        for one in policy.rules:
            if any(protocol.casefold() in _NFS for protocol in one.protocols):
                # The first rule that names a client decides: what comes after one for every client is never asked.
                if _reached(one, decided):
                    yield from _hits(policy, one, world_clients(one), site.nfs)
                if _is_for_all_nfs(one):
                    decided |= {version for version, prefix in _networks(one) if prefix == 0}


def world_clients(one: PolicyRule) -> tuple[str, ...]:
    """The client patterns of a rule that stand for more or less everybody."""
    return tuple(match for match in one.rule.clients if (found := _network(match)) and found[1] < _FEW)


def _network(match: str) -> tuple[int, int] | None:
    """IP version and prefix length; None for hosts by name, domains and netgroups."""
    try:
        network = ipaddress.ip_network(match.strip(), strict=False)
    except ValueError:
        return None
    return network.version, network.prefixlen


def _networks(one: PolicyRule) -> Iterator[tuple[int, int]]:
    return (found for match in one.rule.clients if (found := _network(match)))


def _reached(one: PolicyRule, decided: set[int]) -> bool:
    """Whether a client is left for this rule; `decided` are the IP versions for which an earlier one took all."""
    found = [_network(match) for match in one.rule.clients]
    return any(network is None or network[0] not in decided for network in found)


def _is_for_all_nfs(one: PolicyRule) -> bool:
    return any(protocol.casefold() in ("any", "nfs") for protocol in one.protocols)


def _hits(policy: ExportPolicy, one: PolicyRule, world: tuple[str, ...], nfs: bool | None) -> Iterator[Hit]:
    ro, rw, root = (_words(said) for said in (one.rule.ro, one.rule.rw, one.rule.superuser))
    if not ro or "never" in ro:
        # Without ro neither rw nor superuser counts.
        return
    anybody = "any client" if any(prefix == 0 for _, prefix in _networks(one)) else "almost any client"
    who = anybody if world else "the clients it names"
    serious: Severity = "high" if world else "medium"
    writable = bool(rw & _WEAK) and "never" not in rw
    stays_root = bool(root & {"any", "sys"}) and "never" not in root
    squashed_to_root = one.rule.anonymous.strip().casefold() in ("0", "root")
    if world and writable:
        yield _hit(policy, one, "rw", f"lets {anybody} read and write", "high", nfs)
    elif world and ro & _WEAK:
        yield _hit(policy, one, "ro", f"lets {anybody} read", "medium", nfs)
    if stays_root:
        yield _hit(policy, one, "superuser", f"lets root of {who} stay root", serious, nfs)
    if squashed_to_root:
        yield _hit(policy, one, "anonymous", f"makes anonymous users of {who} root", serious, nfs)
    if one.rule.suid and writable and (world or stays_root or squashed_to_root):
        yield _hit(policy, one, "suid", f"honours setuid files that {who} may leave there", "medium", nfs)


def _words(listed: tuple[str, ...]) -> set[str]:
    return {word.casefold() for word in listed}


def _hit(policy: ExportPolicy, one: PolicyRule, aspect: str, says: str, severity: Severity, nfs: bool | None) -> Hit:
    rule = one.rule
    facts: dict[str, Any] = {
        "policy": policy.name,
        "rule": one.index,
        "clients": list(rule.clients),
        "ro": list(rule.ro),
        "rw": list(rule.rw),
        "superuser": list(rule.superuser),
        "anonymous": rule.anonymous,
        "allow_suid": rule.suid,
        "protocols": list(one.protocols),
        "volumes": list(policy.volumes),
    }
    subject = f"{policy.name} rule {one.index} {aspect}"
    message = f"Rule {one.index} of export policy {policy.name} {says}"
    if nfs is False:
        reason = "the SVM serves no NFS now; the rule counts as soon as it does"
        return Hit(message, subject, (), "certain", reason, "info", facts=facts)
    if not policy.volumes:
        reason = "no mounted volume uses the policy; whether a qtree does was not read"
        return Hit(message, subject, (), "likely", reason, "low", facts=facts)
    reason = "" if nfs else "whether the SVM serves NFS was not read"
    return Hit(message, subject, (), "certain" if nfs else "likely", reason, severity, facts=facts)


RULES: tuple[Rule[SiteSubject], ...] = (
    Rule(
        "export-open",
        "An NFS export lets in any client, or lets root of a client stay root",
        "high",
        (*ACCESS, "NIST SC-7"),
        "Name the client networks, ask for Kerberos where users matter, and squash root (superuser none).",
        _export_open,
    ),
)
