"""The same document twice: by vendor, number and amount, or by pages that read nearly alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fsxap.model import Finding
from fsxap.usecases.idp.layout import fold

DISTANCE = 6
"""Bits of 64 in which two hashes of nearly equal texts differ, at most."""
BAND = 9
"""Bits of a band: hashes within DISTANCE agree in at least one of seven bands."""
MOST = 1_000


class Duplicates:
    """Remembers documents as they come; 200 bytes for each."""

    def __init__(self) -> None:
        self._invoices: dict[tuple[str, str, str], str] = {}
        self._pages: dict[tuple[int, int], list[tuple[int, str, str]]] = {}
        self.findings: list[Finding] = []
        self.number = 0

    def add(self, key: str, data: Mapping[str, Any], number: int = 1) -> bool:
        """Whether a document, the `number`th of its file, is a copy of one that came before."""
        name = key if number == 1 else f"{key}, document {number}"
        first, why = self._same_invoice(name, data) or self._same_pages(name, data) or ("", "")
        if not first:
            return False
        self.number += 1
        if len(self.findings) < MOST:
            own = {"document": number} if number > 1 else {}
            self.findings.append(
                Finding(
                    "idp-duplicate",
                    "medium",
                    f"it is {why} {first}",
                    key,
                    {"first": first, **own},
                    "pay it once; delete or mark the copy",
                    first if number == 1 else f"{first} (document {number})",
                )
            )
        return True

    def _same_invoice(self, name: str, data: Mapping[str, Any]) -> tuple[str, str] | None:
        fields: Mapping[str, Any] = data.get("fields", {})
        said = tuple(_plain(fields[each]["value"]) for each in ("vendor", "number", "total") if each in fields)
        if len(said) < 3 or not all(said):
            return None
        first = self._invoices.setdefault((said[0], said[1], said[2]), name)
        return (first, "the same vendor, number and amount as") if first != name else None

    def _same_pages(self, name: str, data: Mapping[str, Any]) -> tuple[str, str] | None:
        """Nearly equal texts of one vendor differ in their numbers; so only those whose sum and date agree."""
        text = str(data.get("text_hash") or "")
        if not text:
            return None
        bits, says = int(text, 16), _facts(data.get("fields", {}))
        bands = [(at, bits >> (at * BAND) & ((1 << BAND) - 1)) for at in range(7)]
        for band in bands:
            for other, facts, key in self._pages.get(band, ()):
                if (bits ^ other).bit_count() <= DISTANCE and facts == says:
                    return key, "nearly the same text as"
        for band in bands:
            self._pages.setdefault(band, []).append((bits, says, name))
        return None


def _facts(fields: Mapping[str, Any]) -> str:
    return "|".join(str(fields.get(name, {}).get("value", "")) for name in ("number", "total", "issue_date"))


def _plain(value: object) -> str:
    return re.sub(r"\W", "", fold(str(value)))
