"""A long listing read by several requests at once, its pages still in key order and few of them in memory.

The key space is cut into ranges at the names one directory's listing gives, ever nearer to where the reader is; in a
directory of more names than a page tells of, where the names of a page lead to expect some pages more. A thread fetches
one page of the foremost range that nobody works on, or cuts it where somebody does and it can be cut.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import NamedTuple

from fsxap.listed import Row
from fsxap.providers.aws.ahead import ahead
from fsxap.providers.keys import LONGEST, is_utf8

SERIAL = 4
"""Pages read one after the other first: most listings are shorter, and their time tells how many threads pay."""
FEWEST = 4
"""Threads worth the requests that cutting costs, about a third more."""
ROOM, HELD = 4, 3
"""Pages a thread: how far ahead of the reader ranges are worked on, and how many wait for it altogether."""
SMALL = 2.75
"""Pages of a range of many directories. Its last page belongs to the next one in part, hence no whole number."""
WHOLE = 5
"""Pages of a range meant to be small before it is cut again."""
FIRST = 2
"""Guesses at a time in the beginning; those that held a page make it one more, those that did not halve it."""
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
    whole: int = 0
    """Pages that it must have before it is cut."""
    guessed: bool = False
    """Whether it begins where a key was only expected."""
    keys: Sequence[str] = ()
    """Those of the last page here, or before, which tell how many keys a name stands for."""
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
    token = ""
    waited = worked = math.inf
    for _ in range(SERIAL):
        wall, work = time.perf_counter(), time.thread_time()
        page, token = fetch(after, token)
        # The least of each: the first request has more to do, and what it needs is made.
        waited, worked = min(waited, time.perf_counter() - wall), min(worked, time.thread_time() - work)
        yield page
        if not token:
            return
        after = page.rows[-1][0] if page.rows else after
    # More threads than that would only wait for the interpreter.
    threads = min(threads, round(waited / max(worked, 1e-6)))
    between = _between(page.rows)
    if threads >= FEWEST and between:
        again, following = fetch(between, "")
        if again.rows and again.rows[0][0] == after:
            page = Page(again.rows[1:], again.plain)
            yield page
            if following:
                rest = Range(again.rows[-1][0], None, following, keys=[row[0] for row in again.rows])
                yield from Ranges(fetch, siblings, prefix, rest, threads).read()
            return
    while token:
        page, token = fetch(after, token)
        yield page


def _between(rows: list[Row]) -> str:
    """A name that is not there, between the last two keys: where it leads tells whether any range may begin so.

    A place that takes no start, or only that of a key, can be read by tokens alone.
    """
    if len(rows) < 2:
        return ""
    name = rows[-2][0] + "!"
    return name if _can_be_asked(name) and order(name) < order(rows[-1][0]) else ""


def _can_be_asked(name: str) -> bool:
    return is_utf8(name) and len(name.encode()) <= LONGEST


def _together(keys: Sequence[int], size: int) -> int:
    """Names that make a range, by the keys that each name of a page stands for; the first and the last in part."""
    if whole := keys[1:-1]:
        return max(1, int(SMALL * size * len(whole) / sum(whole)))
    return round(SMALL * (len(keys) - 0.5)) if len(keys) > 1 else 1


class Ranges:
    """The ranges of one listing, in key order; the first is the one the reader is at."""

    def __init__(self, fetch: Fetch, siblings: Siblings, prefix: str, whole: Range, threads: int) -> None:
        self._fetch, self._siblings, self._prefix = fetch, siblings, prefix
        self._threads, self._trust, self._unseen = threads, FIRST, 0
        """`trust`: how many guessed ranges may be unseen at a time; names may go on otherwise, or be at their end."""
        self._ranges = deque([whole])
        self._held = 0
        self._size = len(whole.keys)
        """Keys of a page."""
        self._lock = threading.Lock()
        self._arrived, self._work = threading.Condition(self._lock), threading.Condition(self._lock)
        """What the reader waits for, and what a thread does: of those, each that finds some wakes the next."""
        self._stopped = False

    def read(self) -> Iterator[Page]:
        for _ in range(self._threads):
            # Not waited for at the end: a request may take a minute, and nobody wants its answer.
            threading.Thread(target=self._run, name="listing", daemon=True).start()
        try:
            while (page := self._next()) is not None:
                yield page
        finally:
            with self._lock:
                self._stopped = True
                self._work.notify_all()

    def _next(self) -> Page | None:
        with self._lock:
            while self._ranges:
                front = self._ranges[0]
                if front.pages:
                    self._held -= 1
                    self._work.notify()
                    return front.pages.popleft()
                if front.error:
                    raise front.error
                if front.done:
                    self._ranges.popleft()
                    self._work.notify()
                else:
                    self._arrived.wait()
            return None

    def _run(self) -> None:
        with self._lock:
            try:
                while not self._stopped:
                    mine = next((each for each in self._near() if not each.busy or self._can_be_cut(each)), None)
                    if mine is None:
                        self._work.wait()
                        continue
                    self._work.notify()
                    if mine.busy:
                        self._cut(mine)
                    else:
                        self._advance(mine)
            except Exception as error:  # noqa: BLE001 - raised where the reader is
                self._ranges.appendleft(Range("", None, error=error))
                self._arrived.notify()

    def _near(self) -> list[Range]:
        """The ranges to work on now: all that are open and not too far ahead of the reader.

        Pages that are still to come count as well: else every thread begins a range of its own, what they read waits
        for a reader far behind, and the range that he is at has no room to be read by more than one.
        """
        found: list[Range] = []
        waiting = ahead = 0
        for each in self._ranges:
            waiting += len(each.pages)
            full = ahead + len(each.pages) >= ROOM * self._threads or self._held >= HELD * self._threads
            if (full and (waiting or found)) or len(found) == self._threads:
                break
            ahead += len(each.pages)
            if each.open:
                found.append(each)
                ahead += max(1, (round(SMALL) if each.whole else WHOLE) - each.fetched)
        return found

    def _advance(self, mine: Range) -> None:
        """Fetch a page, without the lock."""
        mine.busy = True
        self._lock.release()
        try:
            page, token = self._fetch(mine.after, mine.token)
        except Exception as error:  # noqa: BLE001 - raised where the reader comes to it
            self._lock.acquire()
            mine.error = error
        else:
            self._lock.acquire()
            self._deliver(mine, page, token)
        mine.busy = False
        self._arrived.notify()

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
            if each.guessed and each.fetched == 1:
                self._unseen -= 1
                self._trust = max(self._trust // 2, 1) if each.done else min(self._trust + 1, self._threads)
            if not beyond:
                return
            rows = beyond

    def _can_be_cut(self, each: Range) -> bool:
        return not each.cutting and self._level(each) is not None

    def _level(self, each: Range) -> str | None:
        """The next directory, from above, at whose names it can be cut: the prefix itself or more of its last key."""
        if self._unseen >= self._trust or not each.after.startswith(self._prefix) or each.fetched < each.whole:
            return None
        if not each.keys:
            # Nothing says how many names make a page: it would be cut into ranges of less than one.
            return None
        at = len(self._prefix) - 1
        while each.tried is not None and each.tried.startswith(each.after[: at + 1]):
            at = each.after.find("/", at + 1)
            if at < 0:
                return None
        return each.after[: at + 1]

    def _cut(self, mine: Range) -> None:
        """At names of the directory that the range is in, or else not there again."""
        level = self._level(mine)
        assert level is not None
        names = [key[len(level) :].partition("/")[0] for key in mine.keys if key.startswith(level)]
        group = _together([len(list(same)) for _, same in groupby(names)], self._size)
        if group > self._size:
            self._guess(mine, level)
            return
        child = mine.after[len(level) :].partition("/")[0]
        mine.cutting = True
        self._lock.release()
        try:
            # What comes after the child that it is in now.
            names = self._siblings(level, f"{level}{child}/{LAST}")
        finally:
            self._lock.acquire()
        before, mine.cutting, mine.tried = mine.tried, False, level
        cuts = self._within(mine, names)[::group] if mine.open and len(names) >= group else []
        # Ranges of a few pages, or of one directory where those are larger.
        small = Range("", None, whole=WHOLE if group > 1 else 0, tried=level)
        if cuts and group > 1:
            mine.whole = mine.fetched + WHOLE
        # There may be more names behind the last one where there is no room for them in an answer.
        more = Range("", None, tried=before, keys=mine.keys)
        self._insert(mine, cuts, small, more if len(names) >= self._size else small)

    def _guess(self, mine: Range, level: str) -> None:
        """One listing of this directory would not tell where a few pages more begin; the names of a page may."""
        names = [key[len(level) :] for key in mine.keys if key.startswith(level)]
        texts = ahead(names, mine.after[len(level) :], SMALL * self._size, self._trust - self._unseen)
        cuts = self._within(mine, [name for text in texts if _can_be_asked(name := level + text)])
        if not cuts:
            mine.tried = level
            return
        mine.whole = mine.fetched + WHOLE
        self._unseen += len(cuts)
        rest = Range("", None, tried=mine.tried, keys=mine.keys, guessed=True)
        self._insert(mine, cuts, replace(rest, whole=WHOLE), rest)

    def _within(self, mine: Range, names: list[str]) -> list[str]:
        low, high = order(mine.after), None if mine.end is None else order(mine.end)
        return [name for name in names if low < (at := order(name)) and (high is None or at < high)]

    def _insert(self, mine: Range, cuts: list[str], each: Range, last: Range) -> None:
        """Ranges such as `each` that begin at the cuts, and one such as `last`."""
        if not cuts:
            return
        end, mine.end = mine.end, cuts[0]
        place = self._ranges.index(mine) + 1
        for number, (after, through) in enumerate(zip(cuts, [*cuts[1:], end], strict=True)):
            kind = last if number == len(cuts) - 1 else each
            self._ranges.insert(place + number, replace(kind, after=after, end=through, pages=deque()))
