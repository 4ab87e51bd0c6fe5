"""What an engine for entities adds, and what it is never asked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fsxap.ports import Span
from fsxap.usecases.idp.entities import supported, told
from fsxap.usecases.idp.field import Field
from tests.unit.usecases.idp.pages import document

PAGE = document([(20, 20, "Blue Kite"), (20, 30, "Invoice")])


class Names:
    """Finds one organization; counts how often it is asked."""

    engine, languages = "stub", frozenset({"en"})

    def __init__(self) -> None:
        self.asked = 0

    def language(self, text: str) -> str:
        self.asked += 1
        return "en" if text else ""

    def find(self, text: str, language: str) -> Sequence[Span]:
        self.asked += 1
        assert language in self.languages
        start = text.index("Blue Kite")
        return [Span(start, start + 9, "ORGANIZATION", 0.9), Span(0, 4, "DATE", 1.0)]


def vendor(said: str, sure: float) -> dict[str, Field]:
    return {"vendor": Field("vendor", said, said, sure)}


@pytest.mark.parametrize(("said", "sure"), [("BLUE KITE", 0.89), ("Blue Kite.", 0.89), ("Red Kite", 0.8)])
def test_a_name_in_doubt_is_surer_where_the_engine_finds_it(said: str, sure: float) -> None:
    found = supported(vendor(said, 0.8), PAGE, Names(), 0.85)
    assert found["vendor"].confidence == pytest.approx(sure)


def test_nothing_is_paid_for_what_is_sure_or_in_another_language() -> None:
    names = Names()
    sure, other = vendor("Blue Kite", 0.9), vendor("Blue Kite", 0.5)
    assert supported(sure, PAGE, names, 0.85) == sure
    assert supported(other, document([(20, 20, "Blue Kite")], language="ja"), names, 0.85) == other
    assert supported(other, PAGE, None, 0.85) == other
    assert told(PAGE, names) == PAGE
    assert told(document([], language=""), names).language == ""
    assert names.asked == 0


def test_a_language_that_cannot_be_told_here_is_asked_for() -> None:
    assert told(document([(20, 20, "Blue Kite")], language=""), Names()).language == "en"
    assert told(document([(20, 20, "Blue Kite")], language=""), None).language == ""
