"""Five thousand items in batches through the state machine and the handler itself, with batches that die.

The state machine is the one that is deployed; its map is our emulation (benchmarks/prove/maps.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fsxap.engine.lambda_handler import handle
from tests.unit.deploy.interpreter import Services
from tests.unit.deploy.test_execution import world
from tests.unit.deploy.test_interpreted import run
from tests.usecases.drivers import Context

FILES, BATCH = 5000, 50
BATCHES = FILES // BATCH
CASE = "healthcare-dicom"


@dataclass
class Site:
    """A source and the state of its pipeline. Invocations of process whose number is in `dies` never answer."""

    environ: dict[str, str]
    dies: set[int] = field(default_factory=set)
    invocations: int = 0

    @property
    def state(self) -> Path:
        return Path(self.environ["FSXAP_STATE_BUCKET"])

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        if "Items" in event:
            self.invocations += 1
            if self.invocations in self.dies:
                raise TimeoutError("killed")
        return handle(event, Context(f"request-{self.invocations}"), self.environ)

    def execute(self, monkeypatch: pytest.MonkeyPatch, dies: set[int]) -> tuple[str, dict[str, Any], Services]:
        self.dies, self.invocations = dies, 0
        made = Services(self.invoke, lambda key: (self.state / key).read_bytes())
        # One at a time, so that how many have died is known when the next one begins.
        with monkeypatch.context() as patched:
            status, output = run(patched, made, CASE, BatchSize=BATCH, MaxConcurrency=1)
        return status, output, made

    def results(self) -> int:
        """Each time an item is processed, a line is written."""
        return sum(path.read_bytes().count(b"\n") for path in self.state.rglob("results/**/*.jsonl"))


def counts(output: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in output["coverage"].items() if number}


def test_one_percent_of_dead_batches_is_counted_exactly_and_is_all_that_the_next_execution_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site = Site(world(tmp_path, FILES) | {"FSXAP_WORKERS": "1"})
    dies = {37}
    lost = len(dies) * BATCH
    status, output, services = site.execute(monkeypatch, dies)
    assert (status, site.invocations) == ("SUCCEEDED", BATCHES)
    assert counts(output) == {"seen": FILES, "skipped": FILES - lost, "missing": lost}
    (written,) = services.written
    assert sorted(len(items) for items, _ in written.failed) == [BATCH] * len(dies)
    assert {failed.error for _, failed in written.failed} == {"TimeoutError"}
    assert len(written.succeeded) == BATCHES - len(dies)
    before = site.results()
    assert before == FILES - lost
    status, output, services = site.execute(monkeypatch, set())
    assert (status, site.invocations) == ("SUCCEEDED", len(dies))
    assert counts(output) == {"seen": FILES, "unchanged": FILES - lost, "skipped": lost}
    assert site.results() == before + lost
    assert services.written[0].failed == []


def test_more_dead_batches_than_are_tolerated_fail_the_run_and_lose_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site = Site(world(tmp_path, FILES) | {"FSXAP_WORKERS": "1"})
    status, about, services = site.execute(monkeypatch, set(range(1, BATCHES, 16)))
    assert (status, about["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert (services.published, services.measured) == ([], [])
    (written,) = services.written
    # 5 % of 100 batches are tolerated: the sixth that dies ends the map, and no further batch begins.
    assert len(written.failed) == 6
    assert site.invocations == 5 * 16 + 1
    done = len(written.succeeded) * BATCH
    assert site.results() == done
    status, output, _ = site.execute(monkeypatch, set())
    assert (status, counts(output)) == ("SUCCEEDED", {"seen": FILES, "skipped": FILES})
    assert site.results() == FILES, "what was done before is not done again"
