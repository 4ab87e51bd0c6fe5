from __future__ import annotations

from fsxap.documents import Box, Line, Word
from fsxap.providers.local.documents.tables import tables_of

ACROSS = [(0.1, y, 0.9, y + 0.001) for y in (0.1, 0.15, 0.2)]
DOWN = [(x, 0.1, x + 0.001, 0.2) for x in (0.1, 0.5, 0.9)]


def line(text: str, left: float, top: float) -> Line:
    return Line((Word(text, (left, top, left + 0.1, top + 0.015), 0.9),))


def test_a_grid_is_a_table() -> None:
    lines = [line("Item", 0.11, 0.11), line("Total", 0.52, 0.11), line("Pen", 0.11, 0.16), line("outside", 0.11, 0.5)]
    (table,) = tables_of(lines, [*ACROSS, *DOWN], 0.7)
    assert [[cell.text for cell in row] for row in table.rows] == [["Item", "Total"], ["Pen", ""]]
    assert table.rows[0][0].confidence == 0.9


def test_open_sides_close_a_table() -> None:
    lines = [line("a", 0.11, 0.11), line("b", 0.52, 0.11)]
    (table,) = tables_of(lines, [*ACROSS, DOWN[1]], 0.7)
    assert [cell.text for cell in table.rows[0]] == ["a", "b"]


def test_lines_that_do_not_meet_are_no_table() -> None:
    apart: list[Box] = [(0.1, 0.1, 0.9, 0.101), (0.1, 0.3, 0.9, 0.301), (0.5, 0.15, 0.501, 0.25)]
    assert tables_of([line("a", 0.11, 0.11), line("b", 0.52, 0.11)], apart, 0.7) == ()


def test_an_empty_grid_is_no_table() -> None:
    assert tables_of([], [*ACROSS, *DOWN], 0.7) == ()
