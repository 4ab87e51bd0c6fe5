from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fsxap.documents import Cell, Document, Line, Page, Table, Word, around

BOX = (0.1, 0.1, 0.2, 0.12)


def word(text: str, left: float = 0.1, *, space: bool = True, confidence: float = 1.0) -> Word:
    return Word(text, (left, 0.1, left + 0.05, 0.12), confidence, space)


def test_a_line_reads_as_printed() -> None:
    assert Line((word("合計金額"), word("12,800", space=False), word("円", space=False))).text == "合計金額12,800円"
    assert Line((word("Total"), word("9.00"))).text == "Total 9.00"
    assert Line(()).text == ""


def test_long_words_weigh_more_in_a_lines_confidence() -> None:
    line = Line((word("a", confidence=0.0), word("abc", confidence=1.0)))
    assert line.confidence == 0.75


boxes = st.tuples(*[st.floats(0, 1)] * 4)


@given(st.lists(boxes, min_size=1))
def test_the_box_around_holds_every_box(many: list[tuple[float, float, float, float]]) -> None:
    left, top, right, bottom = around(many)
    assert all(left <= each[0] and top <= each[1] and right >= each[2] and bottom >= each[3] for each in many)


def test_nothing_has_no_area() -> None:
    assert around([]) == (0.0, 0.0, 0.0, 0.0)


def test_a_page_as_json() -> None:
    table = Table(((Cell("a", BOX), Cell("", BOX)), (Cell("b", BOX), Cell("c", BOX))), BOX)
    record = Page(2, 595.276, 842, "ocr", 90, 0.504, (Line((word("Hi", 0.123456),)),), (table,)).record()
    assert record == {
        "number": 2,
        "width": 595.28,
        "height": 842,
        "source": "ocr",
        "rotation": 90,
        "skew": 0.5,
        "text": "Hi",
        "words": [{"text": "Hi", "box": [0.1235, 0.1, 0.1735, 0.12], "confidence": 1.0}],
        "tables": [{"box": [0.1, 0.1, 0.2, 0.12], "rows": [["a", ""], ["b", "c"]]}],
    }


def test_pages_are_parted_in_the_text() -> None:
    pages = tuple(Page(number, 1, 1, lines=(Line((word(str(number)),)),)) for number in (1, 2))
    assert Document(pages, "engine").text == "1\n\n2"
