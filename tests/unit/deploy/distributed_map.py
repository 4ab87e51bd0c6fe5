"""A Distributed Map as the service documents it, over the interpreter that moto brings: our emulation, not AWS.

That interpreter has no ItemBatcher, no JSON Lines, and tolerates every failure. Here a manifest of JSON Lines is cut
into batches bounded by number and bytes; the items of a failed child count as failed; once their share is above the
tolerated one no further child begins, and the map fails; inputs of children are written by outcome. The service also
stops the children that are at work then: here they end by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import distributed_iteration_component
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker as worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import JobPool
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError

Items = list[Any]


@dataclass
class Results:
    """What a ResultWriter writes: the input of each child, by outcome, with the error of those that failed."""

    succeeded: list[Items] = field(default_factory=list)
    failed: list[tuple[Items, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Failed:
    """The output of a child that failed."""

    error: str


def read(body: bytes) -> Items:
    """JSON Lines: one item a line; a line that is no JSON fails the map."""
    return [json.loads(line) for line in body.splitlines() if line]


def batches(items: Iterable[Any], batcher: Mapping[str, Any]) -> Iterator[Items]:
    """As ItemBatcher makes them: the larger of the two bounds that is met first ends a batch."""
    batch: Items = []
    size = 0
    for item in items:
        weight = len(json.dumps(item)) + 1
        full = len(batch) == batcher["MaxItemsPerBatch"] or size + weight > batcher["MaxInputBytesPerBatch"]
        if batch and full:
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += weight
    if batch:
        yield batch


def understood(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition in the words that the interpreter knows; what it does not know is done here."""
    made: dict[str, Any] = json.loads(json.dumps(definition))
    state = made["States"]["ProcessAll"]
    batcher = state.pop("ItemBatcher")
    state["ItemReader"]["ReaderConfig"]["InputType"] = "JSON"
    state["ItemSelector"] = {"Items.$": "$$.Map.Item.Value", "BatchInput": batcher["BatchInput"]}
    state["ToleratedFailurePercentage"] = float(state["ToleratedFailurePercentage"])
    state.pop("ResultWriter")
    return made


class Children(JobPool):  # type: ignore[misc]  # moto's types end here
    """Hands out batches until too many of their items have failed."""

    def __init__(self, program: Any, inputs: list[Items], tolerated: float) -> None:
        super().__init__(job_program=program, job_inputs=inputs)
        self.tolerated, self.total, self.lost, self.at_work = tolerated, sum(map(len, inputs)), 0, 0
        self.results = Results()

    @property
    def exceeded(self) -> bool:
        return self.lost * 100 > self.tolerated * self.total

    def next_job(self) -> Any:
        with self._mutex:
            if self.exceeded or not self._open_jobs:
                return None
            self.at_work += 1
            return self._open_jobs.pop()

    def close_job(self, job: Any) -> None:
        with self._mutex:
            if isinstance(job.job_output, Failed):
                self.lost += len(job.job_input)
                self.results.failed.append((job.job_input, job.job_output.error))
            else:
                self.results.succeeded.append(job.job_input)
            self.at_work -= 1
            if not self.at_work and (self.exceeded or not self._open_jobs):
                self._termination_event.set()

    def await_jobs(self) -> None:
        self._termination_event.wait()


def emulate(monkeypatch: pytest.MonkeyPatch, definition: Mapping[str, Any], written: list[Results]) -> None:
    """Put the map of `definition` in the place of the interpreter's own; what it writes is added to `written`."""
    state = definition["States"]["ProcessAll"]
    monkeypatch.setattr(
        distributed_iteration_component.DistributedIterationComponent,
        "_map_run",
        lambda self, env, eval_input: _map_run(self, env, eval_input, state, written),
    )
    monkeypatch.setattr(worker.DistributedItemProcessorWorker, "_eval_job", _eval_job)
    monkeypatch.setattr(worker.DistributedItemProcessorWorker, "eval", _work)


def _map_run(component: Any, env: Any, eval_input: Any, state: Mapping[str, Any], written: list[Results]) -> None:
    inputs = list(batches(env.stack.pop(), state["ItemBatcher"]))
    children = Children(component._get_iteration_program(), inputs, eval_input.tolerated_failure_percentage)
    if inputs:
        for _ in range(min(len(inputs), eval_input.map_run_record.max_concurrency)):
            component._launch_worker(env=env, eval_input=eval_input, job_pool=children)
        children.await_jobs()
    written.append(children.results)
    if children.exceeded:
        kind = StatesErrorNameType.StatesExceedToleratedFailureThreshold
        details = ExecutionFailedEventDetails(error=kind.to_name(), cause="too many items failed")
        raise FailureEventException(
            FailureEvent(
                env=env,
                error_name=StatesErrorName(typ=kind),
                event_type=HistoryEventType.MapRunFailed,
                event_details=EventDetails(executionFailedEventDetails=details),
            )
        )
    where = {"Bucket": state["ResultWriter"]["Parameters"]["Bucket"], "Key": "map/manifest.json"}
    env.stack.append({"MapRunArn": eval_input.map_run_record.map_run_arn, "ResultWriterDetails": where})


_OWN_EVAL_JOB = worker.DistributedItemProcessorWorker._eval_job


def _eval_job(self: Any, env: Any, job: Any) -> None:
    """As moto's, which forgets that a child failed, and why."""
    _OWN_EVAL_JOB(self, env, job)
    ended = env.program_state()
    if isinstance(ended, ProgramError):
        job.job_output = Failed(str((ended.error or {}).get("error")))
    elif job.job_output is None:
        job.job_output = Failed("States.Runtime")


def _work(self: Any) -> None:
    """One batch after another; moto's calls itself for each, which ends with Python's stack."""
    while (job := self._job_pool.next_job()) is not None:
        frame = self._env.open_inner_frame()
        self._eval_job(env=frame, job=job)
        self._env.delete_frame(frame)
        self._job_pool.close_job(job)
