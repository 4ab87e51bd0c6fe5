"""The README's transcript is what its commands print today."""

from __future__ import annotations

from docs.generate import README, readme


def test_the_transcript_is_real() -> None:
    assert README.read_text(encoding="utf-8") == readme(), "run `make docs`"
