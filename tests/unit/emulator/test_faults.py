from __future__ import annotations

from collections import Counter

import pytest

from fsxap.emulator.faults import NO_FAULTS, Dice, Faults


def test_no_faults() -> None:
    dice = Dice(NO_FAULTS)
    assert {dice.outcome() for _ in range(100)} == {"ok"}
    assert not any(dice.truncates() for _ in range(100))
    assert dice.delay(True) == 0


def test_the_same_seed_gives_the_same_faults() -> None:
    faults = Faults(reset=0.2, unavailable=0.2, throttled=0.2, server_error=0.2, seed=5)
    first, second = ([Dice(each).outcome() for _ in range(1)] for each in (faults, faults))
    assert first == second
    dice = (Dice(faults), Dice(faults))
    assert [dice[0].outcome() for _ in range(200)] == [dice[1].outcome() for _ in range(200)]


def test_probabilities_are_shares_of_all_requests() -> None:
    dice = Dice(Faults(reset=0.1, unavailable=0.2, throttled=0.3, server_error=0.1, seed=1))
    drawn = Counter(dice.outcome() for _ in range(10_000))
    for outcome, share in {"reset": 0.1, "503": 0.2, "429": 0.3, "500": 0.1, "ok": 0.3}.items():
        assert drawn[outcome] / 10_000 == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(("name", "outcome"), [("reset", "reset"), ("unavailable", "503"), ("server_error", "500")])
def test_certain_faults(name: str, outcome: str) -> None:
    assert {Dice(Faults(**{name: 1.0})).outcome() for _ in range(20)} == {outcome}


def test_delays() -> None:
    assert Dice(Faults(latency=0.2)).delay(False) == 0.2
    assert Dice(Faults(latency=0.2, slow_page=3)).delay(True) == 3.2
    assert 0.2 <= Dice(Faults(latency=0.2, jitter=0.1)).delay(False) <= 0.3
