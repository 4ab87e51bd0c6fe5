"""Runs the rendered state machine in the interpreter that moto brings, with services answered in this process.

Its map is ours (benchmarks/prove/maps.py), since that interpreter knows neither batches nor JSON Lines and tolerates
every failure. Everything else is the definition as deployed.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from benchmarks.prove.maps import MOTO, Items, Results, emulate, read, understood
from tests.unit.deploy.templates import machine

Invoke = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Services:
    """What the state machine calls. `running` are the executions that are listed, newest first; "me" is this one."""

    invoke: Invoke
    manifest: Callable[[str], bytes]
    running: list[str] = field(default_factory=lambda: ["me"])
    published: list[dict[str, Any]] = field(default_factory=list)
    measured: list[dict[str, Any]] = field(default_factory=list)
    written: list[Results] = field(default_factory=list)
    me: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    """The history of the last execution."""

    def client(self, *, service_name: str, **_: Any) -> Any:
        return getattr(self, f"_{service_name}")()

    def _lambda(self) -> Any:
        def invoke(FunctionName: str, Payload: Any, **_: Any) -> dict[str, Any]:  # noqa: N803  # AWS's names
            event = json.loads(Payload)
            assert FunctionName.lower().endswith(event.get("BatchInput", event)["stage"] + "function")
            try:
                body: Any = self.invoke(event)
            except Exception as error:
                body = {"errorType": type(error).__name__, "errorMessage": str(error)}
                return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": _stream(body)}
            return {"StatusCode": 200, "Payload": _stream(body)}

        return _Client(invoke=invoke)

    def _sfn(self) -> Any:
        def listed(**params: Any) -> dict[str, Any]:
            assert params["StatusFilter"] == "RUNNING"
            names = (self.me if name == "me" else f"{params['StateMachineArn']}:{name}" for name in self.running)
            return {"Executions": [{"ExecutionArn": name} for name in names]}

        return _Client(list_executions=listed)

    _stepfunctions = _sfn

    def _s3(self) -> Any:
        return _Client(
            get_object=lambda Bucket, Key, **_: {"Body": _stream(read(self.manifest(Key)))},  # noqa: N803
        )

    def _cloudwatch(self) -> Any:
        return _Client(put_metric_data=lambda **params: self.measured.append(params) or {})

    def _sns(self) -> Any:
        return _Client(publish=lambda **params: self.published.append(params) or {"MessageId": "1"})


class _Client:
    def __init__(self, **operations: Callable[..., Any]) -> None:
        self.__dict__ |= operations


def _stream(body: Any) -> io.BytesIO:
    return io.BytesIO(json.dumps(body).encode())


@contextmanager
def interpreter(
    monkeypatch: pytest.MonkeyPatch, services: Services, **parameters: object
) -> Iterator[Callable[..., Mapping[str, Any]]]:
    """Runs the state machine of a use case to its end and gives the execution as DescribeExecution does.

    Redriven, the last execution goes on, as the service documents it: from the state that failed, with the input that
    it had, and in the map with the batches that did not succeed.
    """
    import botocore.session
    from moto import mock_aws
    from moto.stepfunctions.parser.asl.utils import boto_client

    monkeypatch.setattr(boto_client, "boto3", services)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = botocore.session.get_session().create_client(
            "stepfunctions", region_name="eu-west-1", aws_access_key_id="t", aws_secret_access_key="t"
        )

        def run(name: str, redriven: bool = False) -> Mapping[str, Any]:
            definition, given = machine(name, **parameters), "{}"
            left: list[Items] = []
            if redriven:
                last = services.written[-1]
                left = [*(items for items, _ in last.failed), *last.pending]
                events = client.get_execution_history(executionArn=services.me)["events"]
                entered = [event["stateEnteredEventDetails"] for event in events if "stateEnteredEventDetails" in event]
                definition["StartAt"], given = entered[-1]["name"], entered[-1]["input"]
            emulate(
                MOTO,
                monkeypatch.setattr,
                lambda _component: definition["States"]["ProcessAll"],
                lambda _env, _state, _record, results: services.written.append(results),
                (lambda _env, _everything: left) if redriven else (lambda _env, everything: everything),
            )
            arn = client.create_state_machine(
                name=f"{name}-{len(services.written)}",
                definition=json.dumps(understood(definition)),
                roleArn="arn:aws:iam::123456789012:role/r",
            )["stateMachineArn"]
            services.me = arn.replace("stateMachine", "execution") + ":1"
            execution = client.start_execution(stateMachineArn=arn, name="1", input=given)["executionArn"]
            assert execution == services.me
            for _ in range(2400):
                about: Mapping[str, Any] = client.describe_execution(executionArn=execution)
                if about["status"] != "RUNNING":
                    services.events = client.get_execution_history(executionArn=execution)["events"]
                    return about
                time.sleep(0.05)
            raise AssertionError(f"still {about['status']}")

        yield run
