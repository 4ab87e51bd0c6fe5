"""Which part of a listing a command is about: prefix, globs, age, size, limit."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fsxap.engine.types import Match
from fsxap.errors import UsageError
from fsxap.listed import Files, Page
from fsxap.model import Item, Unlisted, timestamp

OWN = re.compile(r"(?:^|/)(?:_fsxap|\.fsxap)(?:/|$)")
"""What fsxap writes, wherever it was told to: never input again."""

UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
AGES = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Scope:
    """Bounds are inclusive; times are UTC ISO 8601 text, compared as text; sizes are bytes."""

    prefix: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    newer_than: str = ""
    older_than: str = ""
    min_size: int | None = None
    max_size: int | None = None
    stable_for: int = 0
    """Seconds a file must have been left alone: one still being written waits for the next run."""
    limit: int | None = None
    items: str = ""
    """Fingerprint of a manifest that replaces the listing."""

    @property
    def partial(self) -> bool:
        """Whether keys outside it may exist: then a key that is not listed is not known to be gone."""
        return self != Scope()

    def record(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value not in ("", (), None, 0)}

    def predicate(self) -> Callable[[Item], bool]:
        tests: list[Callable[[Item], bool]] = [_not_ours]
        if self.include:
            tests.append(_globs(self.include))
        if self.exclude:
            excluded = _globs(self.exclude)
            tests.append(lambda item: not excluded(item))
        if self.newer_than:
            tests.append(lambda item: item.modified >= self.newer_than)
        if self.older_than:
            tests.append(lambda item: item.modified <= self.older_than)
        if (least := self.min_size) is not None:
            tests.append(lambda item: item.size >= least)
        if (most := self.max_size) is not None:
            tests.append(lambda item: item.size <= most)
        if self.stable_for:
            latest = timestamp(datetime.now(UTC) - timedelta(seconds=self.stable_for))
            tests.append(lambda item: item.modified <= latest)
        return lambda item: all(test(item) for test in tests)

    def select(
        self, listing: Iterable[Item | Unlisted], match: Callable[[Item], bool] | None = None
    ) -> Iterator[Item | Unlisted]:
        """The listing, narrowed. Unlisted places stay, unless they are entries the use case would not have taken."""
        wanted = self.predicate()
        for entry in listing:
            if isinstance(entry, Unlisted):
                if OWN.search(entry.key) or (entry.skipped and match is not None and not match(Item(entry.key))):
                    continue
                yield entry
            elif wanted(entry) and (match is None or match(entry)):
                yield entry

    def select_pages(self, pages: Iterable[Page], match: Match | None = None) -> Iterator[Page]:
        """What `select` gives, by the page; globs that are about a suffix cost no item."""
        suffixes = _suffixes(self.include)
        rest = replace(self, prefix="", include=() if suffixes else self.include, limit=None, items="")
        wanted = rest.predicate() if rest.partial else None
        for page in pages:
            if not isinstance(page, Files):
                yield self.select(page, match)
                continue
            for each in (suffixes, match.suffixes if match else ()):
                page = page.ending(each) if each else page
            if wanted:
                page = page.where(wanted)
            elif "fsxap" in "\n".join([row[0] for row in page.rows]):
                page = page.where(_not_ours)
            yield page


def _not_ours(item: Item) -> bool:
    return not ("fsxap" in item.key and OWN.search(item.key))


def _suffixes(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """What the patterns come to as ends of keys in lower case; nothing when that is not all they say."""
    if all(re.fullmatch(r"\*[^*?\[\]/]+", pattern) for pattern in patterns):
        return tuple(pattern[1:].lower() for pattern in patterns)
    return ()


def _globs(patterns: tuple[str, ...]) -> Callable[[Item], bool]:
    """Case-insensitive; a pattern without a slash is about the last name of the key, one with a slash about all."""
    whole = [re.compile(fnmatch.translate(p.lower())) for p in patterns if "/" in p]
    names = [re.compile(fnmatch.translate(p.lower())) for p in patterns if "/" not in p]

    def test(item: Item) -> bool:
        key = item.key.lower()
        return any(p.match(key) for p in whole) or (bool(names) and any(p.match(key.rpartition("/")[2]) for p in names))

    return test


def parse_size(text: str) -> int:
    """`10MB` (powers of ten), `10MiB` or `10M` (powers of two), `512`."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    unit = UNITS.get(found[2].upper()) if found else None
    if found is None or unit is None:
        raise UsageError(f"not a size: {text!r}", hint="for example 200KB, 10MB, 1GiB")
    return int(float(found[1]) * unit)


def parse_moment(text: str, now: datetime | None = None) -> str:
    """An ISO 8601 time, or an age such as 90s, 12h, 7d, 2w counted back from now."""
    now = now or datetime.now(UTC)
    if found := re.fullmatch(r"(\d+)([smhdw])", text.strip()):
        return timestamp(now - timedelta(seconds=int(found[1]) * AGES[found[2]]))
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"not a time: {text!r}", hint="an ISO time (2026-05-03T12:00:00Z) or an age (7d, 12h)"
        ) from None
    return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
