"""Inspection pictures as grey pixels, within limits, and how well they were taken."""

from __future__ import annotations

import base64
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fsxap.errors import ItemError, MissingExtra

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Grey = NDArray[numpy.uint8]

BLUR = 0.3
"""Of the reference's sharpness; less is out of focus."""
MOTIONLESS = 2.0
"""Variance of the Laplacian below which a picture has no detail at all."""
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")


@dataclass(frozen=True, slots=True)
class Quality:
    """Sharpness is the variance of the Laplacian, of 8-bit grey levels; `problems` is empty for a good picture."""

    sharpness: float
    brightness: float
    contrast: float
    problems: tuple[str, ...]


def opencv() -> Any:
    """Its stubs do not know 8-bit pictures, so it is untyped here."""
    try:
        import cv2
    except ImportError as error:
        raise MissingExtra("media", "comparing inspection pictures") from error
    return cv2


def decode(body: bytes, most: int) -> Grey:
    """The first picture of the file as grey levels. ItemError for what is damaged, or has more than `most` pixels."""
    try:
        import numpy
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("media", "reading inspection pictures") from error
    try:
        with warnings.catch_warnings():
            # Its size is judged below, before any pixel is read.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
                width, height = picture.size
                if width * height > most:
                    raise ItemError(f"it has {width} x {height} pixels, more than max_pixels", code="too-large")
                deep = picture.mode.startswith("I;16")
                grey = numpy.asarray(picture if deep else picture.convert("L"))
    except Image.DecompressionBombError as error:
        raise ItemError("it has far more pixels than max_pixels", code="too-large") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ItemError(f"it is no picture that can be read ({type(error).__name__})", code="damaged") from error
    return (grey >> 8).astype(numpy.uint8) if deep else grey


def measure(picture: Grey, reference: Grey | None = None) -> Quality:
    """Against a reference where there is one: what is sharp or dark depends on the part."""
    cv2 = opencv()
    sharp, bright, contrast = _sharpness(picture), float(picture.mean()), float(picture.std())
    problems = []
    if reference is not None:
        if sharp < BLUR * _sharpness(reference):
            problems.append("blur")
        if abs(bright - float(reference.mean())) > 60:
            problems.append("exposure")
        elif contrast < 0.3 * float(reference.std()):
            problems.append("contrast")
    else:
        histogram = cv2.calcHist([picture], [0], None, [256], [0, 256]).ravel() / picture.size
        if histogram[:3].sum() > 0.9 or histogram[253:].sum() > 0.9 or not 12 < bright < 243:
            problems.append("exposure")
        elif sharp < MOTIONLESS:
            problems.append("blur")
    return Quality(round(sharp, 2), round(bright, 1), round(contrast, 1), tuple(problems))


def _sharpness(picture: Grey) -> float:
    return float(opencv().Laplacian(picture, opencv().CV_64F).var())


def encode(picture: NDArray[numpy.uint8]) -> bytes:
    done, body = opencv().imencode(".png", picture)
    if not done:
        raise ItemError("its evidence could not be drawn", code="evidence")
    return bytes(body)


def thumbnail(body: bytes) -> str:
    """A picture of ours as a data URI of a PNG, at most 640 pixels wide."""
    import numpy

    cv2 = opencv()
    picture = cv2.imdecode(numpy.frombuffer(body, numpy.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ItemError("its evidence cannot be read", code="damaged")
    height, width = picture.shape[:2]
    if width > 640:
        picture = cv2.resize(picture, (640, max(1, round(height * 640 / width))), interpolation=cv2.INTER_AREA)
    return "data:image/png;base64," + base64.b64encode(encode(picture)).decode("ascii")
