from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

numpy = pytest.importorskip("numpy")
OpenEXR = pytest.importorskip("OpenEXR")
cv2 = pytest.importorskip("cv2")
Image = pytest.importorskip("PIL.Image")

from benchmarks.render_sequences import encode_exr  # noqa: E402
from fsxap.errors import ItemError  # noqa: E402
from fsxap.providers.local.frames import LocalFrames  # noqa: E402
from fsxap.rendering import Frame  # noqa: E402

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "render" / "exr"
HEIGHT, WIDTH = 36, 64
LARGE = 1 << 24


def ramp(top: int, channels: int = 3) -> numpy.ndarray:
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    return numpy.stack([(x * 7 + y * 3 + at * 11) % (top + 1) for at in range(channels)], axis=2)


def dpx(order: str = ">") -> bytes:
    """10 bits, three to a word, filled at the low end."""
    head = bytearray(2048)
    head[0:4] = b"SDPX" if order == ">" else b"XPDS"
    struct.pack_into(f"{order}I", head, 4, 2048)
    struct.pack_into(f"{order}II", head, 772, WIDTH, HEIGHT)
    struct.pack_into("BBBB", head, 800, 50, 2, 6, 10)
    struct.pack_into(f"{order}HHI", head, 804, 1, 0, 2048)
    struct.pack_into(f"{order}II", head, 1628, 1, 1)
    pixels = ramp(1023).astype(numpy.uint32)
    words = pixels[:, :, 0] << 22 | pixels[:, :, 1] << 12 | pixels[:, :, 2] << 2
    return bytes(head) + words.astype(f"{order}u4").tobytes()


def by_pillow(kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(ramp(255).astype(numpy.uint8)).save(stream, kind, **options)
    return stream.getvalue()


def by_opencv(suffix: str, top: int, dtype: object) -> bytes:
    return bytes(cv2.imencode(suffix, ramp(top).astype(dtype)[:, :, ::-1])[1])


def exr(top: int, dtype: object) -> bytes:
    return encode_exr({name: ramp(top)[:, :, at] for at, name in enumerate("RGB")}, dtype)


def many_parts() -> bytes:
    import tempfile

    plane = ramp(255)[:, :, 0].astype(numpy.float32)
    parts = [
        OpenEXR.Part({"name": "rgb"}, {name: plane.astype(numpy.float16) for name in "RGB"}),
        OpenEXR.Part({"name": "depth"}, {"Z": plane}),
    ]
    with tempfile.TemporaryDirectory() as folder:
        OpenEXR.File(parts).write(f"{folder}/many.exr")
        return Path(folder, "many.exr").read_bytes()


MADE = {
    "half.exr": (
        lambda: exr(200, numpy.float16),
        200,
        "half",
    ),
    "float.exr": (
        lambda: exr(900, numpy.float32),
        900,
        "float",
    ),
    "deep.png": (lambda: by_opencv(".png", 60000, numpy.uint16), 60000, "16"),
    "plain.png": (lambda: by_opencv(".png", 255, numpy.uint8), 255, "8"),
    "deep.tif": (lambda: by_opencv(".tif", 60000, numpy.uint16), 60000, "16"),
    "big.dpx": (lambda: dpx(">"), 1023, "10"),
    "little.dpx": (lambda: dpx("<"), 1023, "10"),
    "plain.tga": (lambda: by_pillow("TGA"), 255, "8"),
}


def read(name: str, body: bytes, most_pixels: int = LARGE) -> Frame:
    return LocalFrames().read(body, name, most_pixels=most_pixels)


@pytest.mark.parametrize("name", sorted(MADE))
def test_numbers_come_back_as_they_were(name: str) -> None:
    make, top, depth = MADE[name]
    frame = read(name, make())
    assert (frame.width, frame.height, frame.depth) == (WIDTH, HEIGHT, depth)
    for at, channel in enumerate("RGB"):
        assert numpy.array_equal(frame.planes[channel], ramp(top)[:, :, at]), channel
    assert (frame.full is None) == (depth in ("half", "float"))


@pytest.mark.parametrize("name", [*sorted(MADE), "photo.jpg", "parts.exr"])
def test_what_is_cut_short_says_so(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    body = {"photo.jpg": lambda: by_pillow("JPEG"), "parts.exr": many_parts}.get(name, MADE.get(name, [None])[0])()
    assert read(name, body)
    # TGA ends with 26 bytes that say nothing of the picture.
    for cut in (0, 1, 3, 9, 60, len(body) // 3, len(body) // 2, len(body) - 30):
        with pytest.raises(ItemError) as caught:
            read(name, body[:cut])
        assert caught.value.code in ("truncated", "unreadable")
    assert capfd.readouterr().out == "", "stdout is for records"


def test_a_damaged_block_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    noise = numpy.random.default_rng(1).random((HEIGHT, WIDTH))
    body = bytearray(encode_exr({"Y": noise}, numpy.float16))
    body[len(body) // 2 : len(body) // 2 + 40] = b"\xff" * 40
    with pytest.raises(ItemError) as caught:
        read("x.exr", bytes(body))
    assert caught.value.code == "truncated"
    assert capfd.readouterr().out == ""


def test_parts_are_planes() -> None:
    frame = read("parts.exr", many_parts())
    assert set(frame.planes) == {"R", "G", "B", "depth.Z"}


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("a.exr", b"#!/bin/sh\n", "unreadable"),
        ("a.exr", bytes(9000), "truncated"),
        ("a.cin", b"\x80\x2a\x5f\xd7" + bytes(100), "unsupported"),
    ],
)
def test_what_is_something_else(name: str, body: bytes, code: str) -> None:
    with pytest.raises(ItemError) as caught:
        read(name, body)
    assert caught.value.code == code


@pytest.mark.parametrize("name", sorted(MADE))
def test_the_limit_is_kept_before_anything_is_decoded(name: str) -> None:
    with pytest.raises(ItemError) as caught:
        read(name, MADE[name][0](), most_pixels=WIDTH * HEIGHT - 1)
    assert caught.value.code == "too-large"


def test_the_name_may_be_wrong_about_the_kind() -> None:
    assert read("really.exr", MADE["plain.png"][0]()).depth == "8"


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the OpenEXR project's images")
def test_every_file_of_the_openexr_project_is_read_or_refused_with_a_reason() -> None:
    codes = {}
    for path in sorted(SHARED.glob("*.exr")):
        try:
            codes[path.name] = "" if read(path.name, path.read_bytes(), 1 << 26).planes else "empty"
        except ItemError as error:
            codes[path.name] = error.code
    assert len(codes) > 40
    assert {name: code for name, code in codes.items() if code} == {"v2__LowResLeftView__Trunks.exr": "deep"}
