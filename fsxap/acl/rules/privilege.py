"""Rules about full control and the right to change permissions: who has it, and who ought to."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl import trustees
from fsxap.acl.entries import access_list, decoded, denies, is_acl_governed, is_conditional
from fsxap.acl.model import Ace
from fsxap.acl.reach import Reach, reaches
from fsxap.acl.rights import WRITE_DAC, WRITE_OWNER, describe, level
from fsxap.acl.rules.identity import made_by_creator
from fsxap.acl.rules.rule import PRIVILEGE, REVIEW, Hit, Rule, Subject, is_inherited, is_privileged

_EXPECTED_ADMINS = (trustees.SYSTEM, trustees.ADMINISTRATORS)
_OTHER_RULES = ("creator", "owner-rights", "global", "anonymous", "guest")


def _ordinary(subject: Subject) -> Iterator[Reach]:
    """The strongest certain reach of each trustee that is neither privileged nor covered by another rule."""
    strongest: dict[str, Reach] = {}
    for reach in reaches(subject.descriptor):
        if not _is_strong(reach) or _is_expected(reach, subject):
            continue
        key = trustees.key(reach.trustee, reach.sid)
        if key not in strongest or (_is_full(reach) and not _is_full(strongest[key])):
            strongest[key] = reach
    yield from strongest.values()


def _is_full(reach: Reach) -> bool:
    return level(reach.bits, reach.directory) == "full"


def _is_strong(reach: Reach) -> bool:
    return bool(reach.bits & (WRITE_DAC | WRITE_OWNER))


def _is_expected(reach: Reach, subject: Subject) -> bool:
    if trustees.classify(reach.trustee, reach.sid) in _OTHER_RULES:
        return True
    if is_privileged(reach.trustee, reach.sid, subject.context):
        return True
    return all(made_by_creator(ace, subject) for ace in reach.aces)


def _full_control(subject: Subject) -> Iterator[Hit]:
    for reach in _ordinary(subject):
        if _is_full(reach):
            yield _hit(reach, f"{reach.label} has full control without being an administrator")


def _change_permissions(subject: Subject) -> Iterator[Hit]:
    for reach in _ordinary(subject):
        if not _is_full(reach):
            rights = [
                word for bit, word in ((WRITE_DAC, "permissions"), (WRITE_OWNER, "the owner")) if reach.bits & bit
            ]
            yield _hit(reach, f"{reach.label} may change {' and '.join(rights)}, and so take any other right")


def _hit(reach: Reach, message: str) -> Hit:
    facts = {"ends_up_with": describe(reach.bits, reach.directory), "applies": reach.scope}
    return Hit(message, reach.label, reach.aces, inherited=reach.inherited, facts=facts)


def _missing_admin(subject: Subject) -> Iterator[Hit]:
    descriptor = subject.descriptor
    listed = access_list(descriptor)
    if not is_acl_governed(descriptor) or not any(not denies(ace) for ace in listed):
        return
    expected = (*_EXPECTED_ADMINS, *sorted(subject.context.admins))
    admins = (one for one in reaches(descriptor) if trustees.is_one_of(one.trustee, one.sid, expected))
    if any(one.scope == "this" and level(one.possible, one.directory) == "full" for one in admins):
        return
    yield Hit(
        "Neither SYSTEM nor the administrators have an entry with full control: backup and repair may fail",
        inherited=is_inherited(listed),
        facts={"looked_for": [trustees.label(name) for name in expected]},
    )


def _creator_owner(subject: Subject) -> Iterator[Hit]:
    listed = decoded(access_list(subject.descriptor))
    aces = tuple(ace for ace in listed if _gives_creator_all(ace, subject.directory))
    if aces:
        vague = all(ace.mask is None for ace in aces)
        yield Hit(
            "Whoever creates something here gets full control of it",
            "CREATOR OWNER",
            aces,
            "likely" if vague else "certain",
            "generic rights are not decoded; for CREATOR OWNER they are usually full control" if vague else "",
            inherited=is_inherited(aces),
        )


def _gives_creator_all(ace: Ace, directory: bool) -> bool:
    if trustees.well_known(ace.trustee, ace.sid) != trustees.CREATOR_OWNER or not ace.inheritable:
        return False
    if denies(ace) or is_conditional(ace):
        return False
    return ace.mask is None or level(ace.mask, directory) == "full"


RULES: tuple[Rule[Subject], ...] = (
    Rule(
        "full-control-non-admin",
        "A trustee outside the administrators has full control",
        "medium",
        PRIVILEGE,
        "Reduce the entry to modify, or name the trustee among the privileged ones if this is intended.",
        _full_control,
        reports_inherited=False,
    ),
    Rule(
        "permission-change-right",
        "A trustee outside the administrators may change permissions or ownership",
        "medium",
        PRIVILEGE,
        "Take write_perm and write_owner out of the entry.",
        _change_permissions,
        reports_inherited=False,
    ),
    Rule(
        "missing-admin",
        "Neither SYSTEM nor BUILTIN\\Administrators has full control",
        "low",
        REVIEW,
        "Add full control for BUILTIN\\Administrators, or name the group that stands in for it as an administrator.",
        _missing_admin,
        reports_inherited=False,
    ),
    Rule(
        "creator-owner-full",
        "CREATOR OWNER hands full control to whoever creates something",
        "info",
        PRIVILEGE,
        "Give CREATOR OWNER modify, so that permissions stay with the administrators.",
        _creator_owner,
        reports_inherited=False,
    ),
)
