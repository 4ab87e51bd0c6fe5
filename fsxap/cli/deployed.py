"""Finds the runs of a deployed stack by what its executions answered, and their files in its state bucket."""

from __future__ import annotations

from fsxap.cli.session import Session
from fsxap.deploy import executions, stack
from fsxap.engine import locations, runs
from fsxap.engine.runs import Run
from fsxap.engine.state import State, StoreState
from fsxap.engine.stores import connect_aws, open_store

LAST = 20
"""Executions that are looked at."""


def runs_of(session: Session, name: str) -> tuple[State, list[Run]]:
    """The state of a stack and its finished runs, oldest first. What reports are made of is never sealed."""
    aws = connect_aws(session.settings)
    about = stack.existing(stack.Stack(aws.client("cloudformation"), name), aws.region)
    found = stack.outputs(about)
    machine = executions.machine_of(found, name)
    location = locations.parse(f"s3://{found['StateBucketName']}")
    state = StoreState(open_store(location, lambda: aws), session.scratch)
    reports = [
        row["report"] for row in executions.last(aws.client("stepfunctions"), machine, LAST) if row.get("report")
    ]
    folders = [report.removeprefix(state.location).rpartition("/")[0] for report in reversed(reports)]
    rows = [runs.read_json(state, f"{folder}/run.json") for folder in folders]
    return state, [Run.from_record(row) for row in rows if row is not None]
