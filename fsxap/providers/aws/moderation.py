"""What pictures may show, by Amazon Rekognition's DetectModerationLabels: sent as bytes, labels as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fsxap.errors import ItemError, ServiceError
from fsxap.providers.aws.errors import translated
from fsxap.providers.aws.rekognition import encoded
from fsxap.providers.metering import Count
from fsxap.rendering import ModerationLabel

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 50.0
"""In percent: the service's own default, said so that it stays the same."""


class RekognitionModeration:
    """Asks by `client`; `count` is told every image, because each call is billed as one."""

    def __init__(self, client: Any, count: Count) -> None:
        self._client, self._count = client, count
        self._version = ""

    @property
    def engine(self) -> str:
        return f"rekognition DetectModerationLabels {self._version}".rstrip()

    def labels(self, picture: NDArray[Any]) -> Sequence[ModerationLabel]:
        body = encoded(picture)
        if body is None:
            raise ItemError("a picture is too large for Rekognition, even as JPEG", code="too-large")
        with translated("asking Rekognition for moderation labels"):
            answer = self._client.detect_moderation_labels(Image={"Bytes": body}, MinConfidence=CONFIDENCE)
        self._count("moderation_images", 1)
        self._version = str(answer.get("ModerationModelVersion") or self._version)
        found = answer.get("ModerationLabels")
        if found is None:
            raise ServiceError("Rekognition answered without labels", code="unexpected-answer")
        labels = [
            ModerationLabel(str(each["Name"]), str(each.get("ParentName") or ""), float(each["Confidence"]) / 100)
            for each in found
        ]
        return sorted(labels, key=lambda label: -label.confidence)
