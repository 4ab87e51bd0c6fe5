"""Rendered frames and the farms that render them: the values, and the protocols of who reads and who renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture of a sequence.

    `planes` are channels by name, each (H, W) of its data window, in the file's own numbers: float16, float32, uint8,
    uint16 or uint32. `full` is the integer that stands for 1.0, None where numbers are floats. `width` and `height`
    are the display window's; `window` is (x, y) of the planes in it. `depth` is half, float, uint, or bits as text.
    `colour` is what the file says of its colour space, empty when nothing.
    """

    width: int
    height: int
    planes: Mapping[str, NDArray[Any]]
    depth: str
    full: int | None = None
    window: tuple[int, int] = (0, 0)
    aspect: float = 1.0
    colour: str = ""


class Frames(Protocol):
    """Pixels of rendered pictures: EXR, DPX, TIFF, TGA, PNG, JPEG."""

    @property
    def engine(self) -> str: ...

    def read(self, body: bytes, name: str, *, most_pixels: int) -> Frame:
        """`name` tells the kind where the content does not.

        ItemError with the code `truncated` (cut short or damaged), `unreadable` (not the kind of file it says it is),
        `deep`, `unsupported` or `too-large`.
        """
        ...


@dataclass(frozen=True, slots=True)
class ModerationLabel:
    """What a picture may show, by the engine's own taxonomy. `confidence` is 0 to 1."""

    name: str
    parent: str
    confidence: float


class Moderation(Protocol):
    """Whether somebody should look at a picture before others do: labels, no verdict."""

    @property
    def engine(self) -> str: ...

    def labels(self, picture: NDArray[Any]) -> Sequence[ModerationLabel]:
        """Of an RGB picture (H, W, 3) of uint8, surest first."""
        ...


@dataclass(frozen=True, slots=True)
class FarmJob:
    """An Open Job Description template as plain values, its parameters by name, and what makes submitting it twice
    the same job: equal `token`, equal job. `writes` is the pattern of the frames it makes."""

    name: str
    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    token: str
    writes: str


@dataclass(frozen=True, slots=True)
class FailedTask:
    """`parameters` by name, as `Frame`; `log` is the end of what the task printed."""

    step: str
    parameters: Mapping[str, str]
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FarmOutcome:
    """`status` is succeeded, failed, or running when it was not waited for to the end; busy where nothing was
    submitted, because `job` is another one that makes the same frames."""

    job: str
    status: str
    tasks: int = 0
    failed: tuple[FailedTask, ...] = ()


class Farm(Protocol):
    """Where jobs are rendered."""

    @property
    def engine(self) -> str: ...

    def run(self, job: FarmJob, *, wait: float) -> FarmOutcome:
        """Submit, and follow for at most `wait` seconds. ItemError, code `template`, where the template or a
        parameter does not fit Open Job Description."""
        ...
