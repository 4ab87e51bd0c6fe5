"""Made-up sensors, seeded: clean ones of many kinds, and faulty ones with labels saying what was planted where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

START = datetime(2026, 1, 5, tzinfo=UTC)
STEP = timedelta(seconds=60)


@dataclass(frozen=True)
class Label:
    rule: str
    first: int
    last: int


@dataclass(frozen=True)
class Sensor:
    """`values` by the minute; NaN is a reading that is missing."""

    name: str
    values: Values
    labels: tuple[Label, ...] = ()

    def rows(self) -> Iterator[tuple[str, str, str, float]]:
        for at, value in enumerate(self.values):
            if not np.isnan(value):
                stamp = (START + at * STEP).strftime("%Y-%m-%d %H:%M:%S")
                yield stamp, self.name, "reading", float(value)


def _noise(rng: np.random.Generator, n: int) -> Values:
    return 20 + rng.normal(0, 0.4, n)


def _seasonal(rng: np.random.Generator, n: int) -> Values:
    return 50 + 6 * np.sin(2 * np.pi * np.arange(n) / 480 + rng.uniform(0, 6)) + rng.normal(0, 0.5, n)


def _daily(rng: np.random.Generator, n: int) -> Values:
    return 22 + 3 * np.sin(2 * np.pi * np.arange(n) / 1440 + rng.uniform(0, 6)) + rng.normal(0, 0.3, n)


def _quantised(rng: np.random.Generator, n: int) -> Values:
    return np.round(80 + rng.normal(0, 0.12, n), 1)


def _fine(rng: np.random.Generator, n: int) -> Values:
    return np.round(5 + rng.normal(0, 0.05, n), 3)


def _laplace(rng: np.random.Generator, n: int) -> Values:
    return 10 + rng.laplace(0, 0.3, n)


def _wander(rng: np.random.Generator, n: int) -> Values:
    out, shocks = np.empty(n), rng.normal(0, 0.2, n)
    level = 0.0
    for at in range(n):
        level = 0.9 * level + shocks[at]
        out[at] = 7 + level
    return out


def _sine(rng: np.random.Generator, n: int) -> Values:
    return 3 * np.sin(2 * np.pi * np.arange(n) / 300 + rng.uniform(0, 6))


def _constant(_rng: np.random.Generator, n: int) -> Values:
    return np.full(n, 42.0)


def _setpoint(rng: np.random.Generator, n: int) -> Values:
    """Held at 20.0, with a flicker of the last digit now and then."""
    return np.where(rng.random(n) < 0.02, 20.1, 20.0)


def _recipe(rng: np.random.Generator, n: int) -> Values:
    levels = rng.choice([20.0, 60.0, 85.0, 110.0], size=n // 180 + 2)
    return np.repeat(levels, 180)[:n] + rng.normal(0, 0.3, n)


def _counter(rng: np.random.Generator, n: int) -> Values:
    """Parts made: stands still while the machine is idle."""
    active = np.repeat(rng.random(n // 60 + 2) < 0.7, 60)[:n]
    return np.cumsum(np.where(active, rng.poisson(2, n), 0)).astype(float)


def _odometer(rng: np.random.Generator, n: int) -> Values:
    return np.cumsum(rng.uniform(0.5, 1.5, n)) % 700


def _energy(_rng: np.random.Generator, n: int) -> Values:
    return np.arange(n) * 0.25


def _switch(rng: np.random.Generator, n: int) -> Values:
    out, at, on = np.empty(n), 0, 0.0
    while at < n:
        span = int(rng.exponential(45)) + 2
        out[at : at + span] = on
        at, on = at + span, 1 - on
    return out


def _motor(rng: np.random.Generator, n: int) -> Values:
    """Exactly 0 when off, noisy when on."""
    return np.where(_switch(rng, n) > 0, 5 + rng.normal(0, 0.15, n), 0.0)


def _cycle(rng: np.random.Generator, n: int) -> Values:
    """Heats up, then drops: batches of two hours, idle in between."""
    phase = np.arange(n) % 120
    return np.round(np.where(phase < 60, 25 + phase * 1.5, 25) + rng.normal(0, 0.2, n), 1)


Kind = Callable[[np.random.Generator, int], "Values"]

CLEAN: dict[str, Kind] = {
    "noise": _noise,
    "seasonal": _seasonal,
    "daily": _daily,
    "quantised": _quantised,
    "fine": _fine,
    "heavy-tailed": _laplace,
    "wander": _wander,
    "sine": _sine,
    "constant": _constant,
    "set-point": _setpoint,
    "recipe": _recipe,
    "counter": _counter,
    "odometer": _odometer,
    "energy": _energy,
    "switch": _switch,
    "motor": _motor,
    "cycle": _cycle,
}
CARRIERS = {kind: CLEAN[kind] for kind in ("noise", "seasonal", "daily", "quantised", "fine")}
"""Kinds that faults are planted on."""


def _student(degrees: int) -> Kind:
    return lambda rng, n: 20 + 0.3 * rng.standard_t(degrees, n)


def _walk(rng: np.random.Generator, n: int) -> Values:
    return 50 + np.cumsum(rng.normal(0, 0.05, n)) + rng.normal(0, 0.1, n)


def _pure_walk(rng: np.random.Generator, n: int) -> Values:
    """Each reading is the one before and a step: every jump stays."""
    return 50 + np.cumsum(rng.normal(0, 0.1, n))


def _wandering_season(rng: np.random.Generator, n: int) -> Values:
    return _seasonal(rng, n) + 2 * (_wander(rng, n) - 7)


def _two_seasons(rng: np.random.Generator, n: int) -> Values:
    """A day and a shift, neither a sine."""
    day, shift = (np.abs(np.sin(np.pi * np.arange(n) / period)) for period in (1440, 480))
    return 20 + 4 * day + 2 * shift**3 + rng.normal(0, 0.2, n)


def _swelling(rng: np.random.Generator, n: int) -> Values:
    """Noise that grows and shrinks fivefold within the day."""
    return 30 + rng.normal(0, 1, n) * (0.6 + 0.4 * np.sin(2 * np.pi * np.arange(n) / 1440))


def _pink(rng: np.random.Generator, n: int) -> Values:
    scaled = np.fft.rfft(rng.normal(0, 1, n)) / np.sqrt(np.maximum(np.arange(n // 2 + 1), 1))
    made = np.fft.irfft(scaled, n)
    return 10 + 0.3 * made / made.std()


HARD: dict[str, Kind] = {
    "student-3": _student(3),
    "student-5": _student(5),
    "laplace": _laplace,
    "two seasons": _two_seasons,
    "wandering season": _wandering_season,
    "wander": _wander,
    "walk in noise": _walk,
    "pure walk": _pure_walk,
    "swelling": _swelling,
    "pink": _pink,
}
"""Noise that the queries were not made for."""


def clean(seed: int, n: int = 4320, kinds: Mapping[str, Kind] = CLEAN) -> list[Sensor]:
    return [
        Sensor(f"{kind}-{seed}", make(np.random.default_rng([seed, at]), n))
        for at, (kind, make) in enumerate(kinds.items())
    ]


def faulty(seed: int, n: int = 4320, kinds: Mapping[str, Kind] = CARRIERS) -> list[Sensor]:
    """For each carrier a sensor with spikes, one with stuck runs, one with a drift and one with gaps."""
    found = []
    for at, (kind, make) in enumerate(kinds.items()):
        for number, plant in enumerate((_spikes, _stuck, _drift, _gaps)):
            rng = np.random.default_rng([seed, 100 + at, number])
            values = make(rng, n)
            labels = plant(rng, values)
            found.append(Sensor(f"{kind}-{plant.__name__[1:]}-{seed}", values, tuple(labels)))
    return found


def _sigma(values: Values) -> float:
    """Noise from one reading to the next."""
    return float(1.4826 * np.median(np.abs(np.diff(values))) / np.sqrt(2)) or 0.1


def _places(rng: np.random.Generator, n: int, number: int, apart: int) -> list[int]:
    number = min(number, n // (2 * apart))
    cells = n // number
    return [at * cells + int(rng.integers(apart // 2, cells - apart // 2)) for at in range(number)]


def _spikes(rng: np.random.Generator, values: Values) -> list[Label]:
    labels = []
    for at in _places(rng, len(values), 20, 40):
        wide = int(rng.integers(1, 4))
        values[at : at + wide] += rng.choice([-1, 1]) * rng.uniform(9, 30) * _sigma(values)
        labels.append(Label("sensor-spike", at, at + wide - 1))
    return labels


def _stuck(rng: np.random.Generator, values: Values) -> list[Label]:
    labels = []
    for at in _places(rng, len(values), 6, 300):
        wide = int(rng.integers(60, 150))
        values[at : at + wide] = values[at]
        labels.append(Label("sensor-stuck", at, at + wide - 1))
    return labels


def _drift(rng: np.random.Generator, values: Values) -> list[Label]:
    """Up or down by more than everything else the sensor does; held, or ended by a recalibration."""
    n = len(values)
    wide = int(rng.uniform(0.25, 0.5) * n)
    first = int(rng.uniform(0.1, 0.4) * n)
    height = rng.choice([-1, 1]) * rng.uniform(1.0, 2.0) * max(8 * _sigma(values), float(np.ptp(values)))
    values[first : first + wide] += np.linspace(0, height, wide)
    if rng.random() < 0.5:
        values[first + wide :] += height
    return [Label("sensor-drift", first, first + wide - 1)]


def _gaps(rng: np.random.Generator, values: Values) -> list[Label]:
    labels = []
    for at in _places(rng, len(values), 5, 200):
        wide = int(rng.integers(8, 90))
        values[at : at + wide] = np.nan
        labels.append(Label("sensor-gap", at, at + wide - 1))
    return labels


def write(path: str, sensors: Sequence[Sensor]) -> None:
    with open(path, "w", encoding="utf-8") as out:
        out.write("timestamp,sensor_id,metric,value\n")
        for sensor in sensors:
            for stamp, name, metric, value in sensor.rows():
                out.write(f"{stamp},{name},{metric},{value:.6g}\n")


@dataclass
class Score:
    found: int = 0
    planted: int = 0
    right: int = 0
    seen: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.found + other.found,
            self.planted + other.planted,
            self.right + other.right,
            self.seen + other.seen,
        )

    @property
    def f1(self) -> float:
        precision = self.right / self.found if self.found else 1.0
        recall = self.seen / self.planted if self.planted else 1.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@dataclass(frozen=True)
class Found:
    """A finding of one sensor, in minutes from START."""

    rule: str
    sensor: str
    first: float
    last: float


def position(stamp: str) -> float:
    return (datetime.fromisoformat(stamp.replace("Z", "+00:00")) - START) / STEP


def score(sensors: Sequence[Sensor], found: Sequence[Found], rule: str) -> Score:
    """A planted event is seen when a finding of its rule overlaps it; a finding is right when it overlaps one."""
    result = Score()
    for sensor in sensors:
        labels = [label for label in sensor.labels if label.rule == rule]
        mine = [each for each in found if each.sensor == sensor.name and each.rule == rule]
        result.planted += len(labels)
        result.found += len(mine)
        result.seen += sum(1 for label in labels if any(_meet(label, each) for each in mine))
        result.right += sum(1 for each in mine if any(_meet(label, each) for label in labels))
    return result


def _meet(label: Label, found: Found) -> bool:
    return found.first <= label.last + 1 and found.last >= label.first - 1


def bounds(sensors: Sequence[Sensor], found: Sequence[Found]) -> list[tuple[str, float]]:
    """For each planted drift the larger error of its ends, in lengths of the drift; infinite where it was missed."""
    errors = []
    for sensor in sensors:
        for label in sensor.labels:
            if label.rule == "sensor-drift":
                mine = [f for f in found if f.sensor == sensor.name and f.rule == "sensor-drift"]
                length = label.last - label.first
                off = [max(abs(f.first - label.first), abs(f.last - label.last)) / length for f in mine]
                errors.append((sensor.name, min(off, default=float("inf"))))
    return errors
