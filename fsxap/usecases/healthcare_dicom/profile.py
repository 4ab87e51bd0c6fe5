"""Owns the confidentiality profile: what PS3.15 Table E.1-1 and the chosen options say for a tag, resolved by type."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from fsxap import yamltext
from fsxap.errors import ConfigurationError

RETAIN = ("uids", "device", "institution", "patient", "full-dates", "modified-dates", "safe-private")
CLEAN = ("descriptors", "structured", "graphics", "pixels")
TCIA = ("modified-dates", "patient", "device", "safe-private", "descriptors")
"""What the Cancer Imaging Archive asks for besides the Basic Profile and clean pixels."""
CODES = {
    "basic": ("113100", "Basic Application Confidentiality Profile"),
    "pixels": ("113101", "Clean Pixel Data Option"),
    "graphics": ("113103", "Clean Graphics Option"),
    "structured": ("113104", "Clean Structured Content Option"),
    "descriptors": ("113105", "Clean Descriptors Option"),
    "full-dates": ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "modified-dates": ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "patient": ("113108", "Retain Patient Characteristics Option"),
    "device": ("113109", "Retain Device Identity Option"),
    "uids": ("113110", "Retain UIDs Option"),
    "safe-private": ("113111", "Retain Safe Private Option"),
    "institution": ("113112", "Retain Institution Identity Option"),
}
"""Option → code of CID 7050."""
ANY = ""
"""The type of an attribute in an IOD that is not known: the strictest is assumed."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The standard as data. `dictionary` tag → VR, with `-` before it for a retired attribute.

    `counts`: how many numbers an attribute takes at most, where there is a most. `uids`: those that are registered.
    """

    edition: str
    columns: tuple[str, ...]
    listed: Mapping[int, tuple[str, ...]]
    dictionary: Mapping[int, str]
    classes: Mapping[str, int]
    iods: tuple[Mapping[int, str], ...]
    nested: Mapping[int, Mapping[int, str]]
    private: Mapping[tuple[int, str, int], tuple[str, str]]
    vocabulary: frozenset[str]
    counts: Mapping[int, int]
    uids: frozenset[str]


@cache
def tables() -> Tables:
    """Read once a process: constants of the program, kept in files because they are the standard's."""
    profile, types = _json("profile.json"), _json("types.json")
    private = {}
    for key, (vr, action) in _json("safe_private.json").items():
        group, creator, element = key.split("|")
        private[int(group, 16), creator, int(element, 16)] = (vr, action)
    return Tables(
        edition=profile["edition"],
        columns=tuple(profile["columns"]),
        listed={int(tag, 16): tuple(row) for tag, row in profile["attributes"].items() if "x" not in tag},
        dictionary={int(tag, 16): vr for tag, vr in _json("dictionary.json").items()},
        classes=types["classes"],
        iods=tuple(_tags(iod) for iod in types["iods"]),
        nested={int(tag, 16): _tags(inner) for tag, inner in types["nested"].items()},
        private=private,
        vocabulary=frozenset((files(__package__) / "data" / "vocabulary.txt").read_text(encoding="utf-8").split()),
        counts={int(tag, 16): most for tag, most in _json("counts.json").items()},
        uids=frozenset(_json("uids.json")),
    )


@cache
def names() -> frozenset[str]:
    """Common given and family names, in small letters: no vocabulary excuses them."""
    return frozenset((files(__package__) / "data" / "names.txt").read_text(encoding="utf-8").split())


def _json(name: str) -> Any:
    return json.loads((files(__package__) / "data" / name).read_text(encoding="utf-8"))


def _tags(row: Mapping[str, str]) -> dict[int, str]:
    return {int(tag, 16): kind for tag, kind in row.items() if "x" not in tag}


@dataclass(frozen=True)
class Profile:
    """The Basic Profile with options and local overrides (tag → action)."""

    tables: Tables
    options: frozenset[str]
    overrides: Mapping[int, str]

    def listed(self, tag: int) -> str | None:
        """The action as the table writes it, before types are known; None when the table does not name the tag."""
        return self.actions.get(tag)

    @cached_property
    def actions(self) -> Mapping[int, str]:
        """Tag → action under the chosen options."""
        return {tag: self._chosen(row) for tag, row in self.tables.listed.items()} | dict(self.overrides)

    def _chosen(self, row: tuple[str, ...]) -> str:
        action = row[1]
        for name, cell in zip(self.tables.columns[1:], row[2:], strict=True):
            if cell and name in self.options:
                # Two options may speak of one attribute: to clean it is safer than to keep it.
                action = "C" if "C" in (cell, action) and action in "CK" else cell
        return action

    def action(self, tag: int, sop_class: str = "", parent: int = 0) -> str | None:
        """X, Z, D, K, C or U; None for an attribute that the table does not name."""
        written = self.listed(tag)
        if written is None:
            return None
        return resolve(written, self.type_of(tag, sop_class, parent))

    def type_of(self, tag: int, sop_class: str, parent: int) -> str:
        if parent:
            return self.tables.nested.get(parent, {}).get(tag, ANY)
        index = self.tables.classes.get(sop_class)
        return ANY if index is None else self.tables.iods[index].get(tag, "3")

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        """What (0012,0064) says: the profile and the options that were applied.

        A local policy that keeps or only cleans what the profile takes away earns no code.
        """
        if any(action in ("K", "C") and self.tables.listed.get(tag) for tag, action in self.overrides.items()):
            return ()
        return tuple(CODES[name] for name in ("basic", *sorted(self.options)))


def resolve(written: str, kind: str) -> str:
    """A compound action by the attribute's type; the last one serves every type, and so an unknown one.

    A plain X or Z gives way where the IOD requires the attribute or its value, or the output would not be valid.
    """
    if written.endswith("U*"):
        # References whose UIDs are replaced identify nobody, and without them a series falls apart.
        return "U"
    choices = written.split("/")
    required, present = kind in ("1", "1C"), kind in ("2", "2C")
    if len(choices) == 1:
        if written in ("X", "Z") and kind == "1":
            return "D"
        return "Z" if written == "X" and kind == "2" else written
    if kind == "3" and "X" in choices:
        return "X"
    if present and "Z" in choices:
        return "Z"
    if required or kind == ANY or present:
        return choices[-1]
    return choices[0]


def overrides(path: str) -> dict[int, str]:
    """A local policy: YAML that maps tags, as `0008,0070` or `(0008,0070)`, to X, Z, D, K, C or U."""
    try:
        content = yamltext.plain(Path(path).expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unusable(f"cannot be read: {' '.join(str(error).split())}", path) from error
    if not isinstance(content, dict):
        raise _unusable("does not map tags to actions", path)
    made = {}
    for name, action in content.items():
        tag = re.fullmatch(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?", str(name).replace(" ", ""))
        if tag is None or action not in tuple("XZDKCU"):
            raise _unusable(f"has a line that is no tag with an action: {name}", path)
        made[int(tag.group(1) + tag.group(2), 16)] = str(action)
    return made


def _unusable(why: str, path: str) -> ConfigurationError:
    hint = 'one line a tag, for example "0008,0070": K; actions are X, Z, D, K, C and U'
    return ConfigurationError(f"the policy {path} {why}", code="policy", hint=hint, exit=2)


def choose(preset: str, retain: tuple[str, ...], clean: tuple[str, ...]) -> frozenset[str]:
    """The options asked for; ValueError names what is unknown or contradictory."""
    unknown = sorted(set(retain) - set(RETAIN)) + sorted(set(clean) - set(CLEAN))
    if unknown:
        raise ValueError(f"unknown option {unknown[0]!r}")
    options = frozenset((*retain, *clean, *(TCIA if preset == "tcia" else ())))
    if {"full-dates", "modified-dates"} <= options:
        raise ValueError("full-dates and modified-dates exclude one another")
    return options
