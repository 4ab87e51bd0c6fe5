"""What a run does with flags, with a world that moves under it, and with its own earlier files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from fsxap.engine import runs
from fsxap.engine.cancel import Cancel
from fsxap.engine.scope import Scope
from fsxap.engine.types import Digest, Kit
from fsxap.errors import ConfigurationError, ServiceError
from fsxap.model import FORMAT, Item, Result
from tests.unit.engine.worlds import Killed, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.source.files = {f"k{number}": 1 for number in range(6)}
    return world


def test_a_second_run_does_only_what_is_new(world: World) -> None:
    assert world.run().summary.coverage["ok"] == 6
    world.source.files |= {"k1": 2, "new": 1}
    del world.source.files["k5"]
    coverage = world.run().summary.coverage
    assert (coverage["ok"], coverage["unchanged"], coverage["seen"]) == (2, 4, 6)
    assert [record["item"]["key"] for record in world.unchanged] == ["k0", "k2", "k3", "k4"]


def test_force_does_everything_and_a_new_digest_too(world: World) -> None:
    world.run()
    assert world.run(force=True).summary.coverage["ok"] == 6
    assert world.run(digest="other").summary.coverage["ok"] == 6


def test_a_limit_takes_the_next_ones_each_time(world: World) -> None:
    seen = [world.run(scope=Scope(limit=4)).summary.coverage for _ in range(3)]
    assert [each["ok"] for each in seen] == [4, 2, 0]
    assert seen[2]["unchanged"] == 6


def test_a_narrow_run_forgets_nothing(world: World) -> None:
    world.run()
    world.source.files["k0"] = 2
    assert world.run(scope=Scope(include=("k0",))).summary.coverage == {
        "seen": 1, "ok": 1, "unchanged": 0, "skipped": 0, "vanished": 0, "failed": 0, "missing": 0,
    }  # fmt: skip
    assert world.run().summary.coverage["unchanged"] == 6


def test_only_failed(world: World) -> None:
    world.source.broken = {"k2", "k3"}
    assert world.run().summary.failures == {"broken": 2}
    world.source.broken = {"k3"}
    world.source.files["new"] = 1
    coverage = world.run(only_failed=True).summary.coverage
    assert (coverage["seen"], coverage["ok"], coverage["failed"]) == (2, 1, 1)
    coverage = world.run().summary.coverage
    assert (coverage["ok"], coverage["failed"], coverage["unchanged"]) == (1, 1, 5)


def test_gone_after_listing_is_vanished_and_not_remembered(world: World) -> None:
    def process(item: Item, kit: Kit) -> Result:
        world.source.files.pop("k4", None)
        return Result(item, "ok")

    case = world.use_case()
    object.__setattr__(case, "process", process)
    coverage = world.run(case=case).summary.coverage
    assert (coverage["vanished"], coverage["ok"], coverage["seen"]) == (1, 5, 6)
    assert world.run().summary.coverage["seen"] == 5


def test_an_object_that_changes_while_read_is_read_again(world: World) -> None:
    reads: list[str] = []

    def process(item: Item, kit: Kit) -> Result:
        reads.append(item.version)
        if item.key == "k1" and len([key for key in reads if key]) and world.source.files["k1"] < 3:
            world.source.files["k1"] += 1
        return Result(item, "ok", {"version": item.version})

    case = world.use_case()
    object.__setattr__(case, "process", process)
    told: list[Result] = []
    world.run(case=case, tell=told.append)
    assert next(r for r in told if r.item.key == "k1").data == {"version": "3"}
    assert world.run().summary.coverage["unchanged"] == 6


def test_an_object_that_never_holds_still_fails_retryably(world: World) -> None:
    def process(item: Item, kit: Kit) -> Result:
        world.source.files[item.key] += 1
        return Result(item, "ok")

    case = world.use_case()
    object.__setattr__(case, "process", process)
    told: list[Result] = []
    assert world.run(case=case, tell=told.append).summary.coverage["failed"] == 6
    assert all(result.error and result.error.retryable and result.error.code == "changing" for result in told)


def test_a_bug_in_one_item_does_not_stop_the_others_and_quotes_nothing(world: World) -> None:
    def process(item: Item, kit: Kit) -> Result:
        if item.key == "k0":
            raise ValueError("patient Doe")
        return Result(item, "ok")

    case = world.use_case()
    object.__setattr__(case, "process", process)
    told: list[Result] = []
    assert world.run(case=case, tell=told.append).summary.coverage["ok"] == 5
    error = next(result.error for result in told if result.error)
    assert error and error.code == "internal"
    assert "Doe" not in error.message


def test_what_would_fail_for_all_stops_the_run_and_can_be_resumed(world: World) -> None:
    def process(item: Item, kit: Kit) -> Result:
        raise ConfigurationError("no engine")

    case = world.use_case()
    object.__setattr__(case, "process", process)
    with pytest.raises(ConfigurationError):
        world.run(case=case)
    assert world.run().summary.coverage["ok"] == 6


def test_cancelling_keeps_what_is_done(world: World) -> None:
    cancel = Cancel()
    stopped = world.run(cancel=cancel, tell=lambda _result: cancel.set(2)).summary
    assert not stopped.complete
    assert stopped.coverage["seen"] == 6
    assert stopped.coverage["missing"] == 6 - stopped.coverage["ok"] > 0
    ended = world.run().summary
    assert ended.run == stopped.run
    assert ended.coverage["ok"] == 6


def test_a_budget_stops_before_it_is_exceeded(world: World) -> None:
    case = world.use_case()
    object.__setattr__(case, "units", lambda _item, _params: {"units": 1})
    stopped = world.run(case=case, budget=Decimal(3)).summary
    assert (stopped.coverage["ok"], stopped.coverage["missing"], stopped.complete) == (3, 3, False)
    assert world.run(case=case, budget=Decimal(3)).summary.coverage["ok"] == 6


def test_findings_of_unchanged_items_stay_in_the_summary(world: World) -> None:
    world.findings = True
    world.run()
    world.source.files["new"] = 1
    outcome = world.run()
    assert outcome.summary.findings["low"] == 7
    lines = list(world.state.lines(outcome.run.file("findings.jsonl")))
    assert len(lines) == 7


def test_summarise_sees_everything_the_run_stands_for(world: World) -> None:
    def summarise(results: Iterable[Result], kit: Kit) -> Digest:
        return Digest({"keys": [result.item.key for result in results]})

    world.run(scope=Scope(limit=3))
    outcome = world.run(case=world.use_case(summarise))
    assert outcome.summary.data["keys"] == sorted(world.source.files)


def test_an_abandoned_run_of_another_configuration_loses_nothing(world: World) -> None:
    with pytest.raises(Killed):
        world.run(kill_after=2)
    world.run(digest="other", scope=Scope(include=("k5",)))
    coverage = world.run().summary.coverage
    assert coverage["unchanged"] >= 2


def test_two_runs_at_once_are_refused(world: World) -> None:
    world.run()
    with (
        runs.locked(world.state, world.job),
        pytest.raises(ConfigurationError) as refused,
        runs.locked(world.state, world.job),
    ):
        pass
    assert refused.value.code == "locked"


def test_state_of_a_newer_format_is_refused(world: World) -> None:
    outcome = world.run()
    path = world.root / outcome.run.file("run.json")
    row = json.loads(path.read_text()) | {"format": FORMAT + 1, "stage": "processing"}
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(ConfigurationError, match="newer fsxap"):
        world.run()


def test_state_is_private(world: World) -> None:
    outcome = world.run()
    for path in world.root.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0 or path.is_dir()
    assert (world.root / outcome.run.folder).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("error", [None, ServiceError("not in key order", code="unordered-listing")])
def test_a_listing_out_of_order_is_read_again_and_sorted(world: World, error: ServiceError | None) -> None:
    calls = []
    whole = sorted(world.source.files, reverse=True)

    def disorder(prefix: str = "", start_after: str = "") -> Iterator[Item]:
        calls.append(prefix)
        if error is not None and len(calls) == 1:
            yield world.source.item(whole[-1])
            raise error
        for key in whole:
            yield world.source.item(key)

    world.source.list = disorder  # type: ignore[method-assign]
    assert world.run().summary.coverage["ok"] == 6
    assert len(calls) == 2


def test_a_listing_that_breaks_is_an_error_and_loses_nothing(world: World) -> None:
    world.run()

    def broken(prefix: str = "", start_after: str = "") -> Iterator[Item]:
        yield world.source.item("k0")
        raise ServiceError("gone away")

    listing, world.source.list = world.source.list, broken  # type: ignore[method-assign]
    with pytest.raises(ServiceError):
        world.run()
    world.source.list = listing  # type: ignore[method-assign]
    assert world.run().summary.coverage["unchanged"] == 6
