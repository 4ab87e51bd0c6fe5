"""What a file name says: which frame it is, which view, which version, and how a sequence is written as one pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

IMAGES = (".exr", ".dpx", ".cin", ".tif", ".tiff", ".tga", ".png", ".jpg", ".jpeg")
SCENES = (".blend", ".ma", ".mb", ".hip", ".hipnc", ".hiplc", ".nk", ".c4d", ".usd", ".usda", ".usdc", ".usdz")

UDIM = "<UDIM>"
MOST = 1_000_000
"""Frames a written range may stand for."""

_LAST = re.compile(r"(?P<head>.*?)(?P<digits>(?:(?<=[._])-)?\d{1,9})", re.DOTALL)
_INNER = re.compile(r"(?P<head>.*\.)(?P<digits>\d{1,9})(?P<tail>\.[A-Za-z][\w-]*)", re.DOTALL)
_VERSION = re.compile(r"(?:^|[._/-])[vV](\d+)(?=[._/-]|$)")
_VERSION_NEXT = re.compile(r"(?:^|[._-])[vV]$")
_SIZE_NEXT = re.compile(r"\d[xX]$")
_VIEW = re.compile(r"(?<=[._-])(left|right|l|r)(?=[._-])", re.IGNORECASE)
_TEXTURE = re.compile(r"(?:^|[/._-])(?:udim|tex|texture|textures|tx|maps)(?:[/._-]|$)", re.IGNORECASE)
_FRAME_TOKENS = re.compile(r"%0?(\d*)d|\$F(\d*)|(#+)|(@+)")
_TILE_TOKENS = re.compile(r"<udim>|%\(udim\)d|\$\{?udim\}?", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s._-]+")
_PART = re.compile(r"(-?\d+)(?:-(-?\d+)(?:[x:](\d+))?)?")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A name cut around its frame number; `digits` is the number as written."""

    head: str
    digits: str
    tail: str

    @property
    def number(self) -> int:
        return int(self.digits)

    @property
    def width(self) -> int:
        return len(self.digits.lstrip("-"))

    @property
    def padded(self) -> bool:
        return self.width > 1 and self.digits.lstrip("-").startswith("0")


def split(name: str) -> Numbered | None:
    """`beauty.0001.exr`, `beauty_0001.exr`, `0001.exr`, `beauty.0001.denoised.exr`; a version is no frame."""
    stem, dot, suffix = name.rpartition(".")
    if found := _LAST.fullmatch(stem):
        if _VERSION_NEXT.search(found["head"]) or _SIZE_NEXT.search(found["head"]):
            return None
        return Numbered(found["head"], found["digits"], dot + suffix)
    if found := _INNER.fullmatch(stem):
        return Numbered(found["head"], found["digits"], found["tail"] + dot + suffix)
    return None


def view_of(name: str) -> tuple[str, str] | None:
    """The name with `%V` (left, right) or `%v` (l, r) for its view, and the view."""
    found = _VIEW.search(name)
    if found is None:
        return None
    token = "%V" if len(found[1]) > 1 else "%v"
    return name[: found.start()] + token + name[found.end() :], found[1].lower()


def version_of(key: str) -> str:
    """`v003` where the name, or else a folder, says so."""
    found = _VERSION.findall(key)
    return f"v{found[-1]}" if found else ""


def looks_like_tiles(key: str, numbers: Iterable[int]) -> bool:
    """Texture tiles 1001 to 1100, where a folder or the name says texture: film frames begin at 1001 too."""
    return bool(_TEXTURE.search(key)) and all(1001 <= number <= 1100 for number in numbers)


def normalised(pattern: str) -> str:
    """printf, `$F4`, `@@@@` and UDIM spellings as `####` and `<UDIM>`."""

    def hashes(found: re.Match[str]) -> str:
        width = int(found[1] or found[2] or 0) if not (found[3] or found[4]) else len(found[0])
        return "#" * max(1, min(width, 9))

    return _FRAME_TOKENS.sub(hashes, _TILE_TOKENS.sub(UDIM, pattern))


def matcher(pattern: str) -> re.Pattern[str]:
    """What files a normalised pattern stands for."""
    parts = re.split(r"(#+|<UDIM>|%V|%v)", pattern)
    tokens = {UDIM: r"1\d{3}", "%V": "(?:left|right)", "%v": "[lr]"}
    written = (tokens.get(part) or (r"-?\d+" if part.startswith("#") else re.escape(part)) for part in parts)
    return re.compile("".join(written), re.IGNORECASE)


def spelling(pattern: str) -> str:
    """A file pattern without what spellings of one name differ in: case, separators, jpeg for jpg, tiff for tif."""
    folder, slash, name = pattern.rpartition("/")
    folded = re.sub("#+", "#", _BETWEEN.sub(".", name.casefold()))
    return folder + slash + re.sub(r"\.jpeg$", ".jpg", re.sub(r"\.tiff$", ".tif", folded))


def stem_of(pattern: str) -> str:
    """What all files of a pattern begin with."""
    return re.split(r"#|<UDIM>|%V|%v", pattern, maxsplit=1)[0]


def written_range(frames: Iterable[int]) -> str:
    """`1-40,45`; a chunk of OpenJD's range expressions as well."""
    runs: list[list[int]] = []
    for frame in sorted(set(frames)):
        if runs and runs[-1][1] == frame - 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def read_range(text: str) -> tuple[int, ...]:
    """`1-40,45,50-60x2` or `50-60:2`; ValueError says what is wrong."""
    frames: set[int] = set()
    for part in text.replace(" ", "").split(","):
        found = _PART.fullmatch(part)
        if not found:
            raise ValueError(f"not a frame range: {part[:40]!r}")
        first, last = int(found[1]), int(found[2] or found[1])
        step = int(found[3] or 1)
        if last < first or step < 1 or (last - first) // step > MOST:
            raise ValueError(f"not a frame range: {part[:40]!r}")
        frames.update(range(first, last + 1, step))
    return tuple(sorted(frames))
