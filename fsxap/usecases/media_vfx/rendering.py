"""Submits render jobs and follows them; frames that fail are submitted once more, by themselves."""

from __future__ import annotations

import posixpath
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fsxap.engine.types import Kit
from fsxap.errors import ConfigurationError, ItemError
from fsxap.model import Finding, Item
from fsxap.rendering import FarmOutcome
from fsxap.usecases.media_vfx import jobs, names
from fsxap.usecases.media_vfx.catalogue import RULES
from fsxap.usecases.media_vfx.sequences import Group

ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Rendered:
    """What became of a job and, where there was one, of the job for its failed frames."""

    records: tuple[dict[str, Any], ...] = ()
    findings: tuple[Finding, ...] = ()


def of_scene(item: Item, application: str, kit: Kit) -> Rendered:
    """One job for a scene, to `renders/NAME/` beside it."""
    from fsxap.usecases.media_vfx.process import specification

    template = kit.params["template"] or jobs.load(application)
    frames = kit.params["frames"] or names.written_range(specification(kit).frames)
    folder, name = posixpath.split(item.key)
    stem = posixpath.splitext(name)[0]
    output = posixpath.join(folder, "renders", stem, f"{stem}.####.exr")
    values = jobs.parameters(template, scene=_seen(item.key, kit), frames=frames, output=_seen(output, kit))
    return _submitted(template, values, item, _seen(output, kit), kit)


@dataclass(frozen=True, slots=True)
class Plan:
    """A job of the bad frames: what it is made of, the pattern it writes, and the files of its bundle."""

    template: Mapping[str, Any]
    values: Mapping[str, str]
    writes: str
    files: Mapping[str, bytes]


def again(group: Group, frames: tuple[int, ...], kit: Kit) -> Plan | None:
    """Only these frames of a sequence."""
    if not frames or group.kind != "sequence":
        return None
    needed = wanted(kit)
    template = kit.params["template"] or jobs.load("command")
    scene = _seen(kit.params["scene"], kit, needed=needed) if kit.params["scene"] else ""
    output = _seen(group.key, kit, needed=needed)
    values = jobs.parameters(template, scene=scene, frames=names.written_range(frames), output=output)
    return Plan(template, values, output, jobs.bundle(template, values))


def wanted(kit: Kit) -> bool:
    """Whether bad frames are rendered again: nobody knows how, unless a template says it."""
    return bool(kit.params["submit"] and kit.params["template"])


def submit(plan: Plan, item: Item, kit: Kit) -> Rendered:
    return _submitted(plan.template, plan.values, item, plan.writes, kit)


def _seen(key: str, kit: Kit, *, needed: bool = True) -> str:
    """The key as a path on the machines that render."""
    root = str(kit.params["root"] or "")
    if not root and "://" in kit.source.location:
        if not needed:
            return key
        raise ConfigurationError(
            "workers of a farm see files by NFS or SMB, not through the access point",
            code="root",
            hint="-P root=/mnt/volume says where they see the source",
        )
    return f"{(root or kit.source.location).rstrip('/')}/{key}"


def _submitted(template: Mapping[str, Any], values: Mapping[str, str], item: Item, writes: str, kit: Kit) -> Rendered:
    # A scene and the frames it makes are two items, which may be processed side by side; digits are the renderer's.
    writes = re.sub("#+", "#", writes)
    alone: threading.Lock = kit.memo(f"rendering {writes}", threading.Lock)
    if not alone.acquire(blocking=False):
        raise _busy(writes, "another job of this run")
    try:
        return _rendered(template, values, item, writes, kit)
    finally:
        alone.release()


def _busy(writes: str, job: str) -> ItemError:
    return ItemError(
        f"{job} still renders {writes}",
        code="rendering",
        hint="run again when it has ended: its frames are judged then, and only what is still wrong is rendered",
        retryable=True,
    )


def _rendered(template: Mapping[str, Any], values: Mapping[str, str], item: Item, writes: str, kit: Kit) -> Rendered:
    records: list[dict[str, Any]] = []
    failed: tuple[int, ...] = ()
    for attempt in range(1, ATTEMPTS + 1):
        job = jobs.job(template, values, name=item.key, version=item.version, writes=writes, attempt=attempt)
        outcome = kit.farm.run(job, wait=kit.params["wait"])
        if outcome.status == "busy":
            raise _busy(writes, outcome.job)
        if outcome.status == "running":
            raise ItemError(
                f"{outcome.job} is still running after {kit.params['wait']:.0f} s",
                code="rendering",
                hint="run again: the same job is followed further, none is submitted twice",
                retryable=True,
            )
        failed = jobs.frames_of([task.parameters for task in outcome.failed])
        records.append(_record(outcome, values, attempt))
        if outcome.status != "failed" or not failed or attempt == ATTEMPTS:
            break
        values = {**values, **jobs.parameters(template, scene="", frames=names.written_range(failed), output="")}
    return Rendered(tuple(records), tuple(_findings(item, records, failed)))


def _record(outcome: FarmOutcome, values: Mapping[str, str], attempt: int) -> dict[str, Any]:
    tasks = [
        {"step": task.step, "parameters": dict(task.parameters), "log": list(task.log)} for task in outcome.failed[:50]
    ]
    return {
        "job": outcome.job,
        "status": outcome.status,
        "attempt": attempt,
        "tasks": outcome.tasks,
        "parameters": dict(values),
        "failed": tasks,
    }


def _findings(item: Item, records: list[dict[str, Any]], failed: tuple[int, ...]) -> list[Finding]:
    last = records[-1]
    if last["status"] != "failed":
        return []
    known = RULES["render-failed"]
    shown = names.written_range(failed) or "all"
    words = f"The job {last['job']} failed after {last['attempt']} attempts, frames: {shown}."
    log = [line for task in last["failed"][:1] for line in task["log"][-5:]]
    evidence = {"frames": list(failed), "job": last["job"], "log": log}
    return [Finding("render-failed", known.severity, words, item.key, evidence, known.remediation)]
