"""Burns identifiers and clinical labels into made pictures and counts what is found, what is left and what it costs.

    python benchmarks/dicom/burned_in.py [--pictures 90] [--seed 1] [--detail]

A plant counts as masked when at least 90 % of its glyph pixels are inside the regions, as left otherwise; a label
counts as kept when none of its glyph pixels is.
The counting knows nothing of how the code examined works.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fsxap.usecases.healthcare_dicom.pixels.decode import Frames

Array = NDArray[Any]
FONTS = tuple(
    str(path)
    for folder in ("dejavu", "liberation")
    for path in sorted(Path("/usr/share/fonts/truetype", folder).glob("*.ttf"))
    if "Oblique" not in path.name and "Italic" not in path.name and "Math" not in path.name and "Extra" not in path.name
)
HERSHEY = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_PLAIN)
LABELS = (
    "120 kV", "250 mA", "5 cm", "MI 1.1", "TIS 0.4", "L", "R", "LAT", "7.5 MHz", "W 400 L 40", "5.0 mm", "ZOOM 1.5",
    "FR 32 Hz", "Gain 62%", "AP", "MLO", "100 mAs", "DR 60 dB", "FPS 25", "TE 90", "TR 2500", "SUPINE", "RCC",
    "Depth 15 cm",
    "PA", "THK 3.0 mm", "TIB 0.2", "10", "H", "F", "HR 72 bpm", "0.5 mGy", "FOV 240 mm", "PORTABLE", "2D", "CHEST",
)  # fmt: skip
FIRST = ("Ottoline", "Selwyn", "Ngozi", "Bartosz", "Amara", "Jens", "Mirela", "Tom", "Lucia", "Ida", "Hugh", "Grace")
LAST = ("Ravensworth", "Vanterpool", "Oyelaran", "Brzezina", "Quackenbush", "Nakagomi", "Lee", "Dahl", "Fox", "Baker")
PLACES = ("St. Agnes Hospital", "Northfield Clinic", "Klinikum Auental", "Mercy General")
KINDS = ("black", "ultrasound", "anatomy", "windowed", "colour", "small", "weak", "turned", "labels", "empty", "moving")


@dataclass(frozen=True, slots=True)
class Plant:
    """`glyphs` is one picture's stroke pixels, for each frame in `frames`."""

    text: str
    identifying: bool
    traits: tuple[str, ...]
    glyphs: dict[int, Array]


@dataclass(frozen=True, slots=True)
class Case:
    kind: str
    frames: Frames
    own: tuple[str, ...]
    plants: list[Plant] = field(default_factory=list)


def draw(text: str, size: int, pick: random.Random, turn: int = 0) -> Array:
    """Ink 0 to 1 of a line whose letters are about `size` pixels high, line height as fonts count it."""
    if FONTS and pick.random() < 0.75:
        font = ImageFont.truetype(pick.choice(FONTS), size)
        left, top, right, bottom = font.getbbox(text)
        canvas = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
        ImageDraw.Draw(canvas).text((1 - left, 1 - top), text, fill=255, font=font)
        ink: Array = numpy.asarray(canvas, numpy.float32) / 255
    else:
        face = pick.choice(HERSHEY)
        scale = cv2.getFontScaleFromHeight(face, max(6, round(size * 0.72)), 1)
        (wide, high), base = cv2.getTextSize(text, face, scale, 1)
        image: Array = numpy.zeros((high + base + 4, wide + 4), numpy.uint8)
        cv2.putText(image, text, (2, high + 2), face, scale, 255, 1 + (size > 24), cv2.LINE_AA)
        ink = image.astype(numpy.float32) / 255
    return numpy.ascontiguousarray(numpy.rot90(ink, turn // 90))


def anatomy(shape: tuple[int, int], random_: numpy.random.Generator) -> Array:
    """Overlapping soft ellipses, fine texture and noise, 0 to about 0.8."""
    high, wide = shape
    made: Array = numpy.zeros(shape, numpy.float32)
    for _ in range(14):
        layer = numpy.zeros(shape, numpy.float32)
        centre = (int(random_.integers(wide)), int(random_.integers(high)))
        axes = (int(random_.integers(20, wide // 3)), int(random_.integers(20, high // 3)))
        cv2.ellipse(layer, centre, axes, float(random_.integers(180)), 0, 360, float(random_.uniform(0.1, 0.35)), -1)
        made += cv2.GaussianBlur(layer, (0, 0), float(random_.uniform(1.5, 6)))
    texture = cv2.GaussianBlur(random_.standard_normal(shape).astype(numpy.float32), (0, 0), 2.0)
    made = 0.8 * made / max(1.0, float(made.max())) + 0.05 * texture + 0.01 * random_.standard_normal(shape)
    return numpy.clip(made, 0, 0.8).astype(numpy.float32)


def ultrasound(shape: tuple[int, int], random_: numpy.random.Generator) -> Array:
    high, wide = shape
    ys, xs = numpy.mgrid[0:high, 0:wide].astype(numpy.float32)
    radius = numpy.hypot(xs - wide / 2, ys - 20)
    angle = numpy.abs(numpy.arctan2(xs - wide / 2, ys - 20))
    fan = (radius > 40) & (radius < high * 0.85) & (angle < 0.65)
    speckle = cv2.GaussianBlur(random_.rayleigh(0.35, shape).astype(numpy.float32), (0, 0), 1.2)
    tissue = cv2.GaussianBlur(random_.random(shape, numpy.float32), (0, 0), 18)
    tissue = (tissue - tissue.min()) / float(numpy.ptp(tissue))
    shown = 0.12 * numpy.log(1e-3 + speckle * (0.1 + tissue)) + 0.45
    return numpy.where(fan, numpy.clip(shown, 0, 0.85), 0).astype(numpy.float32)


def grounds(name: str, shape: tuple[int, int], random_: numpy.random.Generator) -> Array:
    if name == "black":
        return (0.01 * random_.random(shape)).astype(numpy.float32)
    return ultrasound(shape, random_) if name == "ultrasound" else anatomy(shape, random_)


def place(
    canvas: Array, ink: Array, taken: list[tuple[int, int, int, int]], pick: random.Random
) -> tuple[int, int] | None:
    """A free place for a line, at least 8 pixels from others."""
    high, wide = ink.shape
    for _ in range(60):
        if wide + 8 >= canvas.shape[1] or high + 8 >= canvas.shape[0]:
            return None
        x, y = pick.randrange(4, canvas.shape[1] - wide - 3), pick.randrange(4, canvas.shape[0] - high - 3)
        if all(x + wide + 24 < a or c + 24 < x or y + high + 8 < b or d + 8 < y for a, b, c, d in taken):
            taken.append((x, y, x + wide, y + high))
            return x, y
    return None


def burn(canvas: Array, ink: Array, at: tuple[int, int], contrast: float) -> Array:
    """Writes into the canvas, brighter than what lies behind (or darker on bright ground); returns visible strokes."""
    x, y = at
    part = canvas[y : y + ink.shape[0], x : x + ink.shape[1]]
    behind = float(numpy.median(part))
    level = behind + contrast if behind + contrast <= 1 else max(0.0, behind - contrast)
    contrast = abs(level - behind)
    before = part.copy()
    part[:] = part * (1 - ink) + level * ink if contrast > 0.2 else part + (level - behind) * ink
    glyphs = numpy.zeros(canvas.shape, bool)
    # A stroke as dark as the ground it crosses is not there to be found.
    seen = numpy.abs(part - before) > 0.4 * contrast
    glyphs[y : y + ink.shape[0], x : x + ink.shape[1]] = (ink > 0.4) & seen
    return glyphs


def person(pick: random.Random) -> tuple[dict[str, str], tuple[str, ...], list[str]]:
    """Header values, the identifiers as `own`, and lines that say them."""
    first, last, place_ = pick.choice(FIRST), pick.choice(LAST), pick.choice(PLACES)
    year, month, day = pick.randrange(1930, 2015), pick.randrange(1, 13), pick.randrange(1, 29)
    number, accession = str(pick.randrange(10**6, 10**8)), f"A{pick.randrange(10**5, 10**7)}"
    doctor = pick.choice(LAST)
    months = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
    header = {"name": f"{last}^{first}", "id": number}
    own = (f"{last.upper()}^{first.upper()}", number, accession, f"{year}{month:02d}{day:02d}", place_, f"{doctor}^")
    lines = [
        f"{last.upper()}, {first.upper()}", f"{first} {last}", f"{last}^{first}", last.upper(), f"Dr. {doctor}",
        number, f"ID: {number}", f"MRN {number}", accession, f"Acc {accession}", place_,
        f"{day:02d}.{month:02d}.{year}", f"{year}-{month:02d}-{day:02d}", f"{day:02d}-{months[month - 1]}-{year}",
        f"{month}/{day}/{year}", f"DOB {year}{month:02d}{day:02d}", f"{day:02d}.{month:02d}.{year} 10:32:45",
        f"{2014 - year}Y M", "14:05:33", f"LAT {day:02d}.{month:02d}.{year}",
    ]  # fmt: skip
    return header, own, lines


def lines_of(kind: str, pick: random.Random, said: list[str]) -> list[tuple[str, bool]]:
    if kind == "empty":
        return []
    wanted = [] if kind == "labels" else [(text, True) for text in pick.sample(said, pick.randrange(2, 5))]
    return wanted + [(text, False) for text in pick.sample(LABELS, 5 if kind == "labels" else pick.randrange(0, 3))]


def make(kind: str, seed: int, frames: int = 10) -> Case:
    pick, random_ = random.Random(f"{kind}{seed}"), numpy.random.default_rng(seed)
    _, own, said = person(pick)
    ground = {"black": "black", "ultrasound": "ultrasound", "anatomy": "anatomy", "windowed": "anatomy"}.get(
        kind, pick.choice(("black", "ultrasound", "anatomy"))
    )
    shape = (480, 640)
    canvas = grounds(ground, shape, random_)
    stack = numpy.repeat(canvas[None], frames if kind == "moving" else 1, axis=0)
    taken: list[tuple[int, int, int, int]] = []
    plants = []
    for text, identifying in lines_of(kind, pick, said):
        size = pick.choice((8, 9, 10)) if kind == "small" else pick.choice((10, 12, 14, 16, 20, 24, 30, 36))
        contrast = 0.10 if kind == "weak" else pick.choice((0.25, 0.5, 0.95))
        if kind == "windowed":
            contrast = 0.1 * pick.choice((1, 2))
        turn = pick.choice((90, 180, 270)) if kind == "turned" and len(text) > 3 else 0
        ink = draw(text, size, pick, turn)
        moves = kind == "moving" and pick.random() < 0.5
        step = pick.choice((3, 7)) if moves else 0
        room = numpy.zeros((ink.shape[0], ink.shape[1] + step * frames), numpy.float32)
        at = place(canvas, room, taken, pick)
        if at is None:
            continue
        glyphs = {f: burn(stack[f], ink, (at[0] + step * f, at[1]), contrast) for f in range(len(stack))}
        traits = (ground, f"{size} px", f"contrast {contrast:.2f}", *((f"turned {turn}",) if turn else ()),
                  *(("moves",) if moves else ()))  # fmt: skip
        plants.append(Plant(text, identifying, traits, glyphs))
    return Case(kind, stored(kind, stack, pick), own, plants)


def stored(kind: str, stack: Array, pick: random.Random) -> Frames:
    """As the file would hold it: 8 bit, 12 in 16 bit behind a rescale and windows, inverted, or colour."""
    if kind == "windowed":
        # A few bright spots stretch the range, so that the text is under one grey level without its window.
        stack = stack.copy()
        stack[:, 5:9, 5:9] = 4.0
        values = (stack * 1000).astype(numpy.uint16)
        middle = float(numpy.median(stack)) * 1000 - 1024
        return Frames(values, "MONOCHROME2", windows=((middle, 400.0), (500.0, 4000.0)), intercept=-1024.0)
    if kind == "colour":
        tint = numpy.array(pick.choice(((1, 1, 0.2), (0.2, 1, 0.4), (1, 0.6, 0.1), (1, 1, 1))), numpy.float32)
        return Frames((numpy.clip(stack, 0, 1)[..., None] * tint * 255).astype(numpy.uint8), "RGB")
    values = (numpy.clip(stack, 0, 1) * 255).astype(numpy.uint8)
    if pick.random() < 0.2:
        return Frames(255 - values, "MONOCHROME1")
    return Frames(values, "MONOCHROME2")


def cases(pictures: int, seed: int) -> Iterator[Case]:
    for number in range(pictures):
        yield make(KINDS[number % len(KINDS)], seed * 1000 + number)


def covered(regions: Sequence[Any], shape: tuple[int, ...], frame: int) -> Array:
    mask = numpy.zeros(shape, bool)
    for region in regions:
        if region.frames is None or frame in region.frames:
            left, top, right, bottom = region.box
            mask[top:bottom, left:right] = True
    return mask


@dataclass(slots=True)
class Score:
    counts: Counter[str] = field(default_factory=Counter)
    traits: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    vain: list[float] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    detail: list[str] = field(default_factory=list)

    def add(self, case: Case, regions: Sequence[Any], seconds: float) -> None:
        shape = case.frames.values.shape[1:3]
        self.seconds[case.kind].append(seconds)
        near = numpy.zeros(shape, bool)
        for plant in case.plants:
            shares = {
                frame: float((covered(regions, shape, frame) & glyphs).sum() / max(1, glyphs.sum()))
                for frame, glyphs in plant.glyphs.items()
            }
            for glyphs in plant.glyphs.values():
                near |= cv2.dilate(glyphs.astype(numpy.uint8), numpy.ones((13, 13), numpy.uint8)) > 0
            well = min(shares.values()) >= 0.9 if plant.identifying else max(shares.values()) == 0
            word = ("masked", "left") if plant.identifying else ("label kept", "label lost")
            self.counts[word[not well]] += 1
            for trait in (case.kind, *plant.traits):
                self.traits[trait][word[not well]] += 1
            if not well:
                self.detail.append(
                    f"{word[1]:10} {case.kind:10} {min(shares.values()):.2f} {plant.text} {plant.traits}"
                )
        vain = covered(regions, shape, 0) & ~near
        self.vain.append(float(vain.mean()))
        if not any(plant.identifying for plant in case.plants):
            self.counts["innocent altered" if regions else "innocent untouched"] += 1


def main() -> None:
    from fsxap.providers.local.ocr import RapidOcr
    from fsxap.usecases.healthcare_dicom.pixels.burned_in import find_regions

    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=88)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--detail", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    finder, score = RapidOcr(), Score()
    find_regions(make("black", 0).frames, (), finder)
    for case in cases(options.pictures, options.seed):
        start = time.process_time()
        regions = find_regions(case.frames, case.own, finder)
        score.add(case, regions, time.process_time() - start)
    clip = make("moving", options.seed, frames=30)
    start = time.process_time()
    find_regions(clip.frames, clip.own, finder)
    print(f"30-frame clip: {time.process_time() - start:.2f} CPU-s")
    print(dict(score.counts), f"masked in vain {100 * float(numpy.mean(score.vain)):.4f} %")
    for name, counts in sorted(score.traits.items()):
        print(f"{name:16}", dict(counts))
    print({kind: round(float(numpy.mean(seconds)), 3) for kind, seconds in score.seconds.items()})
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    if options.detail:
        print("\n".join(score.detail))


if __name__ == "__main__":
    main()
