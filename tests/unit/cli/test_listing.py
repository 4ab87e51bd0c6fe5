"""Manifests that are given: their records, and records of a later time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fsxap.cli.listing import manifest_items
from fsxap.errors import ConfigurationError
from fsxap.model import Item


@pytest.mark.parametrize("more", [{}, {"v": 1}])
def test_a_manifest_is_read_back(tmp_path: Path, more: dict[str, Any]) -> None:
    (tmp_path / "m.jsonl").write_text(json.dumps(Item("a", 1).record() | more) + "\n\n")
    assert list(manifest_items(str(tmp_path / "m.jsonl"))()) == [Item("a", 1)]


@pytest.mark.parametrize(
    ("line", "code"), [(json.dumps({"type": "item", "key": "a", "v": 2}), "record-version"), ("[1]", "configuration")]
)
def test_what_is_not_known_is_refused_with_its_line(tmp_path: Path, line: str, code: str) -> None:
    (tmp_path / "m.jsonl").write_text(f"{line}\n")
    with pytest.raises(ConfigurationError, match="line 1") as refused:
        list(manifest_items(str(tmp_path / "m.jsonl"))())
    assert (refused.value.code, refused.value.exit) == (code, 253)
