"""Rules about inheritance: where it stops, where it differs, where it is broken."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl.compare import Difference, effective_differences, inherited_differences
from fsxap.acl.entries import access_list, has_null_dacl, is_acl_governed
from fsxap.acl.inheritance import inheritable
from fsxap.acl.model import Descriptor
from fsxap.acl.rules.rule import REVIEW, Certainty, Hit, Rule, Subject

_VAGUE = "some masks are generic rights that ONTAP does not decode"


def _blocked(subject: Subject) -> Iterator[Hit]:
    descriptor, parent = subject.descriptor, subject.parent
    # A volume's root has nothing to inherit from, so protecting it blocks nothing.
    if not is_acl_governed(descriptor) or (parent is None and subject.root):
        return
    if descriptor.protected:
        yield Hit("The folder's entries are kept out: inheritance is blocked" if parent else "Inheritance is blocked")
    elif parent and _hands_down(parent, descriptor) and not _inherits(descriptor) and not has_null_dacl(descriptor):
        yield Hit(
            "The folder hands down entries, but none has arrived here",
            certainty="likely",
            reason="no entry is inherited although inheritance is not switched off",
        )


def _hands_down(parent: Descriptor, child: Descriptor) -> bool:
    return bool(inheritable(access_list(parent), directory=child.kind == "directory"))


def _inherits(descriptor: Descriptor) -> bool:
    return any(ace.inherited for ace in access_list(descriptor))


def _differs(subject: Subject) -> Iterator[Hit]:
    descriptor, parent = subject.descriptor, subject.parent
    explicit = tuple(ace for ace in access_list(descriptor) if not ace.inherited)
    if not explicit or parent is None or not _comparable(parent):
        return
    if differences := effective_differences(parent, descriptor):
        message = "Entries set here make the access differ from the folder above"
        yield Hit(message, "", explicit, *_certainty(differences), facts=_facts(differences))


def _corrupted(subject: Subject) -> Iterator[Hit]:
    descriptor, parent = subject.descriptor, subject.parent
    if parent is None or descriptor.protected or not _inherits(descriptor) or not _comparable(parent):
        return
    if differences := inherited_differences(parent, descriptor):
        inherited = tuple(ace for ace in access_list(descriptor) if ace.inherited)
        message = "Inherited entries are not those the folder above hands down"
        yield Hit(message, "", inherited, *_certainty(differences), facts=_facts(differences))


def _comparable(parent: Descriptor) -> bool:
    return is_acl_governed(parent) and not has_null_dacl(parent)


def _certainty(differences: tuple[Difference, ...]) -> tuple[Certainty, str]:
    vague = all(one.expected is None or one.found is None for one in differences)
    return ("likely", _VAGUE) if vague else ("certain", "")


def _facts(differences: tuple[Difference, ...]) -> dict[str, object]:
    return {"differences": [one.record() for one in differences]}


RULES: tuple[Rule[Subject], ...] = (
    Rule(
        "inheritance-blocked",
        "Inheritance is blocked, or nothing arrives from a folder that hands something down",
        "medium",
        REVIEW,
        "Switch inheritance on again, or record why this place needs permissions of its own.",
        _blocked,
    ),
    Rule(
        "explicit-differs-from-parent",
        "Entries set here give other access than the folder above would",
        "low",
        REVIEW,
        "Check that the difference is meant; if not, remove the explicit entries.",
        _differs,
    ),
    Rule(
        "corrupted-inheritance",
        "Inheritance is on, yet the inherited entries are not what the folder above hands down",
        "medium",
        REVIEW,
        "Apply the parent folder's permissions to its children again; a move within the volume often causes this.",
        _corrupted,
    ),
)
