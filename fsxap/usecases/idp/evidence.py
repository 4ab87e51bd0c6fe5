"""Pictures of what a person should look at: pieces of a page around a field, and small pages with all their fields."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from fsxap.documents import Box, Page
from fsxap.engine.types import Kit
from fsxap.errors import ItemError, ServiceError
from fsxap.model import Finding, Item, Result
from fsxap.usecases.idp.stack import documents_of

if TYPE_CHECKING:
    from PIL import Image

PER_DOCUMENT = 3
RENDERED, SHOWN = 1_400, 640
"""Pixels across a page, and across a picture at most."""
HIGHEST = 20_000
ASIDE, ABOVE = 0.12, 0.03
"""What is shown around a field, as shares of the page."""
COLOURS = 16
FRAME, SURE = (200, 30, 60), (40, 110, 170)
SMALL = 420
"""Pixels across a small page."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A field on a page of a document, and the page as it was turned for reading.

    With `fields`, boxes and whether each is to be reviewed, it is the whole page that is shown.
    """

    item: Item
    page: Page
    box: Box
    caption: str
    fields: tuple[tuple[Box, bool], ...] = ()


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


def sheets(result: Result) -> list[Spot]:
    """The page with the least sure place of a document, with the boxes of all its fields."""
    return [
        replace(spot, caption=f"{result.item.key}, page {spot.page.number}", fields=boxes)
        for spot in spots(result)[:1]
        if (boxes := tuple(_boxes(result, spot.page.number)))
    ]


def _boxes(result: Result, page: int) -> Iterator[tuple[Box, bool]]:
    for data in documents_of(result.data):
        for name, each in data["fields"].items():
            if each["page"] == page and each["box"]:
                left, top, right, bottom = each["box"]
                yield (left, top, right, bottom), name in data["review"]


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
    shown = small(page, spot.fields) if spot.fields else cut(page, spot.box)
    return "data:image/png;base64," + base64.b64encode(shown).decode("ascii")


def small(page: bytes, fields: Iterable[tuple[Box, bool]]) -> bytes:
    """A PNG of a whole page that is a PNG, with a frame around each field: red where it is to be reviewed."""
    picture = _opened(page)
    picture.thumbnail((SMALL, 3 * SMALL))
    wide, high = picture.size
    frames = [((box[0] * wide, box[1] * high, box[2] * wide, box[3] * high), doubted) for box, doubted in fields]
    return _framed(picture, frames)


def cut(page: bytes, box: Box) -> bytes:
    """A PNG of the place around a box of a page that is a PNG."""
    picture = _opened(page)
    wide, high = picture.size
    left, top = max(0, int((box[0] - ASIDE) * wide)), max(0, int((box[1] - ABOVE) * high))
    right, bottom = min(wide, int((box[2] + ASIDE) * wide)), min(high, int((box[3] + ABOVE) * high))
    piece = picture.crop((left, top, right, bottom))
    piece.thumbnail((SHOWN, SHOWN))
    scale = piece.width / (right - left)
    corners = ((box[0] * wide - left), (box[1] * high - top), (box[2] * wide - left), (box[3] * high - top))
    x0, y0, x1, y1 = (scale * value for value in corners)
    return _framed(piece, [((x0, y0, x1, y1), True)])


def _opened(page: bytes) -> Image.Image:
    from PIL import Image

    with Image.open(io.BytesIO(page)) as opened:
        return opened.convert("RGB")


def _framed(picture: Image.Image, frames: Iterable[tuple[Box, bool]]) -> bytes:
    """As a PNG of few colours, which are enough for print: a report holds many pictures. The frames have their own."""
    from PIL import ImageDraw

    made = picture.quantize(COLOURS)
    palette = (made.getpalette() or [])[: 3 * COLOURS]
    made.putpalette([*palette, *[0] * (3 * COLOURS - len(palette)), *FRAME, *SURE])
    pen = ImageDraw.Draw(made)
    for (left, top, right, bottom), doubted in frames:
        outline = COLOURS if doubted else COLOURS + 1
        pen.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=outline, width=2)
    buffer = io.BytesIO()
    made.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
