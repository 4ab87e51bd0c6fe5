"""One CloudFormation stack: planned by a change set, applied and deleted while its events are told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fsxap.errors import ConfigurationError, FsxapError, ServiceError
from fsxap.model import Record, timestamp
from fsxap.providers.aws.errors import translated
from fsxap.retry import Retry

Sleep = Callable[[float], object]
ACTIONS = {"Add": "create", "Modify": "update", "Remove": "delete", "Import": "create", "Dynamic": "update"}
UNCHANGED = ("didn't contain changes", "no updates are to be performed")
LARGEST = 51_200
"""Bytes of a template that is sent with the call."""
LONGEST = 7200.0
"""Seconds an operation is waited for: network interfaces of Lambda alone take half an hour to go."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of one region by name; it need not exist."""

    client: Any = field(repr=False)
    name: str
    sleep: Sleep = time.sleep

    def describe(self) -> Mapping[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            with translated(f"describing stack {self.name}"):
                found = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except FsxapError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and "does not exist" in str(cause):
                return None
            raise
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Plan:
    """A change set that waits to be executed, or none where nothing changes."""

    stack: Stack
    id: str
    kind: str
    changes: tuple[Record, ...]


def state_of(about: Mapping[str, Any] | None) -> str:
    return str(about["StackStatus"]) if about else "ABSENT"


def outputs(about: Mapping[str, Any]) -> dict[str, str]:
    return {row["OutputKey"]: row["OutputValue"] for row in about.get("Outputs", ())}


def parameters(about: Mapping[str, Any] | None) -> list[str]:
    """Names the stack has values for."""
    return [row["ParameterKey"] for row in about.get("Parameters", ())] if about else []


def plan(stack: Stack, body: str, values: Mapping[str, str], kept: list[str], tags: Mapping[str, str]) -> Plan:
    """Ask CloudFormation what it would do. `kept` are parameters that keep the value they have."""
    about = stack.describe()
    state = state_of(about)
    if state in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"):
        raise ConfigurationError(
            f"stack {stack.name} is in state {state}: what was begun did not end well",
            code="stack-state",
            hint="look at its reason with --status, then remove it with --destroy and deploy again",
        )
    if state.endswith("_IN_PROGRESS") and state != "REVIEW_IN_PROGRESS":
        raise ConfigurationError(
            f"stack {stack.name} is busy: {state}", code="stack-busy", hint="wait for it: --status"
        )
    if len(body.encode()) > LARGEST:
        raise ConfigurationError(
            f"the template of stack {stack.name} has {len(body.encode())} bytes, and CloudFormation takes {LARGEST}",
            code="template-size",
            hint="make it smaller: with fewer users, for example, and the others in a stack of another --stack-name",
        )
    kind = "CREATE" if state in ("ABSENT", "REVIEW_IN_PROGRESS") else "UPDATE"
    given: list[dict[str, Any]] = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
    if kind == "UPDATE":
        given += [{"ParameterKey": name, "UsePreviousValue": True} for name in kept]
    with translated(f"planning stack {stack.name}"):
        made = stack.client.create_change_set(
            StackName=stack.name,
            ChangeSetName=f"fsxap-{datetime.now(UTC):%Y%m%d%H%M%S%f}",
            ChangeSetType=kind,
            TemplateBody=body,
            Parameters=given,
            Capabilities=["CAPABILITY_IAM"],
            Tags=[{"Key": name, "Value": value} for name, value in tags.items()],
            Description="made by fsxap deploy",
        )
    found = _ready(stack, made["Id"])
    if found["Status"] == "FAILED":
        discard(Plan(stack, made["Id"], kind, ()))
        reason = str(found.get("StatusReason", "no reason given"))
        if any(text in reason.lower() for text in UNCHANGED):
            return Plan(stack, "", kind, ())
        raise ServiceError(f"CloudFormation cannot plan stack {stack.name}: {reason}", code="change-set")
    return Plan(stack, made["Id"], kind, tuple(_changes(stack, made["Id"], found)))


def _ready(stack: Stack, identity: str) -> Mapping[str, Any]:
    def poll() -> Mapping[str, Any] | None:
        with translated(f"asking about the plan of stack {stack.name}"):
            found: Mapping[str, Any] = stack.client.describe_change_set(ChangeSetName=identity, StackName=stack.name)
        return None if found["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS") else found

    return Retry(base=1.0, cap=5.0).wait(poll, what=f"the plan of stack {stack.name}", timeout=600, sleep=stack.sleep)


def _changes(stack: Stack, identity: str, page: Mapping[str, Any]) -> Iterator[Record]:
    while True:
        for row in page.get("Changes", ()):
            if row.get("Type") == "Resource":
                yield _change(row["ResourceChange"])
        token = page.get("NextToken")
        if not token:
            return
        with translated(f"reading the plan of stack {stack.name}"):
            page = stack.client.describe_change_set(ChangeSetName=identity, StackName=stack.name, NextToken=token)


def _change(about: Mapping[str, Any]) -> Record:
    action = ACTIONS.get(about["Action"], "update")
    replaced = about.get("Replacement", "False")
    if action == "update" and replaced in ("True", "Conditional"):
        action = "replace"
    targets = (detail.get("Target", {}) for detail in about.get("Details", ()))
    names = sorted({str(target.get("Name") or target.get("Attribute", "")) for target in targets} - {""})
    said = "perhaps; " if replaced == "Conditional" else ""
    return {
        "type": "change",
        "action": action,
        "kind": about["ResourceType"],
        "name": about["LogicalResourceId"],
        "detail": said + ", ".join(names),
    }


def existing(stack: Stack, region: str) -> Mapping[str, Any]:
    """The stack as it is; ConfigurationError where there is none."""
    about = stack.describe()
    if about is None:
        raise ConfigurationError(
            f"there is no stack {stack.name} in {region}",
            code="no-stack",
            hint="fsxap deploy makes it; --stack-name, --region and --profile say where it is looked for",
        )
    return about


def discard(made: Plan) -> None:
    """Take the change set back, and the empty stack that a first one leaves."""
    with translated(f"discarding the plan of stack {made.stack.name}"):
        made.stack.client.delete_change_set(ChangeSetName=made.id, StackName=made.stack.name)
        if made.kind == "CREATE" and state_of(made.stack.describe()) == "REVIEW_IN_PROGRESS":
            made.stack.client.delete_stack(StackName=made.stack.name)


def apply(made: Plan, tell: Callable[[Record], None]) -> Mapping[str, Any]:
    """Execute the plan and follow it to its end. Whoever stops watching stops nothing."""
    seen = events_so_far(made.stack)
    with translated(f"changing stack {made.stack.name}"):
        made.stack.client.execute_change_set(ChangeSetName=made.id, StackName=made.stack.name)
    return follow(made.stack, seen, tell)


def delete(stack: Stack, tell: Callable[[Record], None]) -> None:
    about = stack.describe()
    if about is None:
        return
    # By id: a deleted stack is not found by its name.
    whole = Stack(stack.client, str(about["StackId"]), stack.sleep)
    seen = events_so_far(whole)
    with translated(f"deleting stack {stack.name}"):
        stack.client.delete_stack(StackName=stack.name)
    follow(whole, seen, tell)


def events_so_far(stack: Stack) -> set[str]:
    """Ids of what lies behind; told from what is to come by these, since clocks differ."""
    seen: set[str] = set()
    _events(stack, seen)
    return seen


def follow(stack: Stack, seen: set[str], tell: Callable[[Record], None]) -> Mapping[str, Any]:
    """Tell of new events until the stack has settled; ServiceError with the first failure's reason when it fails."""
    first: list[Record] = []

    def poll() -> Mapping[str, Any] | None:
        about = stack.describe()
        for event in _events(stack, seen):
            if event["status"].endswith("_FAILED") and "cancelled" not in event["reason"].lower():
                first.append(event)
            tell(event)
        state = state_of(about)
        if about is None:
            # A name that is gone is a deletion that was seen through.
            return {"StackStatus": "DELETE_COMPLETE"}
        return None if state.endswith("_IN_PROGRESS") else about

    about = Retry(base=2.0, cap=10.0).wait(poll, what=f"stack {stack.name}", timeout=LONGEST, sleep=stack.sleep)
    state = state_of(about)
    if state in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE", "IMPORT_COMPLETE"):
        return about
    cause = first[0] if first else {"name": stack.name, "reason": about.get("StackStatusReason", "no reason given")}
    raise ServiceError(
        f"{cause['name']}: {cause['reason']} (stack {stack.name} is in state {state})",
        code="stack-failed",
        hint="what failed first is named; a stack in ROLLBACK_COMPLETE is removed with --destroy",
    )


def _events(stack: Stack, seen: set[str]) -> list[Record]:
    """New events, oldest first."""
    found: list[Record] = []
    with translated(f"reading events of stack {stack.name}"):
        for page in stack.client.get_paginator("describe_stack_events").paginate(StackName=stack.name):
            for row in page["StackEvents"]:
                if row["EventId"] in seen:
                    return found[::-1]
                seen.add(row["EventId"])
                found.append(_event(row))
    return found[::-1]


def _event(row: Mapping[str, Any]) -> Record:
    return {
        "type": "event",
        "time": timestamp(row["Timestamp"]),
        "name": row["LogicalResourceId"],
        "kind": row["ResourceType"],
        "status": row["ResourceStatus"],
        "reason": row.get("ResourceStatusReason", ""),
    }
