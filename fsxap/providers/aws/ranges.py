"""A long listing read by several requests at once, its pages still in key order and few of them in memory.

The key space is cut into ranges at the names one directory's listing gives, ever nearer to where the reader is. A
thread fetches one page of the foremost range that nobody works on; when there is none it cuts one that somebody does.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from fsxap.listed import Row

SERIAL = 4
"""Pages read one after the other first: most listings are shorter, and their time tells how many threads pay."""
FEWEST = 4
"""Threads worth the requests that cutting costs, about a third more."""
ROOM, HELD = 3, 2
"""Pages a thread: how far ahead of the reader ranges are worked on, and how many wait for it altogether."""
SMALL = 2.75
"""Pages of a range of many directories. Its last page belongs to the next one in part, hence no whole number."""
WHOLE = 5
"""Pages of a range meant to be small before it is cut again."""
LAST = "\U0010ffff"


class Page(NamedTuple):
    """Rows with whole keys; `plain` when all but the keys is known to be plain ASCII."""

    rows: list[Row]
    plain: bool


Fetch = Callable[[str, str], tuple[Page, str]]
"""The page after a key, or of a continuation token, and the token of the next one, empty at the end."""
Siblings = Callable[[str, str], list[str]]
"""Some names directly below a directory that come after a key: files, and directories with their slash."""


@dataclass(eq=False, slots=True)
class Range:
    """The keys after `after`, through `end` (None: to the last)."""

    after: str
    end: str | None
    token: str = ""
    small: bool = False
    keys: Sequence[str] = ()
    """Those of the last page, which tell how many keys a name stands for."""
    tried: str | None = None
    """The deepest directory at whose names it was cut, or could not be."""
    pages: deque[Page] = field(default_factory=deque)
    fetched: int = 0
    busy: bool = False
    cutting: bool = False
    done: bool = False
    error: BaseException | None = None

    @property
    def open(self) -> bool:
        return not (self.done or self.error)


def order(key: str) -> bytes:
    """What S3 sorts by, also for names that are not UTF-8."""
    return key.encode(errors="surrogateescape")


def ordered(fetch: Fetch, siblings: Siblings, prefix: str, after: str, threads: int) -> Iterator[Page]:
    """Every page after a key, in order; empty ones where there is nothing."""
    token, waited, worked = "", 0.0, 0.0
    for _ in range(SERIAL):
        wall, work = time.perf_counter(), time.thread_time()
        page, token = fetch(after, token)
        waited, worked = waited + time.perf_counter() - wall, worked + time.thread_time() - work
        yield page
        if not token:
            return
        after = page.rows[-1][0] if page.rows else after
    # More threads than that would only wait for the interpreter.
    threads = min(threads, round(waited / max(worked, 1e-6)))
    if threads >= FEWEST:
        rest = Range(after, None, token, keys=[row[0] for row in page.rows])
        yield from Ranges(fetch, siblings, prefix, rest).read(threads)
        return
    while token:
        page, token = fetch(after, token)
        yield page


class Ranges:
    """The ranges of one listing, in key order; the first is the one the reader is at."""

    def __init__(self, fetch: Fetch, siblings: Siblings, prefix: str, whole: Range) -> None:
        self._fetch, self._siblings, self._prefix = fetch, siblings, prefix
        self._ranges = deque([whole])
        self._held = 0
        self._changed = threading.Condition()
        self._stopped = False

    def read(self, threads: int) -> Iterator[Page]:
        for _ in range(threads):
            # Not waited for at the end: a request may take a minute, and nobody wants its answer.
            threading.Thread(target=self._work, args=(threads,), name="listing", daemon=True).start()
        try:
            while (page := self._next()) is not None:
                yield page
        finally:
            with self._changed:
                self._stopped = True
                self._changed.notify_all()

    def _next(self) -> Page | None:
        with self._changed:
            while self._ranges:
                front = self._ranges[0]
                if front.pages:
                    self._held -= 1
                    self._changed.notify()
                    return front.pages.popleft()
                if front.error:
                    raise front.error
                if front.done:
                    self._ranges.popleft()
                    self._changed.notify_all()
                else:
                    self._changed.wait()
            return None

    def _work(self, threads: int) -> None:
        with self._changed:
            try:
                while not self._stopped:
                    near = self._near(threads)
                    if mine := next((each for each in near if not each.busy), None):
                        self._advance(mine)
                    elif mine := next(
                        (each for each in near if not each.cutting and self._level(each) is not None), None
                    ):
                        self._cut(mine)
                    else:
                        self._changed.wait()
            except Exception as error:  # noqa: BLE001 - raised where the reader is
                self._ranges.appendleft(Range("", None, error=error))
                self._changed.notify_all()

    def _near(self, threads: int) -> list[Range]:
        """The ranges to work on now: all that are open and not too far ahead of the reader."""
        found: list[Range] = []
        ahead = 0
        for each in self._ranges:
            ahead += len(each.pages)
            full = ahead >= ROOM * threads or self._held >= HELD * threads
            if (full and (ahead or found)) or len(found) == threads:
                break
            if each.open:
                found.append(each)
        return found

    def _advance(self, mine: Range) -> None:
        """Fetch a page, without the lock."""
        mine.busy = True
        self._changed.release()
        try:
            page, token = self._fetch(mine.after, mine.token)
        except Exception as error:  # noqa: BLE001 - raised where the reader comes to it
            self._changed.acquire()
            mine.error = error
        else:
            self._changed.acquire()
            self._deliver(mine, page, token)
        mine.busy = False
        self._changed.notify_all()

    def _deliver(self, mine: Range, page: Page, token: str) -> None:
        """What lies behind the range's end begins the next one, if nobody has yet."""
        rows = page.rows
        for each in islice(self._ranges, self._ranges.index(mine), None):
            if each is not mine and (each.busy or each.fetched):
                return
            beyond: list[Row] = []
            if rows and each.end is not None and order(rows[-1][0]) > (end := order(each.end)):
                beyond = [row for row in rows if order(row[0]) > end]
                rows = [row for row in rows if order(row[0]) <= end]
            if rows:
                each.pages.append(Page(rows, page.plain))
                self._held += 1
            each.fetched += 1
            each.done = bool(beyond) or not token
            each.keys = () if each.done else [row[0] for row in rows]
            each.token, each.after = token, rows[-1][0] if rows else each.after
            if not beyond:
                return
            rows = beyond

    def _level(self, each: Range) -> str | None:
        """The next directory, from above, at whose names it can be cut: the prefix itself or more of its last key."""
        if not each.after.startswith(self._prefix) or (each.small and each.fetched < WHOLE):
            return None
        at = len(self._prefix) - 1
        while each.tried is not None and each.tried.startswith(each.after[: at + 1]):
            at = each.after.find("/", at + 1)
            if at < 0:
                return None
        return each.after[: at + 1]

    def _cut(self, mine: Range) -> None:
        """Ask, without the lock, what comes after the directory that the range is in."""
        level, before = self._level(mine), mine.tried
        assert level is not None
        child = mine.after[len(level) :].partition("/")[0]
        mine.cutting = True
        self._changed.release()
        try:
            names = self._siblings(level, f"{level}{child}/{LAST}")
        finally:
            self._changed.acquire()
        mine.cutting, mine.tried = False, level
        if mine.open:
            self._insert(mine, level, before, names)
        self._changed.notify_all()

    def _insert(self, mine: Range, level: str, before: str | None, names: list[str]) -> None:
        """Ranges of a few pages, or of one directory where those are larger."""
        spread = len({key[len(level) :].partition("/")[0] for key in mine.keys if key.startswith(level)})
        # The first and the last are there in part.
        group = round(SMALL * (spread - 0.5)) if spread > 1 else 1
        low = order(mine.after)
        cuts = [name for name in names if low < (at := order(name)) and (mine.end is None or at < order(mine.end))][
            ::group
        ]
        if not cuts or len(names) < group:
            return
        end, mine.end = mine.end, cuts[0]
        place = self._ranges.index(mine) + 1
        for number, (after, through) in enumerate(zip(cuts, [*cuts[1:], end], strict=True)):
            last = number == len(cuts) - 1
            # There may be more names behind the last one.
            fresh = Range(after, through, small=group > 1 and not last, tried=before if last else level)
            self._ranges.insert(place + number, fresh)
