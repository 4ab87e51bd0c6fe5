"""Who sells: named by a label, at the head of a receipt, or in a letter's head, sender's line or footer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from fsxap.documents import around
from fsxap.usecases.idp import company
from fsxap.usecases.idp.blocks import SENDER, Party, below, joined, labelled
from fsxap.usecases.idp.customer import MARK
from fsxap.usecases.idp.field import Field
from fsxap.usecases.idp.layout import Place, Segment, fold
from fsxap.usecases.idp.search import Text

_INTRODUCED = re.compile(r"\d{5,}\s?-\s?[a-z]|co\.?\s?reg|gst|company")
_REGISTERED = re.compile(r"iban|ust|tva|vat|hrb|tel|fon|登録番号|〒|siret|gst|nif|cif|abn")
HEAD = 0.25
"""How far down its page a letter's head reaches."""


def vendor(text: Text, receipt: bool, buyer: Party | None) -> Party | None:
    candidates = [*labelled(text, "vendor"), *(_receipt_heads(text) if receipt else _letterheads(text))]
    taken = fold(buyer.name) if buyer else ""
    fitting = [each for each in candidates if each.name and (not taken or fold(each.name) != taken)]
    return max(fitting, key=lambda each: each.score, default=None)


def _receipt_heads(text: Text) -> Iterator[Party]:
    """The first lines of a receipt: the name comes before its address and numbers."""
    rank = 0
    for at, row in enumerate(text.rows[:12]):
        if row.page != 1 or re.search(r"total|cashier|qty|item", row.folded):
            return
        segment = row.segments[0]
        said = row.text.replace("  ", " ")
        looks = company.named(said)
        if looks <= -0.4:
            continue
        place = _continued(text, at, joined(row.segments))
        looks = max(looks, company.named(place.text))
        following = text.rows[at + 1 : at + 3]
        announced = (
            0.12 if any(_INTRODUCED.search(each.folded) or company.is_address(each.text) for each in following) else 0.0
        )
        # A trade under the name, such as "Bistro & Cafe", speaks for the line above it.
        trade = 0.3 if 0 <= looks < 0.2 and following and 0.2 <= company.named(following[0].text) < 0.6 else 0.0
        size = 0.06 if segment.height > 1.25 * _height(text) else 0.0
        score = 0.52 + 0.45 * looks + announced + size + trade - 0.05 * rank
        rank += 1
        yield Party(place, company.name_of(place.text), min(0.97, score), at, segment)


def _continued(text: Text, at: int, place: Place) -> Place:
    """A legal form alone on the next line belongs to the name."""
    if at + 1 >= len(text.rows) or company.LEGAL.search(fold(place.text)):
        return place
    following = text.rows[at + 1]
    said = fold(following.text).strip()
    match = company.LEGAL.search(said)
    near = following.box[1] - place.box[3] < 1.2 * (place.box[3] - place.box[1])
    # "RESTAURANT SDN BHD" is no whole name; "FOUR QUARTERS SDN BHD" is one.
    if (
        match is None
        or len(said[: match.start()].split()) > 1
        or not near
        or company.is_contact(said)
        or company.named(place.text) < 0
    ):
        return place
    second = joined(following.segments)
    together = around((place.box, second.box))
    return Place(f"{place.text} {second.text}", place.page, together, min(place.confidence, second.confidence))


def _height(text: Text) -> float:
    heights = sorted(segment.height for row in text.rows for segment in row.segments)
    return heights[len(heights) // 2] if heights else 0.0


def _letterheads(text: Text) -> Iterator[Party]:
    """Companies named anywhere on a letter: the sender stands in its own line, on top, in the footer, or again and
    again."""
    seen: Counter[str] = Counter()
    places: list[tuple[int, Segment, Place, float]] = []
    for at, row in enumerate(text.rows):
        for segment in row.segments:
            for place, sender in _names(segment):
                seen[_key(place.text)] += 1
                places.append((at, segment, place, sender))
    usual = _height(text)
    for at, segment, place, sender in places:
        looks = company.named(place.text)
        head = 0.0 if sender else _heads(text, at, segment, usual)
        if looks < (0.2 if not head and not sender else -0.05) or MARK.search(segment.text):
            continue
        near = " ".join(row.folded for row in text.rows[max(0, at - 3) : at + 6])
        evidence = 0.1 if _REGISTERED.search(near) else 0.0
        first = 0.1 if at < len(text.rows) / 6 else 0.0
        again = 0.15 if seen[_key(place.text)] > 1 else 0.0
        score = min(0.95, 0.4 + 0.25 * looks + 0.2 * sender + head + evidence + first + again)
        yield Party(place, company.name_of(place.text), score, at, segment)


def _heads(text: Text, at: int, segment: Segment, usual: float) -> float:
    """How much a line looks like the name over an address at the head of a letter."""
    if segment.page != 1 or segment.box[1] > HEAD or company.is_label(segment.text) or ":" in segment.text:
        return 0.0
    under = [each for _, each in below(text, at, segment, 4)]
    if not any(company.has_town(each.text) for each in under) or company.is_address(segment.text):
        return 0.0
    larger = 0.1 if segment.height > 1.2 * usual else 0.0
    reachable = 0.1 if any(company.is_contact(each.text) for each in under) else 0.0
    return 0.1 + larger + reachable


def _names(segment: Segment) -> Iterator[tuple[Place, float]]:
    """A segment, or the first part of a sender's line: "Company • Street • Town"."""
    marks = list(SENDER.finditer(segment.folded))
    if marks and company.is_address(segment.text):
        whole = len(marks) > 1 and company.has_town(segment.text[marks[-1].end() :])
        yield segment.part(0, marks[0].start()), 2.0 if whole else 1.0
        return
    legal = company.LEGAL.search(segment.folded)
    if legal and company.is_address(segment.folded[legal.end() :]):
        yield segment.part(0, legal.end()), 1.0
    else:
        yield segment.whole(), 0.0


def _key(text: str) -> str:
    return re.sub(r"\W", "", fold(text))


def vendor_fields(text: Text, party: Party) -> Iterator[Field]:
    """Name and address of a vendor."""
    yield party.field("vendor")
    address = _behind(party) or _under(text, party)
    if address:
        yield address


def _under(text: Text, party: Party) -> Field | None:
    """The lines under the name down to the one with the town, or as long as they look like an address."""
    block = [each for _, each in below(text, party.row, party.segment)]
    ends = [at for at, each in enumerate(block[:5]) if company.has_town(each.text)]
    if ends:
        # "1200 Industrial Parkway" begins like a postal code and a town; the line after it is the town.
        last = ends[0] + 1 if ends[0] + 1 in ends else ends[0]
        lines = [each for each in block[: last + 1] if not _other(each.text)]
    else:
        lines = [each for each in block if company.is_address(each.text) and not company.is_contact(each.text)]
    if not lines:
        return None
    place = joined(lines)
    said = ", ".join(each.text.strip(" ,.") for each in lines)
    return Field("vendor_address", said, place.text, (0.9 if ends else 0.6) * place.confidence, place.page, place.box)


def _other(text: str) -> bool:
    return company.is_contact(text) or company.is_title(text) or company.is_label(text)


def _behind(party: Party) -> Field | None:
    """The address in a sender's line: "Company - Street - Town"."""
    start = party.segment.text.find(party.place.text) + len(party.place.text)
    if not SENDER.match(party.segment.folded[start:]):
        return None
    place = party.segment.part(start, len(party.segment.text))
    pieces = [piece.strip(" ,") for piece in SENDER.split(place.text) if piece.strip(" ,")]
    sure = 0.93 if any(company.has_town(piece) for piece in pieces) else 0.6
    said = ", ".join(pieces)
    return Field("vendor_address", said, place.text.strip(), sure * place.confidence, place.page, place.box)
