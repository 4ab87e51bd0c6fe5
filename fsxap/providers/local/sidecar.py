"""The sidecar of a folder: the YAML file that describes the permissions of a volume kept as plain files."""

from __future__ import annotations

import os
from pathlib import Path

from fsxap import yamltext
from fsxap.acl.description import Description, parse
from fsxap.errors import ConfigurationError, FsxapError
from fsxap.providers.local.files import open_regular, translated

SIDECAR = ".fsxap-acl.yaml"
LIMIT = 16 * 1024 * 1024
"""Bytes. Whoever may write to a volume may write its sidecar, so its size is not theirs to choose."""

_FORMAT = "docs/emulator.md shows the format; without the file, modes and owners of the files are used"


def read_description(folder: Path) -> Description | None:
    """What the folder's sidecar says; None when there is none. ConfigurationError names file and mistake."""
    text = read_sidecar(folder)
    return None if text is None else describe(text, folder)


def describe(text: bytes, folder: Path) -> Description:
    try:
        return parse(yamltext.plain(text))
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{folder / SIDECAR} does not describe a volume: {error or type(error).__name__}",
            code="sidecar",
            hint=_FORMAT,
        ) from error


def read_sidecar(folder: Path) -> bytes | None:
    where = folder / SIDECAR
    if not os.path.lexists(where):
        return None
    try:
        text = _read(folder, str(where))
    except FsxapError as error:
        # Not read is not absent: falling back to the modes of the files would show another volume.
        raise ConfigurationError(error.message, code="sidecar", hint=error.hint or _FORMAT) from error
    if len(text) > LIMIT:
        said = f"{where} is longer than {LIMIT // 2**20} MiB"
        raise ConfigurationError(said, code="sidecar", hint="describe a smaller part of the volume")
    return text


def _read(folder: Path, where: str) -> bytes:
    with translated("read", where):
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with os.fdopen(open_regular(top, os.fsencode(SIDECAR), where), "rb") as file:
                return file.read(LIMIT + 1)
        finally:
            os.close(top)
