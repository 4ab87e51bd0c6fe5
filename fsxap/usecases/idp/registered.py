"""The seller's numbers as fields: bank account, tax and registration numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsxap.usecases.idp.field import Field
from fsxap.usecases.idp.identifiers import Identifier, ibans, registration_numbers, vat_numbers
from fsxap.usecases.idp.layout import Place
from fsxap.usecases.idp.search import Text, hits, zones

_BUYERS = re.compile(r"(?<![a-z])(?:ihre?|client|kunde|kaufer|customer|your|cliente)(?![a-z])")
MARKED = 0.5
"""Points of a number that is not said to be the buyer's, at least."""
UNSURE = 0.8
"""How sure a tax number is beside another."""
_TAX_NUMBER = re.compile(
    r"^[\s.:#=\-)(]{0,6}(?:no|nr|id)?[\s.:#]{0,3}(?P<value>[a-z]{0,3}[\d][\d\s/\-.]{5,20}\d|[\d]{6,15})"
)


def identifiers(text: Text) -> Iterator[Field]:
    """IBAN, tax and registration numbers; those that belong to the buyer are left out."""
    found: dict[str, list[tuple[Identifier, float]]] = {"iban": [], "vat": [], "jp": []}
    for row in text.rows:
        for at, segment in enumerate(row.segments):
            left = row.segments[at - 1].folded if at else ""
            buyers = 0.5 if _BUYERS.search(f"{left} {segment.folded}") else 1.0
            for each in (*ibans(segment, "iban" in row.folded), *vat_numbers(segment), *registration_numbers(segment)):
                found[each.kind].append((each, (0.98 if each.valid else 0.5) * buyers))
    for kind, name in (("iban", "iban"), ("vat", "vendor_tax_id"), ("jp", "registration_number")):
        if found[kind]:
            each, score = max(found[kind], key=lambda pair: pair[1])
            if kind == "vat" and len({other.value for other, points in found[kind] if points >= MARKED}) > 1:
                # The buyer's may stand unmarked, and have the better check digits.
                score *= UNSURE
            place = each.place
            yield Field(name, each.value, place.text, score * _read(place, each), place.page, place.box)
    if not found["vat"] and (other := _tax_number(text)):
        yield other


def _read(place: Place, each: Identifier) -> float:
    """A check digit that agrees says more about the reading than the reader does."""
    return 1.0 if each.valid else place.confidence


def _tax_number(text: Text) -> Field | None:
    for hit in hits(text, "vendor_tax_id"):
        if _BUYERS.search(hit.before):
            continue
        for zone in list(zones(text, hit, 0))[:2]:
            match = _TAX_NUMBER.match(zone.segment.folded[zone.start :])
            if match:
                place = zone.segment.part(zone.start + match.start("value"), zone.start + match.end("value"))
                value = re.sub(r"\s", "", place.text)
                # A country's code before digits that break its rules is a misreading.
                sure = 0.6 if value[:2].isalpha() else 0.9
                return Field("vendor_tax_id", value, place.text, sure * place.confidence, place.page, place.box)
    return None
