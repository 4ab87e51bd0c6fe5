"""What a deployed pipeline did and does: its schedule, its last runs, and one started now."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fsxap.errors import ConfigurationError
from fsxap.model import Record, timestamp
from fsxap.providers.aws.errors import translated
from fsxap.retry import Retry

LAST = 5
"""Runs shown by --status."""
REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")
"""Ends from which an execution goes on when it is redriven, for 14 days."""


def schedule(client: Any, name: str) -> Record:
    with translated(f"reading schedule {name}"):
        about = client.get_schedule(Name=name)
    return {
        "type": "schedule",
        "name": name,
        "expression": about["ScheduleExpression"],
        "timezone": about.get("ScheduleExpressionTimezone", "UTC"),
        "state": about["State"],
    }


def last(client: Any, machine: str, number: int = LAST) -> Iterator[Record]:
    """The last runs, newest first, each with its coverage where it has one."""
    with translated(f"listing executions of {machine}"):
        rows = client.list_executions(stateMachineArn=machine, maxResults=number)["executions"]
    for row in rows:
        yield describe(client, row["executionArn"])


def start(client: Any, machine: str) -> str:
    with translated(f"starting {machine}"):
        return str(client.start_execution(stateMachineArn=machine, input="{}")["executionArn"])


def describe(client: Any, execution: str) -> Record:
    with translated(f"describing {execution}"):
        about: Mapping[str, Any] = client.describe_execution(executionArn=execution)
    output = json.loads(about.get("output") or "{}")
    row: Record = {
        "type": "execution",
        "execution": execution,
        "status": about["status"],
        "started": timestamp(about["startDate"]),
        "stopped": timestamp(about["stopDate"]) if about.get("stopDate") else "",
    }
    for name in ("run", "coverage", "findings", "report", "markdown", "lag", "skipped"):
        if name in output:
            row[name] = output[name]
    if about.get("redriveCount"):
        row["redrives"] = about["redriveCount"]
    if about.get("error"):
        # The cause may quote what it was about; the console shows it to those who may see it.
        row["error"] = about["error"]
    return row


def follow(
    client: Any,
    execution: str,
    *,
    check: Callable[[], None],
    timeout: float,
    sleep: Callable[[float], object] = time.sleep,
) -> Record:
    """Wait for an execution; `check` raises when the person waiting wants no more."""

    def poll() -> Record | None:
        check()
        row = describe(client, execution)
        return None if row["status"] in ("RUNNING", "PENDING_REDRIVE") else row

    return Retry(base=2.0, cap=10.0).wait(poll, what=f"execution {execution}", timeout=timeout, sleep=sleep)


def machine_of(outputs: Mapping[str, str], stack: str) -> str:
    found = outputs.get("StateMachineArn")
    if not found:
        raise ConfigurationError(
            f"stack {stack} has no state machine yet",
            code="stack-state",
            hint="deploy it first; --status shows its state",
        )
    return found
