"""Files a permission audit reads beside its source: memberships, waivers, a baseline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fsxap import yamltext
from fsxap.errors import ConfigurationError
from fsxap.model import Finding, Record

if TYPE_CHECKING:
    from fsxap.acl.drift import Known
    from fsxap.acl.groups import Groups
    from fsxap.acl.waivers import Waiver


def read_text(path: str, what: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {what} from {path}: {error}", code="bad-file") from error


def load_groups(path: str) -> Groups:
    """CSV (member, group) or LDIF by suffix."""
    from fsxap.acl import groups

    if not path:
        return groups.Groups()
    text = read_text(path, "groups")
    read = groups.read_ldif if path.lower().endswith((".ldif", ".ldf")) else groups.read_csv
    try:
        return read(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{path}: {error}", code="bad-file", hint="a CSV with member,group rows, or an LDIF export"
        ) from error


class Waiving:
    """Judges findings by a waiver file, and remembers which waivers covered one."""

    def __init__(self, waivers: tuple[Waiver, ...], today: date) -> None:
        self.waivers, self.today = waivers, today
        self.used: set[Waiver] = set()

    def __call__(self, findings: Iterable[Finding]) -> list[Finding]:
        from fsxap.acl.waivers import covering, judged

        found = list(findings)
        for finding in found:
            self.used.update(covering(finding, self.waivers))
        return [judged(finding, self.waivers, self.today) for finding in found]

    def unused(self) -> tuple[Finding, ...]:
        """A finding for each waiver that covered nothing."""
        from fsxap.acl.waivers import unused

        return tuple(unused(self.waivers, self.used, self.today))


def load_waivers(path: str, today: date | None = None) -> Waiving | None:
    from fsxap.acl import waivers

    if not path:
        return None
    try:
        found = waivers.parse(yamltext.plain(read_text(path, "waivers")))
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(
            f"{path}: {reason}", code="bad-file", hint="docs/drift-and-waivers.md shows the form"
        ) from error
    return Waiving(found, today or datetime.now(UTC).date())


def read_baseline(path: str) -> Iterator[Known]:
    """What an earlier `--emit acls` output knows, in whatever order it stands there."""
    from fsxap.acl import drift

    try:
        yield from drift.read(_rows(path))
    except ValueError as error:
        raise ConfigurationError(
            f"baseline {path}: {error}", code="bad-file", hint="scan-acl --emit acls -o FILE writes one"
        ) from error


def baseline_extent(path: str) -> Record | None:
    """What the baseline's scan looked at, from its summary; None when the summary is not there."""
    found: Record | None = None
    try:
        for row in _rows(path):
            if row.get("type") == "summary":
                found = row["data"].get("extent")
    except ValueError:
        # Said with its line by whoever reads the records.
        return None
    return found


def _rows(path: str) -> Iterator[Record]:
    try:
        with Path(path).open("rb") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    raise ValueError(f"line {number} is not JSON") from None
                if isinstance(row, dict):
                    yield row
    except OSError as error:
        raise ConfigurationError(f"cannot read the baseline {path}: {error.strerror}", code="bad-file") from error
