"""A journaled line is decoded only as far as sorting needs, and says the same as when it is decoded whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fsxap.engine import journal
from fsxap.errors import FsxapError
from fsxap.model import Failure, Item, Result, Status, dumps

TEXT = st.text(max_size=8) | st.sampled_from(["item", '",item', ',"item":{"key":"x"', '"item":', "\\", '"'])
DATA = st.recursive(TEXT | st.integers(), lambda inner: st.dictionaries(TEXT, inner, max_size=3) | st.lists(inner))
STATUSES: st.SearchStrategy[Status] = st.sampled_from(["ok", "failed", "skipped", "vanished"])


@given(
    key=TEXT,
    status=STATUSES,
    data=st.dictionaries(TEXT, DATA, max_size=3),
    outputs=st.lists(TEXT, max_size=2),
    usage=st.dictionaries(TEXT, st.integers(0, 9), max_size=2),
)
@example("k", "ok", {"a": {"item": {"key": "other"}}, "item": {"key": "x"}}, [',"item":{"key":"y"}'], {"item": 1})
def test_an_outcome_is_that_of_the_whole_line(
    key: str, status: Status, data: dict[str, Any], outputs: list[str], usage: dict[str, int]
) -> None:
    error = Failure("x", ',"item":', retryable=False) if status == "failed" else None
    line = dumps(Result(Item(key), status, data, tuple(outputs), usage=usage, error=error).record()).encode()
    row = json.loads(line)
    assert journal._outcome(line) == (row["item"]["key"], row["status"] != "failed", line)


def test_a_line_in_another_order_is_decoded_whole() -> None:
    line = b'{"status":"failed","item":{"version":"","key":"k"}}'
    assert journal._outcome(line)[:2] == ("k", False)


@pytest.mark.parametrize("line", [b"", b"{}", b'{"a":1,"item":{"key":"k"', b'[1,"item":2]', b'{"a":1,"item":3}'])
def test_what_is_no_result_is_damaged_state(line: bytes) -> None:
    with pytest.raises(FsxapError) as caught:
        journal._outcome(line)
    assert caught.value.code == "state-damaged"
