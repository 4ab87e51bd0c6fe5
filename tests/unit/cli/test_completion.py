from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.program import FSXAP


def completed(words: str, **more: str) -> list[str]:
    """As bash asks for it; the last word is being typed."""
    parts = words.split(" ")
    environ = (
        os.environ
        | {
            "_FSXAP_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(parts) - 1),
        }
        | more
    )
    done = subprocess.run([FSXAP], env=environ, cwd=more.get("HOME"), capture_output=True, text=True, check=False)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("fsxap run-uc healthc", ["healthcare-dicom"]),
        ("fsxap cost legal", ["legal-compliance"]),
        ("fsxap doctor --use-case manu", ["manufacturing-analytics"]),
        ("fsxap run-uc healthcare-dicom -P mode=", ["mode=deidentify", "mode=classify"]),
        ("fsxap run-uc nothing -P mo", []),
    ],
)
def test_words_are_completed(typed: str, offered: list[str]) -> None:
    assert sorted(completed(typed)) == sorted(offered)


def test_places_are_those_this_machine_knows(tmp_path: Path) -> None:
    from fsxap.cli.places import remember
    from fsxap.engine.runs import Job, begin
    from fsxap.engine.state import DiskState

    state = DiskState(tmp_path / ".fsxap")
    remember(state, ["data-abc-ext-s3alias", "data-old-ext-s3alias"])
    begin(state, Job("idp", "data-run-ext-s3alias", "", {}), scratch=tmp_path)
    (tmp_path / "fsxap.yaml").write_text("source: data-set-ext-s3alias\n")
    offered = ["data-abc-ext-s3alias", "data-old-ext-s3alias", "data-run-ext-s3alias", "data-set-ext-s3alias"]
    assert completed("fsxap run-uc idp -s data-", HOME=str(tmp_path)) == offered
    assert completed("fsxap run-uc idp --to data-abc", HOME=str(tmp_path)) == ["data-abc-ext-s3alias"]
    # The shell itself completes paths where nothing is offered.
    assert completed("fsxap run-uc idp -s ./", HOME=str(tmp_path)) == []
    (tmp_path / "fsxap.yaml").write_text(": no settings")
    assert completed("fsxap run-uc idp -s data-", HOME=str(tmp_path)) == []
