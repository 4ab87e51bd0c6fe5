"""Runs work in a process of its own, so that a decoder that crashes, hangs or fills the memory costs one item.

The work says which items it has in hand. When its process ends before the work does, it is begun again, and resumes:
what was in hand is then done one at a time, and who is alone when it happens again is left out as failed.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from fsxap.engine.cancel import Cancel
from fsxap.errors import FsxapError, ItemError
from fsxap.model import Failure

LOOK = 0.1
"""Seconds between looks at clock and memory."""
BATCH = 256
"""Messages that wait for one another, where none of them is urgent."""
SHORT = 77
"""Exit code of a process whose memory did not suffice."""
PARENT_DEATH_SIGNAL = 1
"""Of prctl(2)."""
HEAD = 4
"""Bytes that say how long a message is."""
BEGIN, DONE, FAILED, ANSWER, ERROR = "begin", "done", "failed", "answer", "error"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one item in seconds, and of the process in bytes."""

    seconds: float
    memory: int


@dataclass(slots=True)
class Suspicion:
    """Keys that were in hand when a process ended, those that ended one alone or failed, and which of these are told.

    A run that goes on tries again what failed; within one command, everything has one outcome and is told once.
    """

    suspects: set[str] = field(default_factory=set)
    guilty: dict[str, Failure] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def blame(self, key: str, failure: Failure) -> None:
        self.guilty[key] = failure
        self.told.add(key)

    def weigh(self, in_hand: set[str], failure: Failure) -> None:
        if len(in_hand) > 1:
            self.suspects |= in_hand
        elif in_hand:
            self.guilty[in_hand.pop()] = failure
        else:
            raise FsxapError(
                f"the process of the run ended between items: {failure.message}",
                code=failure.code,
                hint="what is done is kept; run the same command again to go on",
            )


class Wire:
    """What the work's process tells of itself. Safe to use from any thread."""

    def __init__(self, pipe: int, suspicion: Suspicion) -> None:
        self._pipe = pipe
        self._suspicion = suspicion
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._waiting: list[tuple[str, Any]] = []

    def send(self, kind: str, value: Any, *, urgent: bool = True) -> None:
        with self._lock:
            self._waiting.append((kind, value))
            if urgent or len(self._waiting) >= BATCH:
                body = json.dumps(self._waiting).encode()
                self._waiting = []
                left = memoryview(len(body).to_bytes(HEAD, "big") + body)
                while left:
                    left = left[os.write(self._pipe, left) :]

    def fails(self, key: str, failure: Failure) -> bool:
        """Whether that is news."""
        if key in self._suspicion.told:
            return False
        self._suspicion.blame(key, failure)
        self.send(FAILED, (key, failure.record()), urgent=False)
        return True

    @contextmanager
    def in_hand(self, key: str) -> Iterator[None]:
        """Around the work on one item."""
        if failure := self._suspicion.guilty.get(key):
            raise ItemError(failure.message, code=failure.code, retryable=failure.retryable)
        alone = bool(self._suspicion.suspects)
        with self._alone if alone else nullcontext():
            self.send(BEGIN, key)
            try:
                yield
            except MemoryError as error:
                if not alone:
                    # Others may have taken it: each of them is tried again alone.
                    os._exit(SHORT)
                raise ItemError("the memory did not suffice for it", code="memory") from error
            finally:
                self._suspicion.suspects.discard(key)
                self.send(DONE, key)


Work = Callable[[Wire], Any]
Tell = Callable[[str, Any], None]


def possible() -> bool:
    """A fork copies one thread, so there must be no other; macOS's own libraries do not survive one at all."""
    return sys.platform == "linux" and threading.active_count() == 1


def run(work: Work, tell: Tell, limits: Limits, cancel: Cancel) -> Any:
    """What `work` answers. `tell` gets what it sends. Its expected failures are raised here too."""
    suspicion = Suspicion()
    while True:
        child = _fork(work, suspicion, limits, cancel)
        try:
            kind, value = _follow(child, suspicion, tell, limits, cancel)
        finally:
            child.end()
        if kind == ANSWER:
            return value
        if kind == ERROR:
            message, rest = value
            raise FsxapError(message, **rest)
        suspicion.weigh(set(child.in_hand), value)
        tell("note", f"{value.message}: going on without it")


@dataclass(slots=True)
class Child:
    pid: int
    told: int
    """The pipe that its messages come by."""
    orders: int
    """The pipe that signals go by."""
    in_hand: dict[str, float] = field(default_factory=dict)
    """Key and when it began."""
    status: int | None = None

    def wait(self) -> int:
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def stop(self, number: int) -> None:
        with suppress(BrokenPipeError):
            os.write(self.orders, bytes([number]))

    def messages(self) -> list[tuple[str, Any]] | None:
        """Those that were sent together; None when there will be no more."""
        size = self._read(HEAD)
        body = self._read(int.from_bytes(size, "big")) if size else b""
        return json.loads(body) if body else None

    def _read(self, size: int) -> bytes:
        """All of it, or nothing when it ends before."""
        parts = []
        while size and (part := os.read(self.told, min(size, 1 << 20))):
            parts.append(part)
            size -= len(part)
        return b"" if size else b"".join(parts)

    def speaks(self, seconds: float) -> bool:
        return bool(select.select([self.told], [], [], seconds)[0])

    def end(self) -> None:
        """It finishes what it has in hand, though nobody listens any more."""
        if self.status is None:
            self.stop(signal.SIGTERM)
        while self.messages():
            pass
        os.close(self.told)
        os.close(self.orders)
        self.wait()

    def memory(self) -> int:
        try:
            with open(f"/proc/{self.pid}/statm", "rb") as stream:  # noqa: PTH123 - ten times a second
                return int(stream.read().split()[1]) * resource.getpagesize()
        except (OSError, IndexError):
            # It ended meanwhile; its connection says so.
            return 0


def _follow(child: Child, suspicion: Suspicion, tell: Tell, limits: Limits, cancel: Cancel) -> tuple[str, Any]:
    stopped, look = False, 0.0
    while True:
        if child.speaks(LOOK):
            messages = child.messages()
            if messages is None:
                return "ended", _cause(child.wait(), limits)
            if answer := _hear(child, suspicion, tell, messages):
                return answer
        if cancel.is_set() and not stopped:
            child.stop(cancel.signal or signal.SIGTERM)
            stopped = True
        if time.monotonic() > look and not child.speaks(0):
            look = time.monotonic() + LOOK
            if failure := _beyond(child, limits):
                child.kill()
                return _last_words(child, suspicion, tell) or ("ended", failure)


def _last_words(child: Child, suspicion: Suspicion, tell: Tell) -> tuple[str, Any] | None:
    """What it told while it was judged is kept, and not told again. It is judged by what it had in hand before."""
    while messages := child.messages():
        results = [message for message in messages if message[0] not in (BEGIN, DONE)]
        if answer := _hear(child, suspicion, tell, results):
            return answer
    return None


def _hear(child: Child, suspicion: Suspicion, tell: Tell, messages: list[tuple[str, Any]]) -> tuple[str, Any] | None:
    """The answer, when one is among them."""
    for kind, value in messages:
        if kind in (ANSWER, ERROR):
            return kind, value
        _note(child, suspicion, tell, kind, value)
    return None


def _note(child: Child, suspicion: Suspicion, tell: Tell, kind: str, value: Any) -> None:
    if kind == BEGIN:
        child.in_hand[value] = time.monotonic()
    elif kind == DONE:
        child.in_hand.pop(value, None)
    elif kind == FAILED:
        key, failure = value
        suspicion.blame(key, Failure(**failure))
    else:
        tell(kind, value)


def _beyond(child: Child, limits: Limits) -> Failure | None:
    if child.in_hand and time.monotonic() - min(child.in_hand.values()) > limits.seconds:
        return Failure("too-slow", f"an item took longer than {limits.seconds:.0f} seconds")
    if child.memory() > limits.memory:
        return _too_large(limits)
    return None


def _too_large(limits: Limits) -> Failure:
    return Failure("memory", f"an item needed more than {limits.memory >> 20} MB of memory")


def _cause(status: int, limits: Limits) -> Failure:
    if status == SHORT:
        return _too_large(limits)
    how = f"by {signal.Signals(-status).name}" if status < 0 else f"with code {status}"
    return Failure("crashed", f"a decoder ended its process {how}")


def _fork(work: Work, suspicion: Suspicion, limits: Limits, cancel: Cancel) -> Child:
    told, telling = os.pipe()
    heard, orders = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(telling)
        os.close(heard)
        return Child(pid, told, orders)
    code = os.EX_SOFTWARE
    try:
        os.close(told)
        os.close(orders)
        _be_a_child(parent, heard, limits, cancel)
        wire = Wire(telling, suspicion)
        try:
            wire.send(ANSWER, work(wire))
        except FsxapError as error:
            rest = {"code": error.code, "hint": error.hint, "exit": error.exit, "retryable": error.retryable}
            wire.send(ERROR, (error.message, rest))
        sys.stderr.flush()
        code = os.EX_OK
    finally:
        # Nothing of the parent's may be unwound, closed or written a second time here.
        os._exit(code)


def _be_a_child(parent: int, heard: int, limits: Limits, cancel: Cancel) -> None:
    """It ends with its parent, and is stopped by it alone: a terminal's signal reaches both."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    # Without this a parent that was killed would leave its run, and the lock of it, behind.
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(SHORT)
    ceiling = limits.memory + limits.memory // 4
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if hard == resource.RLIM_INFINITY or hard > ceiling:
        resource.setrlimit(resource.RLIMIT_DATA, (ceiling, hard))

    def listen() -> None:
        if order := os.read(heard, 1):
            cancel.set(order[0])

    threading.Thread(target=listen, name="fsxap-parent", daemon=True).start()


def machine_memory() -> int:
    """Bytes that this machine, or the container we are in, has."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as stream:  # noqa: PTH123
            return min(physical, int(stream.read()))
    except (OSError, ValueError):
        # No container, or none with a limit.
        return physical
