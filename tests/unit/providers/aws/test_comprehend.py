from __future__ import annotations

import re
from typing import Any

import pytest

from fsxap.errors import ItemError, ServiceError, Throttled
from fsxap.ports import Span
from fsxap.providers.aws.comprehend import Comprehend
from fsxap.providers.metering import Meter
from tests.unit.providers.aws_wire import Refusal, client

NAMES = re.compile("Acme GmbH\\d*|株式会社サンプル")


class Service:
    """Entities by a pattern, languages by a letter."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.client = client("comprehend", self._answer)

    def _answer(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        text = params["Text"]
        assert 0 < len(text.encode()) <= 100_000
        self.asked.append((operation, text))
        if operation == "DetectDominantLanguage":
            assert len(text) >= 20
            return {"Languages": [{"LanguageCode": "ja" if "株" in text else "de", "Score": 0.9}]}
        found = [
            {
                "Type": "ORGANIZATION",
                "Score": 0.8,
                "Text": each[0],
                "BeginOffset": each.start(),
                "EndOffset": each.end(),
            }
            for each in NAMES.finditer(text)
        ]
        return {"Entities": found}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Rechnung der Acme GmbH über 9 Euro", "de"),
        ("株式会社サンプル 御請求書 2026年5月31日 合計 1,100円", "ja"),
        ("short", ""),
    ],
)
def test_the_language_is_told_where_there_is_enough_to_tell_it(text: str, language: str) -> None:
    assert Comprehend(Service().client, Meter().add).language(text) == language


def test_the_longer_part_of_a_mixed_text_tells_its_language() -> None:
    text = "ein deutscher Satz " * 4000 + "\n" + "株式会社サンプル " * 8000
    service = Service()
    assert Comprehend(service.client, Meter().add).language(text) == "ja"
    assert len(service.asked) > 2


def test_entities_are_places_in_the_text_and_units_have_a_minimum() -> None:
    meter = Meter()
    finder = Comprehend(Service().client, meter.add)
    assert finder.find("Größe: Acme GmbH", "de") == [Span(7, 16, "ORGANIZATION", 0.8)]
    assert meter.take() == {"comprehend_units": 3}


def test_long_texts_are_cut_between_characters_and_names_across_a_cut_are_found_once() -> None:
    service, meter = Service(), Meter()
    text = "".join(f"Lieferung der Firma Acme GmbH{number} 御請求書 " for number in range(5000))
    spans = Comprehend(service.client, meter.add).find(text, "de")
    assert [(span.start, span.end) for span in spans] == [each.span() for each in NAMES.finditer(text)]
    assert len(service.asked) > 2
    assert meter.take()["comprehend_units"] == sum(-(-len(asked) // 100) for _, asked in service.asked)


def test_a_language_it_does_not_know_is_said_so() -> None:
    service = Service()
    with pytest.raises(ItemError) as caught:
        Comprehend(service.client, Meter().add).find("Tekst", "nl")
    assert caught.value.code == "unsupported-language" and service.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Entities": [{"Text": "x"}]},
        {"Entities": [{"BeginOffset": 0, "EndOffset": 99, "Type": "DATE", "Score": 1}]},
    ],
)
def test_an_answer_that_cannot_be_trusted_is_an_error(answer: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        Comprehend(client("comprehend", lambda *_: answer), Meter().add).find("Acme GmbH", "de")
    assert caught.value.code == "unexpected-answer" and "Acme" not in caught.value.message


def test_throttling_is_ours() -> None:
    def refuse(*_: Any) -> dict[str, Any]:
        raise Refusal("ThrottlingException", "slow")

    with pytest.raises(Throttled):
        Comprehend(client("comprehend", refuse), Meter().add).find("Acme GmbH", "de")
