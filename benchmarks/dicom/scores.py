"""Owns what is measured of each tool, and under which name it stands in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.dicom import burned_in, conduct, examine, midi, peers, pictures, program, useful, validity
from benchmarks.dicom.case import Case
from benchmarks.dicom.examine import Count
from benchmarks.dicom.midi import Answer
from benchmarks.dicom.program import Released

if TYPE_CHECKING:
    from benchmarks.dicom import Settings

FSXAP = "fsxap"
PICTURES = 44
RETAINED = ("listed 2024b", "listed 2025b", "nested", "private", "by IOD", "own echo", "every attribute")
CLEANED = ("preset=tcia", "clean=descriptors,structured,graphics,pixels")
Add = Callable[[str, int, str, Any], None]


@dataclass(frozen=True, slots=True)
class Sets:
    """The files of one examination, made once and given to every tool."""

    made: list[Case]
    public: list[Case]
    study: dict[str, bytes]
    midi: dict[str, bytes]
    answers: list[Answer]
    pictures: dict[str, tuple[burned_in.Case, bytes]]
    files: Path


def sets(data: Path, seed: int, subjects: int, *, public_too: bool) -> Sets:
    files = data / "files"
    there = examine.public_cases(data, files, seed) if public_too and files.is_dir() else []
    return Sets(
        examine.made_cases(data, seed),
        there,
        useful.study(seed),
        *midi.key(seed, subjects),
        pictures.files(PICTURES, seed),
        files,
    )


def _by_kind(counted: Count, tool: str, add: Add, held: str = "") -> None:
    for kind, planted in counted.planted.items():
        add(f"leaks: {kind}", planted, tool, counted.leaked[kind])
        if held:
            add(f"leaks: {kind}", planted, held, counted.withheld[kind])


def _leaks(where: Path | None, *counts: Count) -> None:
    if where is None:
        return
    lines = [
        f"{plant.kind}\t{case.name}\t{case.origin}\t{plant.where}" for each in counts for case, plant in each.leaks
    ]
    lines += [f"withheld\t{name}\t\t{why}" for each in counts for name, why in each.released.withheld.items()]
    where.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _common(tool: str, counted: list[Count], add: Add) -> None:
    files = sum(len(each.released.outputs) + len(each.released.withheld) + len(each.lost) for each in counted)
    add(
        "sum of leaks",
        sum(each.planted.total() for each in counted),
        tool,
        sum(each.leaked.total() for each in counted),
    )
    add("files neither returned nor held back", files, tool, sum(len(each.lost) for each in counted))
    add("CPU milliseconds a file, all sets", files, tool, round(1000 * sum(e.released.cpu for e in counted) / files, 1))


def _useful(tool: str, given: Mapping[str, bytes], back: Released, add: Add) -> None:
    passed = useful.checks(given, back.outputs)
    add("passed: usefulness checks", len(passed), tool, sum(passed.values()))


def _valid(
    tool: str, given: Mapping[str, bytes], back: Mapping[str, bytes], what: str, chosen: Settings, add: Add
) -> None:
    checker = peers.found(chosen.tools, "dciodvfy")
    if checker is None:
        add(f"files with new dciodvfy errors: {what}", len(given), tool, "no dciodvfy")
        return
    worse = validity.worsened(checker, given, back, peers.environment(chosen.tools))
    add(f"files with new dciodvfy errors: {what}", len(given), tool, len(worse))


def _midi(tool: str, given: Sets, back: Released, maps: Path | None, add: Add) -> None:
    passed, required = midi.score(given.midi, back.outputs, given.answers, maps)
    add("MIDI-B-like score, %", required.total(), tool, round(100 * passed.total() / required.total(), 2))
    for action in ("text_removed", "text_retained", "pixels_hidden"):
        add(f"MIDI-B-like: {action}", required[action], tool, passed[action])


def released(source: Path, to: Path, params: tuple[str, ...] = ()) -> Released:
    return program.run(source, to, to.with_name("state"), params)


def fsxap(given: Sets, work: Path, add: Add, chosen: Settings) -> None:
    counted = [_made(given, work / "made", add)]
    counted += [_public(given, work / "public", add, chosen)] if given.public else []
    _common(FSXAP, counted, add)
    counted.append(_cleaned(given, work / "cleaned", add))
    _leaks(chosen.leaks, *counted)
    _study(given, work / "study", add, chosen)
    _challenge(given, work / "midi", add)
    _pictures(FSXAP, given, work / "pictures", partial(released, params=("clean=pixels",)), add)
    _runs(given, work, add, chosen)


def _made(given: Sets, work: Path, add: Add) -> Count:
    counted = examine.examined(given.made, work, released)
    _by_kind(counted, FSXAP, add, "held back")
    heard = conduct.told(given.made, counted.released, work / "state", work / "out")
    number = sum(len(case.plants) for case in given.made)
    add("planted values in what it prints, keeps or names", number, FSXAP, len(heard))
    add("plants that the search does not see in what it was given", number, FSXAP, len(examine.unseen(given.made)))
    return counted


def _public(given: Sets, work: Path, add: Add, chosen: Settings) -> Count:
    counted = examine.examined(given.public, work, released)
    _by_kind(counted, FSXAP, add, "held back")
    _natural_validity(FSXAP, given, counted, chosen, add)
    return counted


def _cleaned(given: Sets, work: Path, add: Add) -> Count:
    """Kinds of plants that the options retain on purpose (times, ages, device) are left out."""
    counted = examine.examined(given.made, work, partial(released, params=CLEANED))
    number = sum(counted.planted[kind] for kind in counted.planted if kind not in RETAINED)
    leaked = sum(counted.leaked[kind] for kind in counted.leaked if kind not in RETAINED)
    held = sum(counted.withheld[kind] for kind in counted.withheld if kind not in RETAINED)
    add("leaks: made files, preset=tcia and clean=…", number, FSXAP, leaked)
    add("leaks: made files, preset=tcia and clean=…", number, "held back", held)
    return counted


def _study(given: Sets, work: Path, add: Add, chosen: Settings) -> None:
    study = released(conduct.folder(work / "in", given.study), work / "out", useful.OPTIONS)
    _useful(FSXAP, given.study, study, add)
    _valid(FSXAP, given.study, study.outputs, "study", chosen, add)
    for what, passed in conduct.keys(given.study, work / "keys", useful.OPTIONS).items():
        add(f"passed: {what}", 1, FSXAP, int(passed))


def _challenge(given: Sets, work: Path, add: Add) -> None:
    maps = work / "maps"
    source = conduct.folder(work / "in", given.midi)
    params = (*midi.OPTIONS, f"crosswalk={maps / 'crosswalk'}")
    _midi(FSXAP, given, released(source, work / "out", params), maps, add)


def _pictures(tool: str, given: Sets, work: Path, run: Callable[[Path, Path], Released], add: Add) -> None:
    source = conduct.folder(work / "in", {name: body for name, (_, body) in given.pictures.items()})
    counts, elsewhere = pictures.score(given.pictures, run(source, work / "out").outputs)
    add("text in pictures: identifiers left", counts["identifiers"], tool, counts["identifiers left"])
    add(
        "text in pictures: identifiers in pictures held back",
        counts["identifiers"],
        tool,
        counts["identifiers withheld"],
    )
    add("text in pictures: clinical labels kept", counts["labels"], tool, counts["labels kept"])
    add("text in pictures: pictures without identifiers altered", counts["innocent"], tool, counts["innocent altered"])
    add("text in pictures: other pixels changed, %", len(given.pictures), tool, round(100 * elsewhere, 3))


def _natural_validity(tool: str, given: Sets, counted: Count, chosen: Settings, add: Add) -> None:
    some = {case.name: case.body for case in given.public if not case.name.startswith("planted-")}
    if some:
        back = {name: body for name, body in counted.released.outputs.items() if name in some}
        _valid(tool, some, back, "public files", chosen, add)


def _runs(given: Sets, work: Path, add: Add, chosen: Settings) -> None:
    if given.public:
        resumed = conduct.resumed(given.files, work / "resumed")
        files = resumed["files"]
        add("public files in one run, killed and resumed: lost", files, FSXAP, resumed["lost"])
        twice = resumed["written again after the kill"] + resumed["done again in a third run"]
        add("public files in one run, killed and resumed: done twice", files, FSXAP, twice)
    if chosen.speed:
        source = conduct.folder(work / "ct", conduct.slices(chosen.seed))
        files, cpu, _wall = conduct.speed(source, work / "speed")
        add("CT slices of 0.5 MB: files a CPU second", files, FSXAP, round(files / cpu))


def peer(tool: peers.Peer, given: Sets, work: Path, add: Add, chosen: Settings) -> None:
    run = partial(peers.run, tool)
    counted = [
        examine.examined(cases, work / name, run)
        for name, cases in (("made", given.made), ("public", given.public))
        if cases
    ]
    for one in counted:
        _by_kind(one, tool.name, add)
    _common(tool.name, counted, add)
    study = run(conduct.folder(work / "study" / "in", given.study), work / "study" / "out")
    _useful(tool.name, given.study, study, add)
    _valid(tool.name, given.study, study.outputs, "study", chosen, add)
    _natural_validity(tool.name, given, counted[-1], chosen, add)
    _midi(tool.name, given, run(conduct.folder(work / "midi" / "in", given.midi), work / "midi" / "out"), None, add)
    _pictures(tool.name, given, work / "pictures", run, add)
    if chosen.speed:
        source = conduct.folder(work / "ct", conduct.slices(chosen.seed))
        done = run(source, work / "speed")
        add("CT slices of 0.5 MB: files a CPU second", conduct.SLICES, tool.name, round(len(done.outputs) / done.cpu))
