"""Sorting on disk gives what sorting in memory gives, and leaves nothing behind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.engine import sorting
from fsxap.engine.sorting import spill_sort
from fsxap.errors import ConfigurationError

Pair = tuple[int, bytes]


def encode(pair: Pair) -> bytes:
    return pair[0].to_bytes(4, "big") + pair[1]


def decode(line: bytes) -> Pair:
    return int.from_bytes(line[:4], "big"), line[4:]


@given(st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=12))), st.integers(1, 7))
def test_same_as_sorted_and_stable(pairs: list[Pair], chunk: int) -> None:
    done = list(spill_sort(pairs, lambda pair: pair[0], encode, decode, chunk=chunk))
    assert done == sorted(pairs, key=lambda pair: pair[0])


@given(st.lists(st.text(max_size=6)), st.integers(1, 5))
def test_without_a_key_entries_compare_themselves(names: list[str], chunk: int) -> None:
    done = spill_sort(
        names,
        None,
        lambda name: name.encode("utf-8", "surrogatepass"),
        lambda line: line.decode("utf-8", "surrogatepass"),
        chunk=chunk,
    )
    assert list(done) == sorted(names)


def test_entries_larger_than_a_block(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sorting, "MERGE_MEMORY", 1)
    lines = [bytes([letter]) * 10_000 for letter in b"dacb"]
    assert list(spill_sort(lines, None, bytes, bytes, chunk=1, scratch=tmp_path)) == sorted(lines)


@pytest.fixture
def spills(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every temporary file made while the test runs."""
    made: list[Any] = []
    make = tempfile.TemporaryFile

    def remember(**options: Any) -> Any:
        made.append(make(**options))
        return made[-1]

    monkeypatch.setattr(sorting.tempfile, "TemporaryFile", remember)
    return made


def test_a_spill_is_private_nameless_and_ends_with_the_iterator(tmp_path: Path, spills: list[Any]) -> None:
    ordered = spill_sort((b"%d" % number for number in range(9)), None, bytes, bytes, chunk=2, scratch=tmp_path)
    assert next(ordered) == b"0"
    assert os.listdir(tmp_path) == []
    (spill,) = spills
    found = os.fstat(spill.fileno())
    assert (found.st_mode & 0o777, found.st_nlink) == (0o600, 0)
    assert found.st_dev == os.stat(tmp_path).st_dev
    ordered.close()  # type: ignore[attr-defined]
    assert spill.closed


def test_a_source_that_fails_leaves_nothing(tmp_path: Path, spills: list[Any]) -> None:
    def broken() -> Iterator[bytes]:
        yield from (b"3", b"2", b"1")
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        list(spill_sort(broken(), None, bytes, bytes, chunk=1, scratch=tmp_path))
    assert os.listdir(tmp_path) == []
    assert [spill.closed for spill in spills] == [True]


def test_little_never_touches_the_disk(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert list(spill_sort([b"2", b"1"], None, bytes, bytes, chunk=2, scratch=missing)) == [b"1", b"2"]


def test_a_scratch_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        list(spill_sort([b"2", b"1"], None, bytes, bytes, chunk=1, scratch=tmp_path / "missing"))
    assert caught.value.code == "scratch-unwritable"
    assert "TMPDIR" in caught.value.hint


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def tell(self) -> int:
            return 0

        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sorting.tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(ConfigurationError, match="No space left"):
        list(spill_sort([b"2", b"1"], None, bytes, bytes, chunk=1))


def test_only_about_one_chunk_is_held() -> None:
    alive = most = 0

    class Tracked:
        def __init__(self, number: int) -> None:
            nonlocal alive, most
            self.number = number
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    source = (Tracked(number * 7919 % 2000) for number in range(2000))
    ordered = spill_sort(
        source,
        lambda each: each.number,
        lambda each: each.number.to_bytes(4, "big"),
        lambda line: Tracked(int.from_bytes(line, "big")),
        chunk=50,
    )
    last = -1
    for each in ordered:
        assert each.number >= last
        last = each.number
    assert last == 1999
    assert most < 200
