"""Pictures of the places a person should look at: pieces of the page around a field, with a frame."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from fsxap.documents import Box, Page
from fsxap.engine.types import Kit
from fsxap.errors import ItemError, ServiceError
from fsxap.model import Finding, Item, Result

PER_DOCUMENT = 3
RENDERED, SHOWN = 1_400, 640
"""Pixels across a page, and across a picture at most."""
HIGHEST = 20_000
ASIDE, ABOVE = 0.12, 0.03
"""What is shown around a field, as shares of the page."""
COLOURS = 16
FRAME = (200, 30, 60)


@dataclass(frozen=True, slots=True)
class Spot:
    """A field on a page of a document, and the page as it was turned for reading."""

    item: Item
    page: Page
    box: Box
    caption: str


def spots(result: Result) -> list[Spot]:
    """The least sure places of a document that has findings with a place."""
    turned = {each["page"]: each for each in result.data.get("turned", ())}
    found = []
    for finding in result.findings:
        for name, number, box, sure in _places(finding):
            turn = turned.get(number, {})
            page = Page(number, 0, 0, rotation=turn.get("rotation", 0), skew=turn.get("skew", 0.0))
            found.append((sure, Spot(result.item, page, box, f"{result.item.key}, page {number}: {name}")))
    found.sort(key=lambda each: each[0])
    return [spot for _, spot in found[:PER_DOCUMENT]]


def _places(finding: Finding) -> Iterator[tuple[str, int, Box, float]]:
    """Field, page, box and confidence: a review names one field, a failed check those that cannot all be right."""
    if finding.rule == "idp-review":
        places = {str(finding.evidence.get("field")): finding.evidence}
    else:
        places = {name: each for name, each in finding.evidence.items() if isinstance(each, dict)}
    for name, each in places.items():
        if each.get("page") and each.get("box"):
            left, top, right, bottom = each["box"]
            yield name, each["page"], (left, top, right, bottom), float(each.get("confidence", 0.0))


def pictures(chosen: Iterable[Spot], kit: Kit) -> Iterator[tuple[str, str | None]]:
    """Caption and PNG as a data URI for each spot; None where the file changed or cannot be read any more."""
    for item, group in groupby(chosen, key=lambda spot: spot.item):
        of_item = list(group)
        try:
            same = kit.source.head(item.key).version == item.version
            body = kit.source.read(item.key) if same else b""
            made = [(spot.caption, _picture(body, spot, kit) if same else None) for spot in of_item]
        except (ItemError, ServiceError):
            made = [(spot.caption, None) for spot in of_item]
        yield from made


def _picture(body: bytes, spot: Spot, kit: Kit) -> str:
    page = kit.documents.render(body, spot.item.key, spot.page, width=RENDERED)
    if int.from_bytes(page[20:24], "big") > HIGHEST:
        raise ItemError(f"{spot.item.key} has a page too long for a picture", code="too-many-pixels")
    return "data:image/png;base64," + base64.b64encode(cut(page, spot.box)).decode("ascii")


def cut(page: bytes, box: Box) -> bytes:
    """A PNG of the place around a box of a page that is a PNG."""
    from PIL import Image, ImageDraw

    with Image.open(io.BytesIO(page)) as opened:
        picture = opened.convert("RGB")
    wide, high = picture.size
    left, top, right, bottom = box[0] * wide, box[1] * high, box[2] * wide, box[3] * high
    ImageDraw.Draw(picture).rectangle((left - 4, top - 4, right + 4, bottom + 4), outline=FRAME, width=3)
    around = (left - ASIDE * wide, top - ABOVE * high, right + ASIDE * wide, bottom + ABOVE * high)
    piece = picture.crop(
        (max(0, int(around[0])), max(0, int(around[1])), min(wide, int(around[2])), min(high, int(around[3])))
    )
    piece.thumbnail((SHOWN, SHOWN))
    buffer = io.BytesIO()
    # Print needs few colours, and a report holds many pictures.
    piece.quantize(COLOURS).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
