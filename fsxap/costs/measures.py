"""What AWS's engines will bill for one item and for one run, from measures that are given or assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CHARACTERS_PER_UNIT, LEAST_UNITS = 100, 3
"""Comprehend counts in units of 100 characters, and at least three a request."""
LEAST_SCANNED = 10_000_000
"""Bytes Athena bills for any query."""


@dataclass(frozen=True, slots=True)
class Measure:
    """`default` is what is assumed of an item (a run, with `per_run`); the capability is where it matters."""

    name: str
    default: int
    capability: str
    help: str
    per_run: bool = False


MEASURES = (
    Measure("pages", 1, "documents", "pages of a document"),
    Measure("images", 1, "text_in_image", "pictures read in an item"),
    Measure("characters", 2_000, "entities phi_text", "characters of text examined in an item"),
    Measure("queries", 8, "sql", "SQL queries of a run", per_run=True),
    Measure("scanned", 0, "sql", "bytes each query scans; 10 MB at least are billed", per_run=True),
    Measure(
        "model_hours", 1, "labels", "hours that a Custom Labels model runs, used or not, times its units", per_run=True
    ),
    Measure("input_tokens", 2_000, "narrator", "tokens the model reads in a run", per_run=True),
    Measure("output_tokens", 500, "narrator", "tokens the model writes in a run", per_run=True),
)
NAMES = frozenset(measure.name for measure in MEASURES)


def item_units(engines: Mapping[str, str], given: Mapping[str, int]) -> dict[str, int]:
    """Units of one item beyond those its use case counts itself. `engines` is capability → engine."""
    value = _values(given)
    units: dict[str, int] = {}
    text = max(LEAST_UNITS, -(-value["characters"] // CHARACTERS_PER_UNIT))
    if engines.get("text_in_image") == "aws":
        units["rekognition_images"] = value["images"]
    if engines.get("phi_text") == "aws":
        units["comprehend_medical_units"] = -(-value["characters"] // CHARACTERS_PER_UNIT)
    if engines.get("entities") == "aws":
        units["comprehend_units"] = text
    return units


def run_units(engines: Mapping[str, str], given: Mapping[str, int]) -> dict[str, int]:
    """Units of one run, however many items it has."""
    value = _values(given)
    units: dict[str, int] = {}
    if engines.get("sql") == "aws":
        units["athena_bytes"] = value["queries"] * max(LEAST_SCANNED, value["scanned"])
    if engines.get("labels") == "aws":
        units["custom_labels_hours"] = value["model_hours"]
    if engines.get("narrator") == "aws":
        units["bedrock_input_tokens"] = value["input_tokens"]
        units["bedrock_output_tokens"] = value["output_tokens"]
    return units


def _values(given: Mapping[str, int]) -> dict[str, int]:
    return {measure.name: given.get(measure.name, measure.default) for measure in MEASURES}


def used(engines: Mapping[str, str]) -> list[Measure]:
    """The measures that matter for these engines."""
    paid = {capability for capability, engine in engines.items() if engine == "aws"}
    return [measure for measure in MEASURES if paid.intersection(measure.capability.split())]


def assumed(engines: Mapping[str, str], given: Mapping[str, int], *, runs: bool = True) -> list[str]:
    """What nobody measured, so that it can be given; without `runs`, of items alone."""
    return [
        f"{each.name}={each.default} of {'a run' if each.per_run else 'an item'}"
        for each in used(engines)
        if each.name not in given and (runs or not each.per_run)
    ]
