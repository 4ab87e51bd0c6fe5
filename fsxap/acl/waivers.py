"""Waivers: findings that somebody accepted, with a reason, an owner and a last day."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from fsxap.model import Finding, Record
from fsxap.model import Waiver as Accepted

_KEYS = ("id", "rule", "where", "subject", "reason", "owner", "until")
_ID = re.compile(r"[0-9a-f]{16}")
UNUSED = "waiver-unused"


@dataclass(frozen=True, slots=True)
class Waiver:
    """Either `id`, or globs over rule, where and subject. It holds through the day `until`."""

    reason: str
    owner: str
    until: date
    id: str = ""
    rule: str = "*"
    where: str = "*"
    subject: str = "*"

    def covers(self, finding: Finding) -> bool:
        """`*` crosses folders. Places and subjects are compared without case, as SMB does."""
        if self.id:
            return self.id == finding.id
        return (
            fnmatch.fnmatchcase(finding.rule, self.rule)
            and fnmatch.fnmatchcase(finding.where.casefold(), self.where.casefold())
            and fnmatch.fnmatchcase(finding.subject.casefold(), self.subject.casefold())
        )

    def expired(self, today: date) -> bool:
        return today > self.until

    def record(self) -> Record:
        chosen = {"id": self.id} if self.id else {"rule": self.rule, "where": self.where, "subject": self.subject}
        return {**chosen, "reason": self.reason, "owner": self.owner, "until": self.until.isoformat()}


def parse(document: Any) -> tuple[Waiver, ...]:
    """From `{version: 1, waivers: [...]}` as YAML gives it. ValueError says where the mistake is."""
    top = _mapping(document, "the waiver file", ("version", "waivers"))
    version = top.get("version", 1)
    if version != 1 or isinstance(version, bool):
        raise ValueError(f"version {version!r} is not known; this release reads version 1")
    rows = top.get("waivers")
    if not isinstance(rows, list):
        raise ValueError("waivers: expected a list")
    return tuple(_waiver(row, f"waivers[{number}]") for number, row in enumerate(rows))


def judged(finding: Finding, waivers: Iterable[Waiver], today: date) -> Finding:
    """The finding, waived where a waiver covers it; where only an expired one does, with a note of that."""
    found = covering(finding, waivers)
    current = [waiver for waiver in found if not waiver.expired(today)]
    if current:
        # Of several, the one that holds longest: the finding comes back when the last of them ends.
        best = max(current, key=lambda waiver: waiver.until)
        return replace(finding, waived=Accepted(best.reason, best.until.isoformat(), best.owner))
    if found:
        last = max(found, key=lambda waiver: waiver.until)
        expired = {"reason": last.reason, "owner": last.owner, "until": last.until.isoformat()}
        return replace(finding, evidence={**finding.evidence, "waiver_expired": expired}, waived=None)
    return finding


def covering(finding: Finding, waivers: Iterable[Waiver]) -> tuple[Waiver, ...]:
    """The waivers, expired or not, that cover a finding; what a caller collects to report the unused ones."""
    return tuple(waiver for waiver in waivers if waiver.covers(finding))


def unused(waivers: Iterable[Waiver], used: Iterable[Waiver], today: date) -> Iterator[Finding]:
    """A finding for each waiver that covered nothing: what it accepted is gone, or it is misspelt."""
    spent = set(used)
    for waiver in dict.fromkeys(waivers):
        if waiver not in spent:
            what = f"finding {waiver.id}" if waiver.id else f"{waiver.rule} at {waiver.where}"
            ended = " and has expired" if waiver.expired(today) else ""
            yield Finding(
                UNUSED,
                "info",
                f"The waiver for {what} covers no finding{ended}",
                waiver.where if not waiver.id else waiver.id,
                {"waiver": waiver.record(), "expired": waiver.expired(today)},
                "Delete the waiver, or correct its rule, place or subject.",
                f"{waiver.rule} {waiver.subject}" if not waiver.id else "",
            )


def _waiver(value: Any, where: str) -> Waiver:
    row = _mapping(value, where, _KEYS)
    for key in ("reason", "owner", "until"):
        if row.get(key) in (None, ""):
            raise ValueError(f"{where}: {key} is required")
    texts = {key: _text(row[key], f"{where}.{key}") for key in _KEYS if key in row and key != "until"}
    if "id" in texts:
        if clash := [key for key in ("rule", "where", "subject") if key in texts]:
            raise ValueError(f"{where}: an id says which finding; {', '.join(clash)} cannot stand beside it")
        if not _ID.fullmatch(texts["id"]):
            raise ValueError(f"{where}.id: {texts['id']!r} is not a finding's id (16 hexadecimal digits)")
    elif not {"rule", "where"} <= set(texts):
        # A waiver for everything must be written as one.
        raise ValueError(f"{where}: an id, or both rule and where, are required ('*' means any)")
    return Waiver(until=_day(row["until"], f"{where}.until"), **texts)


def _mapping(value: Any, where: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: expected a mapping")
    for key in value:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise ValueError(f"{where}: unknown key {key!r}; {hint}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: expected text, not {value!r}; quote it if it looks like a number")
    return value.strip()


def _day(value: Any, where: str) -> date:
    # YAML makes dates of what looks like one, and a date with a time is no day.
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{where}: {value!r} is no day of the calendar") from error
    raise ValueError(f"{where}: expected a day like 2026-12-31, not {value!r}")
