"""Check boxes that are letters or digits of a word, by reading the lines that they stand in before they are erased."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from fsxap.documents import CheckBox
from fsxap.providers.local.documents.cutting import parts
from fsxap.providers.local.documents.recognition import Read, crop, sides
from fsxap.providers.local.documents.upright import straightened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]
    Quads = NDArray[numpy.float32]

OFF = 0.3
"""Of a box's side, how far apart its middle and that of the letter are, at most."""
SURE = 0.95
"""How sure the letter is: in an empty box little is read, and unsurely."""
MARKED = "XxVv口ロ冈図区"
"""What boxes, empty or marked, are read as."""


def without_letters(
    picture: Picture,
    quads: Quads,
    checkboxes: Sequence[CheckBox],
    skew: float,
    read: Callable[[Sequence[Picture]], list[Read]],
) -> tuple[CheckBox, ...]:
    """Those that are no character inside or at the end of a word, such as 0 and D; their places are on the page turned
    by `skew`, the lines' corners (N, 4, 2) on `picture` as it is."""
    if not checkboxes:
        return ()
    height, width = picture.shape[:2]
    boxes = numpy.array([each.box for each in checkboxes]) * (width, height, width, height)
    middles = straightened((boxes[:, :2] + boxes[:, 2:]) / 2, width, height, -skew)
    letters: set[int] = set()
    for quad, wide, tall in zip(quads, *sides(quads), strict=True):
        across = (middles - quad[0]) @ (quad[1] - quad[0]) / wide
        down = (middles - quad[0]) @ (quad[3] - quad[0]) / tall
        (inside,) = numpy.nonzero((across > 0) & (across < wide) & (down > 0) & (down < tall))
        if len(inside):
            cut = crop(picture, quad)
            (said,) = read([cut])
            found = list(_letters(said, cut))
            reach = OFF * (boxes[:, 2] - boxes[:, 0])
            letters |= {int(index) for index in inside if any(abs(at - across[index]) < reach[index] for at in found)}
    return tuple(each for index, each in enumerate(checkboxes) if index not in letters)


def _letters(said: Read, cut: Picture) -> Iterator[float]:
    """Where the middles of sure letters and digits are that do not begin a word."""
    start = 0
    for part in parts(said, cut):
        for index in range(start + 1, start + len(part.text)):
            character = said.text[said.places[index]]
            if said.sure[index] >= SURE and character.isalnum() and character not in MARKED:
                yield said.middles[index]
        start += len(part.text)
