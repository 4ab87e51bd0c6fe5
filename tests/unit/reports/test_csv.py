import csv
import io
import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fsxap.model import Waiver
from fsxap.reports import write_csv
from fsxap.reports.csv import COLUMNS, safe
from tests.unit.reports.samples import HOSTILE, finding, report, text

printable = st.text(st.characters(blacklist_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]), max_size=20)


def rows(written: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written, newline="")))


@given(printable)
@example("=1+1")
@example("'=1+1")
@example("''@x")
@example("  +x")
@example("＝cmd")
def test_cells_compute_nothing_and_come_back(value: str) -> None:
    cell = safe(value)
    assert cell.lstrip()[:1] not in tuple("=+-@＝＋－＠")
    assert (cell[1:] if cell != value else cell) == value
    assert cell == value or cell == "'" + value


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_a_leading_apostrophe(start: str) -> None:
    assert safe(f"{start}cmd|' /C calc'!A0").startswith("'")


@pytest.mark.parametrize("word", HOSTILE)
def test_every_line_parses_and_stays_one_line(word: str) -> None:
    made = finding(rule="r", message=word, where=word, evidence={word: word}, waived=Waiver(word, word))
    written = text("csv", report([made, finding()]))
    assert written.count("\r\n") == written.count("\n") == 4
    assert [row["type"] for row in rows(written)] == ["summary", "finding", "finding"]
    assert json.loads(rows(written)[1]["evidence"]) is not None
    written.encode("utf-8")


def test_the_summary_comes_first() -> None:
    first, second = rows(text("csv", report([finding(controls=("A", "B"), evidence={"x": math.nan})])))
    assert list(first) == list(COLUMNS)
    assert first["message"].startswith("coverage: 10 seen = 7 ok + 2 unchanged + 1 skipped")
    assert json.loads(first["evidence"])["coverage"]["seen"] == 10
    assert second["id"] == finding().id
    assert second["controls"] == "A; B"
    assert json.loads(second["evidence"]) == {"x": "nan"}


def test_a_byte_order_mark_when_wanted() -> None:
    stream = io.StringIO(newline="")
    write_csv(report(), stream, bom=True)
    assert stream.getvalue().startswith("\ufefftype,severity,")
    assert text("csv", report()).startswith("type,severity,")


def test_waivers_say_whether_they_are_in_force() -> None:
    made = [finding(), finding(waived=Waiver("a", "2025-03-01")), finding(waived=Waiver("b", "2025-02-28"))]
    assert [row["waiver_expired"] for row in rows(text("csv", report(made)))] == ["", "", "no", "yes"]
