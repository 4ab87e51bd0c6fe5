"""Packages that stay zipped beside the code until one of them is imported: Lambda limits what is unzipped."""

from __future__ import annotations

import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from fsxap.jsontext import digest

ARCHIVE = "packed.zip"
"""Its name beside the package `fsxap`."""

_ANY = DistributionFinder.Context()


class Packed(DistributionFinder):
    """Finds the archive's modules, and unpacks all of it at the first."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self._lock = threading.Lock()
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
        self._names = frozenset(entry.filename.partition("/")[0].partition(".")[0] for entry in entries)
        # Where a process that died has left it, the next one on the same machine finds it.
        self._place = Path(tempfile.gettempdir(), f"fsxap-{digest([(each.filename, each.CRC) for each in entries])}")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None or fullname not in self._names:
            return None
        with self._lock:
            self._unpack()
        return PathFinder.find_spec(fullname, [str(self._place)], target)

    def find_distributions(self, context: DistributionFinder.Context = _ANY) -> Iterable[Distribution]:
        """What `importlib.metadata` says of them is read where it is packed."""
        within = {} if context.name is None else {"name": context.name}
        return MetadataPathFinder.find_distributions(DistributionFinder.Context(path=[str(self.archive)], **within))

    def _unpack(self) -> None:
        """Whole or absent."""
        if self._place.is_dir():
            return
        with tempfile.TemporaryDirectory(dir=self._place.parent) as scratch, zipfile.ZipFile(self.archive) as opened:
            made = Path(scratch, "made")
            opened.extractall(made)
            made.replace(self._place)


def offer(archive: Path) -> None:
    """Makes what an archive holds importable, once; nothing where there is none."""
    offered: list[Any] = sys.meta_path
    if archive.is_file() and not any(isinstance(each, Packed) and each.archive == archive for each in offered):
        offered.append(Packed(archive))
