from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fsxap.documents import Line, Word
from fsxap.providers.local.documents.layout import WORD, in_order, lines_of


def word(text: str, left: float, top: float, width: float = 0.05, height: float = 0.01) -> Word:
    return Word(text, (left, top, left + width, top + height))


def test_words_become_lines_cut_at_wide_gaps() -> None:
    words = [word("9.00", 0.8, 0.101), word("grand", 0.16, 0.1), word("A", 0.1, 0.1), word("below", 0.1, 0.13)]
    assert [line.text for line in lines_of(words, 0.7)] == ["A grand", "9.00", "below"]


def test_lines_that_lean_a_little_stay_in_their_row() -> None:
    left, right = Line((word("left", 0.1, 0.104),)), Line((word("right", 0.5, 0.1),))
    assert [line.text for line in in_order([right, left, Line(())])] == ["left", "right"]


def test_scripts_part_words() -> None:
    assert WORD.findall("合計金額12,800円 T1234 Müller") == ["合計金額", "12,800", "円", "T1234", "Müller"]


places = st.tuples(st.floats(0, 0.9), st.floats(0, 0.9))


@given(st.lists(places))
def test_no_word_is_lost(many: list[tuple[float, float]]) -> None:
    words = [word(str(number), *place) for number, place in enumerate(many)]
    assert sorted(each.text for line in lines_of(words, 0.7) for each in line.words) == sorted(
        each.text for each in words
    )
