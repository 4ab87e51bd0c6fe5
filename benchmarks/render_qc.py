"""Planted faults in made-up shots: how many are found, how much is reported that was not planted, and what it costs."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.render_overlays import examined
from benchmarks.render_sequences import FILES, PIXELS, SCENES, Shot, Size, make
from fsxap.model import Item
from fsxap.providers.local.frames import LocalFrames
from fsxap.usecases.media_vfx import sequences, spec
from fsxap.usecases.media_vfx.catalogue import RULES
from fsxap.usecases.media_vfx.inspect import Limits, rows_of
from fsxap.usecases.media_vfx.judge import judge

SEEDS = (2201, 2202, 2203)
TEXT_SEEDS = (3301, 3302)
BIG = Size(1920, 1080, 24)


def found_in(shot: Shot, frames: LocalFrames) -> dict[str, set[int]]:
    """Frames by rule, missing ones included."""
    bodies = {f"{shot.name}.{number:04d}{shot.suffix}": body for number, body in shot.files.items()}
    group = next(iter(sequences.group(Item(key, len(body)) for key, body in sorted(bodies.items()))))
    rows = rows_of(group.members, bodies.__getitem__, frames, Limits(1 << 30, 1 << 27), lambda: None)
    found: dict[str, set[int]] = {}
    for fault in judge(rows, spec.Spec(black=spec.yes_or_frames(shot.allow_black))):
        found.setdefault(fault.rule, set()).add(fault.row.frame)
    if gone := sequences.gaps(group, sequences.MONO, ()):
        found["frame-missing"] = set(gone)
    return found


def faulty(suffix: str, seed: int) -> Iterator[Shot]:
    """Faults that a shot can have: what is flat or dark by nature cannot be told from some of them."""
    kinds = (*PIXELS, *FILES)
    floats = {"frame-nan", "frame-negative", "frame-firefly", "frame-banding", "frame-alpha", "frame-channels"}
    unfit = floats if suffix != ".exr" else set()
    for scene in ("pan", "grain_hold"):
        yield make(scene, Size(), seed, suffix, tuple(kind for kind in kinds if kind not in unfit))
    for scene in ("noise", "element", "lamp"):
        dark = {"frame-clipped", "frame-flicker", "frame-banding"}
        yield make(scene, Size(), seed, suffix, tuple(kind for kind in kinds if kind not in unfit | dark))


def main() -> Mapping[str, Any]:
    frames = LocalFrames()
    planted, hit, wrong, clean, alarms = Counter[str](), Counter[str](), Counter[str](), 0, Counter[str]()
    for seed in SEEDS:
        for suffix in (".exr", ".png", ".tif"):
            for shot in faulty(suffix, seed):
                found = found_in(shot, frames)
                bad = set().union(*shot.planted.values())
                for rule, numbers in shot.planted.items():
                    planted[rule] += len(numbers)
                    hit[rule] += len(numbers & found.get(rule, set()))
                    if numbers - found.get(rule, set()):
                        sys.stderr.write(f"missed {rule} {shot.name}{suffix} {seed} {sorted(numbers)}\n")
                for rule, numbers in found.items():
                    if RULES[rule].severity != "low" and numbers - bad:
                        wrong[rule] += len(numbers - bad)
                        sys.stderr.write(f"false {rule} {shot.name}{suffix} {seed} {sorted(numbers - bad)}\n")
            for scene in SCENES:
                shot = make(scene, Size(), seed + 50, suffix)
                clean += len(shot.files)
                for rule, numbers in found_in(shot, frames).items():
                    if RULES[rule].severity != "low":
                        alarms[rule] += len(numbers)
                    sys.stderr.write(
                        f"clean {RULES[rule].severity} {rule} {scene}{suffix} {seed + 50} {sorted(numbers)}\n"
                    )
    rows: list[dict[str, Any]] = [
        {
            "rule": rule,
            "planted": planted[rule],
            "recall": round(hit[rule] / planted[rule], 3),
            "wrong frames in faulty shots": wrong[rule],
            "alarms on clean frames": alarms[rule],
        }
        for rule in sorted(planted)
    ]
    others = {rule: number for rule, number in (wrong + alarms).items() if rule not in planted}
    rows.append({"rule": "others", "planted": 0, "recall": "", "wrong frames in faulty shots": sum(others.values())})
    for name, number in examined(TEXT_SEEDS, sys.stderr.write).items():
        rows.append(
            {
                "rule": name,
                "planted": number["planted"],
                "recall": round(number["found"] / number["planted"], 3),
                "alarms on clean shots": number["false"],
                "clean shots": number["clean"],
            }
        )
    shot = make("pan", BIG, 7)
    begun = time.process_time()
    found_in(shot, frames)
    cost = round((time.process_time() - begun) / len(shot.files), 3)
    return {"seeds": list(SEEDS), "clean_frames": clean, "core_seconds_per_1080p_half_frame": cost, "rows": rows}
