"""Connects what renders jobs, Deadline Cloud or sessions on this machine, and what looks at the frames they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsxap.engine import finders
from fsxap.errors import ConfigurationError
from fsxap.ports import TextInImage
from fsxap.rendering import Farm, Frames, Moderation

if TYPE_CHECKING:
    from fsxap.engine.kit import Kit
    from fsxap.providers.metering import Count


def frames() -> Frames:
    from fsxap.providers.local.frames import LocalFrames

    return LocalFrames()


def text_on_frames(kit: Kit, count: Count) -> TextInImage:
    if kit.engine("text_on_frames") == "aws":
        from fsxap.providers.aws.rekognition import RekognitionText

        return RekognitionText(kit.aws.client("rekognition"), count)
    return finders.embedded()


def moderation(kit: Kit, count: Count) -> Moderation | None:
    if kit.engine("moderation") != "aws":
        return None
    from fsxap.providers.aws.moderation import RekognitionModeration

    return RekognitionModeration(kit.aws.client("rekognition"), count)


def connect(kit: Kit) -> Farm:
    """Deadline Cloud when a farm and a queue are given."""
    farm, queue = str(kit.params.get("farm") or ""), str(kit.params.get("queue") or "")
    if not farm and not queue and kit.engine("farm") == "local":
        from fsxap.providers.local.farm import LocalFarm

        return LocalFarm(kit.scratch, kit.cancel)
    if not farm or not queue:
        raise ConfigurationError(
            "Deadline Cloud needs a farm and a queue",
            code="farm",
            hint="-P farm=farm-... -P queue=queue-..., or --engine farm=local to render on this machine",
        )
    from fsxap.providers.aws.deadline import DeadlineFarm

    return DeadlineFarm(
        kit.aws.client("deadline"),
        kit.aws.client("logs"),
        farm=farm,
        queue=queue,
        cancel=kit.cancel,
    )
