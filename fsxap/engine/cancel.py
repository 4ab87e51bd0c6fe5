"""One token that says stop: a signal on a laptop, the clock in Lambda."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from fsxap.errors import Interrupted

EXITS = {signal.SIGINT: 130, signal.SIGTERM: 143}


class Cancel:
    """Set by a signal, or by a deadline (`remaining` gives the seconds left before it)."""

    def __init__(self, remaining: Callable[[], float] | None = None, margin: float = 10.0) -> None:
        self._event = threading.Event()
        self._remaining = remaining
        self._margin = margin
        self.signal: int | None = None

    def set(self, signum: int | None = None) -> None:
        self.signal = signum
        self._event.set()

    def is_set(self) -> bool:
        if self._remaining is not None and self._remaining() < self._margin:
            self._event.set()
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep in slices short enough to notice a deadline."""
        end = time.monotonic() + seconds
        while not self.is_set() and (left := end - time.monotonic()) > 0:
            self._event.wait(min(left, 1.0))
        return self.is_set()

    def check(self) -> None:
        if self.is_set():
            raise self.error()

    def error(self) -> Interrupted:
        if self.signal is None:
            return Interrupted("stopped before the time limit", hint="run it again to go on", code="deadline")
        name = signal.Signals(self.signal).name
        return Interrupted(
            f"stopped by {name}",
            hint="what is done is kept; run the same command again to go on",
            exit=EXITS.get(signal.Signals(self.signal), 130),
        )


@contextmanager
def on_signals(cancel: Cancel) -> Iterator[None]:
    """The first SIGINT or SIGTERM stops cleanly; a second one kills, because the default action is back."""

    def stop(signum: int, _frame: FrameType | None) -> None:
        signal.signal(signum, signal.SIG_DFL)
        cancel.set(signum)

    previous = {signum: signal.signal(signum, stop) for signum in EXITS}
    try:
        yield
    finally:
        for signum, action in previous.items():
            signal.signal(signum, action)
