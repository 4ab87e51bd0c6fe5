"""One seeded run after another: the world is made, hurt, and looked at when fsxap has been run often enough."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import program, verdict
from tests.chaos.program import Child, Injury
from tests.chaos.scenario import ITEMS, SERVICES, Scenario, draw, later
from tests.chaos.small_disk import SmallDisk
from tests.chaos.world import World

ATTEMPTS = 3
"""The command, and how often it is given again."""


@dataclass
class Attempt:
    """One process; `second` is the one started beside it, where two run at once. `settled` is how many items the
    journal held when a signal was sent."""

    scenario: Scenario
    child: Child
    second: Child | None = None
    met: int = 0
    settled: int | None = None


@dataclass
class Story:
    """All attempts of a seed, and what was wrong with them; `here` is where fsxap runs."""

    scenario: Scenario
    here: Path
    items: dict[str, bytes]
    attempts: list[Attempt] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stored: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    seconds: float = 0.0
    disk: SmallDisk | None = None

    @property
    def seen(self) -> Path:
        """`here`, as it can be looked at from outside."""
        return self.disk.seen(self.here) if self.disk else self.here

    def row(self) -> dict[str, Any]:
        return {
            "seed": self.scenario.seed,
            "place": self.scenario.place,
            "faults": list(self.scenario.faults),
            "met": sum(attempt.met for attempt in self.attempts),
            "exits": [attempt.child.code for attempt in self.attempts],
            "settled": self.attempts[0].settled,
            "wrong": self.wrong,
            "seconds": round(self.seconds, 2),
        }


def items(number: int) -> dict[str, bytes]:
    """Keys in a few folders, some with names that need care; bodies from 40 bytes to 9 kB."""
    names = (
        f"d{at % 7}/{'ü ' if at % 11 == 0 else ''}item-{at:04d}{'%+' if at % 13 == 0 else ''}" for at in range(number)
    )
    return {name: f"{name} ".encode() * (1 + at % 50 * 8) for at, name in enumerate(names)}


class Campaign:
    """Owns the world and a scratch folder for one run at a time."""

    def __init__(self, world: World, scratch: Path, number: int = ITEMS) -> None:
        self.world, self.scratch, self.items = world, scratch, items(number)
        self._ontap_keys: set[str] = set()
        program.preload()

    def run(self, seed: int, fault: str = "") -> Story:
        begun = time.perf_counter()
        here = Path(tempfile.mkdtemp(prefix="run-", dir=self.scratch))
        try:
            story = Story(draw(seed, len(self.items), fault), here, self.items)
            self._prepare(story)
            for number in range(ATTEMPTS):
                scenario = story.scenario if number == 0 else later(story.scenario, number)
                attempt = self._attempt(story, scenario, number)
                story.attempts.append(attempt)
                story.wrong += verdict.of_attempt(story, attempt)
                if attempt.child.code == 0:
                    break
            told = self.world.tell(below="out/", weather={})
            story.stored, story.asked = told["found"], told["asked"]
            if story.scenario.place == "ontap":
                story.wrong += verdict.of_volume(story, self.volume())
            else:
                story.wrong += verdict.of_items(story)
        finally:
            shutil.rmtree(here, ignore_errors=True)
            if story.disk:
                story.disk.close()
        story.seconds = time.perf_counter() - begun
        return story

    def volume(self) -> set[str]:
        """Every key of an audit of the emulator's volume on a calm day."""
        if not self._ontap_keys:
            here = Path(tempfile.mkdtemp(prefix="calm-", dir=self.scratch))
            story = Story(Scenario(0, "ontap"), here, {})
            self._prepare(story)
            child = self._attempt(story, story.scenario, 0).child
            assert child.code == 0, child.errors
            self._ontap_keys = {record["item"]["key"] for record in child.of("result")}
        return self._ontap_keys

    def _prepare(self, story: Story) -> None:
        for name in ("home", "tmp", "state", "out"):
            (story.here / name).mkdir()
        if story.scenario.process in SMALL:
            story.disk = SmallDisk(story.here / SMALL[story.scenario.process], story.scenario.size)
        objects = {}
        if story.scenario.place == "folder":
            for key, body in story.items.items():
                path = story.here / "in" / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
        elif story.scenario.place != "ontap":
            objects = {f"in/{key}": body.decode() for key, body in story.items.items()}
        self.world.tell(objects=objects, weather={})

    def _attempt(self, story: Story, scenario: Scenario, number: int) -> Attempt:
        weather = {"seed": scenario.seed, "fault": scenario.network, "rate": scenario.rate, "onset": scenario.onset}
        self.world.tell(weather=weather if scenario.network else {})
        injury = Injury(
            scenario.seed,
            scenario.size if scenario.process == "disk-full" else None,
            scenario.process == "read-only-state",
            scenario.rate if scenario.network == "dns" else 0.0,
            story.disk.pid if story.disk else 0,
        )
        if story.disk and number:
            story.disk.room()

        def begin(hurt: Injury = injury) -> Child:
            return program.start(self._command(story), self._environ(story), story.here, hurt)

        with _read_only(story.here / "state", wanted=scenario.process == "read-only-state"):
            attempt = Attempt(scenario, begin())
            HAPPENS.get(scenario.process, _nothing)(attempt, begin, story)
        attempt.met = self.world.tell()["met"]
        return attempt

    def _command(self, story: Story) -> list[str]:
        place = story.scenario.place
        if place == "ontap":
            where = (
                "--ontap",
                self.world.url("ontap"),
                "--ontap-user",
                self.world.about["user"],
                "--volume",
                "synthetic",
            )
            ca = ("--ontap-secret", "env:PW", "--ontap-ca", str(self.world.authority))
            return ["run-uc", "legal-compliance", *where, *ca]
        source = "./in" if place == "folder" else "s3://chaos/in"
        to = "s3://chaos/out" if place == "s3-out" else "./out"
        asked = ("-P", f"ask={place}") if place in SERVICES else ()
        return ["run-uc", "probe", "-s", source, "--to", to, *asked]

    def _environ(self, story: Story) -> dict[str, str]:
        here = story.here
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(here / "home"),
            "TMPDIR": str(here / "tmp"),
            "FSXAP_STATE": str(here / "state"),
            "PW": self.world.about["password"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": self.world.url("s3"),
            "AWS_CA_BUNDLE": str(self.world.authority),
            "FSXAP_BEDROCK_MODEL": "made-up.model" if story.scenario.place == "bedrock" else "",
            "AWS_EC2_METADATA_DISABLED": "true",
            "OMP_NUM_THREADS": "1",
        }


def _nothing(attempt: Attempt, _begin: Any, _story: Story) -> None:
    attempt.child.watch()


def _signal(signum: int) -> Any:
    def happens(attempt: Attempt, _begin: Any, story: Story) -> None:
        child = attempt.child

        def send() -> None:
            # Held while it is counted, or it may be done before the signal comes.
            child.send(signal.SIGSTOP)
            attempt.settled = sum(verdict.journaled(story.seen / "state").values())
            child.send(signum)
            child.send(signal.SIGCONT)

        if attempt.scenario.at % 5 == 0:
            # Now and then before the first result: while listing, or hardly begun.
            time.sleep(attempt.scenario.at / 1000)
            send()
            child.watch()
        else:
            child.watch(attempt.scenario.at, send)

    return happens


def _sleep(attempt: Attempt, _begin: Any, _story: Story) -> None:
    child = attempt.child

    def asleep() -> None:
        for signum in (signal.SIGSTOP, signal.SIGUSR1, signal.SIGCONT):
            child.send(signum)
            time.sleep(0.05)

    child.watch(max(1, attempt.scenario.at), asleep)


def _twice(attempt: Attempt, begin: Any, _story: Story) -> None:
    child = attempt.child

    def beside() -> None:
        child.send(signal.SIGSTOP)
        attempt.second = begin()
        attempt.second.watch()
        child.send(signal.SIGCONT)

    child.watch(max(1, attempt.scenario.at), beside)


SMALL = {"no-space-state": "state", "no-space-out": "out"}
HAPPENS = {
    "kill-9": _signal(signal.SIGKILL),
    "sigterm": _signal(signal.SIGTERM),
    "sigint": _signal(signal.SIGINT),
    "asleep": _sleep,
    "two-at-once": _twice,
}


@contextmanager
def _read_only(folder: Path, *, wanted: bool) -> Iterator[None]:
    paths = [folder, *(path for path in folder.rglob("*") if path.is_dir())] if wanted else []
    for path in paths:
        path.chmod(0o500)
    try:
        yield
    finally:
        for path in paths:
            path.chmod(0o700)


@contextmanager
def opened(number: int = ITEMS) -> Iterator[Campaign]:
    with tempfile.TemporaryDirectory(prefix="chaos-") as scratch, World(Path(scratch)) as world:
        yield Campaign(world, Path(scratch), number)


def dump(story: Story) -> str:
    return json.dumps(story.row(), sort_keys=True)
