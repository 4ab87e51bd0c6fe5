from __future__ import annotations

import heapq
import threading
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.errors import Interrupted
from fsxap.providers.gate import Gate, Outcome


def never() -> bool:
    return False


@pytest.mark.parametrize(("asked", "limit"), [(8, 8), (1, 1), (0, 1), (100, 100)])
def test_the_limit_is_at_least_one(asked: int, limit: int) -> None:
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


@given(
    most=st.integers(1, 40),
    start=st.integers(1, 80),
    step=st.integers(1, 20),
    answers=st.lists(st.tuples(st.sampled_from(["answered", "congested", "neutral"]), st.floats(0, 10)), max_size=300),
)
def test_whatever_happens_the_limit_stays_in_bounds(
    most: int, start: int, step: int, answers: list[tuple[Outcome, float]]
) -> None:
    gate = Gate(most, start=start, step=step)
    for outcome, seconds in answers:
        gate.leave(gate.enter(never), outcome, seconds)
        assert 1 <= gate.limit <= most


@dataclass
class Origin:
    """Serves `knee` requests at a time, each in `base` seconds. More wait, or beyond `room` are refused at once."""

    knee: int
    base: float
    room: int
    now: float = 0.0
    refused: int = 0
    answered: int = 0
    limits: list[int] = field(default_factory=list)

    def ask(self, gate: Gate, number: int) -> None:
        """So many answers by as many requests in flight as the gate lets in; who is refused asks again."""
        free = [0.0] * self.knee
        pending: list[tuple[float, int, float, bool]] = []
        while self.answered < number:
            while len(pending) < gate.limit:
                # The turn of a request is when a server is free.
                accepted = sum(each[3] for each in pending) < self.room
                done = self.now + self.base / 2
                if accepted:
                    done = max(self.now, heapq.heappop(free)) + self.base
                    heapq.heappush(free, done)
                heapq.heappush(pending, (done, gate.enter(never), self.now, accepted))
            self.now, era, began, accepted = heapq.heappop(pending)
            gate.leave(era, "answered" if accepted else "congested", self.now - began)
            self.answered += accepted
            self.refused += not accepted
            self.limits.append(gate.limit)
        for _, era, _, _ in pending:
            gate.leave(era, "neutral")


NEVER = 1 << 30


@pytest.mark.parametrize("base", [0.02, 0.5])
@pytest.mark.parametrize("most", [1, 8, 60])
@pytest.mark.parametrize("knee", [1, 2, 4, 8, 16, 30])
def test_it_settles_at_the_knee_by_how_long_answers_take(knee: int, most: int, base: float) -> None:
    origin = Origin(knee, base, NEVER)
    origin.ask(Gate(most, start=4, step=16), 2000)
    settled = sorted(origin.limits[1000:])
    assert settled[-1] <= min(most, 2 * knee + 3)
    assert settled[len(settled) // 2] >= min(most, knee)
    # All the knee allows, but for the way there.
    assert origin.now <= (2000 + 25 * knee) * base / min(knee, most)


@pytest.mark.parametrize("room", [0, 8])
@pytest.mark.parametrize("knee", [2, 8, 16])
def test_fewer_are_refused_than_with_a_fixed_number(knee: int, room: int) -> None:
    class Fixed(Gate):
        def leave(self, era: int, outcome: Outcome, seconds: float = 0.0) -> None:
            super().leave(era, "neutral", seconds)

    fixed, adaptive = (Origin(knee, 0.03, knee + room) for _ in range(2))
    fixed.ask(Fixed(32), 1000)
    adaptive.ask(Gate(32, start=4, step=16), 1000)
    assert fixed.answered == adaptive.answered == 1000
    assert adaptive.refused <= min(fixed.refused / 5, 100)


def test_a_place_that_became_slower_for_good_is_used_again() -> None:
    gate = Gate(16, start=4, step=16)
    Origin(16, 0.02, NEVER).ask(gate, 1000)
    assert gate.limit == 16
    Origin(16, 0.2, NEVER).ask(gate, 2000)
    assert gate.limit == 16
