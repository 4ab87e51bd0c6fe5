from __future__ import annotations

import os
import subprocess

import pytest

from tests.e2e.program import FSXAP


def completed(words: str) -> list[str]:
    """As bash asks for it; the last word is being typed."""
    parts = words.split(" ")
    environ = os.environ | {
        "_FSXAP_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(parts) - 1),
    }
    done = subprocess.run([FSXAP], env=environ, capture_output=True, text=True, check=False)
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
