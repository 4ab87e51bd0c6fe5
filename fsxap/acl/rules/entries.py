"""Rules about the entries themselves: denies, order, repetition, and what cannot be evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl import trustees
from fsxap.acl.entries import access_list, decides, decoded, denies, is_conditional
from fsxap.acl.model import Ace
from fsxap.acl.rights import READ_ATTRIBUTES, READ_CONTROL, SYNCHRONIZE, describe, map_generic
from fsxap.acl.rules.identity import by_trustee
from fsxap.acl.rules.rule import REVIEW, Certainty, Hit, Rule, Subject, is_inherited
from fsxap.acl.token import ANY_USER

# Allowing read and denying write share these bits, and nobody misses them in the deny.
_HARMLESS = SYNCHRONIZE | READ_CONTROL | READ_ATTRIBUTES
_ORDER = "entries are listed in stored order as far as is known"


def _deny(subject: Subject) -> Iterator[Hit]:
    explicit = tuple(ace for ace in access_list(subject.descriptor) if denies(ace) and not ace.inherited)
    for aces in by_trustee(explicit).values():
        first = aces[0]
        name = trustees.label(first.trustee, first.sid)
        refused = trustees.classify(first.trustee, first.sid) in ("anonymous", "guest")
        message = f"{name} is denied {describe(_mask(aces), subject.directory)}"
        yield Hit(message, name, aces, severity="info" if refused else None)


def _mask(aces: tuple[Ace, ...]) -> int | None:
    total = 0
    for ace in aces:
        if ace.mask is None:
            return None
        total |= map_generic(ace.mask)
    return total


def _ineffective(subject: Subject) -> Iterator[Hit]:
    listed = decoded(access_list(subject.descriptor))
    found: dict[str, Hit] = {}
    for place, ace in enumerate(listed):
        if not denies(ace) or is_conditional(ace) or not ace.mask:
            continue
        earlier = tuple(one for one in listed[:place] if _anticipates(one, ace))
        lost = 0
        for one in earlier:
            lost |= _shared(one, ace)
        if lost:
            name = trustees.label(ace.trustee, ace.sid)
            message = f"Denying {name} {describe(lost, subject.directory)} has no effect: an earlier entry allows it"
            hit = Hit(message, name, (*earlier, ace), "likely", _ORDER, inherited=is_inherited((*earlier, ace)))
            found.setdefault(trustees.key(ace.trustee, ace.sid), hit)
    yield from found.values()


def _anticipates(allow: Ace, deny: Ace) -> bool:
    """Whether an allow entry reaches the denied people in some place the deny reaches too."""
    if denies(allow) or is_conditional(allow) or not _overlap(allow, deny) or not _shared(allow, deny) & ~_HARMLESS:
        return False
    if trustees.key(allow.trustee, allow.sid) == trustees.key(deny.trustee, deny.sid):
        return True
    # An anonymous session is in none of the groups that hold every user.
    if trustees.classify(deny.trustee, deny.sid) in ("anonymous", "guest", "creator", "owner-rights"):
        return False
    return ANY_USER.holds(allow.trustee, allow.sid)


def _shared(one: Ace, other: Ace) -> int:
    return map_generic(one.mask or 0) & map_generic(other.mask or 0)


def _overlap(one: Ace, other: Ace) -> bool:
    return (
        (one.this_folder and other.this_folder)
        or (one.sub_folders and other.sub_folders)
        or (one.files and other.files)
    )


def _order(subject: Subject) -> Iterator[Hit]:
    listed = tuple(ace for ace in access_list(subject.descriptor) if not is_conditional(ace))
    # How far above an inherited entry comes from is not reported, so order among those is not judged.
    ranks = [2 if ace.inherited else 0 if denies(ace) else 1 for ace in listed]
    for place in range(1, len(listed)):
        if ranks[place] < ranks[place - 1]:
            aces = (listed[place - 1], listed[place])
            message = f"Entry {place + 1} should stand before entry {place}: denies first, then allows, then inherited"
            yield Hit(message, "", aces, "likely", _ORDER, facts={"positions": [place, place + 1]})
            return


def _redundant(subject: Subject) -> Iterator[Hit]:
    listed = decoded(access_list(subject.descriptor))
    found: dict[str, tuple[Ace, ...]] = {}
    for place, ace in enumerate(listed):
        cover = next((one for at, one in enumerate(listed) if at != place and _covers(listed, at, place)), None)
        if cover:
            key = trustees.key(ace.trustee, ace.sid)
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), ace, cover)))
    for aces in found.values():
        name = trustees.label(aces[0].trustee, aces[0].sid)
        message = f"An entry of {name} adds nothing to another one"
        yield Hit(message, name, aces, inherited=is_inherited(aces))


def _covers(listed: tuple[Ace, ...], at: int, place: int) -> bool:
    """Whether taking out the entry at `place` changes nothing, because of the one at `at`."""
    cover, ace = listed[at], listed[place]
    if ace.mask is None or cover.mask is None or is_conditional(ace) or is_conditional(cover):
        return False
    if trustees.key(ace.trustee, ace.sid) != trustees.key(cover.trustee, cover.sid) or denies(ace) != denies(cover):
        return False
    if (ace.inherited and not cover.inherited) or map_generic(ace.mask) & ~map_generic(cover.mask):
        return False
    if not _within(ace, cover) or (at > place and _within(cover, ace) and _same(cover, ace)):
        return False
    # An opposite entry in between would win once this one is gone.
    between = listed[place + 1 : at]
    return not any(denies(one) != denies(ace) and (one.mask is None or one.mask & ace.mask) for one in between)


def _within(ace: Ace, cover: Ace) -> bool:
    return (
        (cover.this_folder or not ace.this_folder)
        and (cover.sub_folders or not ace.sub_folders)
        and (cover.files or not ace.files)
    )


def _same(one: Ace, other: Ace) -> bool:
    """Of two equal entries the later one is the copy, unless only the later one is inherited."""
    return map_generic(one.mask or 0) == map_generic(other.mask or 0) and one.inherited == other.inherited


def _conditional(subject: Subject) -> Iterator[Hit]:
    listed = tuple(ace for ace in subject.descriptor.aces if is_conditional(ace) and ace.access != "audit")
    for aces in by_trustee(listed).values():
        name = trustees.label(aces[0].trustee, aces[0].sid)
        words = ", ".join(dict.fromkeys(ace.raw or ace.access for ace in aces))
        kind = "An entry applies under conditions" if any(map(decides, aces)) else "An attribute or policy is attached"
        message = f"{kind} and was not evaluated ({words})"
        reason = "such entries depend on claims, object types or policies that ONTAP does not report"
        yield Hit(message, name, aces, "unknown", reason, inherited=is_inherited(aces))


def _undecoded(subject: Subject) -> Iterator[Hit]:
    original = access_list(subject.descriptor)
    for aces in by_trustee(tuple(ace for ace in original if ace.mask is None)).values():
        name = trustees.label(aces[0].trustee, aces[0].sid)
        twins = [ace for ace in decoded(original) if trustees.key(ace.trustee, ace.sid) == _key(aces[0])]
        paired = all(ace.mask is not None for ace in twins)
        certainty: Certainty = "likely" if paired else "unknown"
        reason = (
            "taken for the inheritable half of the trustee's decoded entry"
            if paired
            else "nothing else in the list says which rights these are; they are treated as possibly full control"
        )
        message = f"The rights of {name} are generic and were not decoded"
        yield Hit(message, name, aces, certainty, reason, inherited=is_inherited(aces))


def _key(ace: Ace) -> str:
    return trustees.key(ace.trustee, ace.sid)


RULES: tuple[Rule[Subject], ...] = (
    Rule(
        "deny-ace",
        "An explicit entry denies something",
        "low",
        REVIEW,
        "Prefer not allowing to denying: take the trustee out of the group that is allowed, and remove the deny.",
        _deny,
    ),
    Rule(
        "ineffective-deny",
        "A deny stands after an entry that already allows the same rights",
        "medium",
        REVIEW,
        "Move the deny before the allow, or restore the canonical order by saving the list in Windows.",
        _ineffective,
        reports_inherited=False,
    ),
    Rule(
        "non-canonical-order",
        "Entries are not in the order explicit deny, explicit allow, inherited",
        "medium",
        REVIEW,
        "Open and save the list in Windows' security dialog, which puts it in order, then check the result.",
        _order,
    ),
    Rule(
        "duplicate-or-redundant-ace",
        "An entry adds nothing to another one of the same trustee",
        "info",
        REVIEW,
        "Remove the entry that is covered.",
        _redundant,
        reports_inherited=False,
    ),
    Rule(
        "conditional-ace",
        "An entry applies under conditions, or is an attribute or policy, and was not evaluated",
        "info",
        REVIEW,
        "Check the entry in Windows; findings about this place may be too strict or too lax.",
        _conditional,
        reports_inherited=False,
    ),
    Rule(
        "undecoded-ace",
        "An entry holds generic rights that ONTAP does not decode",
        "info",
        REVIEW,
        "Check the entry in Windows, or set it again with specific rights.",
        _undecoded,
        reports_inherited=False,
    ),
)
