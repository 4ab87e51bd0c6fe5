"""A stack's life by `fsxap deploy` as installed: planned, made, the same again, changed, broken, refused, removed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.prove.places import RECORDS
from benchmarks.prove.tools import HERE
from benchmarks.prove.world import World
from fsxap.deploy import stack

NOT_MADE = {"AWS::CloudWatch::Dashboard", "AWS::EC2::SecurityGroupEgress", "AWS::Glue::Database"}
NOT_MADE |= {"AWS::Athena::WorkGroup", "AWS::SNS::TopicPolicy"}
"""Kinds of resources that this engine only pretends to make."""


@dataclass(frozen=True)
class Deployed:
    """A stack of a use case in a world; `settings` are variables that go with each of its commands."""

    world: World
    case: str
    name: str
    given: dict[str, str]
    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *flags: str, **more: str) -> Any:
        """Runs `fsxap deploy` with what is always given, and `more` parameters over it."""
        pairs = [text for name, value in (self.given | more).items() for text in ("--param", f"{name}={value}")]
        where = ("deploy", self.case, "--stack-name", self.name, "--architecture", HERE)
        return self.world.fsxap(*where, "--output", "jsonl", *pairs, *flags, **self.settings)

    def about(self) -> Mapping[str, Any]:
        found = stack.Stack(self.world.client("cloudformation"), self.name).describe()
        return {"StackStatus": "ABSENT"} if found is None else found

    @property
    def state(self) -> str:
        return stack.state_of(self.about())

    def output(self, name: str) -> str:
        return stack.outputs(self.about())[name]

    def role(self, name: str) -> str:
        rows = self.world.client("cloudformation").describe_stack_resources(StackName=self.name)["StackResources"]
        return next(row["PhysicalResourceId"] for row in rows if row["LogicalResourceId"] == name)


def planned(deployed: Deployed) -> Iterator[str]:
    done = deployed("--plan")
    actions = {row["action"] for row in done.of("change")}
    if done.code or actions != {"create"}:
        yield f"planned, it would {actions}: {done.err[-500:]}"
    if deployed.state not in ("ABSENT", "DELETE_COMPLETE"):
        yield f"a plan left a stack that is {deployed.about()['StackStatus']}"


def made(deployed: Deployed) -> Iterator[str]:
    done = deployed("--yes")
    if done.code:
        yield f"it was not made: {done.err[-1500:]}"
        return
    rows = deployed.world.client("cloudformation").describe_stack_resources(StackName=deployed.name)["StackResources"]
    for row in rows:
        if row.get("PhysicalResourceId") in (None, "unknown") and row["ResourceType"] not in NOT_MADE:
            yield f"{row['LogicalResourceId']} ({row['ResourceType']}) was not made"
    status = deployed("--status")
    if [row["type"] for row in status.records[:2]] != ["stack", "schedule"]:
        yield f"--status says {status.out} {status.err}"
    schedule = status.of("schedule")[0]
    if (schedule["expression"], schedule["state"]) != ("rate(1 day)", "ENABLED"):
        yield f"the schedule is {schedule}"


def same(deployed: Deployed) -> Iterator[str]:
    again = deployed("--yes")
    if again.code or again.of("change"):
        yield f"the same again is a change: {again.of('change')} {again.err[-500:]}"


def changed(deployed: Deployed, batch: int) -> Iterator[str]:
    """Another size of batches changes the state machine and nothing that it is not part of."""
    done = deployed("--yes", BatchSize=str(batch))
    updated = {row["name"] for row in done.of("change") if row["action"] == "update"}
    if done.code or "StateMachine" not in updated or "StateBucket" in updated:
        yield f"another size of batches changes {sorted(updated)}: {done.err[-500:]}"
    machine = deployed.world.client("stepfunctions").describe_state_machine(
        stateMachineArn=deployed.output("StateMachineArn")
    )
    size = json.loads(machine["definition"])["States"]["ProcessAll"]["ItemBatcher"]["MaxItemsPerBatch"]
    if size != batch or "${" in machine["definition"]:
        yield f"the state machine makes batches of {size}, or has names that were not filled in"


def broken(deployed: Deployed) -> Iterator[str]:
    """An update that fails is told of by what failed first, here for an environment that Lambda refuses.

    This engine garbles the reason and takes no update back: it calls the stack one whose creation was rolled back.
    """
    done = deployed("--yes", SourcePrefix="x" * 4000 + "/")
    if not done.code or not done.error["message"].startswith("DiscoverFunction: "):
        yield f"with an environment that is too large it ends with {done.code}: {done.err[-500:]}"
    if deployed("--yes").error["code"] != "stack-state":
        yield "over it, it is deployed"


def refused(deployed: Deployed) -> Iterator[str]:
    """A zip that is not there, and an access point that nobody knows."""
    done = deployed("--yes", CodeKey="fsxap/not-there.zip")
    if not done.code or "Function" not in done.error["message"]:
        yield f"without code it ends with {done.code}: {done.err[-500:]}"
    yield from _settled(deployed, "ROLLBACK_COMPLETE")
    again = deployed("--yes")
    if not again.code or again.error["code"] != "stack-state":
        yield f"over what was rolled back it is deployed: {again.code} {again.err[-500:]}"
    yield from removed(deployed)
    if "SourceArn" in deployed.given:
        unknown = deployed("--yes", SourceArn=RECORDS.replace("records", "nobodys"))
        if not unknown.code or unknown.error["code"] != "preflight":
            yield f"with an access point that is not there it ends with {unknown.code}: {unknown.err[-500:]}"
        if deployed.state not in ("ABSENT", "DELETE_COMPLETE"):
            yield "a stack was made although its access point is not there"


def removed(deployed: Deployed) -> Iterator[str]:
    done = deployed("--destroy", "--yes")
    if done.code or deployed.state not in ("ABSENT", "DELETE_COMPLETE"):
        yield f"removed, it is {deployed.about()['StackStatus']}: {done.err[-500:]}"


def _settled(deployed: Deployed, wanted: str) -> Iterator[str]:
    if (status := deployed.state) != wanted:
        yield f"it is {status}, not {wanted}"
