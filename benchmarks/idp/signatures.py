"""Contracts made for the purpose, signed by splines and seals or not: how many marks are found, and how many are none.

Places, labels, hands, inks and what else is written are drawn by chance from a seed; every second place is left empty.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.idp.forms import FACES, FONTS, HEIGHT, WIDTH
from benchmarks.idp.reading import noisy, png, read, tiff
from fsxap.providers.local.documents.reader import LocalDocuments

Sides = tuple[float, float, float, float]
Points = Sequence[tuple[float, float]]

SENTENCES = (
    "This Agreement is made between the parties named below and comes into force on the date of the last signature.",
    "Either party may terminate it by giving ninety days notice in writing to the other party.",
    "No amendment is valid unless it is in writing and signed by both parties.",
    "The Supplier shall deliver the goods to the address stated in each purchase order.",
    "All disputes shall be settled by the courts at the seat of the customer.",
    "Der Vertrag bedarf der Schriftform. Firma und Anschrift der Parteien stehen am Ende.",
    "El presente contrato se firma por duplicado en el lugar y la fecha indicados.",
)
LABELS = (
    "Signature", "Signed", "Authorized signature", "Sign here", "Unterschrift", "Unterschrift Auftraggeber", "Firma",
    "Firma del cliente", "Signature du client", "Customer signature", "Landlord signature",
)  # fmt: skip
PEOPLE = ("Jane Miller", "Thomas Brandt", "Aisha Rahman", "Pierre Dubois", "Ana Castillo")
JAPANESE = ("株式会社山田商事", "東京都千代田区丸の内一丁目", "代表取締役 佐藤太郎", "本契約を証するため署名捺印する")
INKS = ((20, 20, 25), (15, 30, 120), (30, 60, 170), (60, 60, 70))


@dataclass
class Sheet:
    picture: Any
    pen: Any
    chance: random.Random
    face: Any
    marks: list[Sides] = field(default_factory=list)
    top: float = 160

    @property
    def size(self) -> int:
        return int(self.face.size)

    def print(self, x: float, y: float, text: str, face: Any = None) -> float:
        face = face or self.face
        self.pen.text((x, y), text, font=face, fill=(self.chance.randint(0, 40),) * 3)
        return float(x + self.pen.textlength(text, font=face))

    def stroke(self, points: Points, colour: tuple[int, int, int], width: int) -> None:
        self.pen.line(list(points), fill=colour, width=width, joint="curve")


def curve(points: Points, steps: int = 14) -> list[tuple[float, float]]:
    """Through all points, by Catmull and Rom."""
    ends = [points[0], *points, points[-1]]
    found = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(steps):
            t = step / steps
            found.append(tuple(
                0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)
                for p, q, r, s in zip(a, b, c, d, strict=True)
            ))  # fmt: skip
    return found  # type: ignore[return-value]


def loops(chance: random.Random, wide: float, tall: float) -> list[Points]:
    turns = chance.uniform(3, 8)
    phase = chance.uniform(0, 6)
    points = []
    for step in range(40):
        t = step / 39
        swell = 0.35 + 0.65 * abs(math.sin(phase + 2.2 * t * math.pi)) if step > 4 else 1.0
        x = t * wide + 0.09 * wide * math.sin(turns * 2 * math.pi * t + 1.3)
        points.append((x, -tall * swell * (0.5 + 0.5 * math.sin(turns * 2 * math.pi * t + phase))))
    return [curve(points, 6)]


def initial(chance: random.Random, wide: float, tall: float) -> list[Points]:
    """A large first letter and a wavy line."""
    first = [(chance.uniform(0, 0.25) * wide, -chance.uniform(0, 1) * tall) for _ in range(6)]
    rest = [(0.2 * wide + 0.8 * wide * step / 11, -tall * chance.uniform(0.0, 0.3)) for step in range(12)]
    return [curve(first), curve(rest)]


def letters(chance: random.Random, wide: float, tall: float) -> list[Points]:
    """Letters that do not touch each other."""
    count = chance.randint(5, 9)
    found = []
    for place in range(count):
        x, high = wide * place / count, tall * (1.0 if place in (0, count // 2) else 0.5)
        found.append(
            curve([(x + chance.uniform(0, 0.8) * wide / count, -chance.uniform(0, 1) * high) for _ in range(5)])
        )
    return found


def zigzag(chance: random.Random, wide: float, tall: float) -> list[Points]:
    count = chance.randint(7, 14)
    points = [
        (wide * step / count, -tall * (chance.uniform(0.5, 1) if step % 2 else chance.uniform(0, 0.3)))
        for step in range(count + 1)
    ]
    flourish = [(wide, -0.3 * tall), (0.5 * wide, 0.15 * tall), (0.1 * wide, 0.05 * tall), (1.05 * wide, 0.1 * tall)]
    return [curve(points, 8), *([curve(flourish)] if chance.random() < 0.5 else [])]


HANDS: tuple[Callable[[random.Random, float, float], list[Points]], ...] = (loops, initial, letters, zigzag)


def sign(sheet: Sheet, left: float, base: float, room: float) -> None:
    """A signature that begins at a place and stands about on a line."""
    chance = sheet.chance
    wide = min(room, chance.uniform(170, 460))
    tall = chance.uniform(1.6, 4.0) * sheet.size
    colour, width = chance.choice(INKS), chance.randint(3, 6)
    lean, sink = chance.uniform(-0.12, 0.05), chance.uniform(-0.1, 0.25) * tall
    strokes = chance.choice(HANDS)(chance, wide, tall)
    placed = [[(left + x + 0.25 * -y, base + sink + y + lean * x) for x, y in stroke] for stroke in strokes]
    for stroke in placed:
        sheet.stroke(stroke, colour, width)
    xs, ys = [x for stroke in placed for x, _ in stroke], [y for stroke in placed for _, y in stroke]
    sheet.marks.append((min(xs), min(ys), max(xs), max(ys)))


def write(sheet: Sheet, left: float, base: float) -> None:
    """A few small figures by hand, as a date is."""
    x, colour = left, sheet.chance.choice(INKS)
    for _ in range(sheet.chance.randint(6, 8)):
        points = [
            (x + sheet.chance.uniform(0, 0.5) * sheet.size, base - sheet.chance.uniform(0, 0.9) * sheet.size)
            for _ in range(4)
        ]
        sheet.stroke(curve(points), colour, 3)
        x += 0.62 * sheet.size


def seal(sheet: Sheet, x: float, y: float, face: Any) -> None:
    """A ring or a frame with characters in it."""
    chance = sheet.chance
    side = chance.uniform(70, 150)
    colour = chance.choice(((200, 30, 40), (215, 60, 60), (185, 20, 30)))
    box = (x, y, x + side, y + side)
    shape = sheet.pen.ellipse if chance.random() < 0.65 else sheet.pen.rectangle
    shape(box, outline=colour, width=chance.randint(4, 7))
    sized = face.font_variant(size=round(side * 0.36))
    for row, text in enumerate(chance.choice((("山田", "商事"), ("佐", "藤"), ("田", "中")))):
        sheet.pen.text((x + side / 2, y + side * (0.32 + 0.36 * row)), text, font=sized, fill=colour, anchor="mm")
    sheet.marks.append(box)


def place(sheet: Sheet, left: float, right: float, signed: bool, style: int) -> float:
    """One place to sign, its upper edge at `top`; returns where it ends."""
    chance, size, top = sheet.chance, sheet.size, sheet.top
    base = top + 4.2 * size
    label = chance.choice(LABELS)
    line = chance.random() < 0.85
    beside = right - left > 900 and chance.random() < 0.5
    if style == 0:
        start = sheet.print(left, base - size, label + chance.choice((":", ": ", ""))) + 15
        end = right - 420 if beside else right
        if line:
            sheet.pen.line((start, base + 6, end, base + 6), fill=(0, 0, 0), width=2)
        if beside:
            after = sheet.print(end + 30, base - size, "Date:") + 15
            sheet.pen.line((after, base + 6, right, base + 6), fill=(0, 0, 0), width=2)
            if chance.random() < 0.6:
                write(sheet, after + 20, base)
    elif style == 1:
        start, end = left, right
        sheet.pen.line((left, base + 6, right, base + 6), fill=(0, 0, 0), width=2)
        sheet.print(left, base + 14, chance.choice((label, f"({label})", f"{label}, {chance.choice(PEOPLE)}")))
    else:
        start = sheet.print(left, base - size, "By:") + 15
        end = right
        sheet.pen.line((start, base + 6, right, base + 6), fill=(0, 0, 0), width=2)
        for row, text in enumerate((f"Name: {chance.choice(PEOPLE)}", "Title: Director", "Date:")):
            after = sheet.print(left, base + 0.8 * size + row * 1.5 * size, text)
        if chance.random() < 0.5:
            write(sheet, after + 15, base + 4.6 * size)
        base += 4.5 * size
    if signed:
        under = base - 4.5 * size if style == 2 else base
        sign(sheet, start + chance.uniform(5, 60), under, end - start - 70)
    elif chance.random() < 0.3 and style != 2:
        sheet.print(start + 40, base - size - 4, chance.choice(PEOPLE))
    return base + 3 * size


def sheet(seed: int, japanese: Path | None = None) -> Sheet:
    from PIL import Image, ImageDraw, ImageFont

    chance = random.Random(seed)
    found = {path.name: path for path in FONTS.rglob("*.ttf")}
    name = chance.choice([each for each in FACES if each in found] or [""])
    size = chance.randint(24, 34)
    eastern = japanese is not None and seed % 4 == 3
    if eastern:
        face = ImageFont.truetype(str(japanese), size)
    else:
        face = ImageFont.truetype(str(found[name]), size) if name else ImageFont.load_default(size)
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    made = Sheet(picture, ImageDraw.Draw(picture), chance, face)
    for _ in range(chance.randint(4, 14)):
        text = chance.choice(JAPANESE if eastern else SENTENCES)
        while text:
            count = max(1, int(1300 / max(1.0, face.getlength(text)) * len(text)))
            cut = count if len(text) <= count or eastern else text.rfind(" ", 0, count)
            made.print(160, made.top, text[:cut])
            text = text[cut:].strip()
            made.top += 1.5 * size
        made.top += 0.8 * size
    made.top += 2 * size
    if eastern:
        _sealed(made)
        return made
    style, columns, signed = chance.randint(0, 2), chance.random() < 0.5, chance.random() < 0.5
    first = made.top
    end = place(made, 160, 760 if columns else 1480, signed, style)
    made.top = first if columns else end
    place(made, 880 if columns else 160, 1480, not signed, style)
    return made


def _sealed(made: Sheet) -> None:
    for signed in made.chance.sample((True, False), 2):
        made.print(200, made.top, made.chance.choice(JAPANESE[:2]))
        end = made.print(200, made.top + 2 * made.size, JAPANESE[2] + "    ")
        label = made.chance.random() < 0.6
        if label:
            made.print(end, made.top + 2 * made.size, "印")
        if signed:
            seal(made, end - 40, made.top + made.chance.uniform(-0.2, 1.0) * made.size, made.face)
        made.top += 8 * made.size


LEVELS: tuple[tuple[str, int, Callable[[Any], bytes]], ...] = (
    ("clean, in colour", 0, png), ("noise 1, grey", 1, png), ("G4 fax, clean", 0, tiff), ("G4 fax, noise 2", 2, tiff),
)  # fmt: skip


def rows(count: int = 24, first: int = 1000) -> list[Mapping[str, Any]]:
    font = os.environ.get("FONT_JA")
    sheets = [sheet(first + index, Path(font) if font else None) for index in range(count)]
    documents = LocalDocuments(os.cpu_count() or 1)
    found = []
    try:
        for name, level, stored in LEVELS:
            bodies = [stored(noisy(each.picture, level, seed)) for seed, each in enumerate(sheets)]
            right = said = sure = sure_right = 0
            for made, document in zip(sheets, read(documents, bodies), strict=True):
                for mark in document.pages[0].signatures:
                    hit = any(meets(mark.box, each) for each in made.marks)
                    said, right = said + 1, right + hit
                    if mark.confidence >= 0.85:
                        sure, sure_right = sure + 1, sure_right + hit
            there = sum(len(each.marks) for each in sheets)
            found.append({
                "set": f"signatures, {name}", "pages": count, "recall": round(right / max(1, there), 3),
                "precision": round(right / max(1, said), 3), "found": f"{right} of {there}, {said} said",
                "unreviewed": f"{sure_right} of {sure}",
            })  # fmt: skip
    finally:
        documents.close()
    return found


def meets(box: Sides, mark: Sides) -> bool:
    """Whether the middle of one lies in the other."""
    mine = (box[0] * WIDTH, box[1] * HEIGHT, box[2] * WIDTH, box[3] * HEIGHT)
    return _in(mine, mark) or _in(mark, mine)


def _in(inner: Sides, outer: Sides) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] - 10 <= x <= outer[2] + 10 and outer[1] - 10 <= y <= outer[3] + 10
