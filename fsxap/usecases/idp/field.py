"""A field of a document: what it says, as it stands on the page, where, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fsxap.documents import Box, place

Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """`value` is normalised: dates ISO 8601, amounts decimal strings. `page` counts from 1; it and `box` are None where
    the field does not come from print. `engine` is set where it is not the document's text engine."""

    name: str
    value: Value
    raw: str
    confidence: float
    page: int | None = None
    box: Box | None = None
    engine: str = ""

    def record(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "value": list(self.value) if isinstance(self.value, tuple) else self.value,
            "raw": self.raw,
            "confidence": round(self.confidence, 3),
            "page": self.page,
            "box": place(self.box) if self.box else None,
        }
        return row | {"engine": self.engine} if self.engine else row

    def at(self, confidence: float) -> Field:
        """The same with another confidence, held between 0 and 1."""
        return replace(self, confidence=min(1.0, max(0.0, confidence)))


Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class LineItem:
    """One position of an invoice; amounts and quantities are decimal strings, empty when not said."""

    description: str = ""
    quantity: str = ""
    unit_price: str = ""
    total: str = ""
    confidence: float = 1.0
    page: int | None = None
    box: Box | None = None

    def record(self) -> dict[str, Any]:
        return {
            "description": self.description,
            "quantity": self.quantity,
            "unit_price": self.unit_price,
            "total": self.total,
            "confidence": round(self.confidence, 3),
            "page": self.page,
            "box": place(self.box) if self.box else None,
        }
