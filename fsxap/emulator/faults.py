"""What goes wrong on demand: which faults, how often, and the dice that decide."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "reset", "503", "429", "500"]


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities are per request, times in seconds; the default is a server without faults.

    `slow_page` delays every page after the first. `page_limit` makes pages shorter than asked for, `empty_pages`
    puts an empty page with `next` before each further one, `repeat_entry` starts a page with the last entry of the
    one before, `delete_entry` removes the last entry of a listing's page once that page has been sent.
    Requests beyond `max_in_flight` are reset, as ONTAP rejects connections when its queue is full.
    """

    latency: float = 0.0
    jitter: float = 0.0
    reset: float = 0.0
    unavailable: float = 0.0
    throttled: float = 0.0
    server_error: float = 0.0
    truncated: float = 0.0
    slow_page: float = 0.0
    page_limit: int | None = None
    empty_pages: bool = False
    repeat_entry: bool = False
    delete_entry: bool = False
    max_in_flight: int | None = None
    requests_per_connection: int | None = None
    keep_alive: float = 5.0
    """Idle seconds before a connection is closed; announced only with `requests_per_connection`."""
    wrong_password: bool = False
    unauthorized_body: Literal["json", "html", "none"] = "json"
    certificate_host: str = ""
    """The only host name in the certificate; empty for the loopback names."""
    seed: int = 0


NO_FAULTS = Faults()


class Dice:
    """Draws for a set of faults; the same seed gives the same sequence, whichever thread asks."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 - chance, not secrecy
        self._lock = threading.Lock()

    def outcome(self) -> Outcome:
        faults = self.faults
        chances: tuple[tuple[Outcome, float], ...] = (
            ("reset", faults.reset),
            ("503", faults.unavailable),
            ("429", faults.throttled),
            ("500", faults.server_error),
        )
        if not any(chance for _outcome, chance in chances):
            return "ok"
        drawn = self._draw()
        for outcome, chance in chances:
            if drawn < chance:
                return outcome
            drawn -= chance
        return "ok"

    def truncates(self) -> bool:
        return bool(self.faults.truncated) and self._draw() < self.faults.truncated

    def delay(self, further_page: bool) -> float:
        """Seconds to wait before answering."""
        seconds = self.faults.latency + (self.faults.slow_page if further_page else 0.0)
        return seconds + self._draw() * self.faults.jitter if self.faults.jitter else seconds

    def _draw(self) -> float:
        with self._lock:
            return self._random.random()
