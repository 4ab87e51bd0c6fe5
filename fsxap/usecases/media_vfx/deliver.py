"""Writes what was decided: approved frames with their manifest, or what a review needs; and takes back what no longer
holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fsxap.engine.types import Kit
from fsxap.errors import ConfigurationError, ItemError, NotFound
from fsxap.model import dumps
from fsxap.usecases.media_vfx import names
from fsxap.usecases.media_vfx.inspect import unchanged
from fsxap.usecases.media_vfx.sequences import Group
from fsxap.usecases.media_vfx.table import Row

REVIEW = "_review"
LARGEST_MANIFEST = 64 << 20


def place(group: Group) -> str:
    """A name for what is written about a group: its pattern, without what Windows clients cannot show."""
    return group.key.replace(names.UDIM, "UDIM")


def manifest_key(group: Group) -> str:
    return f"{place(group)}.manifest.json"


def approve(group: Group, rows: Sequence[Row], kit: Kit, about: Mapping[str, Any]) -> Iterator[str]:
    """Every file at its own path below the sink, then the manifest: where that is, all of it is there.

    A file that is no longer what was judged is not copied.
    """
    _withdraw(group, kit, keep={row.key for row in rows})
    files = []
    for row in rows:
        kit.cancel.check()
        yield kit.sink.put(row.key, unchanged(row, kit.source.read))
        files.append({"key": row.key, "frame": row.frame, "view": row.view, "bytes": row.size, "sha256": row.sha256})
    yield kit.sink.put(manifest_key(group), dumps({**about, "files": files}).encode() + b"\n")


def reject(group: Group, kit: Kit, parts: Mapping[str, bytes]) -> Iterator[str]:
    """What a person needs to decide, below `_review`; files that an earlier run approved are taken back."""
    _withdraw(group, kit, keep=set())
    for name, body in parts.items():
        yield kit.sink.put(f"{REVIEW}/{place(group)}/{name}", body)


def _withdraw(group: Group, kit: Kit, keep: set[str]) -> None:
    """The manifest first: what it no longer vouches for is then removed."""
    try:
        found = json.loads(kit.sink.read(manifest_key(group), 0, LARGEST_MANIFEST))
        keys = [str(each["key"]) for each in found["files"]]
    except NotFound:
        return
    except ConfigurationError as error:
        # A folder that the first output makes.
        if error.code != "no-folder":
            raise
        return
    except (ValueError, TypeError, KeyError) as error:
        raise ItemError(
            f"{kit.sink.locate(manifest_key(group))} is not a manifest",
            code="manifest",
            hint="move it away; files that it named are not taken back",
        ) from error
    kit.sink.delete(manifest_key(group))
    # Somebody else may have written there: only names of this very sequence are removed.
    ours = names.matcher(group.key)
    for key in keys:
        if key not in keep and (key == group.key or ours.fullmatch(key)):
            kit.sink.delete(key)
