"""YAML by others: what it says is what the safe loader says, and what swells or nests is refused."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fsxap import yamltext

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab: -#", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_it_reads_what_is_written(value: object) -> None:
    assert yamltext.plain(yaml.safe_dump(value)) == value


def test_an_alias_is_what_it_names() -> None:
    assert yamltext.plain("a: &x [1, 2]\nb: *x\nc:\n  <<: {d: *x}") == {"a": [1, 2], "b": [1, 2], "c": {"d": [1, 2]}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "line"),
        ("a: *nobody", "line"),
        ("[" * 70 + "]" * 70, "nested more than 16"),
        ("a0: &a0 [0]\n" + "".join(f"b{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)), "more than"),
        ("a\0b", "control|special"),
        ("a: 1\na: 2", "twice"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        yamltext.plain(text)
