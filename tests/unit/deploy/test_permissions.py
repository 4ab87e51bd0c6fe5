"""Calls that each role may and may not make, by IAM's rules for the operators that are used (layer a).

AWS's own simulator is asked the same questions by `pytest --live tests/live/test_deploy.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.deploy.calls import Call, calls
from tests.unit.deploy.permissions import allowed, policy
from tests.unit.deploy.templates import NAMES, ROLES


def decided(rules: list[dict[str, Any]], call: Call) -> bool:
    return allowed(rules, call.action, call.resource, dict(call.context))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_it_must_and_not_its_neighbour(name: str, role: str) -> None:
    asked = [call for call in calls(name) if call.role == role]
    assert {call.expected for call in asked} == {True, False}
    wrong = [call for call in asked if decided(policy(name, role, call.output), call) != call.expected]
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ROLES)
def test_without_any_one_statement_an_answer_is_another(name: str, role: str) -> None:
    """The red twin of every statement: each is needed by a call of the table, and the table asks about each."""
    asked = [call for call in calls(name) if call.role == role]
    idle = []
    for at, statement in enumerate(policy(name, role, False)):
        for call in asked:
            rules = policy(name, role, call.output)
            if decided(rules[:at] + rules[at + 1 :], call) != call.expected:
                break
        else:
            idle.append(statement)
    assert idle == []


def test_a_denial_goes_before_an_allowance() -> None:
    rules = [
        {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": ["s3:PutObject"], "Resource": ["arn:x/*"], "Condition": {"Null": {"k": "false"}}},
    ]
    assert allowed(rules, "s3:PutObject", "arn:x/1", {})
    assert not allowed(rules, "s3:PutObject", "arn:x/1", {"k": "1"})
    assert allowed(rules, "s3:PutObject", "arn:y/1", {"k": "1"})
    assert not allowed(rules, "ec2:RunInstances", "arn:x/1", {})
