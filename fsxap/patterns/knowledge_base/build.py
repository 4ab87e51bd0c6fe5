"""Brings an index up to date with a source: only what is new or changed is read, and what is gone disappears."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from fsxap.errors import FsxapError, ItemError, NotFound
from fsxap.model import Item, Tally, Unlisted
from fsxap.passages import Index, Known, Passage
from fsxap.patterns.knowledge_base.cutting import passages
from fsxap.ports import Cancellation, Progress

Extract = Callable[[bytes, str], list[tuple[int, str]]]
"""From content and name to (page, text)."""

AT_ONCE = 25
"""Documents that are kept together; a run that is killed loses these."""


@dataclass(slots=True)
class Refresh:
    """One pass over a listing. `removed` counts documents that are gone from the source."""

    index: Index
    read: Callable[[str], bytes]
    extract: Extract
    progress: Progress
    cancel: Cancellation
    named: bool = True
    tally: Tally = field(default_factory=Tally)
    removed: int = 0

    def run(self, listing: Iterable[Item | Unlisted]) -> bool:
        """Whether anything changed."""
        known = dict(self.index.known())
        changed = False
        batch: list[tuple[Item, Known | None]] = []
        for entry in listing:
            self.cancel.check()
            if isinstance(entry, Unlisted):
                self.tally.count("skipped" if entry.skipped else "failed")
                continue
            if not _is_text(entry.key):
                self._note(entry.key, "its name is not UTF-8, as the index needs it")
                self.tally.count("failed")
                continue
            before = known.pop(entry.key, None)
            self.progress.advance()
            if before and before.version == entry.version:
                self.tally.count("unchanged" if before.state == "ok" else "failed")
                continue
            batch.append((entry, before))
            if len(batch) >= AT_ONCE:
                self._keep(batch)
                batch, changed = [], True
        self._keep(batch)
        if known:
            with self.index.changing():
                self.index.remove(known)
        self.removed = len(known)
        return changed or bool(batch or known)

    def _keep(self, batch: list[tuple[Item, Known | None]]) -> None:
        if not batch:
            return
        with self.index.changing():
            for item, before in batch:
                self.cancel.check()
                self._take(item, before)

    def _take(self, item: Item, before: Known | None) -> None:
        try:
            body = self.read(item.key)
        except NotFound:
            self.index.remove([item.key])
            self.tally.count("vanished")
            return
        digest = hashlib.sha256(body).hexdigest()
        about = Known(item.version, digest, modified=item.modified)
        if before and before.digest == digest and before.state == "ok":
            # Touched, or copied over by itself.
            self.index.touch(item.key, about)
            self.tally.count("unchanged")
            return
        found: list[Passage] = []
        try:
            found = list(passages(self.extract(body, item.key)))
            self.tally.count("ok")
        except ItemError as error:
            self._failed(item, about, error)
            return
        self.index.put(item.key, about, found)

    def _failed(self, item: Item, about: Known, error: FsxapError) -> None:
        """Kept as failed, so that it is told of each time and read again when it has changed."""
        self._note(item.key, error.message)
        self.index.put(item.key, Known(about.version, about.digest, "failed", error.code, about.modified), ())
        self.tally.count("failed")

    def _note(self, key: str, why: str) -> None:
        if self.named:
            self.progress.note(f"not read: {key}: {why}")


def _is_text(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
