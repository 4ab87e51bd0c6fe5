"""Lines of print on a picture and the characters in each, by the models inside rapidocr's wheel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy

from fsxap.providers.local.models import load

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]
    Quads = NDArray[numpy.float32]


def engine() -> str:
    return f"rapidocr {version('rapidocr')} (PP-OCRv6 small)"


@dataclass(frozen=True, slots=True)
class Read:
    """A line as read: its text, and for each character that is no blank where in the text it is, where its middle is
    across the crop (in pixels), and how sure the model is."""

    text: str = ""
    places: tuple[int, ...] = ()
    middles: tuple[float, ...] = ()
    sure: tuple[float, ...] = ()

    @property
    def confidence(self) -> float:
        return sum(self.sure) / len(self.sure) if self.sure else 0.0


class Recognition:
    """Owns a detector and a recognizer; `threads` is what each may use. Pictures are RGB (H, W, 3)."""

    def __init__(self, threads: int = 1) -> None:
        # Single digits stand out less than lines; what they are is read later.
        options = {"box_thresh": 0.4, "limit_side_len": 100_000}
        self._detector, self._recognizer = load("reading scanned pages", threads, options)

    def detect(self, picture: Picture) -> Quads:
        """Four corners (N, 4, 2) of each line, clockwise from the top left."""
        found = self._detector(picture[:, :, ::-1])
        if found.boxes is None or not len(found.boxes):
            return numpy.zeros((0, 4, 2), numpy.float32)
        return ordered(numpy.asarray(found.boxes, numpy.float32))

    def read(self, crops: Sequence[Picture]) -> list[Read]:
        """What each upright crop of a line says."""
        from rapidocr.ch_ppocr_rec import TextRecInput

        if not crops:
            return []
        swapped = [numpy.ascontiguousarray(crop[:, :, ::-1]) for crop in crops]
        said: Any = self._recognizer(TextRecInput(img=swapped, return_word_box=True))
        return [
            _read(text, info, crop.shape[1])
            for text, info, crop in zip(said.txts, said.word_results, crops, strict=True)
        ]


def _read(text: str, info: Any, width: int) -> Read:
    columns = [column for word in info.word_cols for column in word]
    places = tuple(index for index, character in enumerate(text) if not character.isspace())
    if not places or len(columns) != len(places) or len(info.confs) != len(text):
        return Read()
    middles = tuple((column + 0.5) / info.line_txt_len * width for column in columns)
    return Read(text, places, middles, tuple(float(info.confs[index]) for index in places))


def ordered(quads: Quads) -> Quads:
    """Corners clockwise from the top left, whatever they began with."""
    total, difference = quads.sum(2), quads[:, :, 1] - quads[:, :, 0]
    order = numpy.stack((total.argmin(1), difference.argmin(1), total.argmax(1), difference.argmax(1)), 1)
    return numpy.take_along_axis(quads, order[:, :, None], 1)


def sides(quads: Quads) -> tuple[NDArray[numpy.float32], NDArray[numpy.float32]]:
    """Widths and heights (N,)."""
    wide = numpy.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    tall = numpy.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    return wide.astype(numpy.float32), tall.astype(numpy.float32)


def crop(picture: Picture, quad: Quads) -> Picture:
    """The line cut out along its own edges."""
    import cv2

    (wide,), (tall,) = sides(quad[None])
    width, height = max(4, round(float(wide))), max(4, round(float(tall)))
    to = numpy.array(((0, 0), (width, 0), (width, height), (0, height)), numpy.float32)
    cut: Picture = cv2.warpPerspective(
        picture, cv2.getPerspectiveTransform(quad, to), (width, height),
        borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC,
    )  # fmt: skip
    return cut
