"""Owns what identifiers become: a keyed function of the original, the same everywhere, one-way without the key."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import date, timedelta

WEEKS = 470
"""A patient's dates move back by 53 weeks to about ten years, in whole weeks so that weekdays stay."""
DIGITS = re.compile(r"(\d{4})(\d{2})?(\d{2})?")
AGE = re.compile(r"(\d{3})([DWMY])")
OLDEST = 89
"""Ages above count as one group (45 CFR 164.514(b)(2)(i)(C))."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """The secret is 32 bytes or more; it is in no repr."""

    secret: bytes = field(repr=False)

    def _mac(self, kind: str, text: str) -> bytes:
        return hmac.new(self.secret, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for something else than pseudonyms."""
        return self._mac("key", purpose)

    @property
    def fingerprint(self) -> str:
        """Tells keys apart without telling the key."""
        return self._mac("fingerprint", "").hex()[:16]

    def uid(self, original: str) -> str:
        """A UUID-derived UID (PS3.5 B.2)."""
        return f"2.25.{int.from_bytes(self._mac('uid', original)[:16], 'big')}"

    def identifier(self, original: str, kind: str = "id") -> str:
        """16 characters, which fits SH."""
        return self._mac(kind, original).hex()[:16].upper()

    def patient(self, identity: str) -> str:
        return f"P{self.identifier(identity, 'patient')}"

    def content(self, body: bytes) -> str:
        """Tells files apart that carry the same instance UID; from keyed content, so that no dictionary finds it."""
        return hmac.new(self.secret, b"content\0" + hashlib.sha256(body).digest(), hashlib.sha256).hexdigest()[:16]

    def shift(self, patient: str) -> timedelta:
        """How far this patient's dates move."""
        return -timedelta(weeks=53 + int.from_bytes(self._mac("dates", patient)[:4], "big") % WEEKS)


def shifted(text: str, by: timedelta) -> str | None:
    """A DA or DT value moved; None when it is no date. Partial dates keep their precision, times stay as they are."""
    text = text.strip()
    if re.fullmatch(r"\d{4}\.\d{2}\.\d{2}", text):
        text = text.replace(".", "")
    found = DIGITS.match(text)
    if not found:
        return None
    year, month, day = found.groups()
    rest = text[found.end() :]
    if rest and not ((day and re.fullmatch(r"[\d.]*([+-]\d{4})?", rest)) or re.fullmatch(r"[+-]\d{4}", rest)):
        return None
    try:
        moved = date(int(year), int(month or 7), int(day or 15)) + by
    except (ValueError, OverflowError):
        return None
    full = f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"
    return full[: len(found.group())] + rest


def capped(age: str) -> str | None:
    """An AS value with old ages in one group; None when it is no age."""
    found = AGE.fullmatch(age.strip())
    if not found:
        return None
    return "090Y" if found.group(2) == "Y" and int(found.group(1)) > OLDEST else found.group()
