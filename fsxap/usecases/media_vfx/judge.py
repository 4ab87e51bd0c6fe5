"""Applies every rule to the table of a sequence; pixels were looked at before, files are not touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from fsxap.usecases.media_vfx import temporal, tiles
from fsxap.usecases.media_vfx.measure import Look
from fsxap.usecases.media_vfx.spec import Spec
from fsxap.usecases.media_vfx.table import Fault, Row, around, median, stands_out

DARK, DARK_8_BIT = 1e-4, 1.6 / 255
"""No pixel brighter than this is a black frame."""
OVERDONE = 0.15
"""A frame with more of it clipped says nothing of its neighbours' brightness."""
UNIFORM = ("frame-resolution", "frame-channels", "frame-depth", "frame-aspect", "frame-colour-space", "frame-range")
GROUND = 1e-3
BROKEN = ("frame-black", "frame-constant")
PROBLEMS = {"truncated": "frame-truncated"}
UNJUDGED = ("deep", "unsupported", "too-large")
"""Problems that are ours, not the picture's."""


def judge(rows: Sequence[Row], spec: Spec, *, pictures: bool = True, slates: Collection[str] = ()) -> list[Fault]:
    """The faults of one view, its rows in order of frames. `pictures` is False for tiles of a texture, which are no
    neighbours of each other. `slates` are keys of frames that are no neighbours of the shot."""
    faults = [*_problems(rows), *_uniform(rows, spec), *_alone(rows, spec), *_constant(rows)]
    if pictures:
        broken = {fault.row.key for fault in faults if fault.rule in BROKEN}
        whole = [row for row in rows if row.look is not None and row.key not in broken and row.key not in slates]
        faults += _among(whole, faults)
    return faults


def _problems(rows: Sequence[Row]) -> Iterator[Fault]:
    for row in rows:
        if row.problem and row.problem[0] not in UNJUDGED:
            yield Fault(PROBLEMS.get(row.problem[0], "frame-unreadable"), row, {"reason": row.problem[1]})


def _uniform(rows: Sequence[Row], spec: Spec) -> Iterator[Fault]:
    """Size, channels, depth, aspect and colour space: as specified, or else as most frames have them."""
    looks = [(row, row.look) for row in rows if row.look is not None]
    tests: tuple[tuple[str, Any, Callable[[Look], Any]], ...] = (
        ("frame-resolution", spec.resolution, lambda look: (look.width, look.height)),
        ("frame-channels", None, lambda look: look.channels),
        ("frame-depth", spec.depth or None, lambda look: look.depth),
        ("frame-aspect", spec.aspect, lambda look: look.aspect),
        ("frame-colour-space", spec.colour or None, lambda look: look.colour),
    )
    for rule, wanted, read in tests:
        values = Counter(read(look) for _, look in looks)
        if wanted is None and (not values or values.most_common(1)[0][1] * 2 <= len(looks)):
            continue
        expected = values.most_common(1)[0][0] if wanted is None else wanted
        for row, look in looks:
            if read(look) != expected:
                yield Fault(rule, row, {"found": _plain(read(look)), "expected": _plain(expected)})
    for row, look in looks:
        missing = [name for name in spec.channels if name not in look.channels]
        if missing:
            yield Fault("frame-channels", row, {"missing": missing})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _alone(rows: Sequence[Row], spec: Spec) -> Iterator[Fault]:
    """What a frame says by itself."""
    for row in rows:
        look = row.look
        if look is None:
            continue
        if look.nonfinite:
            channel, x, y = look.bad_pixel or ("", 0, 0)
            yield Fault("frame-nan", row, {"pixels": look.nonfinite, "first": {"channel": channel, "x": x, "y": y}})
        if is_black(look) and not spec.allows_black(row.frame):
            yield Fault("frame-black", row)
        if spec.range and not (spec.range[0] <= look.least and look.most <= spec.range[1]):
            yield Fault("frame-range", row, {"least": round(look.least, 5), "most": round(look.most, 5)})


def _constant(rows: Sequence[Row]) -> Iterator[Fault]:
    """Frames of one value, unless that is the ground of the nearest frame that shows something: then all that was on
    it has left."""
    for at, row in enumerate(rows):
        if row.look is None or not row.look.constant or is_black(row.look):
            continue
        shown = around(rows, at, lambda other: other.look is not None and not other.look.constant)
        near = [side[0].look for side in shown if side]
        if not any(look is not None and _is_ground(row.look, look) for look in near):
            yield Fault("frame-constant", row, {"value": round(row.look.most, 6)})


def _is_ground(constant: Look, look: Look) -> bool:
    return float((abs(look.table - constant.mean) < GROUND).mean()) > 0.5


def is_black(look: Look) -> bool:
    return look.most <= (DARK_8_BIT if look.whole and look.depth == "8" else DARK) and not look.nonfinite


def _among(rows: Sequence[Row], known: Sequence[Fault]) -> Iterator[Fault]:
    """What shows only beside the neighbours."""
    lit = [row for row in rows if row.look is not None and not is_black(row.look)]
    found = [*tiles.missing_tiles(lit), *_fireflies(lit), *_alpha(lit)]
    clipped = list(_clipped(lit))
    found += clipped
    overdone = {fault.row.key for fault in clipped if fault.detail["share"] > OVERDONE}
    # Black frames that are allowed are part of the fade around them, but are not held against it.
    judged = {row.key for row in lit}
    steady = [row for row in rows if row.key not in overdone]
    found += [fault for fault in temporal.flicker(steady) if fault.row.key in judged]
    found += [*_banding(lit), *_negative(lit)]
    broken = {fault.row.key for fault in (*known, *found) if fault.rule not in UNIFORM}
    # What is wrong otherwise says nothing of how much changes from frame to frame.
    found += temporal.duplicates([row for row in lit if row.key not in broken])
    yield from found
    named = {fault.row.key for fault in (*known, *found)}
    yield from (fault for fault in _sizes(lit) if fault.row.key not in named)


def _fireflies(rows: Sequence[Row]) -> Iterator[Fault]:
    for row in rows:
        if row.lonely:
            spots = [[spark.x, spark.y, round(spark.value, 3)] for spark in row.lonely[:20]]
            rule = "frame-isolated-pixels" if row.alone else "frame-firefly"
            yield Fault(rule, row, {"pixels": len(row.lonely), "at": spots})


def _spikes(
    rows: Sequence[Row], value: Callable[[Look], float], limit: Callable[[float], float], *, ends: bool = False
) -> Iterator[tuple[Row, Look, float]]:
    """Rows whose value stands out from those on both sides, and what is usual there."""
    for at, row in enumerate(rows):
        before, after = around(rows, at, lambda _row: True)
        assert row.look is not None
        left = [value(each.look) for each in before if each.look]
        right = [value(each.look) for each in after if each.look]
        if stands_out(value(row.look), left, right, limit, ends=ends):
            yield row, row.look, median([*left, *right])


def _clipped(rows: Sequence[Row]) -> Iterator[Fault]:
    for row, look, usual in _spikes(rows, lambda look: look.plateau, lambda usual: 4 * usual + 0.005):
        if look.most >= (0.9 if look.whole else 0.25):
            detail = {"share": round(look.plateau, 4), "usual": round(usual, 4), "at": round(look.most, 4)}
            yield Fault("frame-clipped", row, detail)


def _banding(rows: Sequence[Row]) -> Iterator[Fault]:
    means = {row.key: row.look.mean for row in rows if row.look}
    places = {row.key: at for at, row in enumerate(rows)}
    for row, look, usual in _spikes(rows, lambda look: -float(look.levels), lambda usual: 0.35 * usual):
        before, after = around(rows, places[row.key], lambda _row: True)
        bright = median([means[each.key] for each in (*before, *after)])
        if usual <= -32 and 0.5 * bright <= look.mean <= 2 * bright:
            yield Fault("frame-banding", row, {"levels": look.levels, "usual": round(-usual)})


def _negative(rows: Sequence[Row]) -> Iterator[Fault]:
    for row, look, _usual in _spikes(rows, lambda look: look.negative, lambda usual: 5 * usual + 2e-5, ends=True):
        if look.least < -0.1:
            yield Fault("frame-negative", row, {"share": round(look.negative, 6), "least": round(look.least, 4)})


def _alpha(rows: Sequence[Row]) -> Iterator[Fault]:
    with_alpha = [row for row in rows if row.look is not None and row.look.alpha is not None]
    tests: tuple[tuple[str, Callable[[Any], float], Callable[[float], float]], ...] = (
        ("above 1", lambda alpha: alpha.most, lambda usual: max(usual, 1.0) + 0.01),
        ("below 0", lambda alpha: -alpha.least, lambda usual: max(usual, 0.0) + 0.01),
        (
            "less covered than on both sides",
            lambda alpha: -alpha.mean,
            lambda usual: usual / 2 if usual < -0.01 else 1.0,
        ),
        ("more covered than on both sides", lambda alpha: alpha.mean, lambda usual: usual + 0.15),
        ("edges brighter than their cover", lambda alpha: alpha.edge, lambda usual: 2 * usual + 0.1),
    )
    told: set[str] = set()
    for words, value, limit in tests:
        for row, _look, _usual in _spikes(with_alpha, lambda look, value=value: value(look.alpha), limit, ends=True):  # type: ignore[misc]
            if row.key not in told:
                told.add(row.key)
                yield Fault("frame-alpha", row, {"alpha": words})


def _sizes(rows: Sequence[Row]) -> Iterator[Fault]:
    sizes = {id(row.look): float(row.size) for row in rows}
    for way, words in ((1.0, "larger"), (-1.0, "smaller")):
        spikes = _spikes(
            rows,
            lambda look, way=way: way * sizes[id(look)],  # type: ignore[misc]
            lambda usual: (2.5 if usual > 0 else 0.4) * usual,
        )
        for row, _look, usual in spikes:
            yield Fault("frame-size", row, {"bytes": row.size, "usual": abs(round(usual)), "is": words})
