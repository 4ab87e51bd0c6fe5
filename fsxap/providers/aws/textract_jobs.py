"""Owns Textract's asynchronous jobs: staged once, started once, waited for, read to the last part of the answer.

A job's id is kept before it is waited for, so whoever dies waiting is followed by somebody who goes on with the job.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fsxap.errors import ConfigurationError, ItemError, NotFound, ServiceError
from fsxap.model import digest
from fsxap.ports import Cancellation, Store
from fsxap.retry import Retry

PAGE = 1000
"""Blocks in one answer, the most there can be."""

Call = Callable[..., Mapping[str, Any]]
"""Operation, what for, and its parameters."""


class Jobs(Protocol):
    """Which job works on what, for as long as Textract keeps its answer (seven days)."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True)
class StoredJobs:
    """Job ids as small objects of a store that every machine of a pipeline sees."""

    store: Store

    def get(self, key: str) -> str | None:
        try:
            return self.store.read(f"jobs/{key}.json").decode()
        except NotFound:
            return None

    def put(self, key: str, value: str) -> None:
        self.store.put(f"jobs/{key}.json", value.encode())


@dataclass(frozen=True, slots=True)
class Kind:
    """One family of asynchronous operations."""

    start: str
    get: str


KINDS = {
    "text": Kind("start_document_text_detection", "get_document_text_detection"),
    "analysis": Kind("start_document_analysis", "get_document_analysis"),
    "expense": Kind("start_expense_analysis", "get_expense_analysis"),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """The first part of an answer, the others as they are asked for, and why pages of the document could not be read
    (0: it does not say which)."""

    first: Mapping[str, Any]
    others: Iterable[Mapping[str, Any]] = ()
    unread: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AsyncJobs:
    """Runs jobs over documents staged in `stage`, a standard bucket in Textract's region. `timeout` in seconds."""

    call: Call
    stage: Store
    jobs: Jobs
    retry: Retry
    cancel: Cancellation
    timeout: float = 3600.0
    jitter: Callable[[float, float], float] = field(default=random.uniform)

    def run(self, kind: str, body: bytes, content: str, request: Mapping[str, Any]) -> Answers:
        """The whole answer about `body`, whose digest is `content`; `request` are the operation's own parameters."""
        operations, key = KINDS[kind], digest(content, kind, request, self.stage.location, size=40)
        job, attempt = self._known(key)
        if job is not None:
            try:
                first = self._wait(operations, job)
            except ServiceError as error:
                if error.code != "invalid-job-id-exception":
                    raise
                # Answers are kept for seven days.
                job, attempt = None, attempt + 1
        if job is None:
            job = self._start(operations, key, attempt, body, request)
            first = self._wait(operations, job)
        if first["JobStatus"] == "FAILED":
            # The same token would only give the failed job back.
            self.jobs.put(key, json.dumps({"attempt": attempt + 1}))
            self.stage.delete(_staged(key))
            reason = str(first.get("StatusMessage") or "no reason given")
            raise ItemError(f"Textract could not read it: {reason}", code="textract-failed")
        self.stage.delete(_staged(key))
        return Answers(first, self._others(operations, job, first), dict(_unread(first)))

    def _known(self, key: str) -> tuple[str | None, int]:
        kept = json.loads(self.jobs.get(key) or "{}")
        return kept.get("job"), int(kept.get("attempt", 0))

    def _start(self, kind: Kind, key: str, attempt: int, body: bytes, request: Mapping[str, Any]) -> str:
        """The id of the one job for this key and attempt: Textract starts no second one for the same token."""
        bucket, name = _place(self.stage.put(_staged(key), body))
        try:
            answer = self.call(
                kind.start,
                "starting a Textract job",
                DocumentLocation={"S3Object": {"Bucket": bucket, "Name": name}},
                ClientRequestToken=digest(key, attempt, size=64),
                **request,
            )
        except ServiceError as error:
            if error.code == "service-cannot-read":
                error.hint = "the state bucket must lie in Textract's region, and this identity must be able to read it"
            raise
        job = str(answer["JobId"])
        self.jobs.put(key, json.dumps({"job": job, "attempt": attempt}))
        return job

    def _wait(self, kind: Kind, job: str) -> Mapping[str, Any]:
        def poll() -> Mapping[str, Any] | None:
            answer = self.call(kind.get, f"asking for Textract job {job}", JobId=job, MaxResults=PAGE)
            return None if answer["JobStatus"] == "IN_PROGRESS" else answer

        return self.retry.wait(poll, what=f"Textract job {job}", timeout=self.timeout, sleep=self._pause)

    def _pause(self, seconds: float) -> None:
        # Jobs started together would be asked for together.
        self.cancel.wait(self.jitter(seconds / 2, seconds))
        self.cancel.check()

    def _others(self, kind: Kind, job: str, first: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        part, seen = first, set[str]()
        while token := part.get("NextToken"):
            if token in seen:
                raise ServiceError(f"Textract's answer about job {job} goes in circles", code="unexpected-answer")
            seen.add(token)
            part = self.call(kind.get, f"reading Textract job {job}", JobId=job, MaxResults=PAGE, NextToken=token)
            yield part


def _staged(key: str) -> str:
    return f"documents/{key}"


def _unread(answer: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    for warning in answer.get("Warnings") or ():
        for page in warning.get("Pages") or (0,):
            yield int(page), str(warning.get("ErrorCode") or "no reason given")


def _place(location: str) -> tuple[str, str]:
    bucket, _, name = location.removeprefix("s3://").partition("/")
    if not location.startswith("s3://") or bucket.endswith("-s3alias"):
        raise ConfigurationError(
            f"Textract cannot read {location}",
            hint="set state_bucket to s3://BUCKET/PREFIX, a standard bucket in Textract's region",
        )
    return bucket, name
