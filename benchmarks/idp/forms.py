"""Filled English forms made for the purpose: how many of their fields and check boxes are read right.

Layouts, names, values, types, sizes and marks are drawn by chance from a seed; FONTS names a folder of font files.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.idp.reading import noisy, png, read, tiff
from fsxap.providers.local.documents.reader import LocalDocuments
from fsxap.usecases.idp.checkboxes import labelled
from fsxap.usecases.idp.forms import pairs_of

WIDTH, HEIGHT = 1654, 2339
"""A4 at 200 dots an inch."""
FONTS = Path(os.environ.get("FONTS", "/usr/share/fonts/truetype"))
FACES = (
    "DejaVuSans.ttf", "LiberationSans-Regular.ttf", "LiberationSerif-Regular.ttf", "LiberationSansNarrow-Regular.ttf",
    "DejaVuSerif.ttf", "LiberationMono-Regular.ttf",
)  # fmt: skip

VALUES: Mapping[str, tuple[str, ...]] = {
    "Full name": ("Jane Miller", "Thomas O'Brien", "Aisha Rahman", "Li Wei"),
    "Date of birth": ("1984-02-11", "03/17/1990", "12 May 1975"),
    "Street address": ("14 Cedar Grove", "2208 Harbor Blvd, Apt 5", "7 Station Road"),
    "City": ("Portland", "Leeds", "San Diego", "Kilkenny"),
    "Postal code": ("97201", "LS1 4DY", "92101"),
    "Phone number": ("+1 503 555 0144", "0113 496 0000", "(619) 555-0199"),
    "Email": ("jane.miller@example.org", "t.obrien@example.com"),
    "Employer": ("Northwind Traders Ltd", "Blue Ridge Clinic", "City Council"),
    "Job title": ("Accountant", "Senior Nurse", "Site Manager"),
    "Policy number": ("PX-449102", "0087-1123-B", "HM 552 301"),
    "Account no.": ("4471920", "88-10293", "0012345678"),
    "Amount requested": ("$1,250.00", "980.50", "GBP 12,000"),
    "Reason for request": ("Relocation of office", "Water damage in basement", "Annual renewal"),
    "Emergency contact": ("Mark Miller", "Orla O'Brien"),
    "Start date": ("2024-09-01", "1 October 2024"),
    "Department": ("Finance", "Radiology", "Facilities"),
    "Supervisor": ("D. Kowalski", "Priya Nair"),
    "Vehicle registration": ("7XYZ 123", "KY68 PQR"),
    "Number of dependents": ("2", "0", "3"),
    "Tax ID": ("12-3456789", "AB123456C"),
}
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "Marital status": ("Single", "Married", "Divorced", "Widowed"),
    "Employment type": ("Full-time", "Part-time", "Contractor"),
    "Method of payment": ("Cheque", "Bank transfer", "Credit card"),
    "Coverage": ("Basic", "Standard", "Premium"),
    "Documents enclosed": ("Proof of identity", "Bank statement", "Signed declaration"),
    "Contact me by": ("Mail", "Telephone", "Text message"),
}


@dataclass
class Form:
    picture: Any
    pen: Any
    chance: random.Random
    faces: tuple[Any, Any]
    pairs: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, bool] = field(default_factory=dict)
    top: int = 240

    def print(self, x: float, y: float, text: str, filled: bool = False) -> float:
        """Draws text with its upper edge at y, and says where it ends."""
        face = self.faces[filled]
        self.pen.text((x, y), text, font=face, fill=self.chance.randint(0, 40))
        return float(x + self.pen.textlength(text, font=face))

    @property
    def size(self) -> int:
        return int(self.faces[0].size)

    def line(self, *corners: float) -> None:
        self.pen.line(corners, fill=0, width=self.chance.choice((2, 2, 3)))


def form(seed: int) -> Form:
    from PIL import Image, ImageDraw, ImageFont

    chance = random.Random(seed)
    found = {path.name: path for path in FONTS.rglob("*.ttf")}
    name = chance.choice([each for each in FACES if each in found] or [""])
    size = chance.randint(24, 34)
    picture = Image.new("L", (WIDTH, HEIGHT), 255)

    def face(size: int) -> Any:
        return ImageFont.truetype(str(found[name]), size) if name else ImageFont.load_default(size)

    made = Form(picture, ImageDraw.Draw(picture), chance, (face(size), face(size + chance.randint(-2, 4))))
    made.pen.text((160, 100), chance.choice(("Application Form", "Claim Form", "Registration")), font=face(48), fill=0)
    names = chance.sample(sorted(VALUES), 14)
    first, second = chance.sample(LAYOUTS, 2)
    first(made, names[:8])
    questions(made)
    second(made, names[8:])
    return made


def value_of(made: Form, name: str, blank: float = 0.12) -> str:
    value = "" if made.chance.random() < blank else made.chance.choice(VALUES[name])
    made.pairs[name] = value
    return value


def colons(made: Form, names: list[str]) -> None:
    across = made.chance.choice((1, 2))
    pitch = round(made.size * made.chance.uniform(1.7, 2.4))
    aligned = made.chance.random() < 0.5
    for index, name in enumerate(names):
        x = 160 + index % across * 760
        end = made.print(x, made.top, f"{name}:")
        made.print(max(end + 16, x + 350) if aligned else end + 16, made.top, value_of(made, name, 0), True)
        if index % across == across - 1 or index == len(names) - 1:
            made.top += pitch
    made.top += 40


def underlined(made: Form, names: list[str]) -> None:
    pitch = round(made.size * made.chance.uniform(2.0, 2.8))
    colon = made.chance.choice((":", ""))
    for name in names:
        end = made.print(160, made.top, name + colon)
        made.print(end + 30, made.top - 2, value_of(made, name), True)
        made.line(end + 16, made.top + made.size + 8, 1480, made.top + made.size + 8)
        made.top += pitch
    made.top += 40


def captioned(made: Form, names: list[str]) -> None:
    for index, name in enumerate(names):
        x = 160 + index % 2 * 700
        made.print(x + 12, made.top, value_of(made, name), True)
        made.line(x, made.top + made.size + 10, x + 600, made.top + made.size + 10)
        made.print(x, made.top + made.size + 16, name)
        made.top += round(made.size * 3.6) if index % 2 or index == len(names) - 1 else 0
    made.top += 40


def cells(made: Form, names: list[str]) -> None:
    tall = round(made.size * 3)
    rows = [names[index : index + 2] for index in range(0, len(names), 2)]
    for row in rows:
        for index, name in enumerate(row):
            left = 160 + index * 660
            right = left + 660 if len(row) == 2 else 1480
            made.line(left, made.top, right, made.top, right, made.top + tall, left, made.top + tall, left, made.top)
            made.print(left + 10, made.top + 6, name)
            made.print(left + 16, made.top + made.size + 18, value_of(made, name), True)
        made.top += tall
    made.top += 60


def table(made: Form, names: list[str]) -> None:
    tall = round(made.size * 2)
    for name in names:
        made.line(160, made.top, 1480, made.top, 1480, made.top + tall, 160, made.top + tall, 160, made.top)
        made.line(620, made.top, 620, made.top + tall)
        made.print(172, made.top + made.size // 3, name)
        made.print(634, made.top + made.size // 3, value_of(made, name), True)
        made.top += tall
    made.top += 60


def columns(made: Form, names: list[str]) -> None:
    for name in names:
        made.print(160, made.top, name)
        made.print(620, made.top, value_of(made, name, 0), True)
        made.top += round(made.size * 1.9)
    made.top += 40


LAYOUTS: tuple[Callable[[Form, list[str]], None], ...] = (colons, underlined, captioned, cells, table, columns)


def questions(made: Form) -> None:
    side = made.chance.randint(round(made.size * 0.8), round(made.size * 1.2))
    after = made.chance.random() < 0.75
    down = made.chance.random() < 0.5
    mark = made.chance.choice((cross, tick, fill, letter))
    for name in made.chance.sample(sorted(QUESTIONS), 3):
        x = made.print(160, made.top, f"{name}:" if made.chance.random() < 0.6 else name) + 40
        if down:
            x, made.top = 180, made.top + round(made.size * 1.7)
        for option in QUESTIONS[name]:
            if not after:
                x = made.print(x, made.top, option) + 14
            box = (x, made.top + made.size * 0.65 - side / 2, x + side, made.top + made.size * 0.65 + side / 2)
            made.pen.rectangle(box, outline=0, width=2)
            made.boxes[option] = made.chance.random() < 0.45
            if made.boxes[option]:
                mark(made, *box)
            x += side + 14
            if after:
                x = made.print(x, made.top, option)
            x += 50
            if down:
                x, made.top = 180, made.top + round(made.size * 1.7)
        made.top += round(made.size * 1.9)
    made.top += 40


def cross(made: Form, left: float, top: float, right: float, bottom: float) -> None:
    made.pen.line((left + 3, top + 3, right - 3, bottom - 3), fill=0, width=3)
    made.pen.line((left + 3, bottom - 3, right - 3, top + 3), fill=0, width=3)


def tick(made: Form, left: float, top: float, right: float, bottom: float) -> None:
    side = right - left
    knee = (left + 0.4 * side, bottom - 0.15 * side)
    made.pen.line((left + 0.1 * side, top + 0.5 * side, *knee, right + 0.25 * side, top - 0.2 * side), fill=0, width=4)


def fill(made: Form, left: float, top: float, right: float, bottom: float) -> None:
    made.pen.rectangle((left + 5, top + 5, right - 5, bottom - 5), fill=0)


def letter(made: Form, left: float, top: float, right: float, bottom: float) -> None:
    made.pen.text(((left + right) / 2, (top + bottom) / 2), "X", font=made.faces[1], fill=0, anchor="mm")


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def rows(count: int = 24, first: int = 1000) -> list[Mapping[str, Any]]:
    """One row for each of three noise levels, the worst as a fax machine stores it."""
    forms = [form(first + index) for index in range(count)]
    documents = LocalDocuments(os.cpu_count() or 1)
    try:
        return [_row(documents, forms, level, stored) for level, stored in enumerate((png, png, tiff))]
    finally:
        documents.close()


def _row(
    documents: LocalDocuments, forms: Sequence[Form], level: int, stored: Callable[[Any], bytes]
) -> Mapping[str, Any]:
    bodies = [stored(noisy(each.picture, level, seed)) for seed, each in enumerate(forms)]
    pairs, boxes = Count(), Count()
    for made, document in zip(forms, read(documents, bodies), strict=True):
        page = document.pages[0]
        pairs.add({plain(pair.label): plain(pair.value) for pair in pairs_of(page)}, made.pairs)
        boxes.add({plain(box.label): box.checked for box in labelled(page)}, made.boxes)
    return {
        "set": f"forms, noise {level}",
        "pages": len(forms),
        "pairs": str(pairs),
        "pairs_f1": round(pairs.f1, 4),
        "checkboxes": str(boxes),
        "checkboxes_f1": round(boxes.f1, 4),
    }


@dataclass
class Count:
    right: int = 0
    there: int = 0
    said: int = 0

    def add(self, said: Mapping[str, object], true: Mapping[str, object]) -> None:
        """Labels and values alike but for blanks, marks and case."""
        self.right += sum(
            said.get(plain(name)) == (plain(value) if isinstance(value, str) else value) for name, value in true.items()
        )
        self.there += len(true)
        self.said += len(said)

    def __str__(self) -> str:
        return f"{self.right} of {self.there}, {self.said} said"

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.there + self.said)
