"""The sample volume: a believable company's files with believable permissions, and problems planted among them."""

from __future__ import annotations

import os
from pathlib import Path

from fsxap.emulator.sample_permissions import SAMPLE_PROBLEMS, description
from fsxap.emulator.sample_tree import EMPTY_FOLDERS, HARD_LINK, SYMLINK, tree
from fsxap.providers.local.sidecar import SIDECAR

__all__ = ["SAMPLE_PROBLEMS", "write_sample"]

_HEADER = "# Permissions of this folder, as if it were an FSx for ONTAP volume. The format: docs/emulator.md\n"
_FIRST = 1_767_600_000
"""2026-01-05, when the oldest file was last changed; the others follow by the hour."""


def write_sample(folder: Path, seed: int = 7) -> None:
    """Write the sample into `folder`. Doing it again restores what was changed and leaves the rest as it is."""
    import yaml

    folder.mkdir(parents=True, exist_ok=True)
    for number, (path, text) in enumerate(sorted(tree(seed).items())):
        _write(folder / path, text, _FIRST + 3600 * number, folder)
    for path in EMPTY_FOLDERS:
        _folder(folder / path, folder)
    first, second = (folder / path for path in HARD_LINK)
    if not second.exists() or not first.samefile(second):
        second.unlink(missing_ok=True)
        second.hardlink_to(first)
    link = folder / SYMLINK[0]
    if not link.is_symlink():
        link.symlink_to(SYMLINK[1])
    said = yaml.safe_dump(description(), sort_keys=False, allow_unicode=True, width=120)
    _write(folder / SIDECAR, _HEADER + said, _FIRST, folder)


def _write(path: Path, text: str, moment: int, top: Path) -> None:
    """Only when it differs, so that a repeated demo finds its files unchanged; modes do not depend on the umask."""
    _folder(path.parent, top)
    body = text.encode()
    if path.is_symlink() or (path.is_file() and path.read_bytes() != body):
        path.unlink()
    if not path.exists():
        path.write_bytes(body)
        path.chmod(0o640)
        os.utime(path, (moment, moment))


def _folder(path: Path, top: Path) -> None:
    if path != top and not path.is_dir():
        _folder(path.parent, top)
        path.mkdir()
        path.chmod(0o750)
