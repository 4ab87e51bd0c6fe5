"""Renders on AWS Deadline Cloud: CreateJob once for equal content, GetJob until it ends, and why its tasks failed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fsxap.errors import ConfigurationError, FsxapError, ItemError
from fsxap.model import digest
from fsxap.ports import Cancellation
from fsxap.providers.aws.errors import translated
from fsxap.providers.openjd import checked, parameter_types
from fsxap.rendering import FailedTask, FarmJob, FarmOutcome

PRIORITY = 50
TAIL = 40
MOST_FAILED = 50
"""Tasks whose log is fetched."""
ENDED = {"SUCCEEDED": "succeeded", "FAILED": "failed", "CANCELED": "failed", "NOT_COMPATIBLE": "failed"}
POLL, SLOWEST = 2.0, 60.0
_ID = {"farm": re.compile(r"farm-[0-9a-f]{32}"), "queue": re.compile(r"queue-[0-9a-f]{32}")}


def mark(job: FarmJob) -> str:
    """The end of a job's name: what all jobs have in common that write the same frames, and what this one is."""
    return f"{digest(job.writes, size=12)}-{digest(job.token, size=8)}"


class DeadlineFarm:
    """One queue of one farm. A job that is still running after the time to wait is found again by its token."""

    def __init__(self, client: Any, logs: Any, *, farm: str, queue: str, cancel: Cancellation) -> None:
        for kind, value in (("farm", farm), ("queue", queue)):
            if not _ID[kind].fullmatch(value):
                raise ConfigurationError(
                    f"{value[:60]!r} is not the id of a {kind}",
                    code="farm",
                    hint=f"{kind}-, then 32 hexadecimal digits",
                )
        self._client, self._logs = client, logs
        self._place = {"farmId": farm, "queueId": queue}
        self._cancel = cancel

    @property
    def engine(self) -> str:
        return f"Deadline Cloud {self._place['queueId']}"

    def run(self, job: FarmJob, *, wait: float) -> FarmOutcome:
        # Jobs are searched by name, and older SDKs can name a job by its template only.
        named = {**job.template, "name": f"{job.template.get('name', '')} {mark(job)}".lstrip()}
        # The service would say less, and only after it has made the job.
        checked(replace(job, template=named), Path.cwd())
        for found in self._in_flight(mark(job).partition("-")[0]):
            if not str(found["name"]).endswith(mark(job)):
                return FarmOutcome(found["jobId"], "busy")
            # The service forgets tokens before long renders end.
            return self._followed(found["jobId"], wait)
        types = parameter_types(job.template)
        with translated(f"submitting {job.name} to {self._place['queueId']}"):
            answer = self._client.create_job(
                **self._place,
                template=json.dumps(named, ensure_ascii=False),
                templateType="JSON",
                priority=PRIORITY,
                parameters={name: {types[name].lower(): value} for name, value in job.parameters.items()},
                clientToken=digest(*self._place.values(), job.token),
            )
        return self._followed(answer["jobId"], wait)

    def _in_flight(self, marked: str) -> Iterator[dict[str, Any]]:
        """Jobs of this queue with the mark in their name that have not ended."""
        offset: int | None = 0
        while offset is not None:
            with translated(f"searching {self._place['queueId']} for jobs"):
                page = self._client.search_jobs(
                    farmId=self._place["farmId"],
                    queueIds=[self._place["queueId"]],
                    filterExpressions={
                        "filters": [{"searchTermFilter": {"searchTerm": marked, "matchType": "CONTAINS"}}],
                        "operator": "AND",
                    },
                    itemOffset=offset,
                    pageSize=100,
                )
            for job in page["jobs"]:
                made = not str(job.get("lifecycleStatus", "")).endswith("_FAILED")
                if made and marked in job.get("name", "") and job.get("taskRunStatus") not in ENDED:
                    yield job
            offset = page.get("nextItemOffset")

    def _followed(self, job: str, wait: float) -> FarmOutcome:
        deadline, pause = time.monotonic() + wait, POLL
        while True:
            with translated(f"asking for {job}"):
                found = self._client.get_job(**self._place, jobId=job)
            if str(found["lifecycleStatus"]).endswith("_FAILED"):
                reason = " ".join(str(found.get("lifecycleStatusMessage", "")).split())[:400]
                raise ItemError(f"{job}: {found['lifecycleStatus']}: {reason}", code="farm")
            status = ENDED.get(found.get("taskRunStatus", ""), "running")
            total = sum((found.get("taskRunStatusCounts") or {}).values())
            if status != "running":
                failed = tuple(self._failed(job)) if status == "failed" else ()
                return FarmOutcome(job, status, total, failed)
            if time.monotonic() + pause > deadline or self._cancel.wait(pause):
                return FarmOutcome(job, status, total)
            pause = min(SLOWEST, pause * 1.5)

    def _failed(self, job: str) -> Iterator[FailedTask]:
        number = 0
        for step in self._pages("list_steps", "steps", jobId=job):
            if not (step.get("taskRunStatusCounts") or {}).get("FAILED"):
                continue
            for task in self._pages("list_tasks", "tasks", jobId=job, stepId=step["stepId"]):
                if task["runStatus"] != "FAILED":
                    continue
                number += 1
                parameters = {name: str(next(iter(each.values()))) for name, each in task.get("parameters", {}).items()}
                lines = self._log(job, task) if number <= MOST_FAILED else ()
                yield FailedTask(step["name"], parameters, lines)

    def _pages(self, operation: str, field: str, **about: Any) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator(operation).paginate(**self._place, **about)
        iterator = iter(pages)
        while True:
            with translated(f"{operation.replace('_', ' ')} of {about['jobId']}"):
                page = next(iterator, None)
            if page is None:
                return
            yield from page[field]

    def _log(self, job: str, task: dict[str, Any]) -> tuple[str, ...]:
        """The end of what the task's last attempt printed; a line that says why, where the log cannot be read."""
        action = task.get("latestSessionActionId")
        if not action:
            return ()
        try:
            with translated(f"asking for {action}"):
                found = self._client.get_session_action(**self._place, jobId=job, sessionActionId=action)
            group = f"/aws/deadline/{self._place['farmId']}/{self._place['queueId']}"
            window = {}
            if found.get("startedAt"):
                window["startTime"] = int(found["startedAt"].timestamp() * 1000)
            if found.get("endedAt"):
                window["endTime"] = int(found["endedAt"].timestamp() * 1000) + 1000
            with translated(f"reading the log of {found['sessionId']}"):
                events = self._logs.get_log_events(
                    logGroupName=group, logStreamName=found["sessionId"], limit=TAIL, startFromHead=False, **window
                )
        except FsxapError as error:
            return (f"(no log: {error.message})",)
        return tuple(str(event["message"]).rstrip()[:500] for event in events["events"])
