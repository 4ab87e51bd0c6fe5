"""docs/emulator.md against the code: its example is read, its tables are complete."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml

from fsxap.acl import described
from fsxap.acl.description import PLACE_KEYS, SECTIONS, parse
from fsxap.emulator.faults import Faults

TEXT = (Path(__file__).parents[3] / "docs" / "emulator.md").read_text(encoding="utf-8")


def test_the_example_is_a_description() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    description = parse(yaml.safe_load(block))
    assert description.error("finance/sealed") == "655865"
    board = description.descriptor("finance/board", "directory", mode=0, uid=0, gid=0)
    assert board.protected
    assert board.aces[0].mask == 0x40001
    file = description.descriptor("finance/2026.txt", "file", mode=0, uid=0, gid=0)
    assert [(ace.access, ace.trustee) for ace in file.aces] == [
        ("deny", "CORP\\Domain Users"),
        ("allow", "CORP\\Finance"),
        ("allow", "BUILTIN\\Administrators"),
        ("allow", "BUILTIN\\Administrators"),
    ], "the last one is what CREATOR OWNER became"


@pytest.mark.parametrize(
    "word",
    [
        *SECTIONS,
        *PLACE_KEYS,
        *(field.name for field in dataclasses.fields(described.Services)),
        *(field.name for field in dataclasses.fields(Faults)),
    ],
)
def test_every_word_is_explained(word: str) -> None:
    assert f"`{word}`" in TEXT
