"""Connects what finds text, labels and patients in pictures and texts: here, by Rekognition, by Comprehend Medical."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsxap.errors import ConfigurationError
from fsxap.ports import Labels, PhiText, TextInImage

if TYPE_CHECKING:
    from fsxap.engine.kit import Kit
    from fsxap.providers.metering import Count


def embedded() -> TextInImage:
    from fsxap.providers.local.ocr import RapidOcr

    return RapidOcr()


def connect_text_in_image(kit: Kit, count: Count) -> TextInImage:
    """Both engines: the service never finds less than the embedded one does without it."""
    from fsxap.providers.aws.rekognition import RekognitionText
    from fsxap.providers.text_lines import BothReadings

    return BothReadings(embedded(), RekognitionText(kit.aws.client("rekognition"), count))


def connect_labels(kit: Kit, count: Count, model: str, asked: str) -> Labels:
    """A model answers only in its own region, which its ARN names."""
    from fsxap.providers.aws.labels import RekognitionLabels
    from fsxap.providers.aws.regions import choose

    if asked == "local":
        # Not a UsageError: no item could be processed, so the run stops at the first.
        raise ConfigurationError(
            "labels of pictures come from Rekognition alone",
            code="usage",
            exit=2,
            hint="leave out model= and labels=, or --engine labels=local",
        )
    region = choose(
        "Rekognition",
        home=kit.aws.region,
        chosen=model.split(":")[3] if model else "",
        accepted=bool(kit.settings["accept_cross_region"]),
        known=kit.aws.session.get_available_regions("rekognition"),
        setting="model",
        instead="without model= and labels=",
    )
    return RekognitionLabels(kit.aws.client("rekognition", region=region), count, model)


def connect_phi_text(kit: Kit, count: Count, *, asked: bool) -> PhiText | None:
    """None where the service is only the source's default, its region has none, and no other region was named."""
    from fsxap.providers.aws.comprehend_medical import ComprehendMedicalPhi
    from fsxap.providers.aws.regions import choose

    service, chosen = "comprehendmedical", kit.settings.text("comprehend_medical_region")
    known = kit.aws.session.get_available_regions(service)
    if not asked and not chosen and kit.aws.region not in known:
        return None
    region = choose(
        "Comprehend Medical",
        home=kit.aws.region,
        chosen=chosen,
        accepted=bool(kit.settings["accept_cross_region"]),
        known=known,
        setting="comprehend_medical_region",
        instead="--engine phi_text=local",
    )
    return ComprehendMedicalPhi(kit.aws.client(service, region=region), count)
