"""The sidecar of a folder: the YAML file that describes the permissions of a volume kept as plain files."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

from fsxap.acl.description import Description, parse
from fsxap.errors import ConfigurationError, FsxapError
from fsxap.providers.local.files import open_regular, translated

SIDECAR = ".fsxap-acl.yaml"
LIMIT = 16 * 1024 * 1024
"""Bytes. Whoever may write to a volume may write its sidecar, so its size is not theirs to choose."""
DEEPEST = 16

_FORMAT = "docs/emulator.md shows the format; without the file, modes and owners of the files are used"


def read_description(folder: Path) -> Description | None:
    """What the folder's sidecar says; None when there is none. ConfigurationError names file and mistake."""
    text = read_sidecar(folder)
    return None if text is None else describe(text, folder)


def describe(text: bytes, folder: Path) -> Description:
    try:
        return parse(_load(text))
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


def _load(text: bytes) -> Any:
    """Plain values out of YAML. A key written twice is refused: one of the two would be lost silently."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    def mapping(loader: Any, node: Any) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _value in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise ValueError(f"line {key.start_mark.line + 1}: {key.value!r} is there twice")
            if isinstance(key.value, str):
                seen.add(key.value)
        loader.flatten_mapping(node)
        found: dict[Hashable, Any] = loader.construct_mapping(node, deep=True)
        return found

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    try:
        _check_depth(yaml.parse(text, Loader))
        return yaml.load(text, Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def _check_depth(events: Iterable[Any]) -> None:
    """libyaml's composer recurses on the C stack, so a deep document would end the process."""
    from yaml.events import CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"line {event.start_mark.line + 1}: nested more than {DEEPEST} levels deep")
