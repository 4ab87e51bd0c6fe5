"""What a delivery has to be: a YAML or JSON file of resolution, channels, range and more, and which black is meant."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fsxap import yamltext
from fsxap.errors import ConfigurationError
from fsxap.usecases.media_vfx.names import read_range

KEYS = ("resolution", "aspect", "channels", "depth", "colour_space", "color_space", "range", "frames", "naming")
LARGEST = 1 << 20
LOOKS = 5
"""Frames of a view that text and content are looked for in: each is a call that may cost."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What is empty or None is not specified: then most frames of a sequence decide."""

    resolution: tuple[int, int] | None = None
    aspect: float | None = None
    channels: tuple[str, ...] = ()
    depth: str = ""
    colour: str = ""
    range: tuple[float, float] | None = None
    frames: tuple[int, ...] = ()
    naming: str = ""
    black: tuple[int, ...] | bool = False

    def allows_black(self, frame: int) -> bool:
        return self.black if isinstance(self.black, bool) else frame in self.black


def yes_or_frames(text: str) -> tuple[int, ...] | bool:
    """yes, no, or the frames that may be black, as 1-10,90-100."""
    lower = text.strip().lower()
    if lower in ("yes", "true", "1", "on"):
        return True
    if lower in ("no", "false", "0", "off", ""):
        return False
    return read_range(text)


def specification(path: str) -> dict[str, Any]:
    """The file's keys and values, so that a specification that changes is other work. ConfigurationError names the key
    that is wrong."""
    if not path:
        return {}
    try:
        body = Path(path).read_bytes()[: LARGEST + 1]
        if len(body) > LARGEST:
            raise _wrong(path, "is larger than 1 MiB")
        found = yamltext.plain(body)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise _wrong(path, "is neither YAML nor JSON") from error
    if not isinstance(found, Mapping):
        raise _wrong(path, "holds no keys and values")
    for key, value in found.items():
        if key not in KEYS:
            raise _wrong(path, f"has an unknown key {str(key)[:40]!r}")
        try:
            _field(str(key), value)
        except (ValueError, TypeError, OverflowError, re.error) as error:
            raise _wrong(path, f"has a {key} that does not serve: {str(value)[:60]!r}") from error
    return dict(found)


def load(found: Mapping[str, Any], black: tuple[int, ...] | bool = False) -> Spec:
    """What `specification` gave, as a value."""
    spec = Spec(black=black)
    for key, value in found.items():
        spec = replace(spec, **_field(key, value))
    return spec


def _field(key: str, value: Any) -> dict[str, Any]:
    if key == "resolution":
        width, height = map(int, str(value).lower().split("x")) if isinstance(value, str) else map(int, value)
        if width < 1 or height < 1:
            raise ValueError(value)
        return {"resolution": (width, height)}
    if key == "range":
        low, high = map(float, value)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(value)
        return {"range": (low, high)}
    if key == "channels":
        names = value.replace(",", " ").split() if isinstance(value, str) else [str(name) for name in value]
        # RGBA is four channels wherever it is written as a word.
        whole = [part for name in names for part in (name if set(name) <= set("RGBA") else [name])]
        return {"channels": tuple(dict.fromkeys(whole))}
    if key == "frames":
        return {"frames": read_range(str(value))}
    if key == "naming":
        return {"naming": re.compile(str(value)).pattern}
    if key == "aspect":
        return {"aspect": round(float(value), 4)}
    if key == "depth":
        depth = str(value).lower()
        return {"depth": {"float16": "half", "float32": "float", "32f": "float", "16f": "half"}.get(depth, depth)}
    return {"colour": str(value)}


def _wrong(path: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the specification {path} {why}", code="spec", exit=2, hint=f"its keys are {', '.join(KEYS)}"
    )


def frames(text: str) -> str:
    """A range as it is written, once it is known to be one."""
    if text.strip():
        read_range(text)
    return text.strip()


def seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError(f"not a number of seconds: {text[:20]!r}")
    return value
