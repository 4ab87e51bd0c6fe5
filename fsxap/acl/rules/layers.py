"""Rules about what surrounds the file's own list: storage-level guards and security styles."""

from __future__ import annotations

from collections.abc import Iterator

from fsxap.acl.rules.rule import REVIEW, Hit, Rule, Subject


def _slag(subject: Subject) -> Iterator[Hit]:
    guard = tuple(ace for ace in subject.descriptor.aces if ace.layer == "slag")
    if guard:
        yield Hit("Storage-level access guard limits what the file's own list allows", "", guard, inherited=True)


def _style(subject: Subject) -> Iterator[Hit]:
    descriptor = subject.descriptor
    volume, style = descriptor.volume_style or subject.context.volume_style, descriptor.style
    facts = {"style": style, "volume_style": volume}
    if not volume or not style:
        return
    if volume == "mixed":
        # In a mixed volume whoever set permissions last chose the style, so every change of style is worth a look.
        message = f"The volume is of mixed style; here {style} permissions decide"
        yield Hit(message, style, inherited=True, facts=facts)
    elif volume != style and volume != "unified":
        yield Hit(f"{style} permissions decide in a volume of {volume} style", style, inherited=True, facts=facts)


RULES: tuple[Rule[Subject], ...] = (
    Rule(
        "slag-present",
        "Storage-level access guard applies, which no client sees",
        "info",
        REVIEW,
        "Check with the storage administrators that the guard is still wanted and allows what the list allows.",
        _slag,
        reports_inherited=False,
    ),
    Rule(
        "style-mismatch",
        "The object's security style is not the volume's, or the volume is mixed",
        "low",
        REVIEW,
        "Set the volume to the one style its users need, then set permissions again where they were of the other.",
        _style,
        reports_inherited=False,
    ),
)
