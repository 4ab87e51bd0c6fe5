"""How many requests may be in flight: fewer when the other side pushes back or slows down, slowly more when it answers.

Beyond the knee of a file system requests only wait in its queue: nothing comes sooner, and everything takes longer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from fsxap.errors import Interrupted

DEFAULT = 8
STEP = 50
"""Successes in a row before one more request is let in."""
FACTOR, SLACK = 1.5, 0.005
"""How much longer than the shortest time answers may take: a factor, and seconds on top of it, since threads also wait
for the interpreter."""

Outcome = Literal["answered", "congested", "neutral"]


class Gate:
    """Additive increase, multiplicative decrease between one and `most` requests, shared by all threads."""

    def __init__(self, most: int = DEFAULT, *, start: int | None = None, step: int = STEP) -> None:
        self.most = max(1, most)
        self.limit = min(self.most, start or self.most)
        self._step = step
        self._changed = threading.Condition()
        self._in_flight = 0
        self._successes = 0
        self._era = 0
        self._shortest = self._least = float("inf")

    def enter(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Wait for a place; what it returns goes to `leave`. Interrupted when `stopped` says so meanwhile."""
        with self._changed:
            while self._in_flight >= self.limit:
                # Woken now and then because nobody notifies when the run is cancelled.
                self._changed.wait(0.5)
                if stopped():
                    raise Interrupted("stopped while waiting to ask", hint="run it again to go on")
            self._in_flight += 1
            return self._era

    def leave(self, era: int, outcome: Outcome, seconds: float = 0.0) -> None:
        """`seconds` from the request to its answer, where times are alike enough to say something."""
        with self._changed:
            self._in_flight -= 1
            # Requests sent before the last halving tell nothing new: one full queue fails or delays many at once.
            if era == self._era:
                if outcome == "congested":
                    self._shrink()
                elif outcome == "answered":
                    self._count(seconds)
            # One place is free, or two when the limit grew.
            self._changed.notify(2)

    def _shrink(self) -> None:
        self._era += 1
        self._successes, self._shortest = 0, float("inf")
        self.limit = max(1, self.limit // 2)

    def _count(self, seconds: float) -> None:
        """Judge by the shortest time of a window: where all answers take longer they wait for each other."""
        self._successes += 1
        self._shortest = min(self._shortest, seconds)
        if self._successes < self._step:
            return
        shortest = self._shortest
        # One request alone waits for none of ours: that is how long an answer takes now.
        self._least = shortest if self.limit == 1 else min(self._least, shortest)
        if shortest > FACTOR * self._least + SLACK:
            self._shrink()
        else:
            self._successes, self._shortest = 0, float("inf")
            self.limit = min(self.most, self.limit + 1)
