"""Owns what was decided of elements that the files of a series share: the same question is answered once.

A decision is found again only under everything that it depends on: profile, key, what the header says of people, and
the element with the place where it stands. What is forgotten is decided again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from fsxap.usecases.healthcare_dicom.parse import Element

if TYPE_CHECKING:
    from fsxap.usecases.healthcare_dicom.deidentify import Walk

STUDIES = 16
"""Headers remembered at a time; the files of a series come one after another, in each thread."""
MOST = 4096
LONGEST = 256
"""Bytes of a value: longer ones are rarely equal, and take longer to compare than to judge."""
Decision = tuple[str, Element | None]
Decisions = dict[tuple[object, ...], Decision]


class Memory:
    """Decisions by header, while there are not too many. Any thread may ask."""

    def __init__(self) -> None:
        self._of: Callable[[tuple[object, ...]], Decisions] = lru_cache(STUDIES)(lambda _header: {})

    def recalling(self, walk: Walk) -> Walk:
        """The walk with what was decided before. UIDs decide nothing by being a header's own, and differ in each."""
        chosen, detector = walk.profile, walk.detector
        decisions = self._of(
            (
                chosen.options,
                frozenset(chosen.overrides.items()),
                walk.pseudonyms,
                replace(detector.identity, uids=frozenset()),
                detector.phi.engine if detector.phi else "",
                walk.patient,
                walk.sop_class,
                walk.overlays,
                walk.big,
            )
        )
        return replace(walk, decisions=decisions)
