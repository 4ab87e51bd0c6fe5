"""The only threads that process items: bounded, cancellable, each item ending in one counted result."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TypeVar

from fsxap.engine.types import Kit, UseCase
from fsxap.errors import ConfigurationError, FsxapError, Interrupted, NotFound, Unauthenticated
from fsxap.model import Failure, Item, Result
from fsxap.ports import Cancellation

T = TypeVar("T")
R = TypeVar("R")

REDO = 3
"""How often an object that changes under our hands is read again before it counts as failed."""

FATAL = (ConfigurationError, Interrupted, Unauthenticated)
"""What would fail for every further item too: the run stops and can be resumed."""

log = logging.getLogger(__name__)


def bounded(function: Callable[[T], R], items: Iterable[T], *, workers: int, cancel: Cancellation) -> Iterator[R]:
    """`function` of each item, in order of completion, with at most two items a worker in flight.

    When cancelled, nothing more is started and what runs is finished and yielded.
    """
    pending: set[Future[R]] = set()
    # Waiting on a set of futures registers with each of them again for every result.
    arrived: SimpleQueue[Future[R]] = SimpleQueue()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="fsxap")
    try:
        for item in items:
            if cancel.is_set():
                break
            future = pool.submit(function, item)
            pending.add(future)
            future.add_done_callback(arrived.put)
            if len(pending) >= 2 * workers:
                done = arrived.get()
                pending.remove(done)
                yield done.result()
        while pending:
            if cancel.is_set():
                pending = {future for future in pending if not future.cancel()}
            try:
                done = arrived.get(timeout=0.2)
            except Empty:
                continue
            if done in pending:
                pending.remove(done)
                yield done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def drive(use_case: UseCase, items: Iterable[Item], kit: Kit, *, workers: int) -> Iterator[Result]:
    """Every item's result. What would stop every item (bad credentials, a missing extra) is raised."""
    return bounded(lambda item: attempt(use_case, item, kit), items, workers=workers, cancel=kit.cancel)


def attempt(use_case: UseCase, item: Item, kit: Kit) -> Result:
    """Process one item; a failure is a result."""
    started = time.perf_counter()
    try:
        result = _settle(use_case, item, kit)
    except FATAL:
        raise
    except FsxapError as error:
        result = Result.failed(item, Failure(error.code, error.message, error.retryable))
    except Exception as error:  # noqa: BLE001 - one item's bug must not lose the others
        # The message may quote a document, so only its type and place are kept.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.name}, line {place.lineno}"
        log.error("%s in %s", type(error).__name__, where, extra={"frames": traceback.format_tb(error.__traceback__)})
        result = Result.failed(item, Failure("internal", f"{type(error).__name__} in {where}"))
    return _billed(result, kit.used(), time.perf_counter() - started)


def _settle(use_case: UseCase, item: Item, kit: Kit) -> Result:
    """Process until the object holds still. Use cases with a discovery of their own judge that themselves."""
    if use_case.discover is not None:
        return use_case.process(item, kit)
    for _ in range(REDO):
        try:
            result = use_case.process(item, kit)
        except NotFound:
            if _current(item, kit) is not None:
                raise
            return _vanished(item)
        current = _current(item, kit)
        if current is None:
            return _vanished(item)
        if current.version == item.version:
            return result
        item = current
    return Result.failed(item, Failure("changing", f"it changed {REDO} times while being read", retryable=True))


def _current(item: Item, kit: Kit) -> Item | None:
    try:
        return kit.source.head(item.key)
    except NotFound:
        return None


def _vanished(item: Item) -> Result:
    return Result(item, "vanished", {"reason": "gone between listing and reading"})


def _billed(result: Result, used: Mapping[str, int], seconds: float) -> Result:
    """With the time it took, and what its calls consumed: a failed item is billed too."""
    usage = dict(result.usage)
    for unit, number in used.items():
        usage[unit] = usage.get(unit, 0) + number
    return replace(result, usage=usage, seconds=seconds)
