from __future__ import annotations

import io

import pytest

pytest.importorskip("rapidocr")

import numpy
from PIL import Image

from fsxap.documents import Reading
from fsxap.errors import ItemError
from fsxap.providers.local.documents import pictures
from fsxap.providers.local.documents.reader import kind_of
from tests.unit.providers.documents import made


def frames(body: bytes, options: Reading | None = None) -> list[tuple[int, ...]]:
    options = options or Reading()
    with pictures.opened(body, "a", options) as file:
        total = pictures.count(file, "a", options)
        return [pictures.frame(file, index, "a", options).shape for index in range(total)]


def tiff(pages: int, compression: str, mode: str = "1") -> bytes:
    first, *more = [Image.new(mode, (60 + index, 40), "white") for index in range(pages)]
    buffer = io.BytesIO()
    first.save(buffer, "TIFF", save_all=True, append_images=more, compression=compression)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("compression", "mode"), [("group4", "1"), ("tiff_lzw", "L"), ("jpeg", "RGB"), ("packbits", "1")]
)
def test_every_page_of_a_tiff_counts(compression: str, mode: str) -> None:
    body = tiff(3, compression, mode)
    assert kind_of(body) == "picture"
    assert frames(body) == [(40, 60, 3), (40, 61, 3), (40, 62, 3)]


def test_a_camera_turned_is_turned_back() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert frames(made.stored(Image.new("L", (60, 40), 255), "JPEG", exif=exif)) == [(60, 40, 3)]


def test_what_is_transparent_is_white() -> None:
    with pictures.opened(made.stored(Image.new("RGBA", (9, 9))), "a", Reading()) as file:
        assert numpy.all(pictures.frame(file, 0, "a", Reading()) == 255)


def test_a_fax_has_square_dots() -> None:
    fax = made.stored(Image.new("1", (400, 100), 1), "TIFF", dpi=(204, 98), compression="group4")
    assert frames(fax) == [(208, 400, 3)]


@pytest.mark.parametrize(
    ("body", "options", "code"),
    [
        (tiff(3, "group4"), Reading(max_pages=2), "too-many-pages"),
        (tiff(1, "group4"), Reading(max_pixels=2_000), "too-many-pixels"),
        (made.stored(made.printed((5, 5, "x")))[:300], Reading(), "damaged"),
        (b"II*\0 no more", Reading(), "damaged"),
    ],
)
def test_what_cannot_be_read_has_a_code(body: bytes, options: Reading, code: str) -> None:
    with pytest.raises(ItemError) as raised:
        frames(body, options)
    assert raised.value.code == code
