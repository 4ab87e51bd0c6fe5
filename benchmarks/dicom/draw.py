"""Owns the identifiers that are planted: unique, seeded, and shaped as their value representation allows."""

from __future__ import annotations

import random
import struct
from datetime import date, timedelta
from typing import Any

from benchmarks.dicom.case import AGE, BYTES, DATE, TEXT, TIME, UID

ONSETS = [
    "B",
    "D",
    "F",
    "G",
    "K",
    "L",
    "M",
    "N",
    "P",
    "R",
    "S",
    "T",
    "V",
    "Z",
    "Br",
    "Dr",
    "Kr",
    "Pr",
    "Tr",
    "Vl",
    "Zn",
    "Sk",
]
VOWELS = ["a", "e", "i", "o", "u", "ai", "ou"]
CODAS = ["n", "r", "l", "s", "k", "m", "nd", "rt", "x", "th"]
LIMITS = {"AE": 16, "CS": 16, "SH": 16, "LO": 64, "PN": 64, "ST": 1024, "LT": 10240, "UC": 256, "UR": 256, "UT": 4096}
"""Longest value of the representations that hold words."""


class Draw:
    """A seeded source of identifiers; no two of one source are the same."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._seen: set[str] = set()

    def _fresh(self, made: str) -> bool:
        new = made not in self._seen
        self._seen.add(made)
        return new

    def word(self) -> str:
        """A name that nobody has, of eight to fourteen letters."""
        while True:
            parts = [self.random.choice(ONSETS).lower() + self.random.choice(VOWELS) for _ in range(3)]
            made = "".join(parts) + self.random.choice(CODAS)
            if 8 <= len(made) <= 12 and self._fresh(made):
                return made.capitalize()

    def digits(self, number: int) -> str:
        while True:
            made = str(self.random.randrange(10 ** (number - 1), 10**number))
            if self._fresh(made):
                return made

    def name(self) -> str:
        return f"{self.word()}^{self.word()}"

    def uid(self) -> str:
        return f"1.2.826.0.1.{self.digits(9)}.{self.digits(8)}"

    def day(self) -> date:
        while True:
            made = date(1915, 1, 1) + timedelta(days=self.random.randrange(34000))
            if made.day > 12 and self._fresh(made.isoformat()):
                return made

    def date(self) -> str:
        return self.day().strftime("%Y%m%d")

    def time(self) -> str:
        numbers = (self.random.randrange(10, 24), self.random.randrange(10, 60), self.random.randrange(10, 60))
        return "{:02d}{:02d}{:02d}".format(*numbers) + f".{self.digits(6)}"

    def of(self, vr: str) -> tuple[Any, str, str]:
        """A value for pydicom, the token that is searched, and its form."""
        match vr:
            case "DA":
                made = self.date()
                return made, made, DATE
            case "TM":
                made = self.time()
                return made, made, TIME
            case "DT":
                day = self.date()
                return day + self.time() + "+0100", day, DATE
            case "UI":
                made = self.uid()
                return made, made, UID
            case "AS":
                made = f"{self.random.randrange(14, 88):03d}Y"
                return made, made, AGE
            case "DS":
                made = f"{self.digits(4)}.{self.digits(6)}"
                return made, made, TEXT
            case "IS":
                made = str(self.random.randrange(10**8, 2**31 - 1))
                return made, made, TEXT
            case "FD" | "FL":
                number = self.random.uniform(1, 1000)
                shape = "<d" if vr == "FD" else "<f"
                return struct.unpack(shape, struct.pack(shape, number))[0], struct.pack(shape, number).hex(), BYTES
            case "UL" | "SL":
                number = self.random.randrange(2**28, 2**31)
                return number, struct.pack("<l", number).hex(), BYTES
            case "OB" | "OW" | "UN":
                made = f"{self.word()} {self.digits(8)}"
                return made.encode() + b" " * (len(made) % 2), made, TEXT
        return self._words(vr)

    def _words(self, vr: str) -> tuple[str, str, str]:
        match vr:
            case "PN":
                made = self.name()
            case "CS":
                made = (self.word()[:10] + "_" + self.digits(5)).upper()
            case "AE" | "SH":
                made = (self.word() + self.digits(4))[:16]
            case "UR":
                made = f"https://{self.word().lower()}.example/{self.digits(8)}"
            case _:
                made = f"{self.word()} {self.digits(8)}"
        return made, made, TEXT
