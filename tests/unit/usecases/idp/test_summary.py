"""What a run says as a whole, over results made here: pictures, copies and cells."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any, cast

from PIL import Image

from fsxap.documents import Page
from fsxap.engine.types import Kit
from fsxap.errors import ItemError, NotFound
from fsxap.model import Finding, Item, Result
from fsxap.usecases.idp.duplicates import Duplicates
from fsxap.usecases.idp.evidence import FRAME, PER_DOCUMENT, SHOWN, SMALL, SURE, cut, pictures, sheets, small, spots
from fsxap.usecases.idp.output import text_hash
from fsxap.usecases.idp.table import safe

WHITE = (255, 255, 255)
WORDS = " ".join(f"word{at}" for at in range(60))


def png(width: int = 1400, height: int = 2000) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (width, height), 255).save(buffer, "PNG")
    return buffer.getvalue()


def review(name: str, sure: float, page: int | None = 1) -> Finding:
    evidence: dict[str, Any] = {"field": name, "confidence": sure, "page": page, "box": [0.1, 0.1, 0.3, 0.12]}
    return Finding("idp-review", "low", "x", "a.pdf", evidence if page else {"field": name}, subject=name)


def result(*findings: Finding, key: str = "a.pdf", said: str = "", **fields: str) -> Result:
    data: dict[str, Any] = {"fields": {name.rstrip("_"): {"value": value} for name, value in fields.items()}}
    data["turned"] = [{"page": 1, "rotation": 90, "skew": 0.5}]
    return Result(Item(key, 10, "", "v1"), "ok", data | {"text_hash": text_hash(said)}, findings=findings)


class Stub:
    """Source and reader of a kit at once: each page is white, and every call is kept."""

    def __init__(self, version: str = "v1", page: bytes | Exception = b"") -> None:
        self.version, self.page = version, page or png()
        self.asked: list[tuple[str, Page]] = []
        self.source = self.documents = self

    def head(self, key: str) -> Item:
        if not self.version:
            raise NotFound("gone")
        return Item(key, 10, "", self.version)

    def read(self, key: str) -> bytes:
        return key.encode()

    def render(self, _body: bytes, name: str, page: Page, *, width: int) -> bytes:
        self.asked.append((name, page))
        if isinstance(self.page, Exception):
            raise self.page
        assert width
        return self.page


def shown(stub: Stub) -> list[tuple[str, str | None]]:
    return list(pictures(spots(result(review("total", 0.5))), cast(Kit, stub)))


def test_the_least_sure_places_come_first() -> None:
    arithmetic = Finding("idp-arithmetic", "medium", "x", "a.pdf", {"tax": {"page": 2, "box": [0, 0, 1, 1]}})
    found = spots(result(review("total", 0.8), review("number", 0.3), review("iban", 0.4, None), arithmetic))
    assert [spot.caption for spot in found] == ["a.pdf, page 2: tax", "a.pdf, page 1: number", "a.pdf, page 1: total"]
    assert (found[1].page.rotation, found[1].page.skew) == (90, 0.5)
    assert found[0].page.rotation == 0
    many = spots(result(*(review(f"f{at}", 0.5) for at in range(9))))
    assert len(many) == PER_DOCUMENT


def test_a_picture_is_a_small_png_of_the_turned_page() -> None:
    stub = Stub()
    ((caption, picture),) = shown(stub)
    assert caption == "a.pdf, page 1: total"
    assert stub.asked[0][1].rotation == 90
    assert picture
    body = base64.b64decode(picture.removeprefix("data:image/png;base64,"))
    assert len(body) < 20_000
    with Image.open(io.BytesIO(body)) as opened:
        assert max(opened.size) <= SHOWN


def test_there_is_no_picture_of_what_changed_or_cannot_be_read() -> None:
    tall = png(10, 30_000)
    for stub in (Stub("v2"), Stub(""), Stub(page=ItemError("damaged")), Stub(page=tall)):
        assert shown(stub) == [("a.pdf, page 1: total", None)]


def test_the_frame_is_around_the_field() -> None:
    with Image.open(io.BytesIO(cut(png(), (0.5, 0.5, 0.6, 0.51)))) as opened:
        picture = opened.convert("RGB")
    red = [
        (x, y) for x in range(picture.width) for y in range(picture.height) if picture.getpixel((x, y)) != (255,) * 3
    ]
    assert red
    middle = (min(x for x, _ in red) + max(x for x, _ in red)) / 2
    assert abs(middle - picture.width / 2) < 5


def test_a_small_page_has_a_frame_around_every_field() -> None:
    made = result(review("total", 0.5))
    data = {"review": ["total"], "fields": {
        "total": {"page": 1, "box": [0.1, 0.1, 0.3, 0.2]},
        "number": {"page": 1, "box": [0.5, 0.5, 0.7, 0.6]},
        "tax": {"page": 2, "box": [0.5, 0.5, 0.7, 0.6]},
    }}  # fmt: skip
    (sheet,) = sheets(replace(made, data={**made.data, **data}))
    assert [sure for _, sure in sheet.fields] == [True, False]
    with Image.open(io.BytesIO(small(png(), sheet.fields))) as opened:
        picture = opened.convert("RGB")
    assert picture.width == SMALL
    assert {colour for _, colour in picture.getcolors() or ()} == {WHITE, FRAME, SURE}
    ((_, shown_page),) = pictures([sheet], cast(Kit, Stub()))
    assert shown_page
    assert sheets(result()) == []


def test_copies_by_number_and_by_text() -> None:
    copies = Duplicates()

    def add(key: str, number: int = 1, said: str = "", **fields: str) -> bool:
        return copies.add(key, result(said=said, **fields).data, number)

    assert not add("a", vendor="ACME Ltd.", number_="No. 7", total="9.00", said=WORDS)
    assert add("b", vendor="Acme Ltd", number_="no 7", total="9.00")
    assert not add("c", vendor="Acme Ltd", number_="8", total="9.00")
    assert add("d", number_="No. 7", total="9.00", said=f"{WORDS} smudge")
    assert not add("e", number_="9", total="9.00", said=WORDS), "a form letter with another number"
    assert not add("f", said="too short to compare")
    assert not add("g", said="too short to compare")
    assert add("c", 2, vendor="Acme Ltd", number_="8", total="9.00"), "a copy in the same file"
    told = [(each.where, each.evidence["first"], each.evidence.get("document")) for each in copies.findings]
    assert told == [("b", "a", None), ("d", "a", None), ("c", "c", 2)]
    assert len({each.id for each in copies.findings}) == 3


def test_cells_are_never_formulas_but_amounts_may_be_negative() -> None:
    assert safe("-12.50") == "-12.50"
    assert safe("=1+1") == "'=1+1"
    assert safe("-1+1") == "'-1+1"
    assert safe("＝A1") == "'＝A1"
