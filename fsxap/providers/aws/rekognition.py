"""Text in pictures by Amazon Rekognition's DetectText: pictures sent as bytes, large ones and wordy ones in tiles.

Rekognition reads text within 90 degrees of upright.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from fsxap.errors import ItemError, ServiceError
from fsxap.ports import Quad, TextLine
from fsxap.providers.aws.errors import translated
from fsxap.providers.metering import Count
from fsxap.providers.text_lines import bounds, distinct, downwards

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Picture = NDArray[numpy.uint8]

MOST_BYTES = 5 * 1024 * 1024
"""Of an image sent in the request."""

MOST_WORDS = 100
"""What one call finds at most; an answer this long may have left words out."""

SMALLEST = 80
"""Pixels an image must have each way."""

TILE = 2048
"""Pixels one call looks at each way, so that small print stays legible to a model that scales its input."""

OVERLAP = 4
"""Neighbouring tiles share a quarter of their length: a word cut by one edge is whole beyond it."""

MOST_TILES = 256
"""Calls spent on one picture at most, not counting tiles that have to be divided for their words."""

CONFIDENCE = 50.0
"""In percent. The service drops words below 80 unless told otherwise, and a name in a bad scan is below 80."""


class RekognitionText:
    """Finds by `client`; `count` is told every image, because each call is billed as one."""

    def __init__(self, client: Any, count: Count) -> None:
        self._client, self._count = client, count
        self._version = ""

    @property
    def engine(self) -> str:
        return f"rekognition DetectText {self._version}".rstrip()

    def find(self, picture: Picture, *, read: bool = True) -> Sequence[TextLine]:
        """Lines of text in a grey (H, W) or RGB (H, W, 3) picture of uint8, from top to bottom."""
        lines = self._look(picture, 0, 0)
        return lines if read else [TextLine(line.quad, "", line.confidence) for line in lines]

    def _look(self, part: Picture, left: int, top: int) -> list[TextLine]:
        """One part of the picture, which begins at (left, top)."""
        longest = max(part.shape[:2])
        if longest > TILE:
            return self._divide(part, left, top, TILE)
        body = encoded(part)
        lines = None if body is None else self._ask(body, part.shape[1], part.shape[0])
        if lines is not None:
            return [TextLine(_moved(line.quad, left, top), line.text, line.confidence) for line in lines]
        if longest <= SMALLEST:
            raise ItemError("a picture holds more text than can be found in it", code="too-much-text")
        return self._divide(part, left, top, longest * 5 // 8)

    def _divide(self, part: Picture, left: int, top: int, edge: int) -> list[TextLine]:
        tiles = list(product(_starts(part.shape[0], edge), _starts(part.shape[1], edge)))
        if len(tiles) > MOST_TILES:
            raise ItemError(f"a picture needs more than {MOST_TILES} calls of Rekognition", code="too-many-pixels")
        return distinct(
            line for y, x in tiles for line in self._look(part[y : y + edge, x : x + edge], left + x, top + y)
        )

    def _ask(self, body: bytes, width: int, height: int) -> list[TextLine] | None:
        """None when the answer may not be all: the part has to be looked at in smaller ones."""
        with translated("finding text in a picture by Rekognition"):
            answer = self._client.detect_text(
                Image={"Bytes": body}, Filters={"WordFilter": {"MinConfidence": CONFIDENCE}}
            )
        self._count("rekognition_images", 1)
        self._version = str(answer.get("TextModelVersion") or self._version)
        detections = answer.get("TextDetections")
        if detections is None:
            raise ServiceError("Rekognition answered without detections", code="unexpected-answer")
        if sum(each.get("Type") == "WORD" for each in detections) >= MOST_WORDS:
            return None
        # Padding makes the picture larger than the part, so places are fractions of what was sent.
        sent = max(width, SMALLEST), max(height, SMALLEST)
        return downwards(line for each in _lines(detections) if (line := _line(each, sent, (width, height))))


def encoded(part: Picture) -> bytes | None:
    """The part as PNG, or as JPEG where that is too large; None where both are."""
    import cv2
    import numpy

    height, width = part.shape[:2]
    bgr = part if part.ndim == 2 else part[:, :, ::-1]
    low, wide = max(0, SMALLEST - height), max(0, SMALLEST - width)
    if low or wide:
        edges = [(0, low), (0, wide)] + [(0, 0)] * (part.ndim - 2)
        bgr = numpy.pad(bgr, edges, constant_values=int(numpy.median(part)))
    bgr = numpy.ascontiguousarray(bgr)
    for suffix, options in ((".png", []), (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 95])):
        made, body = cv2.imencode(suffix, bgr, options)
        if made and len(body) <= MOST_BYTES:
            return body.tobytes()
    return None


def _starts(length: int, edge: int) -> list[int]:
    """Where tiles of `edge` pixels begin, so that they cover `length` and overlap."""
    step = edge - edge // OVERLAP
    return [min(at, length - edge) for at in range(0, length - edge + step, step)] if length > edge else [0]


def _lines(detections: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Lines, and the words that belong to none."""
    lines = [each for each in detections if each.get("Type") == "LINE"]
    known = {each.get("Id") for each in lines}
    return lines + [each for each in detections if each.get("Type") == "WORD" and each.get("ParentId") not in known]


def _line(detection: Mapping[str, Any], sent: tuple[int, int], size: tuple[int, int]) -> TextLine | None:
    """The line in pixels; None where it stands in the padding alone."""
    try:
        geometry = detection["Geometry"]
        corners = [(point["X"], point["Y"]) for point in geometry.get("Polygon", ())]
        if len(corners) != 4:
            box = geometry["BoundingBox"]
            left, top, right, bottom = box["Left"], box["Top"], box["Left"] + box["Width"], box["Top"] + box["Height"]
            corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        text, confidence = str(detection["DetectedText"]), float(detection["Confidence"]) / 100
    except (LookupError, TypeError, ValueError) as error:
        raise ServiceError("Rekognition answered text without a place", code="unexpected-answer") from error
    quad = tuple(
        (min(max(x * sent[0], 0.0), float(size[0])), min(max(y * sent[1], 0.0), float(size[1]))) for x, y in corners
    )
    left, top, right, bottom = bounds(quad)
    return TextLine(quad, text, confidence) if right > left and bottom > top else None


def _moved(quad: Quad, left: int, top: int) -> Quad:
    return tuple((x + left, y + top) for x, y in quad)
