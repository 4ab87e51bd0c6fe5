"""From faults to findings, one for each rule and view, and from findings to a decision."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fsxap.model import Finding
from fsxap.usecases.media_vfx import names, sequences
from fsxap.usecases.media_vfx.catalogue import RULES
from fsxap.usecases.media_vfx.judge import UNJUDGED, judge
from fsxap.usecases.media_vfx.overlays import Overlays, differs
from fsxap.usecases.media_vfx.sequences import Group
from fsxap.usecases.media_vfx.spec import Spec
from fsxap.usecases.media_vfx.table import Fault, Row, median

MOST_FRAMES, MOST_DETAILS = 10_000, 50
"""Of one finding: what goes beyond is in its written range, and in the count."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`marked`: rules by key of the file; `again`: frames worth rendering again; `skipped` where nothing was judged."""

    decision: str
    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]
    marked: Mapping[str, Sequence[str]]
    again: tuple[int, ...]
    rows: Sequence[Row]


def reach(group: Group, rows: Sequence[Row], spec: Spec, seen: Overlays) -> Verdict:
    faults: list[Fault] = list(seen.faults)
    for view in group.views:
        mine = sorted((row for row in rows if row.view == view), key=lambda row: row.frame)
        judged = judge(mine, spec, pictures=group.kind != "tiles", slates=seen.slates)
        faults += _slate_named(mine, judged) if group.kind == "sequence" else judged
        faults += _named(group, view, mine, spec)
    findings = tuple(_findings(group, faults))
    unjudged = [row for row in rows if row.problem and row.problem[0] in UNJUDGED]
    marked: dict[str, list[str]] = defaultdict(list)
    for fault in faults:
        if fault.row.key and fault.rule not in marked[fault.row.key]:
            marked[fault.row.key].append(fault.rule)
    again = tuple(sorted({fault.row.frame for fault in faults if RULES[fault.rule].again}))
    decision = decide(findings)
    if unjudged:
        decision = (
            "skipped" if len(unjudged) == len(rows) and not findings else max(decision, "review", key=_ORDER.index)
        )
    facts = _facts(group, rows, unjudged, again) | seen.facts
    if seen.unlooked and decision != "skipped":
        facts["not_looked_at"] = seen.unlooked
        decision = max(decision, "review", key=_ORDER.index)
    return Verdict(decision, findings, facts, marked, again, rows)


_ORDER = ("approved", "review", "rejected")


def decide(findings: Sequence[Finding]) -> str:
    """High findings reject, medium ones ask a person, low ones only tell."""
    severities = {finding.severity for finding in findings}
    return "rejected" if "high" in severities else "review" if "medium" in severities else "approved"


def _named(group: Group, view: str, rows: Sequence[Row], spec: Spec) -> Iterator[Fault]:
    """What the names alone say: gaps, frames written twice, padding, spelling."""
    by_key = {row.key: row for row in rows}
    members = [member for member in group.members if member.view == view]
    for frame in sequences.gaps(group, view, spec.frames):
        yield Fault("frame-missing", Row(frame, view, "", 0))
    for frame, keys in sequences.written_twice(members).items():
        for key in keys:
            yield Fault("frame-duplicate", by_key[key], {"frame": frame, "files": keys})
    for member in sequences.badly_padded(group):
        if member.view == view:
            yield Fault("frame-padding", by_key[member.item.key], {"written": member.digits, "digits": group.padding})
    for member in members:
        if group.like:
            yield Fault("frame-naming", by_key[member.item.key], {"like": group.like})
        elif not re.fullmatch(spec.naming or ".*", member.item.key.rpartition("/")[2], re.DOTALL):
            yield Fault("frame-naming", by_key[member.item.key], {"naming": spec.naming})


def _slate_named(rows: Sequence[Row], faults: Sequence[Fault]) -> list[Fault]:
    """Flicker of a first frame that is another picture says what it may be: without its text, nothing tells."""
    suspect = any(each.rule == "frame-flicker" and each.row is rows[0] for each in faults)
    if not (suspect and differs([row for row in rows if row.look is not None])):
        return list(faults)
    return [
        replace(each, detail={**each.detail, "perhaps": "a slate: -P slate=required looks for its text"})
        if each.rule == "frame-flicker" and each.row is rows[0]
        else each
        for each in faults
    ]


def _findings(group: Group, faults: Sequence[Fault]) -> Iterator[Finding]:
    grouped: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in faults:
        grouped[fault.rule, fault.row.view].append(fault)
    order = list(RULES)
    for (rule, view), mine in sorted(grouped.items(), key=lambda each: (order.index(each[0][0]), each[0][1])):
        frames = sorted({fault.row.frame for fault in mine})
        known = RULES[rule]
        evidence: dict[str, Any] = {
            "frames": frames[:MOST_FRAMES] if group.kind != "still" else [],
            "range": names.written_range(frames) if group.kind != "still" else "",
            "count": len(frames),
        }
        files = list(dict.fromkeys(fault.row.key for fault in mine if fault.row.key))
        if files:
            evidence["files"] = files[:MOST_DETAILS]
        details = [{"frame": fault.row.frame, **fault.detail} for fault in mine if fault.detail]
        if details:
            evidence["details"] = details[:MOST_DETAILS]
        yield Finding(
            rule, known.severity, _message(group, rule, frames, mine), group.key, evidence, known.remediation, view
        )


def _message(group: Group, rule: str, frames: Sequence[int], faults: Sequence[Fault]) -> str:
    meaning = RULES[rule].meaning
    if group.kind == "still":
        reason = faults[0].detail.get("reason")
        return f"{meaning[:-1]}: {reason}." if reason else meaning
    shown = names.written_range(frames)
    shown = shown if len(shown) <= 80 else shown[:80].rpartition(",")[0] + ", ..."
    view = f" of the view {faults[0].row.view}" if faults[0].row.view else ""
    return f"{meaning[:-1]}: {len(frames)} {'frame' if len(frames) == 1 else 'frames'}{view}, {shown}."


def _facts(group: Group, rows: Sequence[Row], unjudged: Sequence[Row], again: Sequence[int]) -> dict[str, Any]:
    looks = [row.look for row in rows if row.look is not None]
    facts: dict[str, Any] = {}
    if group.kind in ("sequence", "tiles"):
        facts["frames"] = names.written_range(row.frame for row in rows)
    if looks:
        first = looks[len(looks) // 2]
        facts |= {
            "resolution": [first.width, first.height],
            "channels": list(first.channels[:64]),
            "depth": first.depth,
            "colour_space": first.colour,
            "mean_luminance": round(median([look.mean for look in looks]), 5),
        }
    if again and group.kind == "sequence":
        facts["render_again"] = names.written_range(again)
    if unjudged:
        reasons = sorted({row.problem[1] for row in unjudged if row.problem})
        facts["reason"] = "; ".join(reasons[:3])
        facts["not_judged"] = [row.key for row in unjudged[:MOST_DETAILS]]
    return facts
