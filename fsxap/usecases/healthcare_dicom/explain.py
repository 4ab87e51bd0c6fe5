"""Owns the account of a profile: what becomes of each attribute under the chosen options and policy, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fsxap.engine.types import Params
from fsxap.model import Record
from fsxap.usecases.healthcare_dicom.graphics import is_graphic, known_vr
from fsxap.usecases.healthcare_dicom.process import profile_of
from fsxap.usecases.healthcare_dicom.profile import Profile

MEANINGS = {
    "X": "removed, or emptied where its IOD requires it",
    "Z": "emptied, or replaced by a dummy where its IOD requires a value",
    "D": "replaced by a dummy",
    "K": "kept",
    "C": "cleaned",
    "U": "replaced by a keyed UID",
}
BLANK = re.compile(r"'s\b|[^A-Za-z0-9]+")


class Row(NamedTuple):
    """`tag` as (gggg,eeee); `action` as the table writes it, compound actions included; `why` in words."""

    tag: str
    keyword: str
    name: str
    action: str
    why: str


def account(params: Params) -> Iterator[Record]:
    """The rows as records, for these parameters of a run."""
    for row in explain(profile_of(params)):
        yield {"type": "attribute", **row._asdict()}


def explain(profile: Profile, tags: Iterable[int] | None = None) -> Iterator[Row]:
    """A row for each of these tags; without tags, for all that the table or the policy names, in order."""
    for tag in sorted({*profile.tables.listed, *profile.overrides}) if tags is None else tags:
        row = profile.tables.listed.get(tag)
        name = row[0] if row else ""
        action, why = _listed(profile, tag) if tag in profile.actions else _unlisted(profile, tag)
        yield Row(f"({tag >> 16:04X},{tag & 0xFFFF:04X})", BLANK.sub("", name), name, action, why)


def _listed(profile: Profile, tag: int) -> tuple[str, str]:
    action, row = profile.actions[tag], profile.tables.listed.get(tag)
    meaning = MEANINGS.get(action, "by the attribute's type in the IOD, in this order")
    if tag in profile.overrides or row is None:
        return action, f"{meaning}: local policy"
    speaking = [
        name
        for name, cell in zip(profile.tables.columns[1:], row[2:], strict=True)
        if cell and name in profile.options and cell == action
    ]
    source = f"option {', '.join(speaking)}" if speaking and action != row[1] else "Basic Profile"
    return action, f"{meaning}: {source}"


def _unlisted(profile: Profile, tag: int) -> tuple[str, str]:
    """What the walk does with what no table names."""
    group, known = tag >> 16, profile.tables.dictionary.get(tag)
    if is_graphic(tag):
        kept = "graphics" in profile.options and known_vr(tag)
        return ("C", "cleaned: option graphics") if kept else ("X", "removed: overlays and curves, without graphics")
    if group & 1:
        if "safe-private" in profile.options:
            return "C", "private: kept where the safe list names creator and element, else removed"
        return "X", "removed: private, without safe-private"
    if known is None or not tag & 0xFFFF or group < 8:
        return "X", "removed: nothing that a data set should hold, or unknown to the standard"
    vr = known.lstrip("-")
    if vr == "SQ":
        return "K", "kept: its items are walked in turn"
    if vr in ("DA", "DT", "TM", "PN", "AE", "UR", "OB", "UN"):
        return "X", f"removed: {vr} that the table does not name"
    if vr == "UI":
        return "U", "replaced by a keyed UID, unless it is registered"
    return "C", "kept if its value names nobody, else replaced by a dummy"
