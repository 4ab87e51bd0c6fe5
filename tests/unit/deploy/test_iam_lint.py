"""cfn-lint's rules of IAM, by AWS's list of actions and their resources, on policies with references filled in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.deploy.permissions import SOURCE, policy
from tests.unit.deploy.templates import NAMES, ROLES


def found(**policies: list[dict[str, Any]]) -> list[str]:
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    documents = {name: {"Version": "2012-10-17", "Statement": rows} for name, rows in policies.items()}
    resources = {
        name: {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
        for name, document in documents.items()
    }
    # Whether resources are of a kind that the actions know is told on request only.
    asked = ManualArgs(regions=["eu-west-1"], include_checks=["I3510"])
    return [f"{match.rule.id} {match.path[1]}" for match in lint(json.dumps({"Resources": resources}), config=asked)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("output", [True, False])
def test_every_action_exists_and_knows_its_resources(name: str, output: bool) -> None:
    assert found(**{role: policy(name, role, output) for role in ROLES}) == []


@pytest.mark.parametrize(
    ("action", "resource", "rule"),
    [
        ("s3:GetObjects", f"{SOURCE}/object/*", "W3037"),
        ("s3:GetObject", "arn:aws:sqs:eu-west-1:123456789012:queue", "I3510"),
        ("deadline:GetJob", "arn:aws:s3:::farm/job", "I3510"),
        ("s3:GetObject", "records", "E3510"),
    ],
)
def test_what_is_wrong_is_found(action: str, resource: str, rule: str) -> None:
    assert f"{rule} Role" in found(Role=[{"Effect": "Allow", "Action": [action], "Resource": [resource]}])
