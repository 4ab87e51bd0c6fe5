"""What the emulator has seen: requests by endpoint and status, connections, and how many were in flight at once."""

from __future__ import annotations

import threading
from collections import Counter


class Counters:
    """Live numbers, safe to read while requests are served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests: Counter[str] = Counter()
        """By endpoint, as in the routing table; unknown paths under `?`."""
        self.statuses: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.connections = 0
        self.in_flight = 0
        self.peak = 0
        self.bugs: list[str] = []
        """Tracebacks of answers that failed inside the emulator; empty unless it has a bug."""

    @property
    def total(self) -> int:
        return self.requests.total()

    def connected(self) -> None:
        with self._lock:
            self.connections += 1

    def enter(self, endpoint: str, limit: int | None) -> bool:
        """One more request, in flight; False when that would be one too many."""
        with self._lock:
            self.requests[endpoint] += 1
            if limit is not None and self.in_flight >= limit:
                self.faults["rejected"] += 1
                return False
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
            return True

    def leave(self) -> None:
        with self._lock:
            self.in_flight -= 1

    def answered(self, status: int) -> None:
        with self._lock:
            self.statuses[status] += 1

    def failed(self, fault: str) -> None:
        with self._lock:
            self.faults[fault] += 1

    def broke(self, traceback: str) -> None:
        with self._lock:
            self.bugs.append(traceback)
