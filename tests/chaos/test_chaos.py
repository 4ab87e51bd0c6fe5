"""The fault campaign in its short form: each fault once, over a smaller set. `make chaos` is the long one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import reliability
from tests.chaos import small_disk
from tests.chaos.campaign import SMALL, Campaign, opened
from tests.chaos.scenario import NETWORK, PROCESS, draw
from tests.chaos.verdict import ENDS

ITEMS = 24


@pytest.fixture(scope="module")
def campaign() -> Iterator[Campaign]:
    with opened(ITEMS) as made:
        yield made


@pytest.mark.parametrize("fault", [*NETWORK, *PROCESS])
def test_nothing_is_lost_doubled_or_broken(campaign: Campaign, fault: str) -> None:
    if fault in SMALL and not small_disk.possible():
        pytest.skip("this machine lets nobody mount a file system of his own")
    story = campaign.run(1, fault)
    assert not story.wrong
    assert fault in story.scenario.faults


def test_a_seed_is_replayed() -> None:
    assert [draw(seed) for seed in range(50)] == [draw(seed) for seed in range(50)]
    assert {fault for seed in range(500) for fault in draw(seed).faults} == {*NETWORK, *PROCESS}


def test_every_fault_has_its_ends_and_its_words() -> None:
    assert set(ENDS) == set(reliability.WORDS) == {*NETWORK, *PROCESS}


def test_what_is_kept_is_a_campaign_without_a_fault_of_ours() -> None:
    kept = json.loads(Path(reliability.KEPT).read_text())
    assert kept["wrong"] == {}
    assert {row["fault"] for row in kept["faults"] if row["runs"]} == {*NETWORK, *PROCESS}
    assert kept["runs"] == sum(kept["places"].values())
