"""What every finder of text in pictures promises."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from fsxap.ports import TextInImage
from fsxap.providers.aws.rekognition import RekognitionText
from fsxap.providers.metering import Meter
from tests.unit.providers.aws_wire import client

numpy = pytest.importorskip("numpy")
cv2 = pytest.importorskip("cv2")


def local() -> TextInImage:
    pytest.importorskip("rapidocr")
    from fsxap.providers.local.ocr import RapidOcr

    return RapidOcr()


def rekognition() -> TextInImage:
    """The wire of DetectText, with the embedded engine as the reader behind it."""
    reader = local()

    def answer(_operation: str, params: dict[str, Any]) -> dict[str, Any]:
        image = cv2.imdecode(numpy.frombuffer(base64.b64decode(params["Image"]["Bytes"]), numpy.uint8), -1)
        height, width = image.shape[:2]
        found = []
        for number, line in enumerate(reader.find(image if image.ndim == 2 else image[:, :, ::-1])):
            places = [{"X": x / width, "Y": y / height} for x, y in line.quad]
            about = {"Confidence": 100 * line.confidence, "Geometry": {"Polygon": places}}
            found.append({"Type": "LINE", "Id": 100 * number, "DetectedText": line.text, **about})
            found += [
                {"Type": "WORD", "Id": 100 * number + at, "ParentId": 100 * number, "DetectedText": word, **about}
                for at, word in enumerate(line.text.split(), 1)
            ]
        return {"TextDetections": found, "TextModelVersion": "3.0"}

    return RekognitionText(client("rekognition", answer), Meter().add)


@pytest.fixture(scope="module", params=[local, rekognition], ids=["rapidocr", "rekognition"])
def finder(request: pytest.FixtureRequest) -> TextInImage:
    make: Callable[[], TextInImage] = request.param
    return make()


def picture(text: str, shape: tuple[int, ...] = (240, 480)) -> Any:
    made = numpy.zeros(shape, numpy.uint8)
    cv2.putText(made, text, (30, 120), cv2.FONT_HERSHEY_SIMPLEX, 1, (255,) * (3 if len(shape) == 3 else 1), 2)
    return made


@pytest.mark.parametrize("shape", [(240, 480), (240, 480, 3)], ids=["grey", "rgb"])
def test_a_line_is_found_where_it_stands_and_read(finder: TextInImage, shape: tuple[int, ...]) -> None:
    (line,) = finder.find(picture("JANE 1970", shape))
    xs, ys = [x for x, _ in line.quad], [y for _, y in line.quad]
    assert "JANE" in line.text and "1970" in line.text
    assert min(xs) < 40 and max(xs) > 170 and min(ys) < 105 and max(ys) > 115
    assert max(ys) - min(ys) < 80 and 0 < line.confidence <= 1


def test_an_empty_picture_has_no_text(finder: TextInImage) -> None:
    assert list(finder.find(numpy.zeros((240, 480), numpy.uint8))) == []


def test_finding_without_reading_gives_places_alone(finder: TextInImage) -> None:
    (line,) = finder.find(picture("JANE 1970"), read=False)
    assert line.text == "" and len(line.quad) == 4
