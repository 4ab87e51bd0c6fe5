"""Owns the examination of one picture: every frame looked at, what identifies painted over, and looked at once more."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fsxap.errors import FsxapError, ItemError, MissingExtra
from fsxap.ports import TextInImage
from fsxap.usecases.healthcare_dicom.parse import Elements
from fsxap.usecases.healthcare_dicom.text import Identity

if TYPE_CHECKING:
    from fsxap.usecases.healthcare_dicom.pixels.burned_in import Region
    from fsxap.usecases.healthcare_dicom.pixels.decode import Frames, Picture
    from fsxap.usecases.healthcare_dicom.pixels.layout import Box

Finder = Callable[[], TextInImage]
"""Connected only for a picture that can be looked at: engines are heavy."""
TELLING, REST = ("identifier", "date"), "not a known label"
"""How reasons begin that are identifiers read, and the reason of legible text that nobody could explain."""
LOOKS = 3
"""How often a painted picture is looked at again before it is given up."""


class DetectorFailed(ItemError):
    """Nobody knows what text is in the picture."""

    code = "detector"


@dataclass(frozen=True, slots=True)
class Examined:
    """A picture after its examination. `boxes` are what was painted, by frame; `recoded` frames have new bytes."""

    elements: Elements
    syntax: str
    engine: str
    picture: Picture
    boxes: Mapping[int, tuple[Box, ...]]
    recoded: tuple[int, ...] = ()

    @property
    def regions(self) -> int:
        """Different places that were painted, in however many frames."""
        return len({box for painted in self.boxes.values() for box in painted})


def own_texts(identity: Identity, vocabulary: Collection[str]) -> frozenset[str]:
    """What of the header to look for in its picture. Of descriptions, words that are everybody's are not looked for."""
    found = identity.tokens | identity.dates | identity.numbers | identity.places
    found |= {" ".join(sorted(person)) for person in identity.persons}
    said = (re.sub(r"[^\w]+", " ", phrase).split() for phrase in identity.phrases)
    return found | {word for words in said for word in words if word not in vocabulary}


def require() -> None:
    """`MissingExtra` where pictures cannot be decoded, or the result could not be proved."""
    packages = ("numpy", "imagecodecs", "cv2", "rapidfuzz", "openjpeg", "rle", "jpeg_ls")
    if not all(find_spec(name) for name in packages):
        raise MissingExtra("dicom", "decoding of pictures")


def examine(
    elements: Elements, *, syntax: str, big: bool, own: Collection[str], finder: Finder, overlaid: bool = False
) -> Examined | None:
    """The data set with what identifies painted over; None where there is no picture. `own` are the header's values.

    `overlaid`: compressed frames hold an overlay in bits that are not samples, and lose it. `Undecodable` or
    `DetectorFailed` where the picture cannot be looked at: the file must not leave then.
    """
    require()
    from fsxap.usecases.healthcare_dicom.pixels import codec, encode
    from fsxap.usecases.healthcare_dicom.pixels.decode import decoded, picture_of

    picture = picture_of(elements, syntax=syntax, big=big)
    if picture is None:
        return None
    frames = decoded(picture)
    look, layout = finder(), picture.layout
    engines = f"{look.engine} + {codec.engine()}" if picture.places else look.engine
    regions = _find(frames, own, look)
    boxes = _boxes(regions, picture)
    telling = _boxes([each for each in regions if each.reason.startswith(TELLING)], picture)
    if telling:
        boxes = _looked_again(frames, boxes, telling, picture, own, look)
    recoded = {index: boxes.get(index, ()) for index in range(layout.frames) if overlaid or index in boxes}
    if not recoded:
        return Examined(elements, syntax, engines, picture, {})
    painted = encode.masked(elements, picture, recoded)
    return Examined(painted.elements, painted.syntax, engines, picture, boxes, painted.recoded)


def _find(frames: Frames, own: Collection[str], finder: TextInImage) -> Sequence[Region]:
    from fsxap.usecases.healthcare_dicom.pixels.burned_in import find_regions

    try:
        return find_regions(frames, own, finder)
    except FsxapError:
        raise
    except Exception as error:  # noqa: BLE001 - engines raise what they like, and may quote what they read
        raise DetectorFailed(f"the detector for text in pictures failed ({type(error).__name__})") from None


def _boxes(regions: Sequence[Region], picture: Picture) -> dict[int, tuple[Box, ...]]:
    from fsxap.usecases.healthcare_dicom.pixels.mask import fitted

    found: dict[int, list[Box]] = {}
    for region in regions:
        box = fitted(region.box, picture.layout)
        for index in range(picture.layout.frames) if region.frames is None else region.frames:
            if box and box not in found.setdefault(index, []):
                found[index].append(box)
    return {index: tuple(sorted(each)) for index, each in sorted(found.items()) if each}


def _looked_again(
    frames: Frames,
    boxes: dict[int, tuple[Box, ...]],
    telling: dict[int, tuple[Box, ...]],
    picture: Picture,
    own: Collection[str],
    finder: TextInImage,
) -> dict[int, tuple[Box, ...]]:
    """Boxes grown by identifiers that are still read around those of identifiers: letters may stick out of a box.

    What is merely not a known label was judged in the whole picture, and a cut of it says less; but where it goes on
    in the row of an identifier it is the rest of that.
    """
    for _ in range(LOOKS):
        left = [
            replace(region, frames=_concerned(region.box, telling))
            for region in _around(frames, boxes, telling, own, finder)
            if region.reason.startswith(TELLING) or (region.reason == REST and _goes_on(region.box, telling))
        ]
        if not left:
            return boxes
        telling = _boxes(left, picture)
        boxes = {index: tuple(sorted({*boxes.get(index, ()), *telling.get(index, ())})) for index in {*boxes, *telling}}
    raise DetectorFailed("text that identifies is still found after it was painted over")


def _goes_on(box: Box, telling: Mapping[int, Sequence[Box]]) -> bool:
    """Whether a box stands in the row, or the column, of a painted one, at most one height of it away."""
    from fsxap.usecases.healthcare_dicom.pixels.layout import turned

    return any(_follows(box, each) or _follows(turned(box), turned(each)) for row in telling.values() for each in row)


def _follows(box: Box, painted: Box) -> bool:
    high = painted[3] - painted[1]
    apart = max(box[0] - painted[2], painted[0] - box[2])
    shared = min(box[3], painted[3]) - max(box[1], painted[1])
    return high <= painted[2] - painted[0] and -high <= apart <= high and 2 * shared > min(high, box[3] - box[1])


def _concerned(box: Box, boxes: Mapping[int, Sequence[Box]]) -> tuple[int, ...]:
    """Frames in which something near the box was painted: it was cut out of one of them only."""
    return tuple(index for index, painted in boxes.items() if any(_near(box, each) for each in painted))


def _near(one: Box, other: Box) -> bool:
    margin = max(one[3] - one[1], other[3] - other[1])
    return (
        one[0] <= other[2] + margin
        and other[0] <= one[2] + margin
        and one[1] <= other[3] + margin
        and other[1] <= one[3] + margin
    )


def _around(
    frames: Frames,
    boxes: Mapping[int, Sequence[Box]],
    telling: Mapping[int, Sequence[Box]],
    own: Collection[str],
    finder: TextInImage,
) -> list[Region]:
    """What is found in the neighbourhoods of telling boxes, each cut from the first frame it was painted in."""
    import numpy

    from fsxap.usecases.healthcare_dicom.pixels.mask import black_of

    cuts: dict[Box, int] = {}
    for index, painted in telling.items():
        for box in painted:
            cuts.setdefault(box, index)
    rows, columns = frames.values.shape[1:3]
    pieces, places = [], []
    top = 0
    for (left, above, right, below), index in cuts.items():
        # Turned lines are as wide as others are high.
        margin = min(right - left, below - above)
        x, y = max(0, left - 2 * margin), max(0, above - margin)
        frame = frames.values[index].copy()
        for each in boxes[index]:
            frame[each[1] : each[3], each[0] : each[2]] = black_of(frame, frames)
        piece = frame[y : min(rows, below + margin), x : min(columns, right + 2 * margin)]
        pieces.append((piece, black_of(frame, frames)))
        places.append((top, top + piece.shape[0], x, y))
        top += piece.shape[0]
    width = max(piece.shape[1] for piece, _ in pieces)
    sheet = numpy.empty((top, width, *frames.values.shape[3:]), frames.values.dtype)
    for (start, end, _x, _y), (piece, value) in zip(places, pieces, strict=True):
        sheet[start:end] = value
        sheet[start:end, : piece.shape[1]] = piece
    found = _find(replace(frames, values=sheet[None], ultrasound=()), own, finder)
    return [replace(region, box=_back(region.box, places)) for region in found]


def _back(box: Box, places: Sequence[tuple[int, int, int, int]]) -> Box:
    """A box on the sheet of cuts, as it lies in the picture."""
    middle = (box[1] + box[3]) / 2
    start, _end, x, y = next((place for place in places if middle < place[1]), places[-1])
    return box[0] + x, box[1] - start + y, box[2] + x, box[3] - start + y
