"""How many requests may be in flight: fewer when the endpoint pushes back, slowly more when it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from fsxap.errors import Interrupted

DEFAULT = 8
CAP = 20
"""NetApp's own CSI driver keeps at most 20 requests in flight per management interface."""
STEP = 50
"""Successes in a row before one more request is let in."""

Outcome = Literal["answered", "congested", "neutral"]


class Gate:
    """Additive increase, multiplicative decrease between one and `limit` requests, shared by all threads."""

    def __init__(self, limit: int = DEFAULT, *, step: int = STEP) -> None:
        self.most = max(1, min(limit, CAP))
        self.limit = self.most
        self._step = step
        self._changed = threading.Condition()
        self._in_flight = 0
        self._successes = 0
        self._era = 0

    def enter(self, stopped: Callable[[], bool]) -> int:
        """Wait for a place; what it returns goes to `leave`. Interrupted when `stopped` says so meanwhile."""
        with self._changed:
            while self._in_flight >= self.limit:
                # Woken now and then because nobody notifies when the run is cancelled.
                self._changed.wait(0.5)
                if stopped():
                    raise Interrupted("stopped while waiting to ask ONTAP", hint="run it again to go on")
            self._in_flight += 1
            return self._era

    def leave(self, era: int, outcome: Outcome) -> None:
        with self._changed:
            self._in_flight -= 1
            if outcome == "congested":
                self._shrink(era)
            elif outcome == "answered":
                self._grow()
            self._changed.notify_all()

    def _shrink(self, era: int) -> None:
        """Requests sent before the last halving tell nothing new: one refusal of a full queue fails many at once."""
        self._successes = 0
        if era == self._era:
            self._era += 1
            self.limit = max(1, self.limit // 2)

    def _grow(self) -> None:
        self._successes += 1
        if self._successes >= self._step:
            self._successes = 0
            self.limit = min(self.most, self.limit + 1)
