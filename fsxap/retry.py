"""The one retry policy, spoken to botocore, Step Functions and wait loops.

No other module loops over attempts. Defaults follow AWS's standard mode; AWS_MAX_ATTEMPTS and AWS_RETRY_MODE
change them, because a botocore Config would otherwise silence both.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from fsxap.errors import FsxapError, Unavailable

T = TypeVar("T")

LAMBDA_FAULTS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
)


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` counts all tries, the first one included; `base` and `cap` are seconds."""

    attempts: int = 5
    base: float = 0.5
    cap: float = 20.0
    mode: str = "standard"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Retry:
        attempts = environ.get("AWS_MAX_ATTEMPTS", "")
        mode = environ.get("AWS_RETRY_MODE", "")
        chosen = cls()
        if attempts.isdigit() and int(attempts):
            chosen = replace(chosen, attempts=int(attempts))
        if mode in ("legacy", "standard", "adaptive"):
            chosen = replace(chosen, mode=mode)
        return chosen

    def for_botocore(self) -> dict[str, Any]:
        """`total_max_attempts`, because botocore's `max_attempts` does not count the first call."""
        return {"total_max_attempts": self.attempts, "mode": self.mode}

    def for_state_machine(self) -> list[dict[str, Any]]:
        """Lambda's own faults only: what a handler raises has been retried inside it already."""
        return [
            {
                "ErrorEquals": list(LAMBDA_FAULTS),
                "IntervalSeconds": max(1, round(self.base)),
                "MaxAttempts": self.attempts - 1,
                "BackoffRate": 2.0,
                "MaxDelaySeconds": round(self.cap),
                "JitterStrategy": "FULL",
            }
        ]

    def delays(self, draw: Callable[[float, float], float] = random.uniform) -> Iterator[float]:
        """Full jitter: the pause before each further try, in seconds."""
        for tried in range(self.attempts - 1):
            yield draw(0, min(self.cap, self.base * 2**tried))

    def call(self, function: Callable[[], T], *, sleep: Callable[[float], object] = time.sleep) -> T:
        """Call until it succeeds, fails with something not retryable, or attempts run out."""
        for delay in self.delays():
            try:
                return function()
            except FsxapError as error:
                if not error.retryable:
                    raise
            sleep(delay)
        return function()

    def wait(
        self,
        poll: Callable[[], T | None],
        *,
        what: str,
        timeout: float,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> T:
        """Poll until an answer that is not None, backing off to `cap`; `Unavailable` after `timeout` seconds."""
        deadline, pause = clock() + timeout, self.base
        while (answer := poll()) is None:
            if clock() + pause > deadline:
                raise Unavailable(f"{what} did not finish within {timeout:.0f} s", code="timeout", retryable=False)
            sleep(pause)
            pause = min(self.cap, pause * 1.5)
        return answer
