import math
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.reports.text import count, duration, finite, moment, plain, share, shorten, visible


@given(st.text(st.characters()))
def test_nothing_invisible_is_left(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Übersicht 2025.pdf", "Übersicht 2025.pdf"),
        ("設計書\u3000第二版.xlsx", "設計書\u3000第二版.xlsx"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb\tc\x1b", "a\\nb\\tc\\x1b"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (2024, "2024"),
        (0.1 + 0.2, "0.3"),
        (1234567.0, "1234567"),
        (0.00012, "0.00012"),
        (math.nan, "nan"),
        (Decimal("12.50"), "12.50"),
        (datetime(2025, 3, 1, tzinfo=UTC), "2025-03-01T00:00:00Z"),
        ({"b": [1, math.inf], "a": "x\u202e"}, '{"a":"x\\u202e","b":[1,"inf"]}'),
    ],
)
def test_plain(value: object, shown: str) -> None:
    assert plain(value) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 5, "0.0 %"),
        (5, 5, "100.0 %"),
        (1, 100_000, "<0.1 %"),
        (99_999, 100_000, ">99.9 %"),
        (1, 3, "33.3 %"),
        (0, 0, "–"),
    ],
)
def test_a_share_is_whole_only_when_it_is(part: int, whole: int, shown: str) -> None:
    assert share(part, whole) == shown


def test_words() -> None:
    assert [duration(seconds) for seconds in (4.25, 94.2, 7384)] == ["4.2 s", "1 min 34 s", "2 h 3 min"]
    assert [count(1, "item"), count(12_000, "item"), count(2, "entry", "entries")] == [
        "1 item",
        "12,000 items",
        "2 entries",
    ]
    assert moment("2025-03-01T08:00:00Z") == "2025-03-01 08:00:00 UTC"
    assert moment("yesterday\x07") == "yesterday\\x07"
    assert shorten("abcdef", 4) == "abcd… (2 characters more)"
    assert finite((1.0, math.nan, {"x": -math.inf})) == [1.0, "nan", {"x": "-inf"}]
