from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.cli.output import Output
from fsxap.cli.tables import row_text
from fsxap.cli.terminal import visible
from fsxap.model import Record

ROWS: list[Record] = [{"type": "item", "key": "a", "size": 1}, {"type": "item", "key": "=b", "size": 2}]


def written(form: str, rows: list[Record], query: str = "") -> str:
    stream = io.StringIO()
    output = Output(stream, form, query)  # type: ignore[arg-type]
    for row in rows:
        output.write(row)
    output.close()
    return stream.getvalue()


def test_jsonl_is_one_object_a_line() -> None:
    assert [json.loads(line) for line in written("jsonl", ROWS).splitlines()] == ROWS


@pytest.mark.parametrize(
    ("form", "query", "expected"),
    [
        ("jsonl", "key", ['"a"', '"=b"']),
        ("jsonl", "size > `1` && key || `null`", ['"=b"']),
        ("json", "[].size", ["[1,2]"]),
        ("json", "length(@)", ["2"]),
    ],
)
def test_query(form: str, query: str, expected: list[str]) -> None:
    assert written(form, ROWS, query).splitlines() == expected


def test_csv_cells_are_never_formulas_and_other_types_stay_out() -> None:
    text = written("csv", [*ROWS, {"type": "summary", "coverage": {}}])
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["key"] for row in rows] == ["a", "'=b"]


@given(st.text(st.characters(codec=None)))
def test_nothing_a_terminal_obeys_survives(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert not set(shown) & {chr(n) for n in (*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066, 0x2028)}
    if text.isascii() and text.isprintable():
        assert shown == text


def test_rows_keep_markup_and_escape_controls() -> None:
    text = row_text({"type": "item", "key": "[red]\x1b[2J", "size": 1, "modified": "t"}, head=True, colour=False)
    assert text.splitlines()[1].endswith("[red]\\x1b[2J")


def test_unchanged_rows_are_only_counted_in_tables() -> None:
    assert row_text({"type": "result", "status": "unchanged", "item": {"key": "k"}}, head=False, colour=False) == ""


def test_a_summary_says_coverage_before_findings() -> None:
    record = {
        "type": "summary",
        "use_case": "u",
        "source": "s",
        "coverage": {"seen": 3, "ok": 1, "failed": 2},
        "findings": {"high": 1, "low": 0},
        "failures": {"not-found": 2},
        "complete": False,
    }
    text = row_text(record, head=False, colour=False)
    assert text.index("coverage") < text.index("findings")
    assert "2 failed" in text
    assert "2 not-found" in text
    assert "stopped before the end" in text
