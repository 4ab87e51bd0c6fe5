"""A use case that touches everything a fault can hit: it reads, may ask Comprehend, writes, bills and finds."""

from __future__ import annotations

import hashlib

from fsxap.engine.types import Kit, Param, UseCase, boolean
from fsxap.model import Finding, Item, Result


def process(item: Item, kit: Kit) -> Result:
    body = kit.source.read(item.key)
    if kit.params["entities"]:
        entities = kit.entities
        assert entities is not None
        assert entities.find(body.decode(), "en")
    output = kit.sink.put(f"{item.key}.out", expected(body))
    found = (Finding("probe-seven", "low", "its name ends in 7", item.key),) if item.key.endswith("7") else ()
    return Result(item, "ok", {}, (output,), found, {"probe_items": 1})


def expected(body: bytes) -> bytes:
    """What the output of an item with this content must be, to the byte."""
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


USE_CASE = UseCase(
    "probe",
    "Probe for faults",
    process,
    params=(Param("entities", "ask Comprehend about each", False, boolean),),
    engines=("entities",),
)
