from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.documents import Box
from fsxap.errors import ServiceError
from fsxap.providers.aws.textract_blocks import Content, contents, turned
from fsxap.providers.aws.textract_expense import expenses
from tests.unit.providers.aws.textract_service import Sheet, geometry


def near(box: Box, *sides: float) -> bool:
    return all(abs(a - b) < 1e-6 for a, b in zip(box, sides, strict=True))


def only(sheet: Sheet) -> Content:
    return contents(sheet.blocks)[sheet.page]


def test_lines_and_words_keep_place_and_confidence() -> None:
    sheet = Sheet()
    sheet.line("Invoice 4711", 0.1, 0.2)
    (line,) = only(sheet).lines
    assert line.text == "Invoice 4711" and [word.confidence for word in line.words] == [0.9, 0.9]
    assert near(line.words[1].box, 0.22, 0.2, 0.32, 0.22)


def test_a_table_keeps_its_grid_and_a_merged_cell_its_text_once() -> None:
    sheet = Sheet()
    sheet.table([("Item", "Qty", "Total"), ("Paint red", "2", "9.00"), ("Sum of", "all", "9.00")], merged=[(3, 1, 2)])
    (table,) = only(sheet).tables
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Item", "Qty", "Total"],
        ["Paint red", "2", "9.00"],
        ["Sum of all", "", "9.00"],
    ]
    assert near(table.rows[2][0].box, 0.1, 0.39, 0.3, 0.41)


def test_a_table_s_missing_cells_are_empty_ones() -> None:
    sheet = Sheet()
    sheet.table([("a", "b"), ("c",)])
    (table,) = only(sheet).tables
    assert [[cell.text for cell in row] for row in table.rows] == [["a", "b"], ["c", ""]]


def test_a_ticked_cell_reads_x() -> None:
    sheet = Sheet()
    sheet.table([("Paid", "")])
    box = sheet.block("SELECTION_ELEMENT", (0.2, 0.33, 0.01), SelectionStatus="SELECTED")
    cell = next(block for block in sheet.blocks if block.get("ColumnIndex") == 2)
    cell["Relationships"] = [{"Type": "CHILD", "Ids": [box["Id"]]}]
    assert only(sheet).tables[0].rows[0][1].text == "X"


def test_pairs_check_boxes_signatures_and_answers() -> None:
    sheet = Sheet()
    sheet.pair("Name :", "Jane Doe")
    sheet.pair("Date:", "")
    sheet.tick("Single", True)
    sheet.tick("Married", False, top=0.64)
    sheet.tick("", True, top=0.9)
    sheet.block("SIGNATURE", (0.5, 0.9, 0.2, 0.05), 55.0)
    sheet.answer("number", "What is the number?", "4711")
    found = only(sheet)
    assert [(pair.label, pair.value, pair.confidence) for pair in found.pairs] == [
        ("Name", "Jane Doe", 0.8),
        ("Date", "", 0.8),
    ]
    assert near(found.pairs[0].value_box, 0.6, 0.5, 0.7, 0.52)
    assert [(box.label, box.checked) for box in found.checkboxes] == [("Single", True), ("Married", False), ("", True)]
    assert [round(each.confidence, 2) for each in found.signatures] == [0.55]
    assert [(each.name, each.value, each.page, each.confidence) for each in found.answers] == [
        ("number", "4711", 1, 0.7)
    ]


def test_pages_are_told_apart_whatever_order_blocks_come_in() -> None:
    first, second = Sheet(1), Sheet(2)
    first.line("one")
    second.line("two")
    found = contents(reversed(first.blocks + second.blocks))
    assert {number: content.lines[0].text for number, content in found.items()} == {1: "one", 2: "two"}


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_is_described_as_it_is_upright(turn: int) -> None:
    sheet = Sheet(turn=turn)
    sheet.line("Invoice 4711", 0.1, 0.2)
    found = only(sheet)
    assert found.rotation == (360 - turn) % 360
    assert near(found.lines[0].words[0].box, 0.1, 0.2, 0.2, 0.22)


@given(
    place=st.tuples(st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0.5, 1), st.floats(0.5, 1)),
    turn=st.sampled_from([0, 90, 180, 270]),
)
def test_turning_all_the_way_round_changes_nothing(place: Box, turn: int) -> None:
    assert near(turned(turned(place, turn), (360 - turn) % 360), *place)
    left, top, right, bottom = turned(place, turn)
    assert left < right and top < bottom


@pytest.mark.parametrize(
    "block",
    [
        {"BlockType": "LINE", "Id": "a", "Text": "Jane", "Confidence": 9.0},
        {
            "BlockType": "LINE",
            "Id": "a",
            "Text": "Jane",
            "Geometry": geometry(0, 0),
            "Relationships": [{"Type": "CHILD", "Ids": ["gone"]}],
        },
    ],
    ids=["no place", "no child"],
)
def test_blocks_that_do_not_hang_together_are_an_error(block: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        contents([block])
    assert caught.value.code == "unexpected-answer" and "Jane" not in caught.value.message


def field(kind: str, text: str, label: str = "", page: int = 1, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Type": {"Text": kind, "Confidence": 95.0},
        "ValueDetection": {"Text": text, "Confidence": 80.0, "Geometry": geometry(0.5, 0.5)},
        "PageNumber": page,
    }
    if label:
        made["LabelDetection"] = {"Text": label, "Confidence": 70.0, "Geometry": geometry(0.1, 0.5)}
    return made | more


def test_expense_fields_come_under_our_names() -> None:
    total = field("TOTAL", "9,00 €", "Summe:", Currency={"Code": "EUR", "Confidence": 60.0})
    found = expenses([{"SummaryFields": [field("VENDOR_NAME", "Acme"), total, field("OTHER", "7", "Table:", 2)]}])
    assert [(each.name, each.value, each.page, each.confidence) for each in found.answers] == [
        ("vendor", "Acme", 1, 0.8),
        ("total", "9,00 €", 1, 0.8),
        ("currency", "EUR", 1, 0.6),
    ]
    assert {page: [(pair.label, pair.value) for pair in pairs] for page, pairs in found.pairs.items()} == {
        1: [("Summe", "9,00 €")],
        2: [("Table", "7")],
    }


def test_line_items_become_a_table_for_each_page() -> None:
    def item(page: int, **cells: str) -> dict[str, Any]:
        return {"LineItemExpenseFields": [field(kind, text, page=page) for kind, text in cells.items()]}

    items = [
        item(1, ITEM="Red\npaint", PRICE="9.00", EXPENSE_ROW="Red paint 9.00"),
        item(1, ITEM="Brush", QUANTITY="2", PRICE="4.00"),
        item(2, ITEM="Tape", UNIT_PRICE="1.00", PRICE="1.00"),
    ]
    found = expenses([{"LineItemGroups": [{"LineItems": items}]}])
    rows = {page: [[cell.text for cell in row] for row in tables[0].rows] for page, tables in found.tables.items()}
    assert rows == {
        1: [["description", "quantity", "total"], ["Red paint", "", "9.00"], ["Brush", "2", "4.00"]],
        2: [["description", "unit price", "total"], ["Tape", "1.00", "1.00"]],
    }
    assert near(found.tables[1][0].box, 0.5, 0.5, 0.6, 0.52)


def test_an_expense_field_without_a_type_is_an_error() -> None:
    with pytest.raises(ServiceError):
        expenses([{"SummaryFields": [{"PageNumber": 1}]}])
