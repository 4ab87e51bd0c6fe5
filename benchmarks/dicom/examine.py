"""Owns the counting: cases through a tool, and per kind what was planted, what leaked, and what was held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.dicom import contents, guises, odd, plants, public, search, seldom, streams
from benchmarks.dicom.case import Case, Plant
from benchmarks.dicom.conduct import folder
from benchmarks.dicom.program import Released

PER_FILE, UNLISTED, PUBLIC = 12, 96, 16
"""Plants in a made file; unlisted attributes drawn beside the fixed ones; listed attributes added to a public file."""


@dataclass(frozen=True, slots=True)
class Count:
    """Of one tool: by kind, what was planted, found again, and in files that did not come back."""

    planted: Counter[str]
    leaked: Counter[str]
    withheld: Counter[str]
    lost: tuple[str, ...]
    leaks: tuple[tuple[Case, Plant], ...] = field(repr=False)
    released: Released


def corner_cases(seed: int) -> list[Case]:
    """Made files that need no published table."""
    return [case for kind in (odd, contents, streams, guises, seldom) for case in kind.cases(seed)]


def made_cases(tables: Path, seed: int) -> list[Case]:
    return [*plants.cases(plants.table(tables), seed, PER_FILE, UNLISTED), *corner_cases(seed)]


def public_cases(tables: Path, files: Path, seed: int) -> list[Case]:
    rows = plants.table(tables)
    return [*public.cases(files, rows, seed, PUBLIC), *public.natural(files, rows)]


def unseen(cases: Iterable[Case]) -> list[tuple[Case, Plant]]:
    """Plants that the search does not find in the very files they were planted into: such a plant proves nothing."""
    out = []
    for case in cases:
        given = search.opened(case.body)
        out += [(case, plant) for plant in case.plants if not search.found(plant, given)]
    return out


def examined(cases: Sequence[Case], work: Path, tool: Callable[[Path, Path], Released]) -> Count:
    """`tool` takes a folder of files and one for outputs. A file neither given back nor held back is lost."""
    source = folder(work / "in", {case.name: case.body for case in cases})
    return count(cases, tool(source, work / "out"))


def count(cases: Iterable[Case], released: Released) -> Count:
    planted: Counter[str] = Counter()
    leaked: Counter[str] = Counter()
    withheld: Counter[str] = Counter()
    lost: list[str] = []
    leaks: list[tuple[Case, Plant]] = []
    for case in cases:
        body = released.outputs.get(case.name)
        if body is None and not released.withheld.get(case.name):
            lost.append(case.name)
        output = search.opened(body) if body is not None else None
        for plant in case.plants:
            planted[plant.kind] += 1
            if output is None:
                withheld[plant.kind] += 1
            elif search.found(plant, output):
                leaked[plant.kind] += 1
                leaks.append((case, plant))
    return Count(planted, leaked, withheld, tuple(lost), tuple(leaks), released)
