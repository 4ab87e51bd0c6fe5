"""Pictures of a part against its reference: what is a defect, what is only another place, light or focus."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsxap.errors import ConfigurationError, ItemError
from fsxap.model import Item
from fsxap.providers.local.folder import FolderStore
from fsxap.usecases.manufacturing_analytics import golden
from fsxap.usecases.manufacturing_analytics.compare import Box, compare
from fsxap.usecases.manufacturing_analytics.images import draw, taken
from fsxap.usecases.manufacturing_analytics.pixels import decode, encode, measure, thumbnail

np = pytest.importorskip("numpy")
cv2 = pytest.importorskip("cv2")
image = pytest.importorskip("PIL.Image")


def part(seed: int = 1) -> Any:
    """A plate with holes, slots and print, with a camera's noise."""
    picture = np.full((300, 400), 40, np.uint8)
    cv2.rectangle(picture, (40, 30), (360, 270), 160, -1)
    for x in (80, 200, 320):
        for y in (70, 150, 230):
            cv2.circle(picture, (x, y), 16, 60, -1)
    cv2.rectangle(picture, (110, 100), (170, 120), 90, -1)
    cv2.putText(picture, "A-17", (220, 120), cv2.FONT_HERSHEY_SIMPLEX, 1, 220, 2)
    noise = np.random.default_rng(seed).normal(0, 3, picture.shape)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8) + noise, 0, 255).astype(np.uint8)


def moved(picture: Any, dx: float, dy: float, turn: float = 0.0) -> Any:
    matrix = cv2.getRotationMatrix2D((200, 150), turn, 1.0)
    matrix[:, 2] += (dx, dy)
    return cv2.warpAffine(picture, matrix, (400, 300), borderMode=cv2.BORDER_REPLICATE)


def scratched(picture: Any) -> Any:
    return cv2.line(picture.copy(), (230, 190), (290, 205), 240, 4)


def missing_hole(picture: Any) -> Any:
    return cv2.circle(picture.copy(), (200, 150), 20, 160, -1)


def stained(picture: Any) -> Any:
    return cv2.circle(picture.copy(), (140, 200), 10, 30, -1)


GOOD: dict[str, Callable[[Any], Any]] = {
    "another of the same": lambda p: p,
    "moved": lambda p: moved(p, 6, -4),
    "turned": lambda p: moved(p, 2, 1, 1.5),
    "darker": lambda p: (p * 0.85).astype(np.uint8),
    "a little soft": lambda p: cv2.GaussianBlur(p, (0, 0), 1),
    "compressed": lambda p: cv2.imdecode(cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], 0),
    "of another size": lambda p: cv2.resize(p, (480, 360)),
}
BAD = {"scratch": (scratched, (260, 197)), "hole": (missing_hole, (200, 150)), "stain": (stained, (140, 200))}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_no_defect(name: str) -> None:
    found = compare(part(1), GOOD[name](part(2)))
    assert found.score < 0.3, found.boxes
    assert found.framed


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("way", ["another of the same", "moved", "darker", "compressed"])
def test_defects_are_found_where_they_are(name: str, way: str) -> None:
    spoil, (x, y) = BAD[name]
    found = compare(part(1), GOOD[way](spoil(part(2))))
    assert found.score >= 0.6
    best = found.boxes[0]
    assert best.x - 12 <= x <= best.x + best.width + 12
    assert best.y - 12 <= y <= best.y + best.height + 12


def test_another_part_is_not_framed() -> None:
    other = np.random.default_rng(3).integers(0, 255, (300, 400)).astype(np.uint8)
    assert not compare(part(), cv2.GaussianBlur(other, (0, 0), 3)).framed
    assert not compare(part(), moved(part(), 90, 60)).framed


@pytest.mark.parametrize("shape", [(32, 32), (33, 500), (300, 400)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_are_judged_without_an_error(shape: tuple[int, int], level: int) -> None:
    flat = np.full(shape, level, np.uint8)
    assert compare(part(), flat).boxes is not None
    assert compare(flat, flat).score == 0


def test_quality_is_held_against_the_reference() -> None:
    good = part()
    assert measure(good, part(2)).problems == ()
    assert measure(cv2.GaussianBlur(good, (0, 0), 6), part(2)).problems == ("blur",)
    assert measure((good * 0.2).astype(np.uint8), part(2)).problems[-1] == "exposure"
    assert measure(np.zeros((64, 64), np.uint8)).problems == ("exposure",)
    assert measure(np.full((64, 64), 120, np.uint8)).problems == ("blur",)


def encoded(mode: str, kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    image.new(mode, size, 0x4000 if mode.startswith("I") else 0).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind"), [("L", "PNG"), ("RGB", "JPEG"), ("RGBA", "PNG"), ("1", "TIFF"), ("I;16", "TIFF"), ("P", "BMP")]
)
def test_pictures_become_grey(mode: str, kind: str) -> None:
    made = decode(encoded(mode, kind), 10_000)
    assert made.shape == (30, 40)
    assert made.dtype == np.uint8
    assert made.max() == (0x40 if mode == "I;16" else 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "damaged"),
        (b"GIF89a", "damaged"),
        (encoded("L")[:-30], "damaged"),
        (encoded("L", size=(200, 100)), "too-large"),
        (encoded("1", size=(20_000, 20_000)), "too-large"),
    ],
)
def test_hostile_pictures_are_item_errors(body: bytes, code: str) -> None:
    with pytest.raises(ItemError) as caught:
        decode(body, 10_000)
    assert caught.value.code == code


def test_the_evidence_shows_both_side_by_side() -> None:
    found = compare(part(1), scratched(part(2)))
    shown = decode(draw(part(2), found, list(found.boxes)), 10**7)
    assert shown.shape == (300, 800)


@pytest.mark.parametrize(("size", "shown"), [((300, 800), (240, 640)), ((30, 40), (30, 40)), ((1, 5000), (1, 640))])
def test_a_thumbnail_is_a_small_png(size: tuple[int, int], shown: tuple[int, int]) -> None:
    made = thumbnail(encode(np.zeros((*size, 3), np.uint8)))
    head, _, body = made.partition(",")
    assert head == "data:image/png;base64"
    assert decode(base64.b64decode(body), 10**7).shape == shown


def test_evidence_that_cannot_be_read_is_said() -> None:
    with pytest.raises(ItemError, match="cannot be read"):
        thumbnail(b"no picture")


def touch(folder: Path, *names: str) -> FolderStore:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encoded("L"))
    return FolderStore(folder)


@pytest.mark.parametrize(
    ("key", "product", "names"),
    [
        ("line-1/bracket/a.png", "bracket", ("bracket/1.png", "bracket/2.png")),
        ("bracket/plate/a.png", "plate", ("plate/1.bmp",)),
        ("line-1/board7.jpg", "board7", ("board7.png",)),
        ("line-1/else.jpg", "", ("board7.png",)),
    ],
)
@pytest.mark.parametrize("here", [True, False])
def test_a_picture_finds_its_references(
    key: str, product: str, names: tuple[str, ...], here: bool, tmp_path: Path
) -> None:
    store = touch(tmp_path, *(f"g/{name}" for name in ("bracket/1.png", "bracket/2.png", "plate/1.bmp", "board7.png")))
    references = golden.load(str(tmp_path / "g") if here else "g", store)
    assert references is not None
    found, paths = references.of(key)
    assert (found, tuple(Path(path).as_posix().rpartition("g/")[2] for path in paths)) == (product, names)
    assert all(references.read(path, store) == encoded("L") for path in paths)
    assert references.covers("g/bracket/1.png") is not here


def test_no_references_stop_the_run(tmp_path: Path) -> None:
    store = touch(tmp_path, "other/a.png")
    (tmp_path / "empty").mkdir()
    for where in ("empty", "nowhere", str(tmp_path / "empty")):
        with pytest.raises(ConfigurationError, match="no reference pictures"):
            golden.load(where, store)
    assert golden.load("", store) is None
    assert golden.load("auto", store) is None


def test_the_folder_golden_of_the_source_is_taken_by_itself(tmp_path: Path) -> None:
    references = golden.load("auto", touch(tmp_path, "golden/bracket/1.png", "line-1/a.png"))
    assert references is not None
    assert references.of("line-1/bracket/a.png") == ("bracket", ("golden/bracket/1.png",))


@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("a/20260105-143000.png", "2026-01-05T14:30:00Z"),
        ("a/cam2_2026-01-05T14-30-05_x.jpg", "2026-01-05T14:30:05Z"),
        ("a/20261305-143000.png", "2026-02-01T00:00:00Z"),
        ("a/part.png", "2026-02-01T00:00:00Z"),
    ],
)
def test_when_a_picture_was_taken(name: str, when: str) -> None:
    assert taken(Item(name, 1, "2026-02-01T00:00:00Z")) == when


def test_a_box_is_its_record() -> None:
    assert Box(1, 2, 3, 4, 0.5).record() == [1, 2, 3, 4, 0.5]
