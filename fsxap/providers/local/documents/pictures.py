"""TIFF, PNG and JPEG files by Pillow: their true number of pages, and each as an upright array of pixels."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy
from PIL import Image, ImageOps, UnidentifiedImageError

from fsxap.documents import Reading
from fsxap.errors import ItemError
from fsxap.providers.local.documents.pdf import damaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMATS = ("TIFF", "PNG", "JPEG")
BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, OverflowError, MemoryError)
"""What Pillow raises for files that lie about themselves."""


@contextmanager
def opened(body: bytes, name: str, options: Reading) -> Iterator[Image.Image]:
    """The picture, its size checked before a pixel is decoded."""
    with warnings.catch_warnings():
        # Damaged tags and large sizes are warned of; the limits here are the options'.
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(io.BytesIO(body), formats=FORMATS)
        except (UnidentifiedImageError, *BROKEN) as error:
            raise damaged(name, "it is not a whole picture") from error
        except Image.DecompressionBombError as error:
            raise too_many_pixels(name, 1, options) from error
        with picture:
            yield picture


def count(picture: Image.Image, name: str, options: Reading) -> int:
    """How many pages there are, by following the file's own chain of them, no further than the limit."""
    pages = 1
    while True:
        if pages > options.max_pages:
            raise too_many_pages(name, pages, options)
        try:
            picture.seek(pages)
        except EOFError:
            return pages
        except BROKEN as error:
            raise damaged(name, f"page {pages + 1} cannot be found") from error
        pages += 1


def frame(picture: Image.Image, index: int, name: str, options: Reading) -> NDArray[numpy.uint8]:
    """One page in RGB (H, W, 3), turned as its EXIF data say, with as many dots across as down."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture.seek(index)
            if picture.width * picture.height > options.max_pixels:
                raise too_many_pixels(name, index + 1, options)
            upright = ImageOps.exif_transpose(square(picture))
            return numpy.asarray(flat(upright), dtype=numpy.uint8)
    except Image.DecompressionBombError as error:
        raise too_many_pixels(name, index + 1, options) from error
    except BROKEN as error:
        raise damaged(name, f"page {index + 1} is not whole") from error


def flat(picture: Image.Image) -> Image.Image:
    """RGB on white: what is transparent would else become black."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        over = picture.convert("RGBA")
        white = Image.new("RGBA", over.size, "white")
        return Image.alpha_composite(white, over).convert("RGB")
    if picture.mode.startswith(("I", "F")):
        deep = numpy.asarray(picture, dtype=numpy.float64)
        scale = 255 / (65535 if deep.max() > 255 else 255)
        return Image.fromarray((deep * scale).clip(0, 255).astype(numpy.uint8)).convert("RGB")
    return picture.convert("RGB")


def square(picture: Image.Image) -> Image.Image:
    """A fax has half as many dots down as across."""
    across, down = resolution(picture)
    if not across or not down or 0.9 < across / down < 1.1:
        return picture
    size = (picture.width, round(picture.height * across / down))
    if across < down:
        size = (round(picture.width * down / across), picture.height)
    if max(size) > 4 * max(picture.size):
        return picture
    return flat(picture).resize(size, Image.Resampling.BICUBIC)


def resolution(picture: Image.Image) -> tuple[float, float]:
    """Dots per inch across and down; zeros when it does not say."""
    dpi: Any = picture.info.get("dpi") or (0, 0)
    try:
        return float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0, 0.0


def too_many_pages(name: str, pages: int, options: Reading) -> ItemError:
    return ItemError(
        f"{name} has more pages than the {options.max_pages} allowed ({pages} or more)",
        code="too-many-pages",
        hint="raise max_pages, or split it",
    )


def too_many_pixels(name: str, page: int, options: Reading) -> ItemError:
    return ItemError(
        f"page {page} of {name} has more pixels than the {options.max_pixels} allowed",
        code="too-many-pixels",
        hint="raise max_pixels, or store it at a lower resolution",
    )
