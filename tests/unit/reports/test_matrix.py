import json

import pytest

from fsxap.model import Section
from fsxap.reports.matrix import HEAD, LETTERS, head, legend
from tests.unit.reports.samples import Structure, report, text

ROWS = (("/corp", "full", "", "list"), ("/corp/hr", "modify", "unknown", "own word"), ("/corp/it", "read"))
MATRIX = Section("Who", "matrix", ("Folder", "CORP\\admins", "Everyone", "CORP\\x"), ROWS)


def test_each_level_is_a_letter_with_a_tooltip() -> None:
    read = Structure(text("html", report([], MATRIX)))
    cells = [
        attributes for name, attributes in read.elements if name == "td" and "lv" in (attributes.get("class") or "")
    ]
    assert [cell["title"] for cell in cells] == [
        "CORP\\admins: full at /corp",
        "CORP\\x: list at /corp",
        "CORP\\admins: modify at /corp/hr",
        "Everyone: unknown at /corp/hr",
        "CORP\\x: own word at /corp/hr",
        "CORP\\admins: read at /corp/it",
    ]
    assert [cell["class"] for cell in cells][-2:] == ["lv other", "lv read"]
    assert "F full, M modify, R read, L list, ? unknown" in read.words
    region = next(attributes for _, attributes in read.elements if attributes.get("class") == "matrix")
    assert (region["role"], region["tabindex"], region["aria-label"]) == ("region", "0", "Who")


def test_every_row_is_as_wide_as_the_head() -> None:
    written = text("html", report([], MATRIX))
    body = written[written.index('class="matrix"') :].split("</table>")[0]
    assert [row.count("<td") for row in body.split("<tr>")[2:]] == [3, 3, 3]


def test_letters_differ() -> None:
    assert len(set(LETTERS.values())) == len(LETTERS)
    assert legend([]) == ""


def test_markdown_and_json_say_the_same() -> None:
    written = text("md", report([], MATRIX))
    assert "| `/corp` | F |  | L |" in written
    assert "| `/corp/it` | R |  |  |" in written
    assert "F full, M modify, R read, L list, ? unknown" in written
    (section,) = json.loads(text("json", report([], MATRIX)))["sections"]
    assert section["kind"] == "matrix"
    assert section["rows"][1] == ["/corp/hr", "modify", "unknown", "own word"]


@pytest.mark.parametrize(("format", "empty"), [("html", "No access to show."), ("md", "No rows.")])
def test_an_empty_matrix_says_so(format: str, empty: str) -> None:
    assert empty in text(format, report([], Section("Who", "matrix", ("Folder",))))


def test_a_long_trustee_keeps_its_end() -> None:
    sid = "S-1-5-21-1004336348-1177238915-682003330-1187"
    assert head(sid) == "S-1-5-21-1004336348-1…03330-1187"
    assert len(head(sid)) == HEAD
    assert head("CORP\\Domain Users") == "CORP\\Domain Users"
    written = text("html", report([], Section("Who", "matrix", ("Folder", sid), (("/v", "read"),))))
    assert f'title="{sid}"' in written
