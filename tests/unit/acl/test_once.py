"""The answer for a JSON value is that of the function, whatever was asked before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl.once import KEPT, LONG, once

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
told = once(repr)


@given(value=JSON)
def test_the_answer_is_that_of_the_function(value: Any) -> None:
    assert told(value) == told(value) == repr(value)


def test_equal_numbers_of_other_kinds_are_not_taken_for_each_other() -> None:
    assert [told([one]) for one in (1, True, 1.0)] == ["[1]", "[True]", "[1.0]"]


def test_what_came_before_is_not_made_again_unless_it_is_long() -> None:
    asked: list[Any] = []
    count = once(lambda value: asked.append(value) or object())
    assert count(["a"]) is count(["a"])
    assert len(asked) == 1
    assert count("x" * LONG) is not count("x" * LONG)
    for number in range(KEPT):
        count(number)
    count(["a"])
    assert len(asked) == 1 + 2 + KEPT + 1


def test_a_failure_is_not_kept() -> None:
    answers = iter([ValueError("not now"), 3])

    @once
    def make(_value: Any) -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    with pytest.raises(ValueError, match="not now"):
        make("a")
    assert make("a") == 3
