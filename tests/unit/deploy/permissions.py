"""Roles with their references filled in, and calls that each must and must not be allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.unit.deploy.templates import VALUES, listed, statements

ACCOUNT = "eu-west-1:123456789012"
SOURCE = f"arn:aws:s3:{ACCOUNT}:accesspoint/records"
OUTPUT = f"arn:aws:s3:{ACCOUNT}:accesspoint/results"
OTHER = f"arn:aws:s3:{ACCOUNT}:accesspoint/payroll"
SECRET = f"arn:aws:secretsmanager:{ACCOUNT}:secret:"
STATE, KEY = "arn:aws:s3:::state-bucket", f"arn:aws:kms:{ACCOUNT}:key/state"
MACHINE = f"arn:aws:states:{ACCOUNT}:stateMachine:fsxap-test"
FUNCTION = f"arn:aws:lambda:{ACCOUNT}:function:"
NAMED = VALUES | {
    "SourceArn": SOURCE,
    "SourcePrefix": "scans/",
    "OutputArn": OUTPUT,
    "OutputPrefix": "",
    "OntapSecretArn": f"{SECRET}ontap-AbCdEf",
    "OntapSecretKmsKeyArn": f"arn:aws:kms:{ACCOUNT}:key/ontap",
    "KeySecretArn": f"{SECRET}key-AbCdEf",
    "KeySecretKmsKeyArn": f"arn:aws:kms:{ACCOUNT}:key/key",
    "BedrockModel": "eu.amazon.nova-lite-v1:0",
    "BedrockFoundationModel": "amazon.nova-lite-v1:0",
    "AthenaDatabase": "fsxap_test",
    "SqlWorkGroup": "fsxap-test",
    "StateBucket": "state-bucket",
    "StateBucket.Arn": STATE,
    "StateKey.Arn": KEY,
    "Topic": f"arn:aws:sns:{ACCOUNT}:topic",
    "StateMachine": MACHINE,
    "DeadLetters.Arn": f"arn:aws:sqs:{ACCOUNT}:dead",
    **{f"{stage}Logs.Arn": f"arn:aws:logs:{ACCOUNT}:log-group:/fsxap/fsxap-test/{stage.lower()}:*"
       for stage in ("Discover", "Process", "Summarise")},
    **{f"{stage}Function.Arn": f"{FUNCTION}{stage}" for stage in ("Discover", "Process", "Summarise")},
}  # fmt: skip


def filled(tree: Any, output: bool) -> Any:
    """References as CloudFormation fills them in; `output` says whether an output access point was named."""
    if isinstance(tree, list):
        return [filled(each, output) for each in tree]
    if not isinstance(tree, dict):
        return tree
    if "Ref" in tree:
        return NAMED[tree["Ref"]]
    if "Fn::GetAtt" in tree:
        return NAMED[".".join(tree["Fn::GetAtt"])]
    if "Fn::If" in tree:
        chosen = {"HasOutput": output, "ModelElsewhere": False}[tree["Fn::If"][0]]
        return filled(tree["Fn::If"][1 if chosen else 2], output)
    if "Fn::Sub" in tree:
        text, own = tree["Fn::Sub"] if isinstance(tree["Fn::Sub"], list) else (tree["Fn::Sub"], {})
        named = NAMED | filled(own, output)
        return re.sub(r"\$\{([^}]+)\}", lambda match: str(named[match[1]]), text)
    return {name: filled(value, output) for name, value in tree.items()}


def policy(name: str, role: str, output: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = filled(statements(name, role), output)
    return found


def allowed(policy: list[dict[str, Any]], action: str, resource: str, context: Mapping[str, str]) -> bool:
    """An explicit Deny over an Allow over nothing, for the operators that our templates use."""
    effects = {row["Effect"] for row in policy if _matches(row, action, resource, context)}
    return effects == {"Allow"}


def _matches(row: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]) -> bool:
    if not any(fnmatchcase(action.lower(), pattern.lower()) for pattern in listed(row["Action"])):
        return False
    if not any(fnmatchcase(resource, pattern) for pattern in listed(row["Resource"])):
        return False
    for operator, keys in row.get("Condition", {}).items():
        for key, wanted in keys.items():
            if operator == "Null":
                holds = (key not in context) == (wanted == "true")
            else:
                assert operator == "StringEquals", operator
                holds = context.get(key) in listed(wanted)
            if not holds:
                return False
    return True


@dataclass(frozen=True)
class Call:
    role: str
    action: str
    resource: str
    expected: bool
    output: bool = False
    """Whether outputs have an access point of their own."""
    context: tuple[tuple[str, str], ...] = ()


def calls(name: str, ontap: bool, sealed: bool) -> Iterator[Call]:
    """What must be possible, each with a neighbour that must not."""
    yield Call("DiscoverRole", "s3:PutObject", f"{STATE}/{name}/x/ledger", True)
    yield Call("DiscoverRole", "s3:DeleteObject", f"{STATE}/{name}/x/ledger", False)
    yield Call("ProcessRole", "s3:GetObject", "arn:aws:s3:::another-bucket/x", False)
    yield Call("ProcessRole", "kms:Decrypt", KEY, True)
    yield Call("ProcessRole", "kms:Decrypt", KEY.replace("state", "another"), False)
    group = f"arn:aws:logs:{ACCOUNT}:log-group:/fsxap/fsxap-test/"
    yield Call("ProcessRole", "logs:PutLogEvents", f"{group}process:log-stream:1", True)
    yield Call("ProcessRole", "logs:PutLogEvents", f"{group}discover:log-stream:1", False)
    for stage in ("Discover", "Process", "Summarise"):
        yield Call("StateMachineRole", "lambda:InvokeFunction", f"{FUNCTION}{stage}", True)
        yield Call(f"{stage}Role", "secretsmanager:GetSecretValue", f"{SECRET}key-AbCdEf", sealed)
        yield Call(f"{stage}Role", "secretsmanager:GetSecretValue", f"{SECRET}ontap-AbCdEf", ontap)
        yield Call(f"{stage}Role", "secretsmanager:GetSecretValue", f"{SECRET}another-AbCdEf", False)
        code = (("lambda:SourceFunctionArn", f"{FUNCTION}{stage}"),)
        yield Call(f"{stage}Role", "ec2:CreateNetworkInterface", "*", ontap)
        yield Call(f"{stage}Role", "ec2:CreateNetworkInterface", "*", False, context=code)
    yield Call("StateMachineRole", "lambda:InvokeFunction", f"{FUNCTION}another", False)
    yield Call("StateMachineRole", "s3:GetObject", f"{STATE}/{name}/x/runs/1/manifest.jsonl", True)
    yield Call("StateMachineRole", "s3:PutObject", f"{STATE}/{name}/x/runs/1/manifest.jsonl", False)
    yield Call("StateMachineRole", "s3:PutObject", f"{STATE}/map/1/manifest.json", True)
    yield Call("StateMachineRole", "states:StartExecution", MACHINE, True)
    yield Call("StateMachineRole", "states:StartExecution", f"{MACHINE}-2", False)
    child = MACHINE.replace("stateMachine", "execution") + "/ProcessAll:1"
    yield Call("StateMachineRole", "states:RedriveExecution", child, True)
    yield Call("StateMachineRole", "states:StopExecution", child.replace("fsxap-test", "another"), False)
    ours, theirs = ((("cloudwatch:namespace", each),) for each in ("fsxap", "AWS/States"))
    yield Call("StateMachineRole", "cloudwatch:PutMetricData", "*", True, context=ours)
    yield Call("StateMachineRole", "cloudwatch:PutMetricData", "*", False, context=theirs)
    yield Call("ScheduleRole", "states:StartExecution", MACHINE, True)
    yield Call("ScheduleRole", "states:StopExecution", MACHINE, False)
    if not ontap:
        yield from _source(name)


def _source(name: str) -> Iterator[Call]:
    for role in ("DiscoverRole", "ProcessRole"):
        yield Call(role, "s3:ListBucket", SOURCE, True)
        yield Call(role, "s3:ListBucket", OTHER, False)
    yield Call("ProcessRole", "s3:GetObject", f"{SOURCE}/object/scans/a.dcm", True)
    yield Call("ProcessRole", "s3:GetObject", f"{SOURCE}/object/payroll/a.csv", False)
    yield Call("ProcessRole", "s3:GetObject", f"{OTHER}/object/scans/a.dcm", False)
    yield Call("ProcessRole", "s3:PutObject", f"{SOURCE}/object/scans/a.dcm", False)
    yield Call("ProcessRole", "s3:PutObject", f"{SOURCE}/object/scans/_fsxap/{name}/a.dcm", True)
    yield Call("ProcessRole", "s3:PutObject", f"{SOURCE}/object/scans/_fsxap/{name}/a.dcm", False, output=True)
    yield Call("ProcessRole", "s3:PutObject", f"{OUTPUT}/object/a.dcm", True, output=True)
    yield Call("ProcessRole", "s3:PutObject", f"{OUTPUT}/object/a.dcm", False)
    yield Call("SummariseRole", "s3:GetObject", f"{SOURCE}/object/scans/a.dcm", False)
