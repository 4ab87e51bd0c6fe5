"""Slates and burn-ins laid over made-up shots, and words that belong to the picture: tests of text on frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy

from benchmarks.render_sequences import SCENES, Picture, Scene, Shot, Size, encode
from fsxap.engine.cancel import Cancel
from fsxap.model import Item
from fsxap.providers.local.frames import LocalFrames
from fsxap.usecases.media_vfx import overlays, sequences
from fsxap.usecases.media_vfx.inspect import Limits, rows_of

SIZE = Size(960, 540, 12)
LIMITS = Limits(1 << 30, 1 << 27)
WORDS = ("HOTEL", "NOODLE BAR", "EXIT 12", "PLATFORM 4", "OPEN LATE", "CINEMA")


def _written(picture: Picture, at: tuple[int, int], words: str, high: int, value: float, cover: float = 1.0) -> None:
    """Words with their top left corner at (x, y), `cover` of them opaque."""
    from PIL import Image, ImageDraw, ImageFont

    mask = Image.new("L", picture.shape[1::-1])
    ImageDraw.Draw(mask).text(at, words, fill=255, font=ImageFont.load_default(high))
    share = numpy.asarray(mask, numpy.float32)[:, :, None] / 255 * cover
    picture[:, :, :3] = picture[:, :, :3] * (1 - share) + value * share
    picture[:, :, 3:] = numpy.maximum(picture[:, :, 3:], share)


def street(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """A camera that passes shop signs: words that move."""
    for at, picture in enumerate(SCENES["pan"](size, rng)):
        for number, words in enumerate(WORDS):
            x = (number * size.width // 3 - at * 23) % (size.width * 2) - 200
            _written(picture, (x, 60 + number % 3 * 150), words, 44, 0.9 if number % 2 else 0.02)
        yield picture


def credit_roll(size: Size, rng: numpy.random.Generator) -> Iterator[Picture]:
    """Lines of text that roll upwards."""
    for at, picture in enumerate(SCENES["grain_hold"](size, rng)):
        for number, words in enumerate(WORDS * 3):
            _written(picture, (size.width // 3, size.height + number * 60 - at * 37), words, 30, 1.0)
        yield picture


TEXTS: Mapping[str, Scene] = {each.__name__: each for each in (street, credit_roll)}


def slate(size: Size, rng: numpy.random.Generator) -> Picture:
    picture = numpy.full((size.height, size.width, 4), float(rng.uniform(0.0, 0.25)), numpy.float32)
    picture[:, :, 3] = 1.0
    shot = f"SHOT {int(rng.integers(10, 990)):04d}"
    lines = (shot, f"VERSION V{int(rng.integers(1, 40)):03d}", "DATE 2026-11-23", "FRAMES 1001-1012", "FOR REVIEW ONLY")
    for number, words in enumerate(lines):
        _written(
            picture, (size.width // 8, size.height // 8 + number * size.height // 7), words, size.height // 14, 0.9
        )
    return picture


def burnt(picture: Picture, number: int, kind: int) -> Picture:
    """The corner of a work print: a counter, a name, or a watermark that shines through."""
    made = picture.copy()
    height, width = made.shape[:2]
    high = max(14, height // 36)
    if kind == 0:
        _written(made, (width // 40, height - 2 * high), f"0010_comp_v003  {1000 + number:05d}", high, 1.0)
    elif kind == 1:
        made[: 2 * high, :, :3] = 0.0
        _written(made, (width // 2, high // 2), f"TC 01:00:{number // 24:02d}:{number % 24:02d}", high, 0.8)
    else:
        _written(made, (width // 4, height // 2), "PROPERTY OF NORTHLIGHT", height // 16, 1.0, 0.45)
    return made


def shot(scene: str, seed: int, suffix: str, *, begins: bool, burn: int | None, size: Size = SIZE) -> Shot:
    """`begins` with a slate; `burn` is the kind of burn-in, None for none."""
    rng = numpy.random.default_rng(seed)
    files = {1000: encode(slate(size, rng), suffix)} if begins else {}
    for number, picture in enumerate((SCENES | TEXTS)[scene](size, rng), 1):
        files[1000 + number] = encode(picture if burn is None else burnt(picture, number, burn), suffix)
    return Shot(scene, suffix, files)


def seen(made: Shot, finder: Any, **expected: str) -> set[str]:
    """Rules that the shot breaks; `expected` is slate and burnin."""
    bodies = {f"{made.name}.{number:04d}{made.suffix}": body for number, body in made.files.items()}
    (group,) = sequences.group(Item(key, len(body)) for key, body in sorted(bodies.items()))
    frames = LocalFrames()
    kit: Any = SimpleNamespace(
        params={"slate": "any", "burnin": "any", "moderation": False, **expected},
        source=SimpleNamespace(read=bodies.__getitem__),
        frames=frames,
        cancel=Cancel(),
        text_on_frames=finder,
    )
    rows = rows_of(group.members, bodies.__getitem__, frames, LIMITS, lambda: None)
    return {fault.rule for fault in overlays.look(group, rows, LIMITS, kit).faults}


def examined(seeds: tuple[int, ...], tell: Callable[[str], object]) -> dict[str, dict[str, int]]:
    """By what was looked for: planted, found, looked at without one, reported there."""
    from fsxap.providers.local.ocr import RapidOcr

    finder = RapidOcr()
    counts = {name: {"planted": 0, "found": 0, "clean": 0, "false": 0} for name in ("slate", "burn-in")}
    suffixes = (".exr", ".png", ".tif")
    for number, seed in enumerate(seeds):
        for place, scene in enumerate((*SCENES, *TEXTS)):
            suffix = suffixes[(number + place) % 3]
            for planted in (False, True):
                made = shot(scene, seed, suffix, begins=planted, burn=(number + place) % 3 if planted else None)
                rules = seen(made, finder, slate="forbidden", burnin="forbidden")
                for name in counts:
                    found = f"{name}-unexpected" in rules
                    counts[name]["planted" if planted else "clean"] += 1
                    counts[name]["found" if planted else "false"] += found
                    if found != planted:
                        tell(f"{'missed' if planted else 'false'} {name} {scene}{suffix} {seed}\n")
    return counts
