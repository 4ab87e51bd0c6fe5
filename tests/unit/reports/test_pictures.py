import base64
import json

import pytest

from fsxap.model import Section
from fsxap.reports.pictures import ALTOGETHER, LARGEST
from tests.unit.reports.samples import HOSTILE, Structure, report, text

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()


def pictures(*rows: tuple[object, ...]) -> list[str]:
    read = Structure(text("html", report([], Section("Seen", "image", ("Caption", "Picture"), rows))))
    return [attributes["src"] or "" for name, attributes in read.elements if name == "img"]


def test_a_picture_is_in_the_page_with_its_caption() -> None:
    made = text("html", report([], Section("Seen", "image", ("Caption", "Picture"), (("a.pdf, page 1", PNG),))))
    read = Structure(made)
    (picture,) = [attributes for name, attributes in read.elements if name == "img"]
    assert picture == {"src": PNG, "alt": "a.pdf, page 1"}
    assert "a.pdf, page 1" in read.words
    assert "img-src data:" in made


@pytest.mark.parametrize("caption", HOSTILE)
def test_a_caption_is_text(caption: str) -> None:
    plain, hostile = (
        Structure(text("html", report([], Section("Seen", "image", (), ((said, PNG),))))) for said in ("x", caption)
    )
    assert hostile.shape == plain.shape


@pytest.mark.parametrize(
    "picture",
    [
        "https://example.org/pixel.png",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,PHN2Zz4=",
        f"{PNG}\n",
        f'{PNG}" onerror="x',
        f"{PNG[:-1]}{'A' * LARGEST}",
        None,
    ],
)
def test_nothing_but_a_small_png_is_shown(picture: object) -> None:
    assert pictures(("a", picture)) == []


def test_a_section_shows_only_so_many() -> None:
    large = PNG.rstrip("=") + "A" * (LARGEST - len(PNG) - 8)
    rows = tuple((str(at), large) for at in range(ALTOGETHER // len(large) + 5))
    shown = pictures(*rows)
    assert 0 < sum(map(len, shown)) <= ALTOGETHER
    assert len(shown) == ALTOGETHER // len(large)


def test_markdown_has_the_captions_and_json_all() -> None:
    section = Section("Seen", "image", ("Caption", "Picture"), (("a *b*", PNG),))
    said = text("md", report([], section))
    assert "- a \\*b\\*" in said
    assert "base64" not in said
    (record,) = json.loads(text("json", report([], section)))["sections"]
    assert record["rows"] == [["a *b*", PNG]]
