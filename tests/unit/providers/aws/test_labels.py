"""Labels by Rekognition, on botocore's wire: what is sent, what is understood, what is said when it does not answer."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from fsxap.errors import ConfigurationError, FsxapError, ItemError, ServiceError, Throttled
from fsxap.ports import Label
from fsxap.providers.aws import labels
from fsxap.providers.aws.labels import RekognitionLabels, fitted
from fsxap.providers.metering import Meter
from tests.unit.providers.aws_wire import Refusal, client

numpy = pytest.importorskip("numpy")
cv2 = pytest.importorskip("cv2")

MODEL = "arn:aws:rekognition:us-east-1:123456789012:project/brackets/version/v3/1700000000000"
BOX = {"Left": 0.5, "Top": 0.25, "Width": 0.1, "Height": 0.2}
CUSTOM = {
    "CustomLabels": [
        {"Name": "good", "Confidence": 12.5},
        {"Name": "scratch", "Confidence": 91.25, "Geometry": {"BoundingBox": BOX}},
    ]
}


def picture(suffix: str = ".png", shape: tuple[int, ...] = (100, 200, 3)) -> bytes:
    noise = numpy.random.default_rng(1).integers(0, 255, shape, dtype=numpy.uint8)
    return cv2.imencode(suffix, noise)[1].tobytes()


def test_a_model_s_labels_come_with_their_places_the_surest_first() -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def answer(operation: str, params: dict[str, Any]) -> dict[str, Any]:
        asked.append((operation, params))
        return CUSTOM

    meter, body = Meter(), picture()
    finder = RekognitionLabels(client("rekognition", answer), meter.add, MODEL)
    assert finder.find(body, 0.3) == [Label("scratch", 0.9125, (0.5, 0.25, 0.1, 0.2)), Label("good", 0.125)]
    ((operation, params),) = asked
    assert (operation, params["ProjectVersionArn"], params["MinConfidence"]) == ("DetectCustomLabels", MODEL, 30)
    assert base64.b64decode(params["Image"]["Bytes"]) == body
    assert finder.engine == "rekognition DetectCustomLabels brackets/v3"
    # Hours of a running model are billed, not pictures.
    assert meter.take() == {"custom_labels_images": 1}


def test_without_a_model_the_general_one_is_asked() -> None:
    def answer(operation: str, params: dict[str, Any]) -> dict[str, Any]:
        assert operation == "DetectLabels" and params["MaxLabels"] == 100
        return {"Labels": [{"Name": "Metal", "Confidence": 88.0}], "LabelModelVersion": "3.0"}

    meter = Meter()
    finder = RekognitionLabels(client("rekognition", answer), meter.add)
    assert finder.find(picture(), 0.5) == [Label("Metal", 0.88)]
    assert (finder.engine, meter.take()) == ("rekognition DetectLabels 3.0", {"rekognition_images": 1})


@pytest.mark.parametrize(
    ("code", "kind", "ours", "hint"),
    [
        ("ResourceNotReadyException", ConfigurationError, "model-not-running", f"start-project-version.*{MODEL}"),
        ("ResourceNotFoundException", ConfigurationError, "model-not-found", "describe-project-versions"),
        ("AccessDeniedException", ServiceError, "access-denied", "allow"),
        ("ThrottlingException", Throttled, "throttled", "quota"),
    ],
)
def test_a_model_that_does_not_answer_says_what_to_do(code: str, kind: type[FsxapError], ours: str, hint: str) -> None:
    def refuse(*_: Any) -> dict[str, Any]:
        raise Refusal(code, "no")

    meter = Meter()
    with pytest.raises(kind, match="labelling") as caught:
        RekognitionLabels(client("rekognition", refuse), meter.add, MODEL).find(picture(), 0.5)
    assert caught.value.code == ours and caught.value.exit == ServiceError.exit
    assert re.search(hint, caught.value.hint)
    assert meter.take() == {}


@pytest.mark.parametrize("answer", [{}, {"CustomLabels": [{"Confidence": 90.0}]}, {"CustomLabels": [{"Name": "a"}]}])
def test_an_answer_that_is_none_is_never_a_good_part(answer: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        RekognitionLabels(client("rekognition", lambda *_: answer), Meter().add, MODEL).find(picture(), 0.5)
    assert caught.value.code == "unexpected-answer"


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_what_the_service_takes_is_sent_as_it_is(suffix: str) -> None:
    body = picture(suffix)
    assert fitted(body) == body


@pytest.mark.parametrize(
    ("suffix", "shape", "becomes"),
    [
        (".bmp", (100, 200, 3), (100, 200)),
        (".tif", (100, 200), (100, 200)),
        (".png", (200, 8192, 3), (100, 4096)),
    ],
)
def test_what_it_does_not_take_is_made_so(suffix: str, shape: tuple[int, ...], becomes: tuple[int, int]) -> None:
    sent = fitted(picture(suffix, shape))
    assert sent.startswith((b"\x89PNG", b"\xff\xd8\xff"))
    assert cv2.imdecode(numpy.frombuffer(sent, numpy.uint8), -1).shape[:2] == becomes


def test_what_is_too_heavy_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "MOST_BYTES", 40_000)
    sent = fitted(picture(shape=(400, 600, 3)))
    assert len(sent) <= 40_000
    height, width = cv2.imdecode(numpy.frombuffer(sent, numpy.uint8), -1).shape[:2]
    assert height < 400 and abs(width / height - 1.5) < 0.02


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"no picture", "damaged"),
        (picture(shape=(79, 300)), "too-small"),
        (picture(shape=(90, 9000)), "too-large"),
    ],
)
def test_what_cannot_be_sent_is_an_error_of_its_item(body: bytes, code: str) -> None:
    with pytest.raises(ItemError) as caught:
        fitted(body)
    assert caught.value.code == code
