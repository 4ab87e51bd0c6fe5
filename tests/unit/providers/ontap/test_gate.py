from __future__ import annotations

import threading

import pytest

from fsxap.errors import Interrupted
from fsxap.providers.ontap.gate import CAP, Gate


def never() -> bool:
    return False


@pytest.mark.parametrize(("asked", "limit"), [(8, 8), (1, 1), (0, 1), (100, CAP)])
def test_the_limit_is_between_one_and_the_cap(asked: int, limit: int) -> None:
    assert Gate(asked).limit == limit


def test_a_refusal_halves_once_however_many_requests_it_hits() -> None:
    gate = Gate(8)
    eras = [gate.enter(never) for _ in range(8)]
    for era in eras:
        gate.leave(era, "congested")
    assert gate.limit == 4
    gate.leave(gate.enter(never), "congested")
    assert gate.limit == 2


def test_it_never_closes() -> None:
    gate = Gate(8)
    for _ in range(10):
        gate.leave(gate.enter(never), "congested")
    assert gate.limit == 1


def test_it_recovers_one_by_one_and_not_beyond_the_limit() -> None:
    gate = Gate(4, step=3)
    gate.leave(gate.enter(never), "congested")
    limits = []
    for _ in range(12):
        gate.leave(gate.enter(never), "answered")
        limits.append(gate.limit)
    assert limits == [2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]


def test_a_refusal_starts_the_recovery_anew() -> None:
    gate = Gate(4, step=3)
    for outcome in ("congested", "answered", "answered", "congested", "answered", "answered"):
        gate.leave(gate.enter(never), outcome)  # type: ignore[arg-type]
    assert gate.limit == 1


def test_neutral_changes_nothing() -> None:
    gate = Gate(4, step=1)
    gate.leave(gate.enter(never), "congested")
    gate.leave(gate.enter(never), "neutral")
    assert gate.limit == 2


def test_no_more_than_the_limit_are_inside() -> None:
    gate, lock = Gate(3), threading.Lock()
    inside = peak = 0

    def work() -> None:
        nonlocal inside, peak
        for _ in range(50):
            era = gate.enter(never)
            with lock:
                inside += 1
                peak = max(peak, inside)
            with lock:
                inside -= 1
            gate.leave(era, "answered")

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= peak <= 3
    assert inside == 0


def test_waiting_ends_when_the_run_is_cancelled() -> None:
    gate = Gate(1)
    gate.enter(never)
    with pytest.raises(Interrupted):
        gate.enter(lambda: True)
