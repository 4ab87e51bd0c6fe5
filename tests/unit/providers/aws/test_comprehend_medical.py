from __future__ import annotations

import re
from typing import Any

import pytest

from fsxap.errors import FsxapError, ServiceError, Throttled, Unavailable
from fsxap.ports import Span
from fsxap.providers.aws.comprehend_medical import ComprehendMedicalPhi
from fsxap.providers.metering import Meter
from tests.unit.providers.aws_wire import Refusal, client

NAMES = re.compile(r"Jane Doe\d*|MRN \d+")


class Names:
    """DetectPHI by a pattern; `asked` are the texts that were sent."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.client = client("comprehendmedical", self._answer)

    def _answer(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        assert operation == "DetectPHI"
        text = params["Text"]
        assert 0 < len(text.encode()) < 20_000
        self.asked.append(text)
        return answer(
            *(
                entity(found[0], *found.span(), "ID" if found[0].startswith("MRN") else "NAME")
                for found in NAMES.finditer(text)
            )
        )


def entity(text: str, start: int, end: int, kind: str = "NAME") -> dict[str, Any]:
    return {
        "Id": 0,
        "BeginOffset": start,
        "EndOffset": end,
        "Score": 0.5,
        "Text": text,
        "Category": "PROTECTED_HEALTH_INFORMATION",
        "Type": kind,
    }


def answer(*entities: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Entities": list(entities), "ModelVersion": "2.1.0", **more}


def test_spans_are_places_in_the_text() -> None:
    service, meter = Names(), Meter()
    finder = ComprehendMedicalPhi(service.client, meter.add)
    text = "Größe 𝔊: Jane Doe, MRN 4711, was seen."
    assert finder.find(text) == (Span(9, 17, "NAME", 0.5), Span(19, 27, "ID", 0.5))
    assert meter.take() == {"comprehend_medical_units": 1}
    assert finder.engine == "comprehend medical DetectPHI 2.1.0"


def test_long_texts_are_sent_in_pieces_and_names_across_a_cut_are_found_once() -> None:
    service, meter = Names(), Meter()
    text = "".join(f"on a day né Jane Doe{number} was seen " for number in range(2000))
    spans = ComprehendMedicalPhi(service.client, meter.add).find(text)
    assert [(span.start, span.end) for span in spans] == [found.span() for found in NAMES.finditer(text)]
    assert len(service.asked) > 3
    assert meter.take()["comprehend_medical_units"] == sum(-(-len(asked) // 100) for asked in service.asked)


def test_the_same_text_is_paid_for_once() -> None:
    service = Names()
    finder = ComprehendMedicalPhi(service.client, Meter().add)
    assert finder.find("Jane Doe") == finder.find("Jane Doe") != ()
    assert service.asked == ["Jane Doe"]


def test_nothing_is_asked_about_nothing() -> None:
    service = Names()
    assert ComprehendMedicalPhi(service.client, Meter().add).find(" \n") == () and service.asked == []


@pytest.mark.parametrize(
    "wrong",
    [
        answer(PaginationToken="more"),
        answer(entity("Jane", 1, 5)),
        answer(entity("Jane", 0, 400)),
        answer({"Score": 0.5}),
    ],
    ids=["more", "shifted", "outside", "nowhere"],
)
def test_an_answer_that_cannot_be_trusted_is_an_error(wrong: dict[str, Any]) -> None:
    finder = ComprehendMedicalPhi(client("comprehendmedical", lambda *_: wrong), Meter().add)
    with pytest.raises(ServiceError) as caught:
        finder.find("Jane was here")
    assert caught.value.code == "unexpected-answer" and "Jane" not in caught.value.message


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("TooManyRequestsException", Throttled),
        ("ServiceUnavailableException", Unavailable),
        ("TextSizeLimitExceededException", ServiceError),
    ],
)
def test_refusals_are_ours(code: str, kind: type[FsxapError]) -> None:
    def refuse(*_: Any) -> dict[str, Any]:
        raise Refusal(code, "no")

    with pytest.raises(kind, match="Comprehend Medical"):
        ComprehendMedicalPhi(client("comprehendmedical", refuse), Meter().add).find("Jane")
