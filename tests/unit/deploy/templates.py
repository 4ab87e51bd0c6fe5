"""Rendered templates, and what tests ask of them: references, policies, the state machine as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from fsxap.deploy import targets
from fsxap.deploy.render import Rendered, render
from fsxap.engine import catalog

NAMES = catalog.names()
ROLES = ("DiscoverRole", "ProcessRole", "SummariseRole", "StateMachineRole", "ScheduleRole")
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "fsxap-test",
    "AWS::URLSuffix": "amazonaws.com",
}


GIVEN = {"media-vfx": {"submit": "yes"}}
"""Parameters with which a use case asks for all that tests ask about."""


@cache
def rendered(name: str) -> Rendered:
    return render(targets.load(name), GIVEN.get(name, {}))


def resources(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = rendered(name).template["Resources"]
    return found


def of_type(name: str, kind: str) -> dict[str, Any]:
    return {each: about["Properties"] for each, about in resources(name).items() if about["Type"] == kind}


def nodes(tree: Any) -> Iterator[Any]:
    yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(child)


def references(tree: Any) -> set[str]:
    """Names that Ref, GetAtt and Sub of a tree point to."""
    found: set[str] = set()
    for node in nodes(tree):
        if isinstance(node, dict) and len(node) == 1:
            if "Ref" in node:
                found.add(node["Ref"])
            elif "Fn::GetAtt" in node:
                found.add(node["Fn::GetAtt"][0])
            elif "Fn::Sub" in node:
                text, own = node["Fn::Sub"] if isinstance(node["Fn::Sub"], list) else (node["Fn::Sub"], {})
                found |= {name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text)} - set(own)
    return found


def conditions(tree: Any) -> set[str]:
    found = {
        node["Condition"] for node in nodes(tree) if isinstance(node, dict) and isinstance(node.get("Condition"), str)
    }
    return found | {node["Fn::If"][0] for node in nodes(tree) if isinstance(node, dict) and "Fn::If" in node}


def statements(name: str, role: str) -> list[dict[str, Any]]:
    """All statements of a role, conditional ones included."""
    found = []
    for policy in resources(name)[role]["Properties"]["Policies"]:
        document = policy["Fn::If"][1] if "Fn::If" in policy else policy
        found += document["PolicyDocument"]["Statement"]
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def machine(name: str, **given: object) -> dict[str, Any]:
    """The state machine as Step Functions gets it, with parameters as given or by default."""
    text = resources(name)["StateMachine"]["Properties"]["DefinitionString"]["Fn::Sub"]
    defaults = {each: about.get("Default", "") for each, about in rendered(name).parameters.items()}

    def value(match: re.Match[str]) -> str:
        wanted = match[1]
        if wanted in VALUES:
            return VALUES[wanted]
        if wanted in defaults:
            return str(given.get(wanted, defaults[wanted]))
        return f"arn:aws:test:eu-west-1:123456789012:{wanted.partition('.')[0]}" if "." in wanted else wanted.lower()

    found: dict[str, Any] = json.loads(re.sub(r"\$\{([^}]+)\}", value, text))
    return found


def states(definition: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state, those of the map's children included."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])
