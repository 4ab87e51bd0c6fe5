"""A scan beside an earlier one: drift, within what both of them looked at."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsxap.acl import drift
from fsxap.acl.drift import Known
from fsxap.acl.records import acl_record, descriptor_from_record
from fsxap.acl.rules.rule import Unread
from fsxap.engine.sorting import spill_sort
from fsxap.model import Failure, Finding, Result, dumps


@dataclass(frozen=True, slots=True)
class Extent:
    """What a scan looks at: from `path` (relative to the volume's root) down `depth` levels, files or not."""

    path: str = ""
    depth: int | None = None
    files: bool = False

    def holds(self, place: str, mounts: Sequence[str]) -> bool:
        """Whether a namespace path lies within; volumes are mounted at `mounts`."""
        for mount in mounts:
            start = posixpath.join(mount, self.path) if self.path else mount
            if place == start or place.startswith(start.rstrip("/") + "/"):
                below = [part for part in place[len(start) :].split("/") if part]
                return self.depth is None or len(below) <= self.depth
        return False

    def takes(self, entry: Known) -> bool:
        return self.files or isinstance(entry, Unread) or entry.kind == "directory"


def compare(
    baseline: Iterator[Known],
    results: Iterable[Result],
    scratch: Path,
    extents: Sequence[Extent],
    mounts: Sequence[str],
) -> Iterator[Finding]:
    """What changed since a baseline, within what both scans looked at. Reads the results to their end."""

    def both(entries: Iterable[Known]) -> Iterator[Known]:
        return (entry for entry in entries if all(extent.takes(entry) for extent in extents))

    old = spill_sort(both(baseline), key=drift.place, encode=_encode, decode=_decode, scratch=scratch)
    covered = lambda place: all(extent.holds(place, mounts) for extent in extents)  # noqa: E731
    return drift.compare(old, both(known(results)), covered=covered)


def known(results: Iterable[Result]) -> Iterator[Known]:
    """This scan as a side of a comparison: what was read, and what could not be. Shares have no access list here."""
    for result in results:
        if (acl := result.data.get("acl")) is not None:
            yield descriptor_from_record(acl)
        elif result.error is not None and result.item.key.startswith("/"):
            yield Unread(result.item.key, result.error)


def _encode(entry: Known) -> bytes:
    if isinstance(entry, Unread):
        return dumps({"where": entry.where, "failure": entry.failure.record()}).encode()
    return dumps(acl_record(entry)).encode()


def _decode(line: bytes) -> Known:
    row = json.loads(line)
    if "failure" in row:
        return Unread(row["where"], Failure(**row["failure"]))
    return descriptor_from_record(row)


def extent_of(params: Mapping[str, Any]) -> Extent:
    return Extent(params["path"], params["depth"], params["files"])
