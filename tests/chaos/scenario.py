"""What a seed stands for: where the items lie, what goes wrong on the way, and what happens to the process."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tests.chaos import proxy

SERVICES = ("comprehend", "comprehend-medical", "rekognition", "textract", "bedrock")
PLACES = ("folder", "s3", "s3-out", *SERVICES, "ontap")
"""Items in a folder; in a bucket; outputs in one too; with a call of an AI service for each; an ONTAP volume."""
SHARES = (76, 7, 3, 3, 2, 2, 2, 2, 3)
"""Of the runs, in per cent: what talks to nobody is soonest done."""
PROCESS = (
    "kill-9",
    "sigterm",
    "sigint",
    "disk-full",
    "no-space-state",
    "no-space-out",
    "read-only-state",
    "two-at-once",
    "asleep",
)
NETWORK = (*proxy.FAULTS, "dns")
SPEEDS = (0.01, 0.05, 0.3)
"""Shares of requests that meet the fault: a nuisance, a bad day, an outage."""
ITEMS = 500


@dataclass(frozen=True)
class Scenario:
    """`at` is the line of output at which something happens to the process; `size` the largest file of a full disk, or
    the room on one, in bytes."""

    seed: int
    place: str
    network: str = ""
    rate: float = 0.0
    onset: int = 0
    process: str = ""
    at: int = 0
    size: int = 0

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.network, self.process)))


def draw(seed: int, items: int = ITEMS, fault: str = "") -> Scenario:
    """`fault` asks for this one; everything else still follows from the seed."""
    dice = random.Random(seed)
    network = fault if fault in NETWORK else ""
    process = fault if fault in PROCESS else ""
    place = dice.choices(PLACES, SHARES)[0]
    if network and place == "folder":
        place = dice.choice(PLACES[1:])
    drawn_network, drawn_process = dice.choice(NETWORK), dice.choice(PROCESS)
    if not network and place != "folder" and not (process and dice.random() < 0.5):
        network = drawn_network
    if not process and (place == "folder" or dice.random() < 0.25):
        process = drawn_process
    if place == "ontap" and network == "clock-skew":
        # An ONTAP answers with passwords, not with signatures that a clock is part of.
        place = "s3"
    if process == "no-space-out" and place in ("ontap", "s3-out"):
        # Nothing is written there on a disk.
        process = "no-space-state"
    return Scenario(
        seed,
        place,
        network,
        dice.choice(SPEEDS),
        dice.randrange(2 * items),
        process,
        dice.randrange(items),
        dice.choice((300, 4_000, 30_000, 100_000, 200_000)) + dice.randrange(300),
    )


def later(scenario: Scenario, attempt: int) -> Scenario:
    """The second try still meets some of it; from the third on all is calm."""
    calm = replace(scenario, network="", process="")
    if attempt > 1 or scenario.network in proxy.LASTING:
        return calm
    return replace(calm, seed=scenario.seed + 1_000_003, network=scenario.network, rate=scenario.rate / 6)
