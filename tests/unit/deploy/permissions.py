"""Roles with their references filled in, and what IAM makes of a call by the operators that our templates use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.unit.deploy.templates import VALUES, listed, statements

ACCOUNT = "eu-west-1:123456789012"
SOURCE = f"arn:aws:s3:{ACCOUNT}:accesspoint/records"
OUTPUT = f"arn:aws:s3:{ACCOUNT}:accesspoint/results"
OTHER = f"arn:aws:s3:{ACCOUNT}:accesspoint/payroll"
SECRET = f"arn:aws:secretsmanager:{ACCOUNT}:secret:"
MODEL = "amazon.nova-lite-v1:0"
PROFILE = f"arn:aws:bedrock:{ACCOUNT}:inference-profile/eu.{MODEL}"
STATE, KEY = "arn:aws:s3:::state-bucket", f"arn:aws:kms:{ACCOUNT}:key/state"
MACHINE = f"arn:aws:states:{ACCOUNT}:stateMachine:fsxap-test"
FUNCTION = f"arn:aws:lambda:{ACCOUNT}:function:"
FARM, QUEUE = "farm-" + "0" * 32, "queue-" + "1" * 32
NAMED = VALUES | {
    "FarmId": FARM,
    "QueueId": QUEUE,
    "SourceArn": SOURCE,
    "SourcePrefix": "scans/",
    "SourceAlias": "records-abc123-ext-s3alias",
    "Server.ServerId": "s-0123456789abcdef0",
    "OutputArn": OUTPUT,
    "OutputPrefix": "",
    "OntapSecretArn": f"{SECRET}ontap-AbCdEf",
    "OntapSecretKmsKeyArn": f"arn:aws:kms:{ACCOUNT}:key/ontap",
    "KeySecretArn": f"{SECRET}key-AbCdEf",
    "KeySecretKmsKeyArn": f"arn:aws:kms:{ACCOUNT}:key/key",
    "BedrockModel": f"eu.{MODEL}",
    "BedrockFoundationModel": MODEL,
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
            elif operator == "StringLike":
                holds = any(fnmatchcase(context.get(key, ""), pattern) for pattern in listed(wanted))
            else:
                assert operator == "StringEquals", operator
                holds = context.get(key) in listed(wanted)
            if not holds:
                return False
    return True
