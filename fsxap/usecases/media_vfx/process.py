"""Judges one item as it is now, decides, and writes the decision back."""

from __future__ import annotations

from typing import Any

from fsxap.engine.types import Kit
from fsxap.errors import NotFound
from fsxap.model import Failure, Item, Result
from fsxap.usecases.media_vfx import listing, rendering, scenes
from fsxap.usecases.media_vfx.sequences import Group
from fsxap.usecases.media_vfx.spec import Spec, load

REDO = 3
"""How often a sequence that changes while it is read is read again."""


def process(item: Item, kit: Kit) -> Result:
    jobs: list[dict[str, Any]] = []
    for _ in range(REDO):
        group = listing.found_again(item, kit)
        if group is None:
            return _no_group(item, kit)
        now = group.item()
        try:
            result = scenes.process(now, kit) if group.kind == "scene" else _judged(group, now, kit, jobs)
        except NotFound:
            # A member was renamed or removed meanwhile; the group is looked for again.
            continue
        after = listing.found_again(item, kit)
        if after is not None and after.version == group.version:
            return result
    return Result.failed(item, Failure("changing", f"it changed {REDO} times while being read", retryable=True))


def _no_group(item: Item, kit: Kit) -> Result:
    """A manifest of plain files names frames; they are judged with the sequence they are of."""
    try:
        kit.source.head(item.key)
    except NotFound:
        return Result(item, "vanished", {"reason": "gone between listing and reading"})
    return Result.skipped(item, "a single frame: items are sequences, as run-uc lists them by itself")


def specification(kit: Kit) -> Spec:
    """What -P spec says, with -P allow_black."""
    return load(kit.params["spec"] or {}, kit.params["allow_black"])


def _judged(group: Group, item: Item, kit: Kit, jobs: list[dict[str, Any]]) -> Result:
    """`jobs` collects what was submitted; a sequence that a job has mended is judged again, and submitted no more."""
    from fsxap.usecases.media_vfx import deliver, overlays, sheet, verdict
    from fsxap.usecases.media_vfx.inspect import Limits, rows_of

    spec = specification(kit)
    limits = Limits(kit.params["max_size"], kit.params["max_pixels"])
    rows = rows_of(
        group.members, kit.source.read, kit.frames, limits, kit.cancel.check, neighbours=group.kind != "tiles"
    )
    seen = overlays.look(group, rows, limits, kit)
    made = verdict.reach(group, rows, spec, seen)
    data: dict[str, Any] = {
        "decision": made.decision,
        "kind": group.kind,
        "files": len(rows),
        **made.facts,
        "engine": kit.frames.engine,
    }
    usage = {"bytes_read": sum(row.size for row in rows if row.sha256), "frames": len(rows)}
    if made.decision == "skipped":
        return Result(item, "skipped", {**data, "decision": "review"}, usage=usage)
    if made.decision == "approved":
        if jobs:
            data |= {"jobs": jobs, "farm": kit.farm.engine}
        about = {"sequence": group.key, "version": group.version, **data}
        outputs = tuple(deliver.approve(group, rows, kit, about))
        return Result(item, "ok", data, outputs, made.findings, usage)
    data["sheet"] = True
    plan = rendering.again(group, made.again, kit)
    parts = {
        "sheet.png": sheet.sheet(made.rows, made.marked),
        "contact-sheet.html": sheet.page(group.key, made.decision, made.findings, data),
        **(plan.files if plan else {}),
    }
    outputs = tuple(deliver.reject(group, kit, parts))
    findings = made.findings
    if plan and not jobs and rendering.wanted(kit):
        # A job may have made other frames of these meanwhile, and what was judged is the past.
        current = listing.found_again(item, kit)
        if current is None or current.version != item.version:
            raise NotFound(f"{item.key} is no longer what was judged")
        done = rendering.submit(plan, item, kit)
        jobs += done.records
        findings += done.findings
    if jobs:
        data |= {"jobs": jobs, "farm": kit.farm.engine}
        usage["render_jobs"] = len(jobs)
    return Result(item, "ok", data, outputs, findings, usage)
