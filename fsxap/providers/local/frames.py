"""Decodes rendered frames: OpenEXR for EXR, our reader for DPX, OpenCV and Pillow for PNG, TIFF, JPEG and TGA."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from fsxap.errors import ItemError, MissingExtra
from fsxap.rendering import Frame

Reader = Callable[[bytes, int], Frame]

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x76\x2f\x31\x01", "exr"),
    (b"SDPX", "dpx"),
    (b"XPDS", "dpx"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
)
SUFFIXES = {"exr": "exr", "dpx": "dpx", "png": "png", "jpg": "jpeg", "jpeg": "jpeg", "tif": "tiff", "tiff": "tiff"}
SUFFIXES |= {"tga": "tga", "cin": "cin"}


class LocalFrames:
    """Stateless; calls from several threads are safe."""

    def __init__(self) -> None:
        try:
            import cv2
            import numpy  # noqa: F401
            import OpenEXR  # noqa: F401
            import PIL  # noqa: F401
        except ImportError as error:
            raise MissingExtra("media", "reading frames") from error
        # Items are processed side by side already.
        cv2.setNumThreads(1)
        # What is damaged is told by results; the decoder would tell it again on stderr.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

    @property
    def engine(self) -> str:
        return f"OpenEXR {version('OpenEXR')}, OpenCV {version('opencv-python-headless')}"

    def read(self, body: bytes, name: str, *, most_pixels: int) -> Frame:
        kind = kind_of(body, name)
        frame = _reader(kind)(body, most_pixels)
        if not frame.planes:
            raise ItemError("no picture in it could be decoded", code="truncated")
        return frame


def kind_of(body: bytes, name: str) -> str:
    """By content; TGA has no mark, so there the name decides."""
    said = SUFFIXES.get(name.rpartition(".")[2].lower(), "")
    if not body:
        raise ItemError("the file is empty", code="truncated")
    for mark, kind in MAGIC:
        if body.startswith(mark):
            return kind
        if len(body) < len(mark) and mark.startswith(body):
            raise ItemError(f"only {len(body)} bytes long", code="truncated")
    if said == "tga":
        return "tga"
    if said == "cin":
        raise ItemError("Cineon files are not decoded here", code="unsupported")
    if not any(body[:4096]):
        # What a file system leaves of a file that was never written to its end.
        raise ItemError("it begins with zeros only", code="truncated")
    raise ItemError(f"the content is not what {name.rpartition('.')[2][:8]!r} stands for", code="unreadable")


def _reader(kind: str) -> Reader:
    from fsxap.providers.local import dpx, exr, raster

    readers: dict[str, Reader] = {
        "exr": exr.read,
        "dpx": dpx.read,
        "png": raster.read_png,
        "jpeg": raster.read_jpeg,
        "tiff": raster.read_tiff,
        "tga": raster.read_tga,
    }
    return readers[kind]


def check_size(width: int, height: int, most_pixels: int) -> None:
    """Before anything is decoded: a header of a few bytes can ask for all memory there is."""
    if width < 1 or height < 1:
        raise ItemError(f"its header says {width} by {height} pixels", code="truncated")
    if width * height > most_pixels:
        raise ItemError(f"{width} by {height} pixels are more than the limit of {most_pixels}", code="too-large")
