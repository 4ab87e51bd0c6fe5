"""The `acl` record: a descriptor as JSON, and back without loss, because baselines are read again.

`mode` is octal text ("750", "1777"), `mask` a number, both null when unknown; an undecoded entry has no level either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from fsxap.acl.entries import applies_to
from fsxap.acl.model import DACL_PRESENT, DACL_PROTECTED, Access, Ace, Descriptor, Kind, Layer, Style
from fsxap.acl.once import once
from fsxap.acl.rights import level
from fsxap.model import Record

_FLAGS = ("this_folder", "sub_folders", "files")
_KINDS, _STYLES, _ACCESSES, _LAYERS = map(get_args, (Kind, Style, Access, Layer))


def acl_record(descriptor: Descriptor) -> Record:
    directory = descriptor.kind == "directory"
    row: Record = {
        "type": "acl",
        "path": descriptor.path,
        "kind": descriptor.kind,
        "inode": descriptor.inode,
        "owner": descriptor.owner,
        "group": descriptor.group,
        "style": descriptor.style,
        "volume_style": descriptor.volume_style,
        "protected": descriptor.protected,
        "control": None if descriptor.control is None else f"{descriptor.control:#x}",
        "aces": [ace_record(ace, directory=directory) for ace in descriptor.aces],
        "mode": None if descriptor.mode is None else f"{descriptor.mode:03o}",
        "uid": descriptor.uid,
        "gid": descriptor.gid,
        "undecoded": sum(ace.mask is None for ace in descriptor.aces),
    }
    if descriptor.dos:
        row["dos"] = descriptor.dos
    return row


def ace_record(ace: Ace, *, directory: bool) -> Record:
    row: Record = {
        "trustee": ace.trustee,
        "access": ace.access,
        "level": None if ace.mask is None else level(ace.mask, directory),
        "mask": ace.mask,
        "inherited": ace.inherited,
        "applies_to": applies_to(ace),
        "layer": ace.layer,
    }
    if ace.sid:
        row["sid"] = ace.sid
    if ace.raw:
        row["raw"] = ace.raw
    return row


def descriptor_from_record(row: Mapping[str, Any]) -> Descriptor:
    """The descriptor an `acl` record was made from; ValueError says which field cannot be read."""
    try:
        return _descriptor(row)
    except KeyError as error:
        raise ValueError(f"acl record without {error.args[0]!r}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(f"acl record is not well formed: {error}") from error


def _descriptor(row: Mapping[str, Any]) -> Descriptor:
    control, mode = row.get("control"), row.get("mode")
    # A baseline written by hand may say only `protected`.
    flags = int(control, 16) if control is not None else DACL_PRESENT | DACL_PROTECTED if row.get("protected") else None
    return Descriptor(
        path=_text(row["path"], "path"),
        kind=_word(row["kind"], _KINDS, "kind"),
        style=_word(row.get("style", ""), _STYLES, "style"),
        volume_style=_word(row.get("volume_style", ""), _STYLES, "volume_style"),
        owner=_text(row.get("owner", ""), "owner"),
        group=_text(row.get("group", ""), "group"),
        control=flags,
        aces=_aces(row["aces"]),
        mode=None if mode is None else int(mode, 8),
        uid=_number(row.get("uid"), "uid"),
        gid=_number(row.get("gid"), "gid"),
        inode=_number(row.get("inode", 0), "inode") or 0,
        dos=_text(row.get("dos", ""), "dos"),
    )


@once
def _aces(rows: Any) -> tuple[Ace, ...]:
    return tuple(map(_ace, rows))


def _ace(row: Mapping[str, Any]) -> Ace:
    scope = tuple(row["applies_to"])
    for flag in scope:
        _word(flag, _FLAGS, "applies_to")
    return Ace(
        trustee=_text(row["trustee"], "trustee"),
        access=_word(row["access"], _ACCESSES, "access"),
        mask=_number(row["mask"], "mask"),
        inherited=bool(row.get("inherited", False)),
        this_folder="this_folder" in scope,
        sub_folders="sub_folders" in scope,
        files="files" in scope,
        layer=_word(row.get("layer", "file"), _LAYERS, "layer"),
        sid=_text(row.get("sid", ""), "sid"),
        raw=_text(row.get("raw", ""), "raw"),
    )


def _word(value: object, known: tuple[str, ...], field: str) -> Any:
    if value not in known:
        raise ValueError(f"acl record: {field} is {value!r}, expected one of {', '.join(map(repr, known))}")
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"acl record: {field} is {value!r}, expected text")
    return value


def _number(value: object, field: str) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError(f"acl record: {field} is {value!r}, expected a number or null")
