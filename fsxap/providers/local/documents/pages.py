"""One page from its picture: found lines, turned upright, read, and put at their places on the straight page."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy

from fsxap.documents import Line, Page, Word
from fsxap.providers.local.documents.cutting import parts
from fsxap.providers.local.documents.erasing import erased
from fsxap.providers.local.documents.layout import in_order
from fsxap.providers.local.documents.letters import without_letters
from fsxap.providers.local.documents.marks import marks, no_letters
from fsxap.providers.local.documents.recognition import Recognition, crop, sides
from fsxap.providers.local.documents.signatures import signatures
from fsxap.providers.local.documents.tables import tables_of
from fsxap.providers.local.documents.upright import (
    is_sideways,
    lean,
    quarter_turned,
    righted,
    straightened,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]
    Quads = NDArray[numpy.float32]

SHORT = (736, 1440)
"""Pixels of the shorter side that the detector looks at, at least and at most."""
AREA = 6_000_000
"""Pixels that the detector looks at, at most: its memory grows with them, about 0.25 GB a million."""
SAMPLE = 6
"""Long lines by which a page is told from one upside down."""
LEGIBLE = 0.9
"""A sample read with more confidence than this is upright."""
WORTHLESS = 0.5
"""Lines read with less confidence than this are specks."""


@cache
def models() -> Recognition:
    """One set for each process."""
    return Recognition(threads=1)


def read_page(number: int, picture: Picture) -> Page:
    """`picture` is RGB (H, W, 3); places are on the page as it stands after turning."""
    quads = find(picture)
    rotation = 90 if len(quads) and is_sideways(quads) else 0
    picture, quads = _quarter(picture, quads, rotation)
    if _is_upside_down(picture, quads):
        picture, quads = _quarter(picture, quads, 180)
        rotation += 180
    skew = 0.0 - lean(picture, quads)
    height, width = picture.shape[:2]
    tall = float(numpy.median(sides(quads)[1])) / height if len(quads) else 0.0
    straight = righted(picture, 0, skew)
    rules, squares = marks(straight, tall)
    checkboxes = without_letters(picture, quads, squares, skew, models().read)
    bare = erased(picture, checkboxes, skew)
    lines = [line for quad in quads if (line := _line(bare, quad, skew))]
    found = in_order(lines)
    rules = no_letters(rules, [word.box for line in found for word in line.words])
    return Page(
        number,
        float(width),
        float(height),
        "ocr" if lines else "none",
        rotation,
        skew,
        lines=found,
        tables=tables_of(found, rules, width / height),
        rules=rules,
        checkboxes=checkboxes,
        signatures=signatures(straight, found, rules),
    )


def find(picture: Picture) -> Quads:
    """The corners of each line, looked for at a size at which print is neither a blur nor a wall."""
    import cv2

    height, width = picture.shape[:2]
    short = min(height, width)
    scale = min(max(1.0, SHORT[0] / short), SHORT[1] / short) if short else 1.0
    scale = min(scale, (AREA / (height * width)) ** 0.5)
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    # The detector halves its picture five times.
    size = [max(32, round(side * scale / 32) * 32) for side in (width, height)]
    quads = models().detect(cv2.resize(picture, size, interpolation=how))
    return quads * numpy.array((width / size[0], height / size[1]), numpy.float32)


def _quarter(picture: Picture, quads: Quads, rotation: int) -> tuple[Picture, Quads]:
    height, width = picture.shape[:2]
    return righted(picture, rotation, 0), quarter_turned(quads, width, height, rotation)


def _is_upside_down(picture: Picture, quads: Quads) -> bool:
    """By reading some lines both ways, unless the first way is plainly right."""
    if not len(quads):
        return False
    wide, tall = sides(quads)
    # Long ones tell best, but the longest take the longest.
    best = numpy.argsort(numpy.abs(wide / numpy.maximum(tall, 1) - 8))[:SAMPLE]
    crops = [crop(picture, quads[index]) for index in best]
    upright = sum(read.confidence for read in models().read(crops)) / len(crops)
    if upright > LEGIBLE:
        return False
    turned = models().read([numpy.ascontiguousarray(each[::-1, ::-1]) for each in crops])
    return sum(read.confidence for read in turned) / len(crops) > upright


def _line(picture: Picture, quad: Quads, skew: float) -> Line | None:
    cut = crop(picture, quad)
    (read,) = models().read([cut])
    if read.confidence < WORTHLESS:
        return None
    height, width = picture.shape[:2]
    words = []
    for part in parts(read, cut):
        left, right = part.left / cut.shape[1], part.right / cut.shape[1]
        top, bottom = quad[1] - quad[0], quad[2] - quad[3]
        corners = numpy.stack(
            (quad[0] + left * top, quad[0] + right * top, quad[3] + left * bottom, quad[3] + right * bottom)
        )
        straight = straightened(corners, width, height, skew) if skew else corners
        low, high = straight.min(0) / (width, height), straight.max(0) / (width, height)
        box = tuple(min(1.0, max(0.0, float(value))) for value in (*low, *high))
        words.append(Word(part.text, (box[0], box[1], box[2], box[3]), part.confidence, part.space))
    return Line(tuple(words)) if words else None
