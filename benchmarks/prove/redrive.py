"""RedriveExecution as the service documents it, which LocalStack lacks: on from the state that failed, and in a map
with what did not succeed. Children that failed begin again, where the service goes on at the state that failed in them.
"""

from __future__ import annotations

import json
from typing import Any

from localstack.aws.api.stepfunctions import ExecutionNotRedrivable, ExecutionStatus
from localstack.services.stepfunctions.asl.eval.evaluation_details import EvaluationDetails
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.services.stepfunctions.provider import StepFunctionsProvider

from benchmarks.prove.maps import Items, Results

LEFT: dict[str, list[Items]] = {}
"""By execution: batches of its map that did not succeed."""
DESCRIBE = Execution.to_describe_output


def execution_of(env: Any) -> str:
    return str(env.states.context_object.context_object_data["Execution"]["Id"])


def remember(env: Any, results: Results) -> None:
    LEFT[execution_of(env)] = [*(items for items, _ in results.failed), *results.pending]


def left_of(env: Any, everything: list[Items]) -> list[Items]:
    """All batches of an execution that is new, what did not succeed of one that is redriven."""
    return LEFT.pop(execution_of(env), everything)


def redrive(provider: Any, context: Any, execution_arn: str, **_: Any) -> dict[str, Any]:
    execution = provider._get_execution(context=context, execution_arn=execution_arn)
    if execution.exec_status not in (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.ABORTED):
        raise ExecutionNotRedrivable(f"Execution is {execution.exec_status} and cannot be redriven")
    entered = [event["stateEnteredEventDetails"] for event in _events(execution) if "stateEnteredEventDetails" in event]
    state, given = entered[-1]["name"], json.loads(entered[-1]["input"])
    definition = json.loads(execution.state_machine.definition) | {"StartAt": state}
    execution.error = execution.cause = execution.output = execution.stop_date = None
    worker = execution._get_start_execution_worker()
    details: EvaluationDetails = worker._evaluation_details
    details.state_machine_details.definition = json.dumps(definition)
    details.execution_details.inpt = given
    execution.exec_worker, execution.exec_status = worker, ExecutionStatus.RUNNING
    execution.redrives = getattr(execution, "redrives", 0) + 1
    worker.start()
    return {"redriveDate": execution.start_date}


def _events(execution: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = execution.to_history_output()["events"]
    return found


def described(execution: Any) -> Any:
    return DESCRIBE(execution) | {"redriveCount": getattr(execution, "redrives", 0)}


def install() -> None:
    StepFunctionsProvider.redrive_execution = redrive
    Execution.to_describe_output = described
