"""Our rules in the language of CloudFormation Guard, over every template, and each over a template that breaks it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.prove.tools import asked, environment
from benchmarks.prove.verdicts import Verdict, told
from tests.unit.deploy.templates import rendered

GUARD = "cfn_guard_rs==0.3.3"
RULES = Path(__file__).with_name("rules.guard")
ANSWERS = Path(__file__).with_name("answer_guard.py")
Template = dict[str, Any]


def _properties(template: Template, name: str) -> Any:
    return template["Resources"][name]["Properties"]


def _statement(template: Template) -> Any:
    return _properties(template, "ProcessRole")["Policies"][0]["PolicyDocument"]["Statement"][0]


BROKEN: Mapping[str, tuple[str, Callable[[Template], object]]] = {
    "actions_are_named": ("idp", lambda made: _statement(made)["Action"].append("s3:*")),
    "everything_is_allowed_only_where_iam_knows_no_resource": (
        "idp",
        lambda made: _statement(made).update(Resource="*"),
    ),
    "s3_is_named_by_reference": (
        "idp",
        lambda made: _statement(made)["Resource"].append({"Fn::Sub": "arn:aws:s3:::records-abc-ext-s3alias/*"}),
    ),
    "objects_of_an_access_point_have_their_own_form": (
        "idp",
        lambda made: _statement(made)["Resource"].append({"Fn::Sub": "${SourceArn}/*"}),
    ),
    "places_are_access_points": ("idp", lambda made: made["Parameters"]["SourceArn"].update(AllowedPattern=".*")),
    "roles_are_for_services": ("idp", lambda made: _properties(made, "ProcessRole").update(RoleName="named")),
    "buckets_are_private_versioned_and_encrypted": (
        "idp",
        lambda made: _properties(made, "StateBucket")["VersioningConfiguration"].update(Status="Suspended"),
    ),
    "logs_end_and_are_encrypted": ("idp", lambda made: _properties(made, "ProcessLogs").pop("RetentionInDays")),
    "nothing_leads_everywhere": (
        "legal-compliance",
        lambda made: _properties(made, "FunctionSecurityGroup")["SecurityGroupEgress"][0].update(CidrIp="0.0.0.0/0"),
    ),
    "names_of_files_stay_out_of_logs": (
        "idp",
        lambda made: _properties(made, "StateMachine")["LoggingConfiguration"].update(IncludeExecutionData=True),
    ),
}
"""The red twin of each rule: a use case, and what is done to its template."""


def rules() -> dict[str, str]:
    """Each rule with what it is made of: the tool's answer about several failures at once arrives without its head."""
    text = RULES.read_text(encoding="utf-8")
    given = "\n".join(line for line in text.splitlines() if line.startswith("let "))
    found = {rule.split()[1]: f"{given}\n{rule}\n" for rule in re.findall(r"(?ms)^rule .*?^\}", text)}
    assert set(found) == set(BROKEN)
    return found


def guard(names: list[str]) -> Iterator[Verdict]:
    python, why = environment("guard", GUARD)
    if python is None:
        yield "guard", None, why
        return
    templates = {name: dict(rendered(name).template) for name in names}
    for name, template in templates.items():
        green = asked(python, ANSWERS, [{"template": template, "rule": rule} for rule in rules().values()])
        failed = [f"{rule}: {said}" for rule, (status, said) in zip(rules(), green, strict=True) if status == "FAIL"]
        yield from told(f"guard {name}", failed)
    twins = []
    for rule, (name, damage) in BROKEN.items():
        template = copy.deepcopy(templates[name])
        damage(template)
        twins.append({"template": template, "rule": rules()[rule]})
    red = asked(python, ANSWERS, twins)
    blind = [f"{rule} is {status}" for rule, (status, _) in zip(BROKEN, red, strict=True) if status != "FAIL"]
    yield from told(f"guard, {len(twins)} templates that break a rule each", blind)
