from __future__ import annotations

import base64
from typing import Any

import pytest

from fsxap.errors import ServiceError
from fsxap.providers.aws.moderation import RekognitionModeration
from fsxap.providers.metering import Meter
from fsxap.rendering import ModerationLabel
from tests.unit.providers.aws_wire import Refusal, client

numpy = pytest.importorskip("numpy")
cv2 = pytest.importorskip("cv2")


def service(answer: Any, asked: list[dict[str, Any]]) -> Any:
    def reply(operation: str, params: dict[str, Any]) -> Any:
        assert operation == "DetectModerationLabels"
        asked.append(params)
        return answer

    return client("rekognition", reply)


def test_labels_come_surest_first_and_every_picture_is_counted() -> None:
    asked: list[dict[str, Any]] = []
    found = [
        {"Name": "Smoking", "ParentName": "Drugs & Tobacco", "Confidence": 62.5, "TaxonomyLevel": 2},
        {"Name": "Drugs & Tobacco", "ParentName": "", "Confidence": 75.0, "TaxonomyLevel": 1},
    ]
    meter = Meter()
    engine = RekognitionModeration(
        service({"ModerationLabels": found, "ModerationModelVersion": "7.0"}, asked), meter.add
    )
    picture = numpy.random.default_rng(1).integers(0, 255, (1400, 2000, 3), numpy.uint8)
    assert engine.labels(picture) == [
        ModerationLabel("Drugs & Tobacco", "", 0.75),
        ModerationLabel("Smoking", "Drugs & Tobacco", 0.625),
    ]
    assert engine.engine == "rekognition DetectModerationLabels 7.0"
    assert meter.take() == {"moderation_images": 1}
    body = base64.b64decode(asked[0]["Image"]["Bytes"])
    assert len(body) <= 5 * 1024 * 1024 and asked[0]["MinConfidence"] == 50.0
    assert cv2.imdecode(numpy.frombuffer(body, numpy.uint8), -1).shape == picture.shape


def test_no_label_is_an_answer_and_no_answer_is_none() -> None:
    picture = numpy.zeros((90, 90, 3), numpy.uint8)
    assert RekognitionModeration(service({"ModerationLabels": []}, []), Meter().add).labels(picture) == []
    with pytest.raises(ServiceError):
        RekognitionModeration(service({}, []), Meter().add).labels(picture)


def test_a_refusal_is_ours_and_costs_nothing() -> None:
    def reply(_operation: str, _params: dict[str, Any]) -> Any:
        raise Refusal("AccessDeniedException", "no", 400)

    meter = Meter()
    with pytest.raises(ServiceError) as caught:
        RekognitionModeration(client("rekognition", reply), meter.add).labels(numpy.zeros((90, 90, 3), numpy.uint8))
    assert caught.value.code == "access-denied" and meter.take() == {}
