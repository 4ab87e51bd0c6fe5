"""AWS's control plane as recorded shapes behind botocore: requests are validated by its models, and so are answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.validate import ParamValidator

ACCOUNT, REGION = "123456789012", "eu-west-1"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Answer = Callable[[dict[str, Any]], dict[str, Any]]


class Refusal(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


@lru_cache
def _session() -> Any:
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    return session


@dataclass
class Cloud:
    """`answers` by "service.Operation"; every call is kept. An operation without an answer fails the test."""

    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    region: str = REGION

    def client(self, service: str) -> Any:
        made = _session().create_client(service, region_name=self.region)
        hook = made.meta.service_model.service_id.hyphenize()
        asked: dict[str, Any] = {}

        def remember(params: dict[str, Any], **_: Any) -> None:
            asked["params"] = dict(params)

        def respond(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
            operation = f"{service}.{model.name}"
            self.calls.append((operation, asked["params"]))
            try:
                body = self.answers[operation](asked["params"])
            except Refusal as refusal:
                return AWSResponse("", refusal.status, {}, None), {
                    "Error": {"Code": refusal.code, "Message": refusal.message},
                    "ResponseMetadata": {"HTTPStatusCode": refusal.status},
                }
            if model.output_shape is not None:
                report = ParamValidator().validate(body, model.output_shape)
                assert not report.has_errors(), report.generate_report()
            return AWSResponse("", 200, {}, None), body | {"ResponseMetadata": {"HTTPStatusCode": 200}}

        made.meta.events.register(f"before-parameter-build.{hook}", remember)
        made.meta.events.register(f"before-call.{hook}", respond)
        return made

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [params for name, params in self.calls if name == operation]

    @property
    def operations(self) -> list[str]:
        return [name for name, _ in self.calls]


@dataclass
class Stacks:
    """CloudFormation's states and events for one stack. `broken` names a resource whose creation fails."""

    cloud: Cloud
    status: str = ""
    reason: str = ""
    broken: str = ""
    no_changes: bool = False
    refused: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    steps: list[tuple[str, str, str, str]] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)

    NAME, ID = "fsxap-test", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/fsxap-test/1"

    def __post_init__(self) -> None:
        for operation in (
            "DescribeStacks",
            "CreateChangeSet",
            "DescribeChangeSet",
            "DeleteChangeSet",
            "ExecuteChangeSet",
            "DescribeStackEvents",
            "DeleteStack",
        ):
            self.cloud.answers[f"cloudformation.{operation}"] = getattr(self, xform_name(operation))

    def describe_stacks(self, params: dict[str, Any]) -> dict[str, Any]:
        if not self.status or (self.status == "DELETE_COMPLETE" and params["StackName"] != self.ID):
            raise Refusal("ValidationError", f"Stack with id {params['StackName']} does not exist")
        about = {
            "StackName": self.NAME,
            "StackId": self.ID,
            "CreationTime": MOMENT,
            "StackStatus": self.status,
            "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in self.outputs.items()],
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()],
            **({"StackStatusReason": self.reason} if self.reason else {}),
        }
        # Asked again, things have moved on by one step.
        if self.steps:
            name, kind, status, reason = self.steps.pop(0)
            self._event(name, kind, status, reason)
            if kind == "AWS::CloudFormation::Stack":
                self.status = status
        return {"Stacks": [about]}

    def create_change_set(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["ChangeSetType"] == "CREATE":
            self.status = "REVIEW_IN_PROGRESS"
            self._event(self.NAME, "AWS::CloudFormation::Stack", "REVIEW_IN_PROGRESS", "User Initiated")
        return {
            "Id": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/{params['ChangeSetName']}/1",
            "StackId": self.ID,
        }

    def describe_change_set(self, params: dict[str, Any]) -> dict[str, Any]:
        if len(self.cloud.asked("cloudformation.DescribeChangeSet")) == 1:
            return {"Status": "CREATE_IN_PROGRESS"}
        if self.no_changes or self.refused:
            reason = self.refused or "The submitted information didn't contain changes. Submit different information."
            return {"Status": "FAILED", "StatusReason": reason}
        pages: dict[str, dict[str, Any]] = {
            "": {"Changes": [self._change("Add", "StateBucket", "AWS::S3::Bucket")], "NextToken": "2"},
            "2": {
                "Changes": [
                    self._change("Modify", "Process", "AWS::Lambda::Function", ("Code",)),
                    self._change("Modify", "StateMachine", "AWS::StepFunctions::StateMachine", ("Name",), "True"),
                    self._change("Remove", "Dashboard", "AWS::CloudWatch::Dashboard"),
                ]
            },
        }
        return {"Status": "CREATE_COMPLETE", **pages[params.get("NextToken", "")]}

    def _change(
        self, action: str, name: str, kind: str, properties: tuple[str, ...] = (), replacement: str = "False"
    ) -> dict[str, Any]:
        about: dict[str, Any] = {"Action": action, "LogicalResourceId": name, "ResourceType": kind}
        if action == "Modify":
            about["Replacement"] = replacement
            about["Details"] = [{"Target": {"Attribute": "Properties", "Name": each}} for each in properties]
        return {"Type": "Resource", "ResourceChange": about}

    def delete_change_set(self, params: dict[str, Any]) -> dict[str, Any]:
        return {}

    def execute_change_set(self, params: dict[str, Any]) -> dict[str, Any]:
        self.status = "CREATE_IN_PROGRESS"
        whole = "AWS::CloudFormation::Stack"
        self.steps = [("StateBucket", "AWS::S3::Bucket", "CREATE_IN_PROGRESS", "")]
        if self.broken:
            self.steps += [
                (self.broken, "AWS::IAM::Role", "CREATE_FAILED", "the policy has a syntax error"),
                ("StateBucket", "AWS::S3::Bucket", "CREATE_FAILED", "Resource creation cancelled"),
                (self.NAME, whole, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create"),
                (self.NAME, whole, "ROLLBACK_COMPLETE", ""),
            ]
        else:
            self.steps += [
                ("StateBucket", "AWS::S3::Bucket", "CREATE_COMPLETE", ""),
                (self.NAME, whole, "CREATE_COMPLETE", ""),
            ]
        return {}

    def describe_stack_events(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"StackEvents": self.events[::-1]}

    def delete_stack(self, params: dict[str, Any]) -> dict[str, Any]:
        whole = "AWS::CloudFormation::Stack"
        if self.status == "REVIEW_IN_PROGRESS":
            self.status = ""
            return {}
        self.status = "DELETE_IN_PROGRESS"
        ends = ("DELETE_FAILED", "The bucket is not empty") if self.broken else ("DELETE_COMPLETE", "")
        if self.broken:
            self.steps = [(self.broken, "AWS::S3::Bucket", *ends)]
        self.steps += [(self.NAME, whole, ends[0], "")]
        return {}

    def _event(self, name: str, kind: str, status: str, reason: str) -> None:
        row = {"StackId": self.ID, "StackName": self.NAME, "EventId": str(next(self._numbers)), "Timestamp": MOMENT}
        row |= {"LogicalResourceId": name, "ResourceType": kind, "ResourceStatus": status}
        self.events.append(row | ({"ResourceStatusReason": reason} if reason else {}))
