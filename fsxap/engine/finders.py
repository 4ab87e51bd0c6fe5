"""Connects what finds text in pictures and patients in texts: here, by Rekognition, by Comprehend Medical."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsxap.ports import PhiText, TextInImage

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
