"""Walks a volume breadth first over REST listings: a few pages in flight, memory for waiting directories only.

While a directory is being listed its names are remembered, because one may come on two pages when the directory
changes meanwhile; of files with several names the inodes are, so that each is audited once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue
from typing import NamedTuple

from fsxap.acl.model import Entry
from fsxap.errors import ConfigurationError, FsxapError, Interrupted, NotFound, Unauthenticated
from fsxap.model import Failure, Record, Unlisted
from fsxap.ports import Cancellation
from fsxap.providers.ontap import decode, paths
from fsxap.providers.ontap.client import Page

DEEPEST = 512
"""Levels; nothing real is that deep, so a server that answers in circles is stopped here."""
SNAPSHOTS = frozenset({".snapshot", "~snapshot"})
FOLDERS = frozenset({"directory", "junction", "symlink"})
"""Kinds reported when files are not asked for: a link or junction may hide a folder, so it is told."""
FATAL = (ConfigurationError, Interrupted, Unauthenticated)
"""What every other directory would meet too."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A directory being read. `path` is relative to the volume; `link` is the next page's, empty for the first."""

    path: str
    depth: int
    link: str = ""
    asked: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


Fetch = Callable[[Listing], Page]


class Siblings(NamedTuple):
    """Directories not begun that one page named, joined by slashes: what waits is most of what a walk remembers."""

    parent: str
    names: str
    depth: int


@dataclass(frozen=True, slots=True)
class Queue:
    """What is still to be read: directories not begun, and those with pages left."""

    untouched: deque[Siblings] = field(default_factory=deque)
    following: deque[Listing] = field(default_factory=deque)
    begun: deque[Listing] = field(default_factory=deque)

    def __bool__(self) -> bool:
        return bool(self.untouched or self.following or self.begun)

    def take(self) -> Listing:
        """Begun ones first, so that few are half read at a time."""
        if self.begun:
            return self.begun.popleft()
        if not self.following:
            parent, names, depth = self.untouched.popleft()
            base = f"{parent}/" if parent else ""
            self.following.extend(Listing(base + name, depth) for name in names.split("/"))
        return self.following.popleft()


@dataclass(frozen=True, slots=True)
class Scope:
    """`depth` counts levels below the start; `junctions` are the namespace paths where other volumes are mounted."""

    junction: str
    files: bool = False
    depth: int | None = None
    junctions: frozenset[str] = frozenset()


def walk(
    fetch: Fetch, start: Entry, scope: Scope, *, workers: int, cancel: Cancellation | None = None
) -> Iterator[Entry | Unlisted]:
    """`start` and everything below it. A directory that cannot be listed is `Unlisted` after its own entry.

    One deleted before its last page has the code "vanished"; what was listed of it stays listed. When the very
    first page fails the error is raised, as is one that every directory would meet. Interrupted when cancelled:
    an end without it means the walk is whole.
    """
    yield start
    if start.kind != "directory" or scope.depth == 0:
        return
    waiting = Queue(following=deque([Listing(paths.relative(scope.junction, start.path), 0)]))
    linked: set[tuple[int, int]] = set()
    with closing(_fetched(fetch, waiting, workers, cancel)) as pages:
        for listing, future in pages:
            failure = future.exception()
            if failure is not None:
                yield _unlisted(listing, failure, scope)
                continue
            page = future.result()
            if page.next:
                waiting.begun.append(replace(listing, link=page.next))
            depth, names = listing.depth + 1, []
            for found in _entries(page, listing, scope, linked):
                if isinstance(found, Unlisted) or scope.files or found.kind in FOLDERS:
                    yield found
                if not isinstance(found, Entry) or found.kind != "directory":
                    continue
                if depth >= DEEPEST:
                    yield Unlisted(found.path, Failure("too-deep", f"not listed: more than {DEEPEST} levels deep"))
                elif scope.depth is None or depth < scope.depth:
                    names.append(found.path.rpartition("/")[2])
            if names:
                waiting.untouched.append(Siblings(listing.path, "/".join(names), depth))


def _fetched(
    fetch: Fetch, waiting: Queue, workers: int, cancel: Cancellation | None
) -> Generator[tuple[Listing, Future[Page]]]:
    """Pages as they arrive, at most one in flight a worker and one waiting for it, until nothing waits."""
    arrived: SimpleQueue[tuple[Listing, Future[Page]]] = SimpleQueue()

    def keep(listing: Listing, future: Future[Page]) -> None:
        arrived.put((listing, future))

    in_flight = 0
    pool = ThreadPoolExecutor(workers, thread_name_prefix="walk")
    try:
        while waiting or in_flight:
            if cancel is not None and cancel.is_set():
                raise Interrupted("stopped while listing the volume", hint="run it again to go on")
            while waiting and in_flight < 2 * workers:
                listing = waiting.take()
                pool.submit(fetch, listing).add_done_callback(partial(keep, listing))
                in_flight += 1
            yield arrived.get()
            in_flight -= 1
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _unlisted(listing: Listing, failure: BaseException, scope: Scope) -> Unlisted:
    first = listing.depth == 0 and not listing.link
    if first or isinstance(failure, FATAL) or not isinstance(failure, FsxapError):
        raise failure
    path = paths.namespace(scope.junction, listing.path)
    if isinstance(failure, NotFound) and paths.altered(path):
        return Unlisted(path, Failure("altered-name", f"{path} cannot be listed: a name in it is not UTF-8"))
    if isinstance(failure, NotFound):
        return Unlisted(path, Failure("vanished", f"{path} was deleted while it was being listed"))
    return Unlisted(path, Failure(failure.code, failure.message, failure.retryable))


def _entries(page: Page, listing: Listing, scope: Scope, linked: set[tuple[int, int]]) -> Iterator[Entry | Unlisted]:
    """A page's entries without those already met and those that are not part of the tree."""
    for record in page.records:
        name = record.get("name")
        if not isinstance(name, str) or not name or "/" in name or "\0" in name:
            place = paths.namespace(scope.junction, listing.path)
            yield Unlisted(place, Failure("malformed-answer", f"an entry of {place} has a name that no file can have"))
            continue
        if name in (".", "..") or (name in SNAPSHOTS and record.get("type") == "directory"):
            continue
        if name in listing.names:
            continue
        listing.names.add(name)
        found = _entry(record, f"{listing.path}/{name}" if listing.path else name, scope)
        if isinstance(found, Unlisted) or not _seen(found, linked):
            yield found


def _entry(record: Record, path: str, scope: Scope) -> Entry | Unlisted:
    place = paths.namespace(scope.junction, path)
    try:
        with decode.readable(f"entry {place}"):
            entry = decode.entry(record, place)
    except FsxapError as error:
        return Unlisted(place, Failure(error.code, error.message))
    # Older releases have no is_junction; where the other volumes are mounted is known either way.
    return replace(entry, kind="junction") if place in scope.junctions else entry


def _seen(entry: Entry, linked: set[tuple[int, int]]) -> bool:
    """Whether another name of this file has been met."""
    if entry.links < 2 or entry.kind == "directory" or not entry.inode:
        return False
    inode = (entry.inode, entry.generation)
    if inode in linked:
        return True
    linked.add(inode)
    return False
