"""A use case that touches everything a fault can hit: it reads, may ask a service, writes, bills and finds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from fsxap.documents import Reading
from fsxap.engine.types import Kit, Param, UseCase
from fsxap.model import Finding, Item, Result

SHADES = 256


def process(item: Item, kit: Kit) -> Result:
    body = kit.source.read(item.key)
    if kit.params["ask"]:
        ASKED[kit.params["ask"]](kit, body)
    output = kit.sink.put(f"{item.key}.out", expected(body))
    found = (Finding("probe-seven", "low", "its name ends in 7", item.key),) if item.key.endswith("7") else ()
    return Result(item, "ok", {}, (output,), found, {"probe_items": 1})


def expected(body: bytes) -> bytes:
    """What the output of an item with this content must be, to the byte."""
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def entities(kit: Kit, body: bytes) -> None:
    finder = kit.entities
    assert finder is not None
    assert finder.find(body.decode(), "en")


def patients(kit: Kit, body: bytes) -> None:
    finder = kit.phi_text
    assert finder is not None
    assert finder.find(body.decode())


def picture_text(kit: Kit, body: bytes) -> None:
    import numpy

    shade = len(body) % SHADES
    assert kit.text_on_frames.find(numpy.full((80, 80), shade, numpy.uint8))


def document(kit: Kit, body: bytes) -> None:
    import io

    from PIL import Image

    page = io.BytesIO()
    Image.new("L", (80, 80), len(body) % SHADES).save(page, "PNG")
    assert kit.documents.read(page.getvalue(), "page.png", Reading(features=())).text


def narrative(kit: Kit, body: bytes) -> None:
    told = kit.narrator.narrate("Probe", {"bytes": len(body)}, "It holds {bytes} bytes.")
    assert told.generator.startswith("bedrock"), told.generator


ASKED: dict[str, Callable[[Kit, bytes], None]] = {
    "comprehend": entities,
    "comprehend-medical": patients,
    "rekognition": picture_text,
    "textract": document,
    "bedrock": narrative,
}
USE_CASE = UseCase(
    "probe",
    "Probe for faults",
    process,
    params=(Param("ask", "the service asked about each", "", choices=("", *ASKED)),),
    engines=("entities", "phi_text", "text_on_frames", "documents", "narrator"),
)
