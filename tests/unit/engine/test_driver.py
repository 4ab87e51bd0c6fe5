from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.engine import driver
from fsxap.engine.cancel import Cancel
from fsxap.engine.driver import bounded
from fsxap.engine.types import UseCase
from fsxap.errors import ItemError
from fsxap.model import Item, Result
from tests.unit.engine.worlds import FakeKit, Source


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 50), st.integers(1, 8))
def test_every_item_once(number: int, workers: int) -> None:
    assert sorted(bounded(lambda n: n * 2, range(number), workers=workers, cancel=Cancel())) == [
        n * 2 for n in range(number)
    ]


def test_no_more_than_two_items_a_worker_are_taken() -> None:
    taken = 0
    release = threading.Event()

    def feed() -> object:
        nonlocal taken
        for number in range(100):
            taken = number + 1
            yield number

    results = bounded(lambda n: release.wait(5) or n, feed(), workers=3, cancel=Cancel())  # type: ignore[arg-type]
    threading.Timer(0.2, release.set).start()
    next(results)
    assert taken <= 2 * 3 + 1
    assert len(list(results)) == 99


def test_cancel_finishes_what_runs_and_starts_no_more() -> None:
    cancel, started = Cancel(), []

    def work(number: int) -> int:
        started.append(number)
        time.sleep(0.02)
        return number

    results = []
    for result in bounded(work, range(1000), workers=2, cancel=cancel):
        results.append(result)
        cancel.set()
    assert sorted(results) == sorted(started)
    assert len(results) <= 6


def test_an_exception_ends_the_stream() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise RuntimeError("three")
        return number

    with pytest.raises(RuntimeError, match="three"):
        list(bounded(work, range(10), workers=2, cancel=Cancel()))


def test_what_calls_consumed_is_billed_to_their_item_even_when_it_fails() -> None:
    def process(item: Item, kit: Any) -> Result:
        kit.meter("pages", 2)
        if item.key == "bad":
            raise ItemError("broken", code="broken")
        return Result(item, "ok", usage={"pages": 1, "files": 1})

    class Metered(FakeKit):
        units: dict[str, int]

        def meter(self, unit: str, number: int) -> None:
            self.units = {unit: number}

        def used(self) -> dict[str, int]:
            return self.units

    case = UseCase("case", "Case", process)
    kit = Metered(Source({"bad": 1, "good": 1}), Cancel())
    good, bad = (driver.attempt(case, kit.source.item(key), kit) for key in ("good", "bad"))  # type: ignore[arg-type]
    assert good.usage == {"pages": 3, "files": 1}
    assert (bad.status, bad.usage) == ("failed", {"pages": 2})
