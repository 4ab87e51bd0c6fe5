"""The files of a folder in S3's key order, in constant memory, never through a link."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from fsxap.engine.sorting import spill_sort
from fsxap.model import Failure, Item, Unlisted
from fsxap.providers.local.files import LISTABLE, name_bytes, reason

CHUNK = 20_000
"""Names of one directory held in memory; more are sorted on disk."""

PARTIAL = ".fsxap-partial-"
"""How a file begins whose writing was cut off by a crash; listings report it as skipped."""

# What is never followed sorts as its name: NUL, which no name holds, comes before any other character.
_LINK, _SPECIAL = "\0link", "\0special"


def walk(top: int, base: str, prefix: str, start_after: str) -> Iterator[Item | Unlisted]:
    """Depth first below the open folder `top`, which is closed at the end; `base` is its key, and of `prefix` all up
    to the last slash.

    Only folders that can hold a wanted key are read, and each costs one open file while it is walked.
    """
    # An own stack, because a hostile tree may be deeper than Python's.
    stack = [(top, base, _entries(top, base, prefix, start_after))]
    try:
        while stack:
            folder, path, entries = stack[-1]
            entry = next(entries, None)
            if entry is None:
                stack.pop()
                os.close(folder)
            elif isinstance(entry, Unlisted):
                yield entry
            elif entry.endswith("/"):
                try:
                    child = os.open(name_bytes(entry[:-1], path), LISTABLE, dir_fd=folder)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    yield unlisted(path + entry, error)
                    continue
                stack.append((child, path + entry, _entries(child, path + entry, prefix, start_after)))
            else:
                listed = _listed(folder, path, entry)
                if listed is not None:
                    yield listed
    finally:
        for folder, _, _ in stack:
            os.close(folder)


def item(key: str, found: os.stat_result) -> Item:
    try:
        modified = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found.st_mtime_ns // 1_000_000_000))
    except (OverflowError, OSError, ValueError):
        # Any 64-bit number can be set as a file's time; not every one is in a year.
        modified = ""
    return Item(key, found.st_size, modified, f"{found.st_mtime_ns}-{found.st_size}")


def unlisted(key: str, error: OSError) -> Unlisted:
    code, words = reason(error)
    return Unlisted(key, Failure(code, f"cannot list {key}: {words}", retryable=code == "io"))


def _entries(folder: int, path: str, prefix: str, start_after: str) -> Iterator[str | Unlisted]:
    """The wanted entries of one folder in key order: files as their name, folders as name and slash."""
    problems: list[OSError] = []
    ordered = spill_sort(
        _scan(folder, path, prefix, start_after, problems),
        key=None,
        encode=lambda name: name.encode("utf-8", "surrogateescape"),
        decode=lambda line: line.decode("utf-8", "surrogateescape"),
        chunk=CHUNK,
    )
    first = next(ordered, None)
    yield from (unlisted(path, problem) for problem in problems)
    if first is not None:
        yield first
        yield from ordered


def _scan(folder: int, path: str, prefix: str, start_after: str, problems: list[OSError]) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = os.fsencode(entry.name).decode("utf-8", "surrogateescape")
                if entry.is_dir(follow_symlinks=False):
                    key = path + name + "/"
                    if key.startswith(prefix) and (key > start_after or start_after.startswith(key)):
                        yield name + "/"
                elif (key := path + name) > start_after and key.startswith(prefix):
                    regular = entry.is_file(follow_symlinks=False)
                    yield name if regular else name + (_LINK if entry.is_symlink() else _SPECIAL)
    except OSError as error:
        problems.append(error)


def _listed(folder: int, path: str, entry: str) -> Item | Unlisted | None:
    """What to say about one entry; None when it has gone meanwhile."""
    name, _, kind = entry.partition("\0")
    key = path + name
    if kind:
        what = "a symbolic link is never followed" if kind == "link" else "not a regular file"
        return Unlisted(key, Failure("symlink" if kind == "link" else "special-file", what), skipped=True)
    if name.startswith(PARTIAL):
        return Unlisted(key, Failure("partial-write", "left by a write that was cut off"), skipped=True)
    try:
        return item(key, os.stat(name_bytes(name, key), dir_fd=folder, follow_symlinks=False))
    except FileNotFoundError:
        return None
    except OSError as error:
        return unlisted(key, error)
