"""Runs in an environment of its own: for each folder, why native files in it cannot be loaded by Lambda on arm64."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

GLIBC = (2, 34)
"""Of Amazon Linux 2023."""
ANYWHERE = {
    "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "ld-linux-aarch64.so.1",
    "libstdc++.so.6", "libgcc_s.so.1", "libz.so.1",
}  # fmt: skip
"""Libraries that wheels for manylinux may expect of a system."""


def unfit(folder: Path) -> Iterator[str]:
    brought = {path.name for path in folder.rglob("*")}
    for path in sorted(folder.rglob("*")):
        if ".so" in path.suffixes:
            yield from (f"{path.relative_to(folder)} {why}" for why in reasons(path, brought | ANYWHERE))


def reasons(path: Path, known: set[str]) -> Iterator[str]:
    with path.open("rb") as stream:
        file = ELFFile(stream)
        if file["e_machine"] != "EM_AARCH64":
            yield f"is for {file['e_machine']}"
        for section in file.iter_sections():
            if isinstance(section, DynamicSection):
                libraries = {tag.needed for tag in section.iter_tags("DT_NEEDED")}
                yield from (f"needs {name}" for name in sorted(libraries - known))
            if isinstance(section, GNUVerNeedSection):
                versions = {each.name for _, used in section.iter_versions() for each in used}
                yield from (f"needs {name}" for name in sorted(versions) if newer(name))


def newer(version: str) -> bool:
    found = re.fullmatch(r"GLIBC_([0-9]+)[.]([0-9]+)(?:[.][0-9]+)?", version)
    return found is not None and (int(found[1]), int(found[2])) > GLIBC


if __name__ == "__main__":
    print(json.dumps([list(unfit(Path(folder))) for folder in json.load(sys.stdin)]))
