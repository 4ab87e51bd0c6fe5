from __future__ import annotations

import pytest

pytest.importorskip("pypdfium2")

from fsxap.documents import Page, Reading
from fsxap.providers.local.documents import pdf
from fsxap.providers.local.documents.reader import LocalDocuments
from tests.unit.providers.documents import made

LABELS = made.text((60, 60, "Full name"), (60, 100, "I agree to the terms"), (60, 140, "Address of the company"))


def read(body: bytes, options: Reading | None = None) -> Page:
    return LocalDocuments().read(body, "a.pdf", options or Reading()).pages[0]


@pytest.mark.parametrize(
    "drawn",
    [
        "1 w 150 770 m 400 770 l S",
        "150 769.5 250 1 re f",
        "1 w 150 770 m 400 770 l 400 700 l 390 700 l 390 690 l 380 690 l 380 680 l S",
        "q .5 0 0 .5 0 0 cm 1 w 300 1540 m 800 1540 l S Q",
    ],
    ids=["line", "bar", "path", "scaled"],
)
def test_a_ruling_line_has_its_place(drawn: str) -> None:
    page = read(made.pdf(f"{LABELS}\n{drawn}"))
    longest = max(page.rules, key=lambda rule: rule[2] - rule[0])
    assert longest == pytest.approx((150 / 595, 72 / 842, 400 / 595, 72 / 842), abs=0.003)


def test_lines_inside_a_group_are_placed_by_it() -> None:
    group = (
        b"<</Type/XObject/Subtype/Form/BBox[0 0 600 900]/Matrix[1 0 0 1 0 -100]/Length 27>>"
        b"stream\n1 w 150 870 m 400 870 l S\n  \nendstream"
    )
    body = made.pdf(f"{LABELS}\n/G Do", extra=[group])
    body = body.replace(b"/Font<</F 3 0 R>>", b"/Font<</F 3 0 R>>/XObject<</G 100 0 R>>")
    assert read(body).rules[0] == pytest.approx((150 / 595, 72 / 842, 400 / 595, 72 / 842), abs=0.003)


def test_a_ruled_table_is_read() -> None:
    text = made.text((60, 60, "Item"), (210, 60, "Total"), (60, 85, "Fountain pen"), (210, 85, "12.00"))
    grid = "1 w 50 750 300 25 re S 50 775 300 25 re S 200 750 m 200 800 l S"
    (table,) = read(made.pdf(f"{text}\n{grid}")).tables
    assert [[cell.text for cell in row] for row in table.rows] == [["Item", "Total"], ["Fountain pen", "12.00"]]


@pytest.mark.parametrize(
    ("mark", "checked"),
    [
        ("", False),
        ("1.5 w 402 732 m 412 742 l S 402 742 m 412 732 l S", True),
        ("402 732 10 10 re f", True),
        (made.text((402.5, 110, "X")), True),
    ],
    ids=["empty", "crossed", "filled", "lettered"],
)
def test_a_drawn_check_box_is_judged(mark: str, checked: bool) -> None:
    (box,) = read(made.pdf(f"{LABELS}\n.5 w 400 730 14 14 re S\n{mark}")).checkboxes
    assert box.checked is checked
    assert box.box == pytest.approx((400 / 595, 98 / 842, 414 / 595, 112 / 842), abs=0.003)


def test_without_what_looks_at_pictures_ruling_lines_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda _name: None)
    page = read(made.pdf(f"{LABELS}\n.5 w 400 730 14 14 re S 1 w 150 770 m 400 770 l S"))
    assert not page.checkboxes and page.rules and page.lines


def test_what_is_not_asked_for_is_not_looked_for() -> None:
    page = read(made.pdf(f"{LABELS}\n1 w 400 730 14 14 re S 150 770 m 400 770 l S"), Reading(features=("text",)))
    assert not page.checkboxes and not page.rules


def widget(kind: bytes, rectangle: bytes, more: bytes) -> bytes:
    name = rectangle.replace(b" ", b"-")
    return b"<</Type/Annot/Subtype/Widget/FT/%s/T(%s)/F 4/Rect[%s]%s>>" % (kind, name, rectangle, more)


def filled(*fields: bytes) -> bytes:
    listed = b" ".join(b"%d 0 R" % (100 + index) for index in range(len(fields)))
    catalog = b"/AcroForm<</Fields[%s]/DA(/Helv 10 Tf 0 g)>>" % listed
    return made.pdf(LABELS, extra=fields, catalog=catalog, entries=b"/Annots[%s]" % listed)


def test_what_is_filled_into_fields_is_read() -> None:
    page = read(
        filled(
            widget(b"Tx", b"150 772 400 790", b"/V(Jane Miller)"),
            widget(b"Btn", b"200 732 212 744", b"/V/On/AS/On/AP<</N<</On 3 0 R/Off 3 0 R>>>>"),
            widget(b"Btn", b"230 732 242 744", b"/AS/Off/AP<</N<</On 3 0 R/Off 3 0 R>>>>"),
            widget(b"Tx", b"150 600 400 620", b"/V(not shown)").replace(b"/F 4", b"/F 2"),
        )
    )
    assert [line.text for line in page.lines] == [
        "Full name",
        "Jane Miller",
        "I agree to the terms",
        "Address of the company",
    ]
    assert [box.checked for box in page.checkboxes] == [True, False]
    left, top, _, bottom = page.lines[1].box
    assert left == pytest.approx(150 / 595, abs=0.001) and top > 52 / 842 and bottom < 70 / 842
    assert any(rule == pytest.approx((150 / 595, 70 / 842, 400 / 595, 70 / 842), abs=0.001) for rule in page.rules)


def test_what_is_typed_over_a_page_is_read() -> None:
    note = b"<</Type/Annot/Subtype/FreeText/F 4/Rect[150 772 400 790]/Contents(Jane Miller)/DA(/Helv 10 Tf)>>"
    page = read(made.pdf(LABELS, extra=[note], entries=b"/Annots[100 0 R]"))
    assert "Jane Miller" in [line.text for line in page.lines]
