"""The two path spaces of ONTAP's REST API and how a path becomes one URL segment.

File security takes a path in the SVM's namespace (junction path + path in the volume, leading slash); file listings
take a path relative to the volume's root (no leading slash).
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from fsxap.acl.model import Volume
from fsxap.errors import ItemError, UsageError

ROOT = "%2F"
"""A volume's root as a listing segment: the empty path would name the endpoint itself."""


def segment(path: str) -> str:
    """The path as one URL segment, slashes included; ItemError when no segment says exactly this path.

    Bytes that were not UTF-8 arrive as lone surrogates U+DC80..U+DCFF and are sent back as those bytes.
    """
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise _unencodable("it holds an unpaired surrogate") from None
    if b"\0" in raw:
        raise _unencodable("it holds a NUL character")
    if not path.isascii() and raw.decode("utf-8", "surrogateescape") != path:
        # Escaped bytes that together spell a character would name another file.
        raise _unencodable("its escaped bytes spell other characters")
    # URL libraries collapse literal . and .. segments before sending, so dots are always encoded.
    return quote(raw, safe="").replace(".", "%2E")


def _unencodable(why: str) -> ItemError:
    return ItemError(
        f"a name cannot be sent to ONTAP: {why}",
        code="unencodable-name",
        hint="rename it through NFS or SMB; REST carries names as UTF-8 only",
    )


def altered(path: str) -> bool:
    """Whether a name in it was not UTF-8: JSON then carries U+FFFD in its place, and asking for that finds nothing."""
    return "\ufffd" in path


def clean(path: str) -> str:
    """A path as people write it, without outer and doubled slashes; UsageError when it climbs."""
    parts = [part for part in path.split("/") if part]
    if "." in parts or ".." in parts:
        raise UsageError(
            f"path {path!r} has a . or .. segment",
            hint="name the folder from the volume's root, for example hr/payroll",
        )
    return "/".join(parts)


def namespace(junction: str, relative: str) -> str:
    """Where a path of a volume mounted at `junction` lies in the namespace."""
    return f"{junction.rstrip('/')}/{relative}" if relative else (junction.rstrip("/") or "/")


def relative(junction: str, path: str) -> str:
    """A namespace path as seen from the root of the volume mounted at `junction`; it must lie inside."""
    return path[len(junction.rstrip("/")) :].strip("/")


def inside(junction: str, path: str) -> bool:
    root = junction.rstrip("/")
    return path == root or path.startswith(root + "/")


def owner(path: str, volumes: Iterable[Volume]) -> Volume | None:
    """The volume a namespace path belongs to: of nested junctions the longest."""
    mounted = [volume for volume in volumes if volume.path and inside(volume.path, path)]
    return max(mounted, key=lambda volume: len(volume.path), default=None)
