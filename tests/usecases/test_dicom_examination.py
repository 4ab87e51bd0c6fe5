"""The examination of benchmarks/dicom in small: made files through the program, searched for what was planted."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from benchmarks.dicom import conduct, contents, examine, plants, program, search, useful
from benchmarks.dicom.case import DATE, Case, Plant
from benchmarks.dicom.draw import Draw

TABLES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "dicom"
SEEDS = (11, 20261123, 7)
"""Every file of the first; of each further one another part, so that no outcome hangs on one draw."""
LEAST = {
    "listed 2024b": 600, "listed 2025b": 30, "nested": 600, "private": 250, "own echo": 50, "others' echo": 50,
    "by IOD": 150, "behind a NUL": 16, "written as UN": 27, "unknown tag": 70, "around the data": 12,
    "text in numbers": 11, "wrong kind": 24, "UIDs": 15, "file meta": 15, "icons": 6, "overlay or curve": 48,
    "ICC profile": 5, "character sets": 33, "documents": 9, "syntaxes": 9, "dates": 19, "compressed streams": 23,
    "disguised": 31, "parts of identifiers": 6, "names that are words": 64, "others' names that are words": 64,
    "numbers": 20, "values of another form": 30, "UIDs that tell": 19, "escapes and character sets": 22,
    "odd names": 18, "seldom looked at": 100, "bulk data": 180, "repeating groups": 80, "tables": 5, "pieces": 17,
    "every attribute": 1600,
}  # fmt: skip
"""Kind → how many are planted at least."""
LISTED = ("listed 2024b", "listed 2025b", "nested", "private", "own echo", "others' echo", "by IOD")
TOLERATED = {"others' names that are words": 8}
"""Names nobody can tell from words without knowing the person."""


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """pydicom warns of what is planted on purpose."""
    settings = pydicom.config.settings
    before = settings.reading_validation_mode, settings.writing_validation_mode
    settings.reading_validation_mode = settings.writing_validation_mode = pydicom.config.IGNORE
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)
    settings.reading_validation_mode, settings.writing_validation_mode = before


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    made = examine.corner_cases(SEEDS[0])
    if TABLES.is_dir():
        made += plants.cases(plants.table(TABLES), SEEDS[0], 40, 24)
    for number, seed in enumerate(SEEDS[1:]):
        more = examine.corner_cases(seed)[number :: 3 * len(SEEDS)]
        made += [Case(f"{seed}-{case.name}", case.body, case.plants, case.origin) for case in more]
    return made


@pytest.fixture(scope="module")
def count(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> examine.Count:
    work = tmp_path_factory.mktemp("examined")
    count = examine.examined(cases, work, lambda source, to: program.run(source, to, work / "state"))
    heard = conduct.told(cases, count.released, work / "state", work / "out")
    assert heard == []
    return count


@pytest.mark.parametrize("kind", LEAST)
def test_nothing_leaks(kind: str, count: examine.Count) -> None:
    if kind in LISTED and not TABLES.is_dir():
        pytest.skip("the published tables are not here")
    assert count.planted[kind] >= LEAST[kind]
    told = [f"{case.name} {plant.where}" for case, plant in count.leaks if plant.kind == kind]
    assert len(told) <= TOLERATED.get(kind, 0), told


def test_every_kind_is_counted_and_no_file_is_lost(cases: list[Case], count: examine.Count) -> None:
    assert set(count.planted) <= set(LEAST)
    assert count.lost == ()
    assert len(count.released.outputs) + len(count.released.withheld) == len(cases)
    assert count.withheld.total() < count.planted.total() / 10


def test_the_search_sees_what_was_planted(cases: list[Case]) -> None:
    assert [f"{case.name} {plant.where}" for case, plant in examine.unseen(cases)] == []


def test_a_study_stays_useful(tmp_path: Path) -> None:
    given = useful.study(SEEDS[0])
    source = conduct.folder(tmp_path / "in", given)
    back = program.run(source, tmp_path / "out", tmp_path / "state", useful.OPTIONS)
    checks = useful.checks(given, back.outputs)
    assert len(checks) >= 44
    assert [name for name, passed in checks.items() if not passed] == []


@pytest.mark.parametrize("name", ["utf-8", "utf-16-le", "utf-16-be"])
def test_the_search_finds_a_name_in_any_encoding(name: str) -> None:
    plant = Plant("made", "here", "Kavolupir^Dorane")
    assert search.found(plant, search.opened(b"\1\2" + "xx KAVOLUPIR yy".encode(name)))
    assert not search.found(plant, search.opened(b"\1\2" + "xx kavolup yy".encode(name)))


@pytest.mark.parametrize("said", ["19430917", "1943-09-17", "17.09.1943", "17 Sep 1943", "September 17, 1943"])
def test_the_search_finds_a_date_in_any_form(said: str) -> None:
    assert search.found(Plant("made", "here", "19430917", DATE), search.opened(f"on {said} at".encode()))


def test_a_file_that_does_not_come_back_is_lost() -> None:
    given = list(contents.cases(3))
    nothing = program.Released({}, {}, "", 0, 0.0)
    assert examine.count(given, nothing).lost == tuple(case.name for case in given)


def test_identifiers_of_one_seed_are_equal_and_never_repeat() -> None:
    one, again = ([Draw(5).of(vr) for vr in ("PN", "DA", "UI", "LO")] for _ in range(2))
    assert one == again
    draw = Draw(5)
    words = [draw.word() for _ in range(5000)]
    assert len(set(words)) == len(words)
