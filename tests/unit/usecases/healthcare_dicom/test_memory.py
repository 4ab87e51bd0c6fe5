"""What is remembered from file to file changes nothing but the time it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fsxap.usecases.healthcare_dicom.memory import MOST, Memory
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms
from fsxap.usecases.healthcare_dicom.release import release
from tests.unit.usecases.healthcare_dicom.made import KEY, ROOT, chosen, dataset, item, parsed, stored

OPTIONS = [(), ("descriptors", "modified-dates", "patient", "safe-private", "structured"), ("uids", "full-dates")]


def files() -> Iterator[bytes]:
    """Headers that say the same of different people, and different things of the same."""
    for name, echo in (("Weberling^Klaus", "Thorax"), ("Thorax^Routine", "Thorax"), ("Chest^Otto", "CHEST")):
        for number in range(2):
            changes: dict[str, Any] = {
                "PatientName": name,
                "PatientID": f"MRN-55120{len(name)}",
                "SOPInstanceUID": f"{ROOT}.5.{number}",
                "WindowCenterWidthExplanation": echo,
                "StudyDescription": f"{echo} routine",
                "AnatomicRegionSequence": [item(CodeValue="T", CodingSchemeDesignator="99X", CodeMeaning=echo)],
            }
            made = dataset(**changes)
            block = made.private_block(0x0019, "SIEMENS MR HEADER" if number else "ACME", create=True)
            block.add_new(0x0C, "IS", "1000")
            yield stored(made)


@pytest.mark.parametrize("options", OPTIONS)
def test_outputs_are_the_same_with_a_memory_and_without(options: tuple[str, ...]) -> None:
    memory, profile = Memory(), chosen(*options)
    for body in [*files(), *files()]:
        file = parsed(body)
        with_memory = release(file, body, profile, KEY, memory=memory)
        without = release(file, body, profile, KEY)
        assert (with_memory.body, with_memory.actions) == (without.body, without.actions)


def test_one_memory_serves_many_profiles_and_keys() -> None:
    memory = Memory()
    for body in files():
        file = parsed(body)
        for options in OPTIONS:
            for key in (KEY, Pseudonyms(b"another key that is long enough")):
                profile = chosen(*options, overrides={0x00081090: "X"} if options else {})
                made = release(file, body, profile, key, memory=memory)
                assert made.body == release(file, body, profile, key).body


def test_a_memory_has_an_end() -> None:
    memory, profile = Memory(), chosen()
    region = [item(CodeValue=str(number), CodingSchemeDesignator="99X") for number in range(MOST)]
    body = stored(dataset(AnatomicRegionSequence=region))
    again = stored(dataset(AnatomicRegionSequence=region[::-1], KVP="80"))
    for each in (body, again):
        assert (
            release(parsed(each), each, profile, KEY, memory=memory).body
            == release(parsed(each), each, profile, KEY).body
        )
