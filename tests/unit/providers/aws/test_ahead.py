"""Names further on than a page of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.providers.aws.ahead import ahead


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ([f"IM-{at:04d}" for at in range(980, 1000)], ["IM-1019", "IM-1039"]),
        ([f"{at:04x}.bin" for at in range(0x9A0, 0x9B0)], ["09c3", "09d7"]),
        ([f"b{at}z" for at in range(10)], []),
        (["same", "same"], []),
        (["\u65e5", "\u672c"], []),
    ],
    ids=["carried on", "hexadecimal", "at their end", "no two", "no digits"],
)
def test_where_names_go_on(names: list[str], wanted: list[str]) -> None:
    found = ahead(names, names[-1], 20, 2)
    assert [text[: len(each)] for text, each in zip(found, wanted, strict=True)] == wanted


@given(
    st.sets(st.text(max_size=8), min_size=2, max_size=30), st.text(max_size=8), st.floats(0.1, 50), st.integers(0, 9)
)
def test_texts_grow_from_where_they_begin(names: set[str], after: str, step: float, count: int) -> None:
    found = ahead(sorted(names), after, step, count)
    assert found == sorted(set(found))
    assert len(found) <= count
    assert all(text > after for text in found)
