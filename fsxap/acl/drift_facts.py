"""What differs between two descriptors of one object, and how much each difference matters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from fsxap.acl import trustees
from fsxap.acl.changes import shape
from fsxap.acl.compare import Key, spread
from fsxap.acl.entries import access_list, has_null_dacl, is_acl_governed
from fsxap.acl.mode import SETGID, SETUID, STICKY
from fsxap.acl.model import Ace, Descriptor, Layer
from fsxap.acl.records import ace_record
from fsxap.acl.rights import FULL, describe
from fsxap.acl.rules.open_access import grade
from fsxap.model import Record, Severity

_Masks = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Fact:
    """One difference. `old` and `new` are compact values to compare facts by; the entries are for people."""

    rule: str
    severity: Severity
    subject: str
    message: str
    old: Any = None
    new: Any = None
    inherited: bool = False
    old_entries: Any = field(default=None, compare=False)
    new_entries: Any = field(default=None, compare=False)


def differences(old: Descriptor, new: Descriptor) -> list[Fact]:
    """Owner, group, style, protection and mode, then entries trustee by trustee, then their order."""
    facts = [*_attributes(old, new)]
    entries = [fact for layer in ("file", "slag") for fact in _entries(old, new, layer)]
    if not entries and shape(access_list(old)) != shape(access_list(new)):
        message = "The order of entries changed, and with it who is allowed what"
        both = (_all(old, "file"), _all(new, "file"))
        facts.append(_fact("drift-changed", "medium", "order", message, *both))
    return facts + entries


def severity_of_new(descriptor: Descriptor) -> tuple[Severity, str]:
    """How much a path that was not there before matters: by what it does not merely inherit."""
    what = f"A {descriptor.kind} that was not there before"
    directory = descriptor.kind == "directory"
    if has_null_dacl(descriptor):
        return "critical", f"{what} has no access list (NULL DACL)"
    if not is_acl_governed(descriptor):
        severity = _mode_severity(0, descriptor.mode or 0, directory)
        return ("info" if severity == "low" else severity), what
    own = [ace for ace in access_list(descriptor) if not ace.inherited and ace.access != "deny"]
    if not own:
        return "info", what
    ranked = [_gain(ace.trustee, ace.sid, 0, ace.mask, directory) for ace in own]
    return min(ranked, key=get_args(Severity).index), f"{what} has entries of its own"


def _attributes(old: Descriptor, new: Descriptor) -> Iterator[Fact]:
    if old.kind != new.kind:
        yield _fact("drift-changed", "low", "kind", f"Was a {old.kind}, is a {new.kind}", old.kind, new.kind)
    if old.style != new.style:
        message = f"Permissions of style {new.style or 'unknown'} decide now, not {old.style or 'unknown'}"
        yield _fact("drift-changed", "medium", "style", message, old.style, new.style)
    for name in ("owner", "group"):
        before, after = getattr(old, name), getattr(new, name)
        if trustees.key(before) != trustees.key(after):
            message = f"The {name} was {before or 'nobody'} and is {after or 'nobody'}"
            yield _fact("drift-changed", "low", name, message, before, after)
    if old.protected != new.protected:
        message = "Inheritance is blocked now" if new.protected else "Inheritance is no longer blocked"
        yield _fact("drift-changed", "low", "protected", message, old.protected, new.protected)
    if has_null_dacl(old) != has_null_dacl(new):
        lost = has_null_dacl(new)
        message = "The access list is gone (NULL DACL)" if lost else "There is an access list now"
        yield _fact("drift-changed", "critical" if lost else "info", "dacl", message, not lost, lost)
    # The mode of an NTFS object is made up by ONTAP from its list.
    if not is_acl_governed(new) and not is_acl_governed(old):
        yield from _unix(old, new)


def _unix(old: Descriptor, new: Descriptor) -> Iterator[Fact]:
    if old.mode != new.mode:
        severity = _mode_severity(old.mode or 0, new.mode or 0, new.kind == "directory")
        before, after = (None if mode is None else f"{mode:03o}" for mode in (old.mode, new.mode))
        yield _fact("drift-changed", severity, "mode", f"The mode was {before} and is {after}", before, after)
    for name in ("uid", "gid"):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield _fact("drift-changed", "low", name, f"The {name} was {was} and is {now}", was, now)


def _mode_severity(old: int, new: int, directory: bool) -> Severity:
    gained = new & ~old
    open_folder = directory and new & 0o3 == 0o3 and not new & STICKY
    if open_folder and not (old & 0o3 == 0o3 and not old & STICKY):
        return "high"
    if not directory and gained & 0o2:
        return "high"
    if gained & 0o4 or (not directory and gained & (SETUID | SETGID)):
        return "medium"
    return "low"


def _entries(old: Descriptor, new: Descriptor, layer: Any) -> Iterator[Fact]:
    before, after = _by_trustee(old, layer), _by_trustee(new, layer)
    for key in sorted({*before, *after}):
        was, now = before.get(key, {}), after.get(key, {})
        if was == now:
            continue
        yield _entry_fact(key, was, now, (_of(old, key, layer), _of(new, key, layer)), new.kind == "directory", layer)
    gone = layer == "slag" and before and not after
    if gone:
        message = "Storage-level access guard no longer applies"
        yield _fact("drift-changed", "high", "guard", message, _all(old, layer), [])


def _entry_fact(
    key: tuple[str, str], was: _Masks, now: _Masks, aces: tuple[list[Ace], list[Ace]], directory: bool, layer: Layer
) -> Fact:
    access = key[1]
    first = (aces[1] or aces[0])[0]
    label = trustees.label(first.trustee, first.sid)
    subject = f"{label} ({access}{', slag' if layer == 'slag' else ''})"
    rule = "drift-added" if not was else "drift-removed" if not now else "drift-changed"
    old_bits, new_bits = _union(was.values()), _union(now.values())
    told = (describe(old_bits, directory), describe(new_bits, directory))
    verb = "an entry" if access == "allow" else f"a {access} entry"
    message = {
        "drift-added": f"{label} gained {verb}: {told[1]}",
        "drift-removed": f"{label} lost {verb}: {told[0]}",
        "drift-changed": f"The {access} entry of {label} was {told[0]} and is {told[1]}",
    }[rule]
    if rule == "drift-changed" and told[0] == told[1]:
        message = f"The {access} entry of {label} reaches other places than before ({told[1]})"
    return Fact(
        rule,
        _severity(first, access, was, now, directory),
        subject,
        message,
        old_bits,
        new_bits,
        all(ace.inherited for ace in (*aces[0], *aces[1])),
        [ace_record(ace, directory=directory) for ace in aces[0]],
        [ace_record(ace, directory=directory) for ace in aces[1]],
    )


def _severity(ace: Ace, access: str, was: _Masks, now: _Masks, directory: bool) -> Severity:
    """By what is gained in any one place; losing a deny is gaining what it held back."""
    denying = access.startswith("deny") or "denied" in access
    if access == "audit":
        return "low" if len(now) < len(was) else "info"
    more, less = (was, now) if denying else (now, was)
    gains = [_gain(ace.trustee, ace.sid, less.get(scope, 0), mask, directory) for scope, mask in more.items()]
    worst: Severity = min(gains, key=get_args(Severity).index, default="info")
    # What a deny held back is not given yet: some entry has to allow it.
    return "medium" if denying and worst in ("critical", "high") else worst


def _gain(trustee: str, sid: str, old: int | None, new: int | None, directory: bool) -> Severity:
    """What nobody decoded is taken for the most it may be."""
    before, after = 0 if old is None else old, FULL if new is None else new
    gained = after & ~before
    if not gained or (old is None and new is None):
        return "info"
    if trustees.is_privileged(trustee, sid) or trustees.classify(trustee, sid) == "creator":
        return "info"
    found = grade(gained, directory)
    if trustees.is_global(trustee, sid):
        return "high" if found in ("full", "write") else "medium" if found == "read" else "low"
    return "medium" if found == "full" else "low"


def _by_trustee(descriptor: Descriptor, layer: Layer) -> dict[tuple[str, str], _Masks]:
    found: dict[tuple[str, str], _Masks] = {}
    listed: dict[Key, int | None] = spread(_listed(descriptor, layer))
    for (trustee, access, scope), mask in listed.items():
        found.setdefault((trustee, access), {})[scope] = mask
    return found


def _listed(descriptor: Descriptor, layer: Layer) -> tuple[Ace, ...]:
    """Every entry of a layer, audit entries too: an audit that stops is a change."""
    return tuple(ace for ace in descriptor.aces if ace.layer == layer)


def _of(descriptor: Descriptor, key: tuple[str, str], layer: Layer) -> list[Ace]:
    return [
        ace
        for ace in _listed(descriptor, layer)
        if (trustees.key(ace.trustee, ace.sid), ace.raw if ace.access == "other" else ace.access) == key
    ]


def _all(descriptor: Descriptor, layer: Layer) -> list[Record]:
    return [ace_record(ace, directory=descriptor.kind == "directory") for ace in access_list(descriptor, layer)]


def _union(masks: Iterable[int | None]) -> int | None:
    total = 0
    for mask in masks:
        if mask is None:
            return None
        total |= mask
    return total


def _fact(rule: str, severity: Severity, subject: str, message: str, old: Any, new: Any) -> Fact:
    """`old` and `new` are their own evidence; text keeps a fact hashable."""
    return Fact(rule, severity, subject, message, str(old), str(new), False, old, new)
