"""A page of files is the same as its items, whatever the names: their records, their filters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.engine.scope import Scope
from fsxap.engine.types import Match
from fsxap.listed import Files
from fsxap.model import Item, Unlisted, dumps

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20) | st.sampled_from(
    [
        "_fsxap/a.pdf",
        "a/.fsxap/x",
        "fsxap.pdf",
        "A.PDF",
        'q"uote.tif',
        "back\\slash.pdf",
        "\U000e0100.pdf",
        "\x7f",
        "a\nb",
        "kelvin.\u212af",
        "dotted.p\u0130",
    ]
)
ROWS = st.lists(
    st.tuples(
        NAMES,
        st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")),
        st.text("0123456789abcdef-", max_size=34),
        st.integers(0, 2**45).map(str),
    ),
    max_size=6,
)


@given(ROWS)
def test_lines_are_the_records(rows: list[tuple[str, str, str, str]]) -> None:
    assert Files(rows).lines() == [dumps(item.record()) for item in Files(rows)]


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"include": ("*.pdf",)},
        {"include": ("*.PDF", "*.tif")},
        {"include": ("*.kf", "*.tiff")},
        {"include": ("*.kf",)},
        {"include": ("*i",)},
        {"include": ("*",)},
        {"include": ("*.p?f",)},
        {"include": ("*.pdf", "a/*")},
        {"include": ("*f",), "exclude": ("*.pdf",)},
        {"newer_than": "2020-01-01T00:00:00Z", "max_size": 2**40},
        {"prefix": "a", "limit": 1, "items": "x"},
    ],
)
@pytest.mark.parametrize("match", [None, Match(), Match((".tif", ".pdf"))])
@given(rows=ROWS)
def test_pages_are_narrowed_as_items_are(
    rows: list[tuple[str, str, str, str]], scope: dict[str, Any], match: Match | None
) -> None:
    whole = Scope(**scope)
    page = next(whole.select_pages(iter([Files(rows)]), match))
    assert isinstance(page, Files)
    assert list(page) == list(whole.select(Files(rows), match))


def test_what_is_not_all_files_is_narrowed_entry_by_entry() -> None:
    entries = [Item("a.pdf"), Item("b.txt"), Item("_fsxap/c.pdf")]
    pages: list[Any] = [iter(entries), Files([("d.pdf", "2026-01-01T00:00:00", "e", "1")])]
    found = [entry for page in Scope(include=("*.pdf",)).select_pages(iter(pages)) for entry in page]
    assert [each.key for each in found if not isinstance(each, Unlisted)] == ["a.pdf", "d.pdf"]
