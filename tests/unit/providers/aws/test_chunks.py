from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.providers.aws.chunks import chunks

TEXT = st.text(st.sampled_from("ab \n中é𝔊"), max_size=300)


@given(text=TEXT, size=st.integers(8, 80))
def test_pieces_put_together_are_the_text(text: str, size: int) -> None:
    made = list(chunks(text, size))
    assert "".join(chunk.text for chunk in made) == text
    assert all(0 < len(chunk.text.encode()) <= size for chunk in made)
    assert all(text[chunk.start :].startswith(chunk.text) for chunk in made)


@given(text=TEXT, size=st.integers(8, 80), overlap=st.integers(1, 12))
def test_overlapping_pieces_cover_the_text_and_end(text: str, size: int, overlap: int) -> None:
    made = list(chunks(text, size, overlap))
    assert all(text[chunk.start :].startswith(chunk.text) for chunk in made)
    ends = [chunk.start + len(chunk.text) for chunk in made]
    assert not made or (made[0].start == 0 and ends[-1] == len(text))
    assert all(chunk.start <= end for chunk, end in zip(made[1:], ends, strict=False))


def test_words_are_cut_only_where_one_is_longer_than_a_piece() -> None:
    made = [chunk.text for chunk in chunks("seen by Dr. Smith " * 40, 50)]
    assert all(piece.endswith(" ") for piece in made)
    assert [len(chunk.text) for chunk in chunks("中" * 10, 9)] == [3, 3, 3, 1]


def test_an_overlap_says_whole_words_again() -> None:
    first, second, *_ = chunks("one two three four five six seven", 20, 8)
    assert first.text == "one two three four " and second.text.startswith("four")


@pytest.mark.parametrize("odd", ["\x00", "\x1b", "\ud800", "\uffff"])
def test_what_a_service_refuses_becomes_a_space(odd: str) -> None:
    assert [chunk.text for chunk in chunks(f"a{odd}b", 99)] == ["a b"]
