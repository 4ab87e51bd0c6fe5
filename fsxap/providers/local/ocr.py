"""Text in pictures by the models inside rapidocr's wheel: found at any size and turn, read, without the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy

from fsxap.ports import Quad, TextLine
from fsxap.providers.local.models import load

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[numpy.uint8]
    Corners = NDArray[numpy.float32]
    Line = tuple[Corners, float]

TILE = 1024
"""Pixels one look at the detector takes each way: its time and memory grow faster than the area."""

OVERLAP = 192
"""Neighbouring tiles share this much, so that most lines are whole in one of them."""

SMALL, LARGEST_SCALE = 320, 3.0
"""Pictures with a longer side below this are enlarged: strokes under a pixel and a half are lost on the detector."""

TEXTURE = 0.22
"""A "line" whose height is more than this share of the picture's is speckle taken for print."""

SMOOTH, THICK = 0.4, 17
"""How speckle is looked at again: smoothed by this standard deviation, without what is wider than so many pixels."""

EXTREME, LEAST = 99.9, 10.0
"""Percentile of the strokes' contrast that is shown as the strongest, and the grey levels it stands for at least."""

ROOM = 0.12
"""Of a line's height that the detector leaves at least on either side of its letters, as it is set here."""

SURE = 0.85
"""A reading below this confidence is tried upside down, too."""


class RapidOcr:
    """One set of models. Calls from several threads are safe; `threads` is what one call may use."""

    def __init__(self, threads: int = 1) -> None:
        # Faint and narrow print stays under the thresholds meant for photographs.
        options = {"thresh": 0.2, "box_thresh": 0.3, "unclip_ratio": 1.8, "limit_side_len": 4 * TILE}
        self._detector, self._recognizer = load("reading text in pictures", threads, options)

    @property
    def engine(self) -> str:
        return f"rapidocr {version('rapidocr')} (PP-OCRv6 small)"

    def find(self, picture: Picture, *, read: bool = True) -> Sequence[TextLine]:
        """Lines of text in a grey (H, W) or RGB (H, W, 3) picture of uint8, from top to bottom.

        A line that was found but says nothing legible has no text and confidence 0.
        """
        shaped = numpy.repeat(picture[:, :, None], 3, axis=2) if picture.ndim == 2 else picture[:, :, ::-1]
        shaped = numpy.ascontiguousarray(shaped)
        found: list[Line] = []
        for top, left, tile in _tiles(shaped):
            offset = numpy.array((left, top), numpy.float32)
            found = _joined(found, [(corners + offset, score) for corners, score in self._look(tile)])
        found.sort(key=lambda line: float(line[0][:, 1].min()))
        if not read:
            return [TextLine(_quad(corners), "", score) for corners, score in found]
        return [TextLine(_quad(corners), *self._read(shaped, corners)) for corners, _ in found]

    def _look(self, picture: Any) -> list[Line]:
        """Lines in one tile. Speckle hides what is written on it: where it was taken for print, strokes alone show."""
        enlarged = min(LARGEST_SCALE, max(1.0, SMALL / max(picture.shape[:2])))
        limit = max(48.0, TEXTURE * min(picture.shape[:2]))
        found = self._detect(picture, enlarged)
        lines = [line for line in found if min(_sides(line[0])) <= limit]
        if len(lines) < len(found):
            again = self._detect(_strokes(_calmest(picture)), enlarged)
            lines = _joined(lines, [line for line in again if min(_sides(line[0])) <= limit])
        return lines

    def _detect(self, picture: Any, scale: float) -> list[Line]:
        import cv2

        if scale > 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        found: Any = self._detector(picture)
        if found.boxes is None:
            return []
        boxes = found.boxes.astype(numpy.float32) / numpy.float32(scale)
        return [(box, float(score)) for box, score in zip(boxes, found.scores, strict=True)]

    def _read(self, picture: Any, corners: Corners) -> tuple[str, float]:
        """Upright as a rule; lines higher than wide in both directions."""
        crop = _upright(picture, corners)
        if crop.shape[0] > 1.4 * crop.shape[1]:
            turned = [numpy.rot90(crop, 1), numpy.rot90(crop, 3)]
            if crop.shape[0] < 2 * crop.shape[1]:
                turned.append(crop)
        else:
            turned = [crop]
        read = [self._recognise(each) for each in turned]
        if len(turned) == 1 and read[0][1] < SURE:
            read.append(self._recognise(numpy.rot90(crop, 2)))
        return max(read, key=lambda each: each[1])

    def _recognise(self, crop: Any) -> tuple[str, float]:
        from rapidocr.ch_ppocr_rec import TextRecInput

        said: Any = self._recognizer(TextRecInput(img=[numpy.ascontiguousarray(crop)]))
        text = str(said.txts[0]).strip()
        return text, float(said.scores[0]) if text else 0.0


def _tiles(picture: Any) -> Iterator[tuple[int, int, Any]]:
    """Top, left and part; parts of one single colour have nothing written on them."""
    for top, left in product(_starts(picture.shape[0]), _starts(picture.shape[1])):
        part = picture[top : top + TILE, left : left + TILE]
        if int(part.max()) != int(part.min()) or (part != part[0, 0]).any():
            yield top, left, part


def _starts(length: int) -> list[int]:
    if length <= TILE + OVERLAP // 2:
        return [0]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    return [round(place * (length - TILE) / (count - 1)) for place in range(count)]


def _sides(corners: Corners) -> tuple[float, float]:
    return float(numpy.linalg.norm(corners[0] - corners[1])), float(numpy.linalg.norm(corners[0] - corners[3]))


def _joined(lines: Sequence[Line], others: Sequence[Line]) -> list[Line]:
    """Both, without what lies within a line of the other."""
    kept = [line for line in lines if not any(_inside(line[0], other) for other, _ in others)]
    return kept + [other for other in others if not any(_inside(other[0], line) for line, _ in kept)]


def _strokes(channel: Any) -> Any:
    """What is narrow and brighter or darker than around it, on a ground of one grey, as a grey picture of three."""
    import cv2

    smooth = cv2.GaussianBlur(channel, (0, 0), SMOOTH)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (THICK, THICK))
    bright, dark = (cv2.morphologyEx(smooth, kind, around) for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT))
    most = max(LEAST, float(numpy.percentile(cv2.max(bright, dark), EXTREME)))
    signed = 127 + (bright.astype(numpy.float32) - dark) * numpy.float32(127 / most)
    made = numpy.clip(signed, 0, 255).astype(numpy.uint8)
    return cv2.merge((made, made, made))


def _calmest(picture: Any) -> Any:
    """The channel with the least grain among those that show something."""
    import cv2

    channels = cv2.split(picture)
    contrasts = [float(channel.std()) for channel in channels]
    shows = [channel for channel, contrast in zip(channels, contrasts, strict=True) if 4 * contrast >= max(contrasts)]
    return min(shows, key=lambda channel: float(cv2.absdiff(channel, cv2.blur(channel, (3, 3))).mean()))


def _inside(corners: Corners, known: Corners) -> bool:
    """Whether a line lies within one found before, give or take two pixels."""
    low, high = known.min(0) - 2, known.max(0) + 2
    return bool((corners >= low).all() and (corners <= high).all())


def _upright(picture: Any, corners: Corners) -> Any:
    """The line cut out along its own edges."""
    import cv2

    width, height = (max(4, round(side)) for side in _sides(corners))
    to = numpy.array(((0, 0), (width, 0), (width, height), (0, height)), numpy.float32)
    return cv2.warpPerspective(
        picture, cv2.getPerspectiveTransform(corners, to), (width, height),
        borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC,
    )  # fmt: skip


def _quad(corners: Corners) -> Quad:
    """Without most of what the detector leaves above and below a line; reading wants it, masking does not."""
    wide, high = _sides(corners)
    across = corners[[3, 2, 1, 0]] if wide >= high else corners[[1, 0, 3, 2]]
    return tuple((float(x), float(y)) for x, y in corners + numpy.float32(ROOM) * (across - corners))
