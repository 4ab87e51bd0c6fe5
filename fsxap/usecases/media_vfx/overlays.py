"""Looks for what was laid over a shot, a slate before it or a burn-in on it, and for what should be moderated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy

from fsxap.engine.types import Kit
from fsxap.errors import MissingExtra
from fsxap.ports import TextInImage
from fsxap.rendering import Moderation
from fsxap.usecases.media_vfx import previews
from fsxap.usecases.media_vfx.inspect import Limits
from fsxap.usecases.media_vfx.sequences import Group
from fsxap.usecases.media_vfx.spec import LOOKS
from fsxap.usecases.media_vfx.table import NEAR, Fault, Row, median
from fsxap.usecases.media_vfx.temporal import change

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, as parts of width and height."""
Boxes = list[Box]
Preview = Callable[[Row], previews.Picture]

LEAST = 3
"""Frames of the shot that have to carry text in one place before it is a burn-in."""
SURE, LETTERS = 0.6, 2
"""A line counts when so many letters or digits of it were read so surely: texture is taken for print, not read."""
SAME_PLACE = 0.5
"""What two boxes have in common, as part of what both cover: counters change their width."""
OTHER, JUMP, LEAST_JUMP = 0.5, 4.0, 0.02
"""Of a slate and the frame after it: highest correlation, least change in units of the shot's own, least change."""
STILL = 0.02
"""Change of luminance between samples, as part of its mean, below which the picture stands still."""

UNMODERATED = "moderation: no embedded engine judges content (--engine moderation=aws)"


@dataclass
class Overlays:
    """`slates` are keys of frames that are not of the shot; `unlooked` is what was asked for and could not be told."""

    slates: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    unlooked: list[str] = field(default_factory=list)


def look(group: Group, rows: Sequence[Row], limits: Limits, kit: Kit) -> Overlays:
    """At LOOKS frames of every view at most, when parameters ask for it."""
    made = Overlays()
    asked = group.kind == "sequence" and {kit.params["slate"], kit.params["burnin"]} != {"any"}
    for view in group.views:
        mine = sorted((row for row in rows if row.view == view), key=lambda row: row.frame)
        preview = _remembered(limits, kit)
        if asked:
            _text(view, mine, preview, kit, made)
        if kit.params["moderation"]:
            _moderate([row for row in mine if row.look is not None], preview, kit.moderation, made)
    return made


def _remembered(limits: Limits, kit: Kit) -> Preview:
    shown: dict[str, previews.Picture] = {}

    def preview(row: Row) -> previews.Picture:
        if row.key not in shown:
            kit.cancel.check()
            shown[row.key] = previews.of_row(row, kit.source.read, kit.frames, limits)
        return shown[row.key]

    return preview


def _text(view: str, rows: Sequence[Row], preview: Preview, kit: Kit, made: Overlays) -> None:
    try:
        finder = kit.text_on_frames
    except MissingExtra as error:
        made.unlooked.append(f"text on frames: {error.message} ({error.hint})")
        return
    slate, burnin = kit.params["slate"], kit.params["burnin"]
    shot = [row for row in rows if row.look is not None]
    about = f" of {view}" if view else ""
    first = rows[0]
    is_slate = first.look is not None and differs(shot) and bool(_boxes(finder, preview(first)))
    if is_slate:
        made.slates.add(first.key)
        shot = shot[1:]
    if slate != "any":
        made.facts[f"slate{about}"] = "present" if is_slate else "absent"
        if first.look is None or len(shot) < LEAST:
            made.unlooked.append(f"slate{about}: too few frames could be decoded")
        elif is_slate != (slate == "required"):
            made.faults.append(Fault("slate-unexpected" if is_slate else "slate-missing", first))
    if burnin != "any":
        samples = _spread(shot)
        if len(samples) < LEAST:
            made.unlooked.append(f"burn-in{about}: too few frames could be decoded")
        else:
            common = in_all([_boxes(finder, preview(row)) for row in samples])
            made.facts[f"burn_in{about}"] = "present" if common else "absent"
            if bool(common) != (burnin == "required"):
                rule = "burn-in-unexpected" if common else "burn-in-missing"
                made.faults += [Fault(rule, row, detail) for row, detail in _told(samples, common)]
    made.facts["text_engine"] = finder.engine


def differs(shot: Sequence[Row]) -> bool:
    """Whether the first frame is another picture than those after it: no motion leads from one to the other."""
    looks = [row.look for row in shot[: NEAR + 2] if row.look is not None]
    if len(looks) < LEAST + 1:
        return False
    first, second, *_ = looks
    # The least, because a shot may fade in.
    usual = min(change(one, other).mean for one, other in pairwise(looks[1:]))
    jump = change(first, second).mean
    return jump > max(JUMP * usual, LEAST_JUMP) and _alike(first.table, second.table) < OTHER


def _alike(one: Any, other: Any) -> float:
    """Correlation of two small pictures; 0 where one of them is of one value."""
    if one.std() < 1e-6 or other.std() < 1e-6:
        return 0.0
    return float(numpy.corrcoef(one.ravel(), other.ravel())[0, 1])


def _spread(rows: Sequence[Row]) -> list[Row]:
    """LOOKS rows at even distances, the first and the last among them."""
    number = min(LOOKS, len(rows))
    return [rows[at * (len(rows) - 1) // max(1, number - 1)] for at in range(number)]


def _boxes(finder: TextInImage, picture: previews.Picture) -> Boxes:
    """Where lines stand that were read."""
    height, width = picture.shape[:2]
    found = []
    for line in finder.find(picture):
        if line.confidence >= SURE and sum(map(str.isalnum, line.text)) >= LETTERS:
            xs, ys = [x / width for x, _ in line.quad], [y / height for _, y in line.quad]
            found.append((min(xs), min(ys), max(xs), max(ys)))
    return found


def in_all(samples: Sequence[Boxes]) -> Boxes:
    """Boxes of the first sample that have one in the same place in every other."""
    first, *others = samples
    return [box for box in first if all(any(_overlap(box, each) >= SAME_PLACE for each in other) for other in others)]


def _overlap(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0.0, wide) * max(0.0, high)
    return both / max(_area(one) + _area(other) - both, 1e-12)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _told(samples: Sequence[Row], common: Boxes) -> Iterator[tuple[Row, dict[str, Any]]]:
    """What stands in a picture that stands still may be part of it: a person has to tell."""
    looks = [row.look for row in samples if row.look is not None]
    moved = median([change(one, other).mean for one, other in pairwise(looks)])
    behind = "moves" if moved > STILL * max(abs(median([look.mean for look in looks])), 1e-3) else "stands still"
    for row, seen in zip(samples, looks, strict=True):
        boxes = [
            [round(left * seen.width), round(top * seen.height), round(right * seen.width), round(bottom * seen.height)]
            for left, top, right, bottom in common[:20]
        ]
        yield row, {"boxes": boxes, "picture": behind} if boxes else {}


def _moderate(rows: Sequence[Row], preview: Preview, engine: Moderation | None, made: Overlays) -> None:
    if engine is None:
        made.unlooked.append(UNMODERATED)
        return
    samples = _spread(rows)
    for row in samples:
        for label in engine.labels(preview(row)):
            detail = {"label": label.name, "parent": label.parent, "confidence": round(label.confidence, 3)}
            made.faults.append(Fault("moderation-label", row, detail))
    if samples:
        made.facts |= {"moderated": made.facts.get("moderated", 0) + len(samples), "moderation_engine": engine.engine}
