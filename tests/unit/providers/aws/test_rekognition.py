from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.errors import FsxapError, ItemError, ServiceError, Throttled
from fsxap.ports import TextLine
from fsxap.providers.aws import rekognition
from fsxap.providers.aws.rekognition import RekognitionText
from fsxap.providers.metering import Meter
from fsxap.providers.text_lines import bounds
from tests.unit.providers.aws_wire import Refusal, client

numpy = pytest.importorskip("numpy")
cv2 = pytest.importorskip("cv2")

MARK = (30, 12)


class Marks:
    """DetectText for a made-up script: every bright block is one word, and only a hundred of them are told."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []
        self.bytes: list[int] = []
        self.client = client("rekognition", self._answer)

    def _answer(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        assert operation == "DetectText"
        assert params["Filters"] == {"WordFilter": {"MinConfidence": 50.0}}
        body = base64.b64decode(params["Image"]["Bytes"])
        image = cv2.imdecode(numpy.frombuffer(body, numpy.uint8), cv2.IMREAD_GRAYSCALE)
        self.sizes.append(image.shape)
        self.bytes.append(len(body))
        assert len(body) <= 5 * 1024 * 1024 and min(image.shape) >= 80
        count, _, stats, _ = cv2.connectedComponentsWithStats((image > 200).astype(numpy.uint8))
        boxes = [stats[label][:4] for label in range(1, min(count, 101))]
        return {"TextDetections": detections(boxes, image.shape), "TextModelVersion": "3.0"}


def detections(boxes: Any, shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """A LINE with one WORD for each box."""
    height, width = shape
    made = []
    for number, (x, y, w, h) in enumerate(boxes):
        corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
        geometry = {"Polygon": [{"X": float(a) / width, "Y": float(b) / height} for a, b in corners]}
        about = {"DetectedText": "x", "Confidence": 62.5, "Geometry": geometry}
        made.append({"Type": "LINE", "Id": 2 * number, **about})
        made.append({"Type": "WORD", "Id": 2 * number + 1, "ParentId": 2 * number, **about})
    return made


def picture(shape: tuple[int, ...], places: list[tuple[int, int]]) -> Any:
    made = numpy.zeros(shape, numpy.uint8)
    for x, y in places:
        made[y : y + MARK[1], x : x + MARK[0]] = 255
    return made


def corners(lines: Any) -> list[tuple[int, ...]]:
    return sorted(tuple(round(side) for side in bounds(line.quad)) for line in lines)


def expected(places: list[tuple[int, int]]) -> list[tuple[int, ...]]:
    return sorted((x, y, x + MARK[0], y + MARK[1]) for x, y in places)


@pytest.mark.parametrize("shape", [(300, 400), (300, 400, 3)], ids=["grey", "rgb"])
def test_lines_come_back_in_pixels_with_their_confidence(shape: tuple[int, ...]) -> None:
    service, meter = Marks(), Meter()
    finder = RekognitionText(service.client, meter.add)
    lines = finder.find(picture(shape, [(200, 250), (10, 20)]))
    assert [corners([line]) for line in lines] == [expected([(10, 20)]), expected([(200, 250)])]
    assert {(line.text, line.confidence) for line in lines} == {("x", 0.625)}
    assert meter.take() == {"rekognition_images": 1}
    assert finder.engine == "rekognition DetectText 3.0"


def test_places_alone_where_nothing_is_to_be_read() -> None:
    lines = RekognitionText(Marks().client, Meter().add).find(picture((200, 200), [(10, 20)]), read=False)
    assert [line.text for line in lines] == [""] and corners(lines) == expected([(10, 20)])


def test_colours_arrive_as_they_are() -> None:
    red = numpy.zeros((90, 90, 3), numpy.uint8)
    red[:, :, 0] = 255
    body = rekognition.encoded(red)
    assert body is not None
    assert cv2.imdecode(numpy.frombuffer(body, numpy.uint8), cv2.IMREAD_COLOR)[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize("shape", [(20, 60), (20, 500), (500, 40)])
def test_a_small_picture_is_padded_and_nothing_moves(shape: tuple[int, int]) -> None:
    service = Marks()
    lines = RekognitionText(service.client, Meter().add).find(picture(shape, [(4, 5)]))
    assert corners(lines) == expected([(4, 5)])
    assert service.sizes == [(max(80, shape[0]), max(80, shape[1]))]


def test_a_large_picture_is_looked_at_in_tiles_that_miss_nothing() -> None:
    random = numpy.random.default_rng(3)
    places = [(int(x) * 60, int(y) * 40) for x, y in {tuple(each) for each in random.integers(0, 60, (70, 2))}]
    service, meter = Marks(), Meter()
    lines = RekognitionText(service.client, meter.add).find(picture((2500, 3700), places))
    assert corners(lines) == expected(places)
    assert max(max(size) for size in service.sizes) <= 2048
    assert meter.take() == {"rekognition_images": len(service.sizes)}


def test_more_words_than_one_call_tells_are_found_in_parts() -> None:
    places = [(x * 40 + 3, y * 20 + 3) for x in range(15) for y in range(20)]
    service = Marks()
    lines = RekognitionText(service.client, Meter().add).find(picture((420, 620), places))
    assert corners(lines) == expected(places)
    assert len(service.sizes) > 3


def test_what_is_too_heavy_as_png_goes_as_jpeg_or_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekognition, "MOST_BYTES", 30_000)
    noisy = numpy.random.default_rng(1).integers(0, 120, (400, 400), dtype=numpy.uint8)
    noisy[100:112, 60:90] = 255
    service = Marks()
    lines = RekognitionText(service.client, Meter().add).find(noisy)
    assert max(service.bytes) <= 30_000 and len(service.bytes) > 1
    assert any(abs(left - 60) < 3 and abs(top - 100) < 3 for left, top, _, _ in corners(lines))


def test_an_answer_that_stays_full_is_no_answer() -> None:
    boxes = [(x, y, 1, 1) for x in range(10) for y in range(10)]
    finder = RekognitionText(
        client("rekognition", lambda *_: {"TextDetections": detections(boxes, (100, 100))}), Meter().add
    )
    with pytest.raises(ItemError) as caught:
        finder.find(picture((90, 90), []))
    assert caught.value.code == "too-much-text"


def test_a_picture_that_would_cost_thousands_of_calls_is_refused() -> None:
    finder = RekognitionText(Marks().client, Meter().add)
    with pytest.raises(ItemError) as caught:
        finder.find(numpy.broadcast_to(numpy.zeros((1, 1), numpy.uint8), (40_000, 40_000)))
    assert caught.value.code == "too-many-pixels"


def test_a_word_without_a_line_and_a_box_without_corners_count_too() -> None:
    box = {"Left": 0.5, "Top": 0.25, "Width": 0.25, "Height": 0.1}
    word = {"Type": "WORD", "Id": 7, "DetectedText": "MRN", "Confidence": 99.0, "Geometry": {"BoundingBox": box}}
    answer = {"TextDetections": [word]}
    (line,) = RekognitionText(client("rekognition", lambda *_: answer), Meter().add).find(picture((100, 200), []))
    assert line == TextLine(((100, 25), (150, 25), (150, 35), (100, 35)), "MRN", 0.99)


@pytest.mark.parametrize(
    "answer", [{}, {"TextDetections": [{"Type": "LINE", "DetectedText": "JANE", "Confidence": 9.0}]}]
)
def test_an_answer_without_places_is_an_error(answer: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        RekognitionText(client("rekognition", lambda *_: answer), Meter().add).find(picture((100, 100), []))
    assert caught.value.code == "unexpected-answer" and "JANE" not in caught.value.message


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ProvisionedThroughputExceededException", Throttled),
        ("ThrottlingException", Throttled),
        ("InvalidImageFormatException", ServiceError),
    ],
)
def test_refusals_are_ours_and_cost_nothing(code: str, kind: type[FsxapError]) -> None:
    def refuse(*_: Any) -> dict[str, Any]:
        raise Refusal(code, "no")

    meter = Meter()
    with pytest.raises(kind, match="Rekognition"):
        RekognitionText(client("rekognition", refuse), meter.add).find(picture((100, 100), []))
    assert meter.take() == {}


@given(length=st.integers(1, 9000), edge=st.integers(4, 2048))
def test_tiles_cover_everything_and_overlap(length: int, edge: int) -> None:
    starts = rekognition._starts(length, edge)
    ends = [min(start + edge, length) for start in starts]
    assert starts[0] == 0 and ends[-1] == length
    assert all(end - following >= edge // 4 for end, following in zip(ends, starts[1:], strict=False))
