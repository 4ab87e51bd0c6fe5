"""Made-up shots and the faults planted in them, from a seed: what benchmarks and tests of render QC look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

Picture = NDArray[numpy.float32]
"""(H, W, 4): linear RGB and alpha."""


@dataclass(frozen=True)
class Size:
    width: int = 480
    height: int = 270
    frames: int = 40


@dataclass
class Shot:
    """Encoded frames by number, and which frames each rule should name."""

    name: str
    suffix: str
    files: dict[int, bytes]
    planted: dict[str, set[int]] = field(default_factory=dict)
    allow_black: str = "no"

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for number, body in self.files.items():
            (folder / f"{self.name}.{number:04d}{self.suffix}").write_bytes(body)


Scene = Callable[[Size, numpy.random.Generator], Iterator[Picture]]


def _grid(size: Size) -> tuple[Picture, Picture]:
    y, x = numpy.mgrid[0 : size.height, 0 : size.width].astype(numpy.float32)
    return x / size.width, y / size.height


def _opaque(rgb: Any) -> Picture:
    alpha = numpy.ones((*rgb.shape[:2], 1), numpy.float32)
    return numpy.concatenate([rgb.astype(numpy.float32), alpha], axis=2)


def _texture(size: Size, rng: numpy.random.Generator, wide: int = 2) -> Picture:
    """Smooth noise, wider than the picture."""
    import cv2

    total = numpy.zeros((size.height, size.width * wide, 3), numpy.float32)
    for octave in range(5):
        small = rng.random((4 << octave, (8 << octave) * wide, 3)).astype(numpy.float32)
        total += cv2.resize(small, (size.width * wide, size.height), interpolation=cv2.INTER_CUBIC) / (1 << octave)
    return numpy.clip(total / 2, 0.01, None)


def pan(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """A camera that moves over a textured wall, with grain."""
    wall, speed = _texture(size, rng), int(rng.integers(2, 9))
    for at in range(size.frames):
        left = at * speed % size.width
        view = wall[:, left : left + size.width] * 0.8
        yield _opaque(view + rng.normal(0, 0.008, view.shape))


def grain_hold(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """A camera that stands still: only grain moves."""
    wall = _texture(size, rng, 1) * 0.5
    for _ in range(size.frames):
        yield _opaque(wall + rng.normal(0, 0.015, wall.shape))


def noise(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """A dark room rendered with few samples."""
    room = _texture(size, rng, 1) * 0.15
    for _ in range(size.frames):
        yield _opaque(room * rng.gamma(6.0, 1 / 6.0, room.shape))


def fade(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """From black and to black, eased."""
    wall = _texture(size, rng, 1) * 0.7
    length = size.frames // 4
    for at in range(size.frames):
        gain = min(1.0, at / length, (size.frames - 1 - at) / length)
        gain = gain * gain * (3 - 2 * gain)
        yield _opaque((wall + rng.normal(0, 0.01, wall.shape)) * gain)


def stars(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """Points of light that drift, some of them one pixel wide, some twinkling a little."""
    number, speed = 400, rng.uniform(-6, 6, 2)
    places = rng.random((number, 2)) * (size.height + 80, size.width + 80) - 40
    bright = rng.pareto(1.5, number) * 2 + 0.2
    for at in range(size.frames):
        sky = numpy.zeros((size.height, size.width, 3), numpy.float32) + 0.002
        twinkle = bright * rng.uniform(0.8, 1.2, number)
        _spread(sky, places + speed * at, twinkle)
        yield _opaque(sky + rng.normal(0, 0.001, sky.shape))


def _spread(sky: Picture, places: NDArray[Any], values: NDArray[Any]) -> None:
    """Each point over the four pixels around it."""
    height, width, _ = sky.shape
    for (y, x), value in zip(places, values, strict=True):
        top, left = int(numpy.floor(y)), int(numpy.floor(x))
        for dy in (0, 1):
            for dx in (0, 1):
                if 0 <= top + dy < height and 0 <= left + dx < width:
                    sky[top + dy, left + dx] += value * abs(1 - dy - (y - top)) * abs(1 - dx - (x - left))


def warp(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """Stars that come towards the camera."""
    number = 250
    places = rng.uniform(-1, 1, (number, 2)) * (size.height, size.width) / 2
    centre = numpy.array([size.height, size.width]) / 2
    bright = rng.uniform(3, 12, number)
    for at in range(size.frames):
        sky = numpy.zeros((size.height, size.width, 3), numpy.float32)
        _spread(sky, centre + places * (1 + at * 0.01), bright)
        yield _opaque(sky)


def cartoon(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """Flat colours, held for two frames each: boxes and balls that cross the picture."""
    import cv2

    ground, colours = rng.random(3) * 0.6 + 0.2, rng.random((9, 3))
    places, speeds = rng.random((9, 2)), rng.normal(0, 0.02, (9, 2))
    extents = rng.integers(20, 90, (9, 2))
    for at in range(size.frames):
        sheet = numpy.ones((size.height, size.width, 3), numpy.float32) * ground.astype(numpy.float32)
        for number, colour in enumerate(colours):
            place = places[number] + speeds[number] * (at // 2 * 2)
            x, y = int(place[0] * size.width), int(place[1] * size.height)
            wide, high = map(int, extents[number])
            if number % 2:
                cv2.rectangle(sheet, (x, y), (x + wide, y + high), tuple(map(float, colour)), -1)
            else:
                cv2.circle(sheet, (x, y), wide // 2, tuple(map(float, colour)), -1, cv2.LINE_AA)
        yield _opaque(sheet)


def titles(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """White and black boxes that slide over a moving gradient, every frame."""
    x, y = _grid(size)
    speeds = rng.integers(2, 9, 4)
    for at in range(size.frames):
        ramp = numpy.stack([x * 0.6 + 0.004 * at, y * 0.5 + 0.1, (1 - x) * 0.5], axis=2)
        for number, speed in enumerate(speeds.tolist()):
            left, top = (at * speed + number * 97) % (size.width - 64), 20 + number * 60
            ramp[top : top + 32, left : left + 64] = number % 2
        yield _opaque(ramp)


def lamp(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """A candle, and a lamp that goes on in the middle of the shot."""
    x, y = _grid(size)
    glow = numpy.exp(-8 * ((x - 0.5) ** 2 + (y - 0.6) ** 2))[:, :, None] * numpy.array([1.0, 0.7, 0.4])
    wall = _texture(size, rng, 1) * 0.3
    for at in range(size.frames):
        flame = 1 + 0.15 * numpy.sin(at * 1.3) + 0.1 * rng.normal()
        lit = 2.2 if at >= size.frames // 2 else 1.0
        yield _opaque((wall * lit + glow * flame) * 0.45 + rng.normal(0, 0.006, wall.shape))


def element(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """A ball on nothing: premultiplied, with soft edges, as compositors get it."""
    x, y = _grid(size)
    step = rng.uniform(0.003, 0.008)
    for at in range(size.frames):
        far = numpy.hypot((x - 0.25 - step * at) * size.width / size.height, y - 0.5)
        alpha = numpy.clip((0.25 - far) * size.height / 4, 0, 1)[:, :, None]
        shade = numpy.clip(1 - far * 3, 0.05, 1)[:, :, None] * numpy.array([0.9, 0.5, 0.3])
        grain = rng.normal(0, 0.006, shade.shape)
        yield numpy.concatenate([(shade + grain) * alpha, alpha], axis=2).astype(numpy.float32)


SCENES: Mapping[str, Scene] = {
    each.__name__: each for each in (pan, grain_hold, noise, fade, stars, warp, cartoon, titles, lamp, element)
}


def encode(picture: Picture, suffix: str) -> bytes:
    """As a renderer writes it: half floats, or sRGB's curve in integers."""
    import cv2

    if suffix == ".exr":
        return encode_exr({name: picture[:, :, at] for at, name in enumerate("RGBA")}, numpy.float16)
    curve = numpy.clip(picture[:, :, :3], 0, 1) ** (1 / 2.2)
    # A render that is wrong may say NaN; integers cannot.
    curve = numpy.nan_to_num(curve)[:, :, ::-1]
    if suffix == ".png":
        return bytes(cv2.imencode(suffix, (curve * 65535).astype(numpy.uint16))[1])
    return bytes(cv2.imencode(suffix, (curve * 255 + 0.5).astype(numpy.uint8))[1])


def encode_exr(planes: Mapping[str, Any], dtype: Any) -> bytes:
    import tempfile

    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    channels = {name: numpy.ascontiguousarray(plane, dtype) for name, plane in planes.items()}
    with tempfile.TemporaryDirectory() as folder:
        OpenEXR.File(header, channels).write(f"{folder}/frame.exr")
        return Path(folder, "frame.exr").read_bytes()


def _nan(picture: Picture, rng: numpy.random.Generator) -> Picture:
    y, x = rng.integers(0, picture.shape[0]), rng.integers(0, picture.shape[1])
    picture[y, x, int(rng.integers(0, 3))] = rng.choice([numpy.nan, numpy.inf])
    return picture


def _firefly(picture: Picture, rng: numpy.random.Generator) -> Picture:
    for _ in range(int(rng.integers(3, 30))):
        y, x = rng.integers(4, picture.shape[0] - 4), rng.integers(4, picture.shape[1] - 4)
        picture[y, x, :3] = rng.uniform(15, 300)
    return picture


def _tile(picture: Picture, rng: numpy.random.Generator) -> Picture:
    side = int(rng.choice([32, 64]))
    corners = [(y, x) for y in range(0, picture.shape[0] - side, side) for x in range(0, picture.shape[1] - side, side)]
    # A tile that is missing where there was nothing anyway is no fault.
    drawn = [(y, x) for y, x in corners if (picture[y : y + side, x : x + side, 1] > 0.02).mean() > 0.75]
    y, x = drawn[int(rng.integers(0, len(drawn)))]
    picture[y : y + side, x : x + side] = rng.choice([0.0, 0.0, 0.5])
    return picture


def _flicker(picture: Picture, rng: numpy.random.Generator) -> Picture:
    picture[:, :, :3] *= rng.choice([0.65, 0.75, 1.3, 1.5])
    return picture


def _clip(picture: Picture, rng: numpy.random.Generator) -> Picture:
    picture[:, :, :3] = numpy.minimum(picture[:, :, :3] * rng.uniform(3, 6), 1.0)
    return picture


def _negative(picture: Picture, rng: numpy.random.Generator) -> Picture:
    y, x = rng.integers(0, picture.shape[0] - 30), rng.integers(0, picture.shape[1] - 30)
    picture[y : y + 25, x : x + 25, :3] = -rng.uniform(0.3, 2)
    return picture


def _band(picture: Picture, _rng: numpy.random.Generator) -> Picture:
    picture[:, :, :3] = numpy.round(picture[:, :, :3] * 12) / 12
    return picture


def _alpha(picture: Picture, rng: numpy.random.Generator) -> Picture:
    picture[:, :, 3] *= rng.choice([0.0, 1.3])
    return picture


PIXELS: Mapping[str, Callable[[Picture, numpy.random.Generator], Picture]] = {
    "frame-nan": _nan,
    "frame-firefly": _firefly,
    "frame-missing-tile": _tile,
    "frame-flicker": _flicker,
    "frame-clipped": _clip,
    "frame-negative": _negative,
    "frame-banding": _band,
    "frame-alpha": _alpha,
    "frame-black": lambda picture, _rng: picture * numpy.float32(0),
    "frame-constant": lambda picture, rng: picture * 0 + numpy.float32(rng.uniform(0.2, 0.8)),
}
FILES = ("frame-missing", "frame-duplicate", "frame-truncated", "frame-resolution", "frame-channels")


def make(scene: str, size: Size, seed: int, suffix: str = ".exr", faults: tuple[str, ...] = ()) -> Shot:
    """Faults are planted one to a frame, never at the ends and never side by side."""
    rng = numpy.random.default_rng(seed)
    places = rng.permutation(numpy.arange(3, size.frames - 3, 2))[: len(faults)].tolist()
    planted = dict(zip(places, faults, strict=True))
    files: dict[int, bytes] = {}
    body = b""
    for at, picture in enumerate(SCENES[scene](size, rng)):
        fault = planted.get(at, "")
        if fault in PIXELS:
            picture = PIXELS[fault](picture.copy(), rng)
        before = body
        body = encode(picture[: size.height // 2] if fault == "frame-resolution" else picture, suffix)
        if fault == "frame-channels":
            body = encode_exr({name: picture[:, :, at] for at, name in enumerate("RGB")}, numpy.float16)
        if fault == "frame-duplicate":
            files[at + 1] = before
        elif fault == "frame-truncated":
            files[at + 1] = body[: int(len(body) * rng.uniform(0.02, 0.95))]
        elif fault != "frame-missing":
            files[at + 1] = body
    wanted: dict[str, set[int]] = {}
    for at, fault in planted.items():
        wanted.setdefault(fault, set()).add(at + 1)
    return Shot(scene, suffix, files, wanted, "yes" if scene == "fade" else "no")
