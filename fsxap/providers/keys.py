"""Which keys and ranges a store accepts: one rule for folders and buckets, so an output never leaves its root."""

from __future__ import annotations

from fsxap.errors import ItemError

LONGEST = 1024
"""Bytes of UTF-8 in a key, its prefix included."""


def check_segments(key: str) -> list[str]:
    """The path segments of a key that stays below its root; ItemError otherwise.

    S3 itself would take `..` as a plain name, but behind an access point a key is a path on a volume.
    """
    segments = key.split("/")
    if "\0" in key:
        raise unsafe(key, "it holds a NUL character")
    if not key or "" in segments:
        raise unsafe(key, "it is empty, absolute, or has an empty folder name")
    if "." in segments or ".." in segments:
        raise unsafe(key, "it has a segment that means another folder")
    return segments


def check_range(start: int, length: int | None) -> None:
    if start < 0 or (length is not None and length < 0):
        raise ValueError(f"no such range: {length} bytes from {start}")


def unsafe(key: str, why: str) -> ItemError:
    return ItemError(
        f"refused key {key!r}: {why}",
        code="unsafe-key",
        hint="keys are relative, separated by single slashes, without . and .. segments",
    )


def is_utf8(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
