from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from fsxap.ports import TextLine
from fsxap.providers.text_lines import BothReadings, distinct


def line(text: str, left: float, top: float, right: float, bottom: float) -> TextLine:
    return TextLine(((left, top), (right, top), (right, bottom), (left, bottom)), text, 0.9)


@dataclass
class Fixed:
    engine: str
    lines: Sequence[TextLine]

    def find(self, _picture: Any, *, read: bool = True) -> Sequence[TextLine]:
        return self.lines if read else [TextLine(each.quad, "", each.confidence) for each in self.lines]


EMBEDDED = line("JANE DOE 1970", 10, 10, 200, 30)


@pytest.mark.parametrize(
    ("second", "added"),
    [
        (EMBEDDED, False),
        (line("jane  doe", 9.5, 10.5, 120, 29), False),
        (line("JANE ROE", 10, 10, 120, 30), True),
        (line("JANE DOE 1970", 10, 10, 240, 30), True),
        (line("MRN 7", 10, 100, 60, 120), True),
    ],
    ids=["same", "a piece", "read otherwise", "wider", "elsewhere"],
)
def test_the_second_engine_only_ever_adds(second: TextLine, added: bool) -> None:
    both = BothReadings(Fixed("one 1", [EMBEDDED]), Fixed("two 2", [second]))
    found = both.find(None)  # type: ignore[arg-type]
    assert EMBEDDED in found and len(found) == 1 + added
    assert both.engine == "one 1 + two 2"


def test_places_are_united_by_place_alone_and_from_top_to_bottom() -> None:
    both = BothReadings(Fixed("one", [EMBEDDED]), Fixed("two", [line("A", 20, 12, 50, 25), line("B", 0, 0, 5, 5)]))
    found = both.find(None, read=False)  # type: ignore[arg-type]
    assert [each.quad[0] for each in found] == [(0, 0), (10, 10)]


def test_pieces_of_a_line_give_way_to_the_whole_whichever_comes_first() -> None:
    piece = line("JANE", 10, 10, 60, 30)
    assert distinct([piece, EMBEDDED]) == distinct([EMBEDDED, piece]) == [EMBEDDED]
