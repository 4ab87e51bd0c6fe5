"""A Distributed Map as the service documents it, in LocalStack's interpreter, which moto brings too: not AWS.

That interpreter has no ItemBatcher, no JSON Lines, tolerates every failure and writes no results. Here a manifest of
JSON Lines is cut into batches bounded by number and bytes; the items of a failed child count as failed; once their
share is above the tolerated one no further child begins, and the map fails; inputs of children are kept by outcome.
The service also stops the children that are at work then: here they end by themselves.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

Items = list[Any]


@dataclass(frozen=True)
class Interpreter:
    """Where an interpreter has its parts."""

    asl: str
    api: str
    states: str

    def part(self, name: str) -> Any:
        return import_module(f"{self.asl}.{name}")

    def map_part(self, name: str) -> Any:
        return self.part(f"component.state.{self.states}.state_map.{name}")


MOTO = Interpreter("moto.stepfunctions.parser.asl", "moto.stepfunctions.parser.api", "exec")
LOCALSTACK = Interpreter("localstack.services.stepfunctions.asl", "localstack.aws.api.stepfunctions", "state_execution")


@dataclass(frozen=True)
class Failed:
    """The output of a child that failed."""

    error: str
    cause: str = ""


@dataclass
class Results:
    """What a ResultWriter writes: the input of each child, by outcome; `pending` are those that did not begin."""

    succeeded: list[Items] = field(default_factory=list)
    failed: list[tuple[Items, Failed]] = field(default_factory=list)
    pending: list[Items] = field(default_factory=list)


Declared = Callable[[Any], Mapping[str, Any]]
"""From the interpreter's component to the map's state as it was declared."""
Inputs = Callable[[Any, list[Items]], list[Items]]
"""From the environment and all batches to those that are to be run."""
Keep = Callable[[Any, Mapping[str, Any], Any, Results], None]
"""Given the environment, the state as declared, the record of the map's run and its results."""


def read(body: str | bytes) -> Items:
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
    for state in made["States"].values():
        if state["Type"] == "Map":
            batcher = state.pop("ItemBatcher")
            state["ItemReader"]["ReaderConfig"]["InputType"] = "JSON"
            state["ItemSelector"] = {"Items.$": "$$.Map.Item.Value", "BatchInput": batcher["BatchInput"]}
            state["ToleratedFailurePercentage"] = float(state["ToleratedFailurePercentage"])
            state.pop("ResultWriter")
    return made


class Children:
    """Hands out batches until too many of their items have failed; in the place of the interpreter's pool."""

    def __init__(self, jobs: list[Any], tolerated: float, total: int) -> None:
        self._open, self.tolerated, self.total = jobs[::-1], tolerated, total
        self.lost = self.at_work = 0
        self.results = Results()
        self._mutex, self._ended = threading.Lock(), threading.Event()

    @property
    def exceeded(self) -> bool:
        return self.lost * 100 > self.tolerated * self.total

    def next_job(self) -> Any:
        with self._mutex:
            if self.exceeded or not self._open:
                return None
            self.at_work += 1
            return self._open.pop()

    def close_job(self, job: Any) -> None:
        with self._mutex:
            if isinstance(job.job_output, Failed):
                self.lost += len(job.job_input)
                self.results.failed.append((job.job_input, job.job_output))
            else:
                self.results.succeeded.append(job.job_input)
            self.at_work -= 1
            if not self.at_work and (self.exceeded or not self._open):
                self.results.pending = [left.job_input for left in self._open[::-1]]
                self._ended.set()

    def await_jobs(self) -> None:
        self._ended.wait()


def emulate(
    where: Interpreter,
    replace: Callable[[Any, str, Any], None],
    declared: Declared,
    keep: Keep,
    chosen: Inputs = lambda _env, inputs: inputs,
) -> None:
    """Put this map in the place of the interpreter's own. `replace` sets an attribute, for as long as it likes."""
    component = where.map_part("iteration.distributed_iteration_component").DistributedIterationComponent
    worker = where.map_part("iteration.itemprocessor.distributed_item_processor_worker").DistributedItemProcessorWorker
    own = worker._eval_job

    def map_run(self: Any, env: Any, eval_input: Any) -> None:
        _map_run(where, self, env, eval_input, declared(self), keep, chosen)

    def eval_job(self: Any, env: Any, job: Any) -> None:
        """As the interpreter's, which forgets that a child failed, and why."""
        own(self, env, job)
        error = getattr(env.program_state(), "error", None)
        if error:
            job.job_output = Failed(str(error.get("error")), str(error.get("cause")))
        elif job.job_output is None:
            job.job_output = Failed("States.Runtime")

    replace(component, "_map_run", map_run)
    replace(worker, "_eval_job", eval_job)
    replace(worker, "eval", _work)


def _map_run(
    where: Interpreter,
    component: Any,
    env: Any,
    eval_input: Any,
    state: Mapping[str, Any],
    keep: Keep,
    chosen: Inputs,
) -> None:
    everything = list(batches(env.stack.pop(), state["ItemBatcher"]))
    program, job = component._get_iteration_program(), where.map_part("iteration.job").Job
    jobs = [job(number, program, batch) for number, batch in enumerate(chosen(env, everything))]
    children = Children(jobs, eval_input.tolerated_failure_percentage, sum(map(len, everything)))
    if jobs:
        for _ in range(min(len(jobs), eval_input.map_run_record.max_concurrency)):
            component._launch_worker(env=env, eval_input=eval_input, job_pool=children)
        children.await_jobs()
    keep(env, state, eval_input.map_run_record, children.results)
    if children.exceeded:
        raise _exceeded(where, env)
    bucket, prefix = state["ResultWriter"]["Parameters"]["Bucket"], state["ResultWriter"]["Parameters"]["Prefix"]
    manifest = {"Bucket": bucket, "Key": f"{prefix}/{run_id(eval_input.map_run_record)}/manifest.json"}
    env.stack.append({"MapRunArn": eval_input.map_run_record.map_run_arn, "ResultWriterDetails": manifest})


def run_id(record: Any) -> str:
    return str(record.map_run_arn.rpartition(":")[2])


def _exceeded(where: Interpreter, env: Any) -> Exception:
    api, event = import_module(where.api), where.part("component.common.error_name.failure_event")
    name = where.part("component.common.error_name.states_error_name").StatesErrorName
    kind = where.part("component.common.error_name.states_error_name_type").StatesErrorNameType
    details = where.part("eval.event.event_detail").EventDetails
    told = kind.StatesExceedToleratedFailureThreshold
    failed = api.ExecutionFailedEventDetails(error=told.to_name(), cause="too many items failed")
    made: Exception = event.FailureEventException(
        event.FailureEvent(
            env=env,
            error_name=name(typ=told),
            event_type=api.HistoryEventType.MapRunFailed,
            event_details=details(executionFailedEventDetails=failed),
        )
    )
    return made


def _work(self: Any) -> None:
    """One batch after another; the interpreter's calls itself for each, which ends with Python's stack."""
    while (job := self._job_pool.next_job()) is not None:
        frame = self._env.open_inner_frame()
        self._eval_job(env=frame, job=job)
        self._env.delete_frame(frame)
        self._job_pool.close_job(job)
