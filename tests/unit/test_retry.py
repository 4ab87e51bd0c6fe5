from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.errors import AccessDenied, FsxapError, Throttled, Unavailable
from fsxap.retry import Retry


@given(st.integers(1, 10), st.floats(0.01, 5), st.floats(0.01, 60))
def test_delays_are_one_fewer_than_attempts_and_capped(attempts: int, base: float, cap: float) -> None:
    delays = list(Retry(attempts, base, cap).delays(draw=lambda low, high: high))
    assert len(delays) == attempts - 1
    assert all(0 <= delay <= cap for delay in delays)
    assert delays == sorted(delays)


@pytest.mark.parametrize(
    ("fails", "error", "calls"), [(0, Throttled, 1), (2, Throttled, 3), (9, Unavailable, 3), (9, AccessDenied, 1)]
)
def test_only_what_is_retryable_is_tried_again(fails: int, error: type[FsxapError], calls: int) -> None:
    made = 0

    def attempt() -> str:
        nonlocal made
        made += 1
        if made <= fails:
            raise error("no")
        return "done"

    retry = Retry(attempts=3)
    if fails >= calls:
        with pytest.raises(error):
            retry.call(attempt, sleep=lambda _seconds: None)
    else:
        assert retry.call(attempt, sleep=lambda _seconds: None) == "done"
    assert made == calls


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Retry()),
        ({"AWS_MAX_ATTEMPTS": "9", "AWS_RETRY_MODE": "adaptive"}, Retry(attempts=9, mode="adaptive")),
        ({"AWS_MAX_ATTEMPTS": "0", "AWS_RETRY_MODE": "wild"}, Retry()),
        ({"AWS_MAX_ATTEMPTS": "x"}, Retry()),
    ],
)
def test_the_users_aws_settings_count(environ: dict[str, str], expected: Retry) -> None:
    assert Retry.from_environment(environ) == expected


def test_the_dialects_say_the_same_number() -> None:
    retry = Retry(attempts=4)
    assert retry.for_botocore()["total_max_attempts"] == 4
    assert retry.for_state_machine()[0]["MaxAttempts"] == 3
    assert "States.ALL" not in retry.for_state_machine()[0]["ErrorEquals"]


def test_waiting_backs_off_and_gives_up() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    answers = iter([None, None, "done"])
    assert Retry().wait(lambda: next(answers), what="job", timeout=60, sleep=sleep, clock=lambda: now[0]) == "done"
    assert slept[1] > slept[0]
    with pytest.raises(Unavailable, match="did not finish") as late:
        Retry().wait(lambda: None, what="job", timeout=5, sleep=sleep, clock=lambda: now[0])
    assert not late.value.retryable
