from __future__ import annotations

from collections.abc import Sequence

import pytest

from fsxap.documents import Box, Cell, CheckBox, Line, Page, Table, Word
from fsxap.usecases.idp.checkboxes import labelled
from fsxap.usecases.idp.forms import pairs_of

Printed = tuple[float, float, str]


def line(left: float, top: float, text: str) -> Line:
    words = []
    for said in text.split():
        words.append(Word(said, (left, top, left + 0.01 * len(said), top + 0.015)))
        left += 0.01 * (len(said) + 1)
    return Line(tuple(words))


def page(
    *printed: Printed, rules: Sequence[Box] = (), boxes: Sequence[CheckBox] = (), tables: Sequence[Table] = ()
) -> Page:
    lines = tuple(line(*each) for each in printed)
    return Page(1, 595, 842, "ocr", lines=lines, rules=tuple(rules), checkboxes=tuple(boxes), tables=tuple(tables))


def rule(left: float, bottom: float, right: float) -> Box:
    return (left, bottom, right, bottom + 0.001)


def table(*rows: Sequence[str]) -> Table:
    cells = tuple(
        tuple(Cell(text, (0.1 + 0.2 * x, 0.1 + 0.05 * y, 0.3 + 0.2 * x, 0.15 + 0.05 * y)) for x, text in enumerate(row))
        for y, row in enumerate(rows)
    )
    return Table(cells, (0.1, 0.1, 0.1 + 0.2 * len(rows[0]), 0.1 + 0.05 * len(rows)))


@pytest.mark.parametrize(
    ("form", "pairs"),
    [
        (
            page((0.1, 0.1, "Name: Jane Miller"), (0.1, 0.2, "City:"), (0.4, 0.2, "Leeds")),
            {"Name": "Jane Miller", "City": "Leeds"},
        ),
        (page((0.1, 0.1, "Name:Jane")), {"Name": "Jane"}),
        (
            page(
                (0.1, 0.1, "Name"),
                (0.2, 0.1, "Jane"),
                (0.1, 0.2, "City"),
                rules=[rule(0.19, 0.117, 0.6), rule(0.19, 0.217, 0.6)],
            ),
            {"Name": "Jane", "City": ""},
        ),
        (
            page(
                (0.11, 0.1, "Jane Miller"),
                (0.1, 0.12, "Name"),
                (0.5, 0.12, "City"),
                (0.51, 0.1, "Leeds"),
                rules=[rule(0.1, 0.117, 0.4), rule(0.5, 0.117, 0.8)],
            ),
            {"Name": "Jane Miller", "City": "Leeds"},
        ),
        (
            page(tables=[table(["Name\nJane", "Start date\n2024-01-31"], ["City", "Email\na@b.org"])]),
            {"Name": "Jane", "Start date": "2024-01-31", "City": "", "Email": "a@b.org"},
        ),
        (page(tables=[table(["Name", "Jane"], ["City", ""])]), {"Name": "Jane", "City": ""}),
        (
            page(
                *[(0.1, 0.1 + 0.03 * row, name) for row, name in enumerate(("Name", "City", "Title"))],
                *[(0.4, 0.1 + 0.03 * row, value) for row, value in enumerate(("Jane", "Leeds", "Nurse"))],
            ),
            {"Name": "Jane", "City": "Leeds", "Title": "Nurse"},
        ),
        (page((0.1, 0.1, "A sentence that says a lot and goes on for quite some time before it comes to: this")), {}),
    ],
    ids=["colons", "glued", "rules", "captions", "cells", "table", "columns", "sentence"],
)
def test_labels_have_their_values(form: Page, pairs: dict[str, str]) -> None:
    assert {pair.label: pair.value for pair in pairs_of(form)} == pairs


def test_a_question_with_boxes_is_no_pair() -> None:
    boxes = [CheckBox(True, (0.3, 0.1, 0.315, 0.115)), CheckBox(False, (0.45, 0.1, 0.465, 0.115))]
    form = page((0.1, 0.1, "Paid:"), (0.325, 0.1, "Yes"), (0.475, 0.1, "No"), boxes=boxes)
    assert pairs_of(form) == ()
    assert {box.label: box.checked for box in labelled(form)} == {"Yes": True, "No": False}


def test_equal_labels_are_told_apart_by_their_questions() -> None:
    boxes = [CheckBox(row == 0, (0.3, 0.1 + 0.05 * row, 0.315, 0.115 + 0.05 * row)) for row in range(2)]
    form = page((0.1, 0.1, "Smoker"), (0.325, 0.1, "Yes"), (0.1, 0.15, "Driver"), (0.325, 0.15, "Yes"), boxes=boxes)
    assert {box.label: box.checked for box in labelled(form)} == {"Smoker: Yes": True, "Driver: Yes": False}


def test_printed_boxes_count() -> None:
    assert [box.checked for box in labelled(page((0.1, 0.1, "☒ Yes"), (0.1, 0.2, "☐ No")))] == [True, False]


def test_brackets_are_boxes_beside_words_only() -> None:
    receipt = page((0.1, 0.1, "RICE () 1.50"), (0.1, 0.2, "()"))
    assert labelled(receipt) == ()
    assert [box.label for box in labelled(page((0.1, 0.1, "(x) Yes"), (0.1, 0.2, "() No")))] == ["Yes", "No"]
