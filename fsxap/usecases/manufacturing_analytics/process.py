"""Sends each file to what it is: a log of sensors, or an inspection picture."""

from __future__ import annotations

from fsxap.engine.types import Kit
from fsxap.model import Item, Result
from fsxap.usecases.manufacturing_analytics import golden, images, limits, sensors
from fsxap.usecases.manufacturing_analytics.golden import SUFFIXES as PICTURES

LOGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")


def process(item: Item, kit: Kit) -> Result:
    """Limits and references are read before the first file: what is wrong with them stops the run."""
    judged = kit.memo("limits", lambda: limits.load(kit.params["limits"], kit.source))
    references = kit.memo("golden", lambda: golden.load(kit.params["golden"], kit.source))
    if item.key == kit.params["limits"]:
        return Result.skipped(item, "it is the file of limits")
    if item.key.lower().endswith(PICTURES):
        return images.process(item, kit, references)
    return sensors.process(item, kit, judged)
