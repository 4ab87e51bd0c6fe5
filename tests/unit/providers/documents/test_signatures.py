from __future__ import annotations

import io
import math
import random
from typing import Any

import pytest

pytest.importorskip("cv2")
pytest.importorskip("pypdfium2")

import numpy
from PIL import Image, ImageDraw

from fsxap.documents import Box, Line, Page, Reading, Signature, Word
from fsxap.providers.local.documents import pages
from fsxap.providers.local.documents.reader import LocalDocuments
from fsxap.providers.local.documents.signatures import signatures
from tests.unit.providers.documents import made

WIDE, HIGH = 1654, 600
FIELD = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(s)/F 4/Rect[100 100 200 150]%s>>"
SIGNED = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Contents<3082aabb>/ByteRange[0 1 2 3]>>"
LETTER = made.text((60, 60, "This agreement is made between"), (60, 100, "the parties named below"), (60, 700, "By:"))
PLACE = (100 / 595, 692 / 842, 200 / 595, 742 / 842)


def read(body: bytes) -> Page:
    return LocalDocuments().read(body, "a.pdf", Reading()).pages[0]


def with_fields(*objects: bytes, fields: bytes = b"100 0 R", rotate: int = 0) -> bytes:
    catalog = b"/AcroForm<</Fields[%s]/SigFlags 3>>" % fields
    return made.pdf(LETTER, extra=objects, catalog=catalog, entries=b"/Annots[100 0 R]", rotate=rotate)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("objects", "fields", "kind"),
    [
        ([FIELD % b""], b"100 0 R", "empty"),
        ([FIELD % b"/V 101 0 R", SIGNED], b"100 0 R", "digital"),
        ([FIELD % b"/V 101 0 R", SIGNED.replace(b"3082aabb", b"00000000")], b"100 0 R", "empty"),
        (
            [(FIELD % b"/Parent 102 0 R").replace(b"/T(s)", b""), SIGNED, b"<</FT/Sig/T(s)/Kids[100 0 R]/V 101 0 R>>"],
            b"102 0 R",
            "digital",
        ),
    ],
    ids=["nobody signed", "signed", "prepared for a signature", "signed, and its value above it"],
)
def test_a_field_to_sign_has_its_place(objects: list[bytes], fields: bytes, kind: str, rotate: int) -> None:
    (mark,) = read(with_fields(*objects, fields=fields, rotate=rotate)).signatures
    assert (mark.kind, mark.confidence) == (kind, 1.0)
    assert mark.box == pytest.approx(PLACE, abs=0.001)


def test_a_signature_that_shows_nothing_is_one() -> None:
    (mark,) = read(with_fields((FIELD % b"/V 101 0 R").replace(b"100 100 200 150", b"0 0 0 0"), SIGNED)).signatures
    assert mark.record() == {"kind": "digital", "box": None, "confidence": 1.0}


def test_a_field_that_may_be_signed_is_not_sure() -> None:
    kid = (FIELD % b"/Parent 102 0 R").replace(b"/T(s)", b"")
    other = (FIELD % b"").replace(b"/T(s)", b"/T(o)")
    parent = b"<</FT/Sig/T(s)/Kids[100 0 R]/V 101 0 R>>"
    body = with_fields(kid, SIGNED, parent, other, fields=b"102 0 R 103 0 R")
    body = body.replace(b"/Annots[100 0 R]", b"/Annots[100 0 R 103 0 R]")
    first, second = read(body).signatures
    assert (first.kind, first.confidence, second.kind) == ("digital", 0.5, "empty")


SCRAWL = "2 w 90 140 m " + " ".join(
    f"{90 + 25 * step} {175 - step % 2 * 45} {100 + 25 * step} {130 + step % 2 * 40} {115 + 25 * step} 145 c"
    for step in range(6)
)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (f"{LETTER}\n{SCRAWL} S", 1),
        (LETTER, 0),
        (f"{LETTER}\n1 w 90 140 m 300 140 l S", 0),
        (f"{LETTER.replace('By:', 'Date:')}\n{SCRAWL} S", 0),
    ],
    ids=["signed", "nothing", "a line to sign on", "strokes elsewhere"],
)
def test_what_is_drawn_over_a_text_layer_may_be_a_signature(content: str, count: int) -> None:
    marks = read(made.pdf(content)).signatures
    assert [mark.kind for mark in marks] == ["handwritten"] * count
    assert all(mark.box[0] < 0.4 and 0.75 < mark.box[1] < mark.box[3] < 0.87 for mark in marks)


def placed(text: str, left: int, top: int, confidence: float = 0.99) -> Line:
    box = (left / WIDE, top / HIGH, (left + 15 * len(text)) / WIDE, (top + 34) / HIGH)
    return Line((Word(text, box, confidence),))


def sheet(label: str = "Signature:") -> tuple[Image.Image, Any, tuple[Line, ...], tuple[Box, ...]]:
    picture = Image.new("RGB", (WIDE, HIGH), "white")
    pen = ImageDraw.Draw(picture)
    pen.line((400, 330, 1300, 330), fill=0, width=2)
    lines = (placed("The supplier delivers to the place named", 160, 80), placed(label, 160, 290))
    for line in lines:
        left, top, right, bottom = line.box
        for x in range(round(left * WIDE), round(right * WIDE) - 10, 15):
            pen.rectangle((x, top * HIGH + 6, x + 9, bottom * HIGH - 6), outline=0, width=2)
    return picture, pen, lines, ((400 / WIDE, 328 / HIGH, 1301 / WIDE, 332 / HIGH),)


def scrawl(pen: Any, seed: int, left: int = 430, base: int = 325) -> None:
    chance = random.Random(seed)
    turns, tall, wide = chance.uniform(3, 7), chance.uniform(70, 130), chance.uniform(200, 400)
    points = [
        (
            left + wide * t + 0.1 * wide * math.sin(turns * 6.28 * t),
            base - tall * (0.5 + 0.5 * math.sin(turns * 6.28 * t + seed)) * (1 - 0.5 * t),
        )
        for t in numpy.linspace(0, 1, 200)
    ]
    pen.line(points, fill=chance.choice(((20, 20, 25), (20, 40, 150))), width=chance.randint(3, 6), joint="curve")


def faxed(picture: Image.Image, seed: int) -> Image.Image:
    grey = numpy.asarray(picture.convert("L"), dtype=float)
    noise = numpy.random.default_rng(seed).normal(0, 40, grey.shape)
    buffer = io.BytesIO()
    speckled = Image.fromarray((grey * 0.9 + 15 + noise).clip(0, 255).astype("uint8"))
    speckled.point(lambda value: 255 * (value > 140)).convert("1").save(buffer, "TIFF", compression="group4")
    return Image.open(buffer)


def found(picture: Image.Image, lines: tuple[Line, ...], rules: tuple[Box, ...] = ()) -> tuple[Signature, ...]:
    return signatures(numpy.asarray(picture.convert("RGB")), lines, rules)


@pytest.mark.parametrize("fax", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_strokes_at_a_label_are_a_mark(seed: int, fax: bool) -> None:
    picture, pen, lines, rules = sheet()
    scrawl(pen, seed)
    (mark,) = found(faxed(picture, seed) if fax else picture, lines, rules)
    assert mark.kind == "handwritten" and 400 < mark.box[0] * WIDE < 470 and mark.box[3] * HIGH < 380


@pytest.mark.parametrize("fax", [False, True])
@pytest.mark.parametrize("written", ["", "Jane Miller"])
def test_an_empty_line_or_a_printed_name_is_none(written: str, fax: bool) -> None:
    picture, pen, lines, rules = sheet()
    if written:
        lines = (*lines, placed(written, 430, 285))
        pen.text((430, 285), written, fill=0, font_size=30)
    assert found(faxed(picture, 1) if fax else picture, lines, rules) == ()


def test_strokes_behind_another_label_are_none() -> None:
    picture, pen, lines, rules = sheet()
    lines = (*lines, placed("Date:", 900, 290))
    scrawl(pen, 3, left=1000)
    assert found(picture, lines, rules) == ()
    assert found(*_at("Date of birth:")) == ()


def _at(label: str) -> tuple[Image.Image, tuple[Line, ...], tuple[Box, ...]]:
    picture, pen, lines, rules = sheet(label)
    scrawl(pen, 2)
    return picture, lines, rules


@pytest.mark.parametrize(
    ("label", "shape", "colour", "kinds"),
    [
        ("代表取締役佐藤太郎", "ellipse", (200, 30, 40), ["seal"]),
        ("代表取締役佐藤太郎", "rectangle", (200, 30, 40), ["seal"]),
        ("代表取締役佐藤太郎", "disc", (200, 30, 40), []),
        ("Total amount payable", "ellipse", (200, 30, 40), []),
    ],
    ids=["round", "square", "a red disc", "no Japanese"],
)
def test_a_red_ring_on_a_japanese_page_is_a_seal(
    label: str, shape: str, colour: tuple[int, int, int], kinds: list[str]
) -> None:
    picture, pen, lines, rules = sheet(label)
    if shape == "disc":
        pen.ellipse((500, 250, 610, 360), fill=colour)
    else:
        getattr(pen, shape)((500, 250, 610, 360), outline=colour, width=6)
        pen.line((530, 290, 580, 290, 580, 330, 530, 330), fill=colour, width=5)
    assert [mark.kind for mark in found(picture, lines, rules)] == kinds


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_scan_has_the_size_it_stands_in(rotate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def upright(number: int, picture: Any) -> Page:
        seen.append(picture.shape[1] > picture.shape[0])
        return Page(number, 1, 1, "ocr", rotation=(360 - rotate) % 360)

    monkeypatch.setattr(pages, "read_page", upright)
    body = made.pdf("1 w 150 770 m 400 770 l S", rotate=rotate)
    page = read(body)
    assert (page.width, page.height) == (595, 842) and seen == [rotate % 180 == 90]
    blank = read(made.pdf("", rotate=rotate))
    assert blank.rotation == 0 and (blank.width, blank.height) == ((842, 595) if rotate % 180 else (595, 842))


def test_a_field_on_a_scan_is_turned_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "read_page", lambda number, _: Page(number, 1, 1, "ocr", rotation=270))
    drawn = b"1 w 150 770 m 400 770 l S".ljust(len(LETTER))
    body = with_fields(FIELD % b"", rotate=90).replace(LETTER.encode(), drawn)
    (mark,) = read(body).signatures
    assert mark.kind == "empty" and mark.box == pytest.approx(PLACE, abs=0.001)
