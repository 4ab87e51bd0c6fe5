"""Calls that each role may and may not make, by IAM's rules for the operators that are used (layer a).

AWS's own simulator is asked the same questions by `pytest --live tests/live/test_deploy.py`.
"""

from __future__ import annotations

import pytest

from fsxap.engine import catalog
from tests.unit.deploy.permissions import Call, allowed, calls, policy
from tests.unit.deploy.templates import NAMES

CASES = [
    pytest.param(name, call, id=f"{name} {call.role} {call.action} {call.resource.rpartition(':')[2]}")
    for name in NAMES
    for case in [catalog.load(name)]
    for call in calls(name, case.footprint.needs_ontap, case.seal is not None)
]


@pytest.mark.parametrize(("name", "call"), CASES)
def test_calls(name: str, call: Call) -> None:
    rules = policy(name, call.role, call.output)
    assert allowed(rules, call.action, call.resource, dict(call.context)) == call.expected


def test_a_denial_goes_before_an_allowance() -> None:
    rules = [
        {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": ["s3:PutObject"], "Resource": ["arn:x/*"], "Condition": {"Null": {"k": "false"}}},
    ]
    assert allowed(rules, "s3:PutObject", "arn:x/1", {})
    assert not allowed(rules, "s3:PutObject", "arn:x/1", {"k": "1"})
    assert allowed(rules, "s3:PutObject", "arn:y/1", {"k": "1"})
    assert not allowed(rules, "ec2:RunInstances", "arn:x/1", {})
