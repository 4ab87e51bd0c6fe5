"""Rules about who entries and owners are: orphaned SIDs, single users, owners that should not be."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl import trustees
from fsxap.acl.entries import access_list, is_acl_governed
from fsxap.acl.model import Ace
from fsxap.acl.rules.rule import (
    ACCOUNTS,
    PRIVILEGE,
    REVIEW,
    AdHealth,
    Certainty,
    Context,
    Hit,
    Rule,
    Subject,
    is_inherited,
    is_privileged,
)
from fsxap.model import Severity

_ORPHAN: dict[AdHealth, tuple[Severity | None, Certainty, str]] = {
    "healthy": (None, "certain", "Active Directory answers, and has no name for this SID"),
    "none": ("low", "likely", "the SVM is in no domain, so nothing here can name this SID"),
    "unreachable": ("info", "unknown", "Active Directory does not answer: the SID may well have a name"),
    "unknown": ("info", "unknown", "whether Active Directory answers is not known: the SID may well have a name"),
}


def by_trustee(aces: tuple[Ace, ...]) -> dict[str, tuple[Ace, ...]]:
    """Entries of one trustee together, in stored order."""
    found: dict[str, tuple[Ace, ...]] = {}
    for ace in aces:
        key = trustees.key(ace.trustee, ace.sid)
        found[key] = (*found.get(key, ()), ace)
    return found


def is_user(trustee: str, sid: str, context: Context) -> bool:
    """Whether this is known to be one account rather than a group; ONTAP does not say so for domain trustees."""
    unix = trustees.unix_identity(trustee, sid)
    if unix:
        return unix.kind == "user"
    known = trustees.well_known(trustee, sid)
    if known:
        return known in (trustees.ADMINISTRATOR, trustees.DOMAIN_GUEST)
    return trustees.is_one_of(trustee, sid, context.users)


def made_by_creator(ace: Ace, subject: Subject) -> bool:
    """Whether this is what CREATOR OWNER turned into when the object was made: expected, and not set by anyone."""
    if not ace.inherited or subject.parent is None:
        return False
    if not trustees.is_one_of(ace.trustee, ace.sid, (subject.descriptor.owner,)):
        return False
    above = access_list(subject.parent)
    return any(trustees.classify(one.trustee, one.sid) == "creator" and one.inheritable for one in above)


def _unresolved(subject: Subject) -> Iterator[Hit]:
    context = subject.context
    if not context.lookup:
        return
    for aces in by_trustee(access_list(subject.descriptor)).values():
        trustee = aces[0].trustee
        if trustees.is_unresolved(trustee):
            severity, certainty, reason = _ORPHAN.get(context.ad, _ORPHAN["unknown"])
            message = f"{trustee} has entries but no name: the account is probably deleted"
            yield Hit(message, trustee, aces, certainty, reason, severity, inherited=is_inherited(aces))


def _direct_user(subject: Subject) -> Iterator[Hit]:
    for aces in by_trustee(access_list(subject.descriptor)).values():
        first = aces[0]
        own = tuple(ace for ace in aces if not made_by_creator(ace, subject))
        if own and is_user(first.trustee, first.sid, subject.context):
            name = trustees.label(first.trustee, first.sid)
            message = f"{name} is a single user, named directly"
            yield Hit(message, name, own, inherited=is_inherited(own))


def _owner_unresolved(subject: Subject) -> Iterator[Hit]:
    owner, context = subject.descriptor.owner, subject.context
    if context.lookup and trustees.is_unresolved(owner):
        severity, certainty, reason = _ORPHAN.get(context.ad, _ORPHAN["unknown"])
        message = f"The owner {owner} has no name: the account is probably deleted"
        facts = {"owner": owner}
        yield Hit(message, owner, (), certainty, reason, severity, inherited=subject.parent is not None, facts=facts)


def _owner_user(subject: Subject) -> Iterator[Hit]:
    owner = subject.descriptor.owner
    if _may_own_wrongly(subject) and is_user(owner, "", subject.context):
        name = trustees.label(owner)
        message = f"{name}, a single user, owns a top-level folder and can always change its permissions"
        yield Hit(message, name, facts={"owner": owner})


def _owner_nonadmin(subject: Subject) -> Iterator[Hit]:
    owner = subject.descriptor.owner
    if _may_own_wrongly(subject) and not trustees.is_unresolved(owner) and not is_user(owner, "", subject.context):
        name = trustees.label(owner)
        message = f"{name} owns a top-level folder and is not one of the administrators"
        yield Hit(message, name, (), "likely", "who is an administrator is judged by name", facts={"owner": owner})


def _may_own_wrongly(subject: Subject) -> bool:
    descriptor = subject.descriptor
    # On UNIX every owner is a user, and only the mode says what that is worth.
    if not subject.top_level or not descriptor.owner or not is_acl_governed(descriptor):
        return False
    return not is_privileged(descriptor.owner, "", subject.context)


RULES: tuple[Rule[Subject], ...] = (
    Rule(
        "unresolved-sid",
        "An entry names a SID that no directory can put a name to",
        "medium",
        ACCOUNTS,
        "Find out whose account it was, give its access to the group that took over, and remove the entry.",
        _unresolved,
        reports_inherited=False,
    ),
    Rule(
        "direct-user-ace",
        "An entry names a single user instead of a group",
        "low",
        REVIEW,
        "Put the user into a group that has the access, and remove the entry.",
        _direct_user,
        reports_inherited=False,
    ),
    Rule(
        "owner-unresolved",
        "The owner is a SID that no directory can put a name to",
        "medium",
        ACCOUNTS,
        "Make BUILTIN\\Administrators or the responsible group the owner, here and below.",
        _owner_unresolved,
        reports_inherited=False,
    ),
    Rule(
        "owner-user",
        "A single user owns the volume's root or a folder directly in it",
        "low",
        PRIVILEGE,
        "Make BUILTIN\\Administrators the owner: an owner may change permissions whatever the list says.",
        _owner_user,
    ),
    Rule(
        "owner-nonadmin-toplevel",
        "Somebody who is no administrator owns the volume's root or a folder directly in it",
        "low",
        PRIVILEGE,
        "Make BUILTIN\\Administrators the owner, or name the present one among the privileged trustees.",
        _owner_nonadmin,
    ),
)
