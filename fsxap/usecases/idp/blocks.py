"""Blocks of lines that name somebody: what stands under a label, under a name, or over a town."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fsxap.documents import around
from fsxap.usecases.idp import company
from fsxap.usecases.idp.field import Field
from fsxap.usecases.idp.layout import Place, Segment, overlap
from fsxap.usecases.idp.search import Hit, Text, hits

SENDER = re.compile(r"\s*(?:[•·|●∙◦・*]|\s[-–]\s)\s*")
"""What parts the pieces of a sender's line: "Company • Street • Town"."""
_NAME_LINE = re.compile(r"^\W*(?:name|firma|company|会社名)\s*[:：]")
_OF_A_NUMBER = re.compile(
    r"(?:no|nr|id|code|ref|reference|date|tel|fax|number|numero|nummer|n°|e-?mail|po|order|account)(?![a-z])|#"
)


@dataclass(frozen=True, slots=True)
class Party:
    """A candidate: the line that names it, and how much stands for it."""

    place: Place
    name: str
    score: float
    row: int
    segment: Segment

    def field(self, name: str) -> Field:
        place = self.place
        confidence = self.score * min(1.0, place.confidence + 0.02)
        return Field(name, self.name, place.text.strip(), confidence, place.page, place.box)


def below(text: Text, row: int, segment: Segment, most: int = 6) -> list[tuple[int, Segment]]:
    """The lines of the block that a segment begins: under it, near, and aligned left or centred."""
    found: list[tuple[int, Segment]] = []
    last = segment
    for at in range(row + 1, min(len(text.rows), row + 3 * most)):
        if text.rows[at].page != segment.page or text.rows[at].box[1] - last.box[3] > 1.8 * last.height:
            break
        for each in text.rows[at].segments:
            starts = abs(each.box[0] - last.box[0]) < 0.02
            if starts or (overlap(each.box, last.box) > 0.5 and each.box[0] - last.box[0] < 0.12):
                found.append((at, each))
                last = each
                break
        if len(found) >= most:
            break
    return found


def above(text: Text, row: int, segment: Segment) -> list[tuple[int, Segment]]:
    """The lines of the block that a segment ends, upwards; a title, a label or a sender's line is none of it."""
    found: list[tuple[int, Segment]] = []
    last = segment
    for at in range(row - 1, max(-1, row - 9), -1):
        if last.box[1] - text.rows[at].box[3] > 2.2 * last.height:
            break
        aligned = next((each for each in text.rows[at].segments if abs(each.box[0] - segment.box[0]) < 0.015), None)
        if aligned is None:
            continue
        wide = last.box[1] - aligned.box[3] > 2.2 * last.height
        heads = company.is_title(aligned.text) or aligned.folded.rstrip().endswith((":", "："))
        if wide or heads or SENDER.search(aligned.text):
            break
        found.append((at, aligned))
        last = aligned
    return found


def labelled(text: Text, name: str) -> Iterator[Party]:
    """A label that stands alone heads a block; one with text behind it says the name itself."""
    for hit in hits(text, name):
        if hit.before.strip(" .:-*") or hit.weight < 1:
            continue
        rest = hit.after.strip(" .:：-)")
        if _OF_A_NUMBER.match(rest):
            continue
        if len(rest) > 2 and ":" in hit.after[:3] + hit.segment.folded[max(0, hit.end - 1) : hit.end + 2]:
            place = hit.segment.part(len(hit.segment.text) - len(hit.after.lstrip(" .:：-)")), len(hit.segment.text))
            yield Party(place, company.name_of(place.text), 0.8, hit.row, hit.segment)
            continue
        if not rest:
            yield from _named(text, _lines(text, hit))


def _lines(text: Text, hit: Hit) -> list[tuple[int, Segment]]:
    """Under a label, or right of it where nothing is under it."""
    lines = below(text, hit.row, hit.segment)
    if lines:
        return lines
    return [(hit.row, each) for each in text.rows[hit.row].segments[hit.at + 1 : hit.at + 2]]


def _named(text: Text, lines: Sequence[tuple[int, Segment]]) -> Iterator[Party]:
    """The name among the lines of a block: what follows "Name:", else the first line that may be one."""
    for row, segment in lines:
        if match := _NAME_LINE.match(segment.folded):
            place = segment.part(match.end(), len(segment.text))
            if not place.text.strip():
                right = [each for each in text.rows[row].segments if each.box[0] > segment.box[2]]
                if not right:
                    continue
                place = right[0].whole()
            yield Party(place, company.name_of(place.text), 0.97, row, segment)
            return
    for row, segment in lines[:6]:
        looks = company.named(segment.text)
        if looks > -0.3 and not company.is_contact(segment.text) and not company.is_label(segment.text):
            yield Party(segment.whole(), company.name_of(segment.text), 0.82 + 0.14 * max(0.0, looks), row, segment)
            return


def joined(segments: Sequence[Segment]) -> Place:
    places = [segment.whole() for segment in segments]
    sure = min(place.confidence for place in places)
    return Place(" ".join(each.text for each in places), places[0].page, around(each.box for each in places), sure)
