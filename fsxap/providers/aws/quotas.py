"""What an account may use of a service at a time, as Service Quotas and Lambda say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fsxap.errors import ConfigurationError
from fsxap.providers.aws.errors import translated
from fsxap.providers.aws.probes import PROFILES

MOST_PAGES = 30
"""Of 100 quotas: Bedrock has some for each model."""
SHOWN = 6
PER_MINUTE = ("tokens per minute", "requests per minute")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A service by its code in Service Quotas. A quota counts when its name has all words of one of `names`: names
    change more often than their words, and codes are published nowhere."""

    service: str
    names: tuple[tuple[str, ...], ...]


RATES: Mapping[str, Wanted] = {
    "textract": Wanted(
        "textract",
        tuple(
            (operation,)
            for operation in ("detectdocumenttext", "analyzedocument", "startdocumentanalysis", "startdocumenttext")
        ),
    ),
    "comprehend": Wanted("comprehend", (("detectentities",), ("detectdominantlanguage",))),
    "comprehendmedical": Wanted("comprehendmedical", (("detectphi",),)),
    "rekognition": Wanted("rekognition", (("detecttext",),)),
    "athena": Wanted("athena", (("dml", "queries"),)),
    "stepfunctions": Wanted("states", (("map", "run"), ("open", "executions"))),
}


def wanted(services: Iterable[str], model: str = "") -> dict[str, Wanted]:
    """By service, and `stepfunctions`, which every pipeline has. Bedrock's are those of `model` alone."""
    found = {name: RATES[name] for name in ("stepfunctions", *services) if name in RATES}
    if model:
        found["bedrock-runtime"] = Wanted("bedrock", tuple((*_words(model), unit) for unit in PER_MINUTE))
    return found


def _words(model: str) -> list[str]:
    """`eu.amazon.nova-lite-v1:0` is "Cross-region ... Nova Lite" in the names of quotas; their versions vary."""
    first, _, rest = model.rpartition("/")[2].partition(":")[0].partition(".")
    profile = first in PROFILES
    name = rest.partition(".")[2] if profile else rest
    return ["cross-region" if profile else "on-demand", *(word for word in name.split("-") if word.isalpha())]


def applied(client: Any, asked: Wanted) -> str:
    """Quotas with their values. ConfigurationError where there is none of that name, or one that allows nothing."""
    with translated(f"reading quotas of {asked.service}"):
        pages = client.get_paginator("list_service_quotas").paginate(
            ServiceCode=asked.service, PaginationConfig={"MaxItems": MOST_PAGES * 100, "PageSize": 100}
        )
        rows = [(str(row["QuotaName"]), float(row["Value"])) for page in pages for row in page["Quotas"]]
    fits = [(name, value) for name, value in rows if any(_has(name, words) for words in asked.names)]
    if not fits:
        raise ConfigurationError(
            f"Service Quotas lists {len(rows)} quotas of {asked.service}, none of what is called", code="quota-unknown"
        )
    if nothing := [name for name, value in fits if value == 0]:
        raise ConfigurationError(
            f"{nothing[0]} is 0",
            code="no-quota",
            hint="ask for more in the Service Quotas console; new accounts begin with nothing for some models",
        )
    more = f", and {len(fits) - SHOWN} more" if len(fits) > SHOWN else ""
    return "; ".join(f"{name}: {value:,.10g}" for name, value in sorted(fits)[:SHOWN]) + more


def _has(name: str, words: Iterable[str]) -> bool:
    lowered = name.lower()
    return all(word in lowered for word in words)


def concurrency(functions: Any) -> str:
    """How many functions the account may run at a time."""
    with translated("reading Lambda's limits"):
        limits = functions.get_account_settings()["AccountLimit"]
    return f"{limits['ConcurrentExecutions']} Lambda functions at a time"
