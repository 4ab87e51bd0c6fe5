"""Owns what is known of which service is in which region: dated claims of regions.json, weighed against each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

BOTOCORE = "endpoint data of botocore"
CALLED: Mapping[str, tuple[str, ...]] = {
    "text_in_image": ("rekognition",),
    "text_on_frames": ("rekognition",),
    "moderation": ("rekognition",),
    "phi_text": ("comprehendmedical",),
    "documents": ("textract",),
    "entities": ("comprehend",),
    "sql": ("athena", "glue"),
    "narrator": ("bedrock-runtime",),
}
"""Capability → services that its engine on AWS calls."""

Status = Literal["yes", "no", "differ", "unknown"]


@dataclass(frozen=True, slots=True)
class Claim:
    """`complete` says that a region it does not list is denied; otherwise `absent` are those it denies."""

    source: str
    dated: str
    certainty: str
    present: frozenset[str]
    absent: frozenset[str] = frozenset()
    complete: bool = False

    def says(self, region: str) -> bool | None:
        """None where it says nothing."""
        if region in self.present:
            return True
        return False if self.complete or region in self.absent else None


@dataclass(frozen=True, slots=True)
class Feature:
    """`endpoint` is the name of the service in botocore's endpoint data, empty where it is not in them."""

    name: str
    title: str
    endpoint: str
    claims: tuple[Claim, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Availability:
    """`said` names what says so, with its day."""

    status: Status
    said: str


@cache
def features() -> tuple[Feature, ...]:
    content = json.loads(resources.files("fsxap").joinpath("regions.json").read_text(encoding="utf-8"))
    return tuple(
        Feature(
            row["name"], row["title"], row.get("endpoint", ""), tuple(map(_claim, row["claims"])), row.get("note", "")
        )
        for row in content["features"]
    )


def _claim(row: Mapping[str, Any]) -> Claim:
    return Claim(
        row["source"],
        row["dated"],
        row["certainty"],
        frozenset(row["in"]),
        frozenset(row.get("not", ())),
        row.get("complete", False),
    )


def services_of(capabilities: Iterable[str]) -> list[str]:
    return sorted({service for each in capabilities for service in CALLED.get(each, ())})


def endpoint_of(name: str) -> str:
    """What to ask botocore for; the service's own name where the file does not know it."""
    return next((each.endpoint for each in features() if each.name == name), name)


def availability(name: str, region: str, here: Sequence[str] = ()) -> Availability:
    """`here` are the regions of the installed botocore's endpoint data, which go before those in the file; none says
    nothing, since new services are not in them."""
    claims = next((each.claims for each in features() if each.name == name), ())
    if here:
        installed = Claim(f"{BOTOCORE} here", "installed", "likely", frozenset(here), complete=True)
        claims = (installed, *(each for each in claims if not each.source.startswith(BOTOCORE)))
    told = [(claim, answer) for claim in claims if (answer := claim.says(region)) is not None]
    if not told:
        return Availability("unknown", f"nothing known says whether {region} has it")
    said = "; ".join(f"{'in' if answer else 'not in'} {region}: {each.source}, {each.dated}" for each, answer in told)
    answers = {answer for _, answer in told}
    return Availability("differ" if len(answers) > 1 else "yes" if True in answers else "no", said)
