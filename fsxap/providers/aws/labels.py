"""Labels of pictures by Amazon Rekognition: of a Custom Labels model by its ARN, else of the service's general one.

Pictures go as bytes: the service reads no object through an access point of an FSx volume.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fsxap.errors import ConfigurationError, ItemError, NotFound, ServiceError
from fsxap.ports import Label
from fsxap.providers.aws.errors import translated
from fsxap.providers.metering import Count

MOST_BYTES = 4 * 1024 * 1024
"""Of a picture sent in a request to a custom model; the general one takes a megabyte more."""

LONGEST, SMALLEST = 4096, 80
"""Pixels a side of it may and must have."""

GENERAL_MOST = 100
"""Labels asked of the general model."""

_SENT_AS_IT_IS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


class RekognitionLabels:
    """Labels by `client`; `model` is the ARN of a project version, or nothing. `count` is told every picture."""

    def __init__(self, client: Any, count: Count, model: str = "") -> None:
        self._client, self._count, self._model = client, count, model
        self._version = ""

    @property
    def engine(self) -> str:
        if self._model:
            _, project, _, version, _ = self._model.rsplit("/", 4)
            return f"rekognition DetectCustomLabels {project}/{version}"
        return f"rekognition DetectLabels {self._version}".rstrip()

    def find(self, body: bytes, least: float) -> Sequence[Label]:
        asked = {"Image": {"Bytes": fitted(body)}, "MinConfidence": 100 * min(least, 1.0)}
        return sorted(self._custom(asked) if self._model else self._general(asked), key=_surest)

    def _custom(self, asked: Mapping[str, Any]) -> list[Label]:
        try:
            with translated(f"labelling a picture by the model {self._model}"):
                answer = self._client.detect_custom_labels(ProjectVersionArn=self._model, **asked)
        except NotFound as error:
            raise ConfigurationError(
                error.message,
                code="model-not-found",
                exit=ServiceError.exit,
                hint="aws rekognition describe-projects and describe-project-versions list the models of this region",
            ) from error
        except ConfigurationError as error:
            if error.code == "model-not-running":
                error.hint = (
                    f"aws rekognition start-project-version --project-version-arn {self._model} "
                    "--min-inference-units 1, and wait until it is RUNNING; it is billed by the hour until "
                    "stop-project-version"
                )
            raise
        self._count("custom_labels_images", 1)
        return [
            _label(each, (each.get("Geometry") or {}).get("BoundingBox")) for each in _listed(answer, "CustomLabels")
        ]

    def _general(self, asked: Mapping[str, Any]) -> list[Label]:
        with translated("labelling a picture by Rekognition"):
            answer = self._client.detect_labels(MaxLabels=GENERAL_MOST, **asked)
        self._count("rekognition_images", 1)
        self._version = str(answer.get("LabelModelVersion") or self._version)
        return [_label(each, None) for each in _listed(answer, "Labels")]


def _listed(answer: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """An answer without the list is no answer: nothing found would mean a good part."""
    if (found := answer.get(name)) is None:
        raise ServiceError("Rekognition answered without labels", code="unexpected-answer")
    labels: Sequence[Mapping[str, Any]] = found
    return labels


def _label(row: Mapping[str, Any], box: Mapping[str, float] | None) -> Label:
    try:
        place = (box["Left"], box["Top"], box["Width"], box["Height"]) if box else None
        return Label(str(row["Name"]), round(float(row["Confidence"]) / 100, 4), place)
    except (LookupError, TypeError, ValueError) as error:
        raise ServiceError(
            "Rekognition answered a label without a name or a place", code="unexpected-answer"
        ) from error


def _surest(label: Label) -> tuple[float, str]:
    return -label.confidence, label.name


def fitted(body: bytes) -> bytes:
    """The picture within the service's limits: as it is, else as PNG or JPEG, smaller where it has to be."""
    import cv2
    import numpy

    picture = cv2.imdecode(numpy.frombuffer(body, numpy.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ItemError("it is no picture that can be sent to Rekognition", code="damaged")
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST:
        raise ItemError(f"it is smaller than {SMALLEST} pixels, too small for Rekognition", code="too-small")
    scale = min(1.0, LONGEST / max(height, width))
    if scale == 1.0 and len(body) <= MOST_BYTES and body.startswith(_SENT_AS_IT_IS):
        return body
    while min(height, width) * scale >= SMALLEST:
        size = (round(width * scale), round(height * scale))
        sent = picture if scale == 1.0 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        for suffix, options in ((".png", []), (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 95])):
            made, encoded = cv2.imencode(suffix, sent, options)
            if made and len(encoded) <= MOST_BYTES:
                return encoded.tobytes()
        scale *= 0.75
    raise ItemError("it is too long and narrow for Rekognition's limits", code="too-large")
