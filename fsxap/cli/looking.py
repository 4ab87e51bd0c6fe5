"""Opens files of a source for `fsxap cost`, to count what a use case says they tell, and says what was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fsxap.cli.session import Session
from fsxap.costs.measures import used
from fsxap.engine import locations
from fsxap.engine.estimate import Choice, Sample
from fsxap.errors import FsxapError
from fsxap.model import Item

if TYPE_CHECKING:
    from fsxap.engine.types import Count, Params
    from fsxap.ports import Store

TOLD = frozenset({"pages", "images"})
"""Measures that are worth opening a file for."""


@dataclass(slots=True)
class Looking:
    """`failures` are of files that did not tell; such a one is taken to be what is assumed."""

    session: Session
    count: Count
    store: Store
    params: Params
    failures: list[FsxapError] = field(default_factory=list)

    def __call__(self, item: Item) -> Mapping[str, int]:
        self.session.cancel.check()
        try:
            return self.count(item, self.store, self.params)
        except FsxapError as error:
            self.failures.append(error)
            return {}

    def say(self, found: Sample) -> None:
        drawn = f", drawn by chance from {found.items:,}" if found.looked < found.items else ""
        note = self.session.progress.note
        for name, number in sorted(found.counted.items()):
            note(f"counted: {name} of {number:,} of {found.looked:,} items{drawn}")
        if self.failures:
            first = self.failures[0]
            why = f"{first.message} ({first.hint})" if first.hint else first.message
            note(f"not counted: {len(self.failures):,} of {found.looked:,} items, the first because {why}")


def opened(session: Session, asked: Sequence[Choice]) -> Looking | None:
    """None where no choice pays for what a look would tell, or there is no source to look at."""
    from fsxap.engine.stores import connect_aws, open_store

    where, case = session.settings.text("source"), asked[0].use_case
    wanted = {each.name for choice in asked for each in used(choice.engines) if each.name not in choice.measures}
    if case.count is None or not where or not wanted & TOLD:
        return None
    store = open_store(locations.parse(where), lambda: connect_aws(session.settings))
    return Looking(session, case.count, store, asked[0].params)
