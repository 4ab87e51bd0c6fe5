"""Static proof of least privilege (layer a): our own rules over every statement of every role."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fsxap.deploy.grants import ON_THE_PLACE
from fsxap.deploy.render import render
from fsxap.engine import catalog, params
from tests.unit.deploy.templates import GIVEN, NAMES, ROLES, listed, references, resources, statements

NO_RESOURCES = (
    "ec2:", "xray:", "cloudwatch:PutMetricData", "logs:CreateLogDelivery", "logs:GetLogDelivery",
    "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies", "logs:DescribeLogGroups", "textract:", "rekognition:DetectText",
    "rekognition:DetectLabels", "rekognition:DetectModerationLabels", "comprehendmedical:DetectPHI",
    "comprehend:Detect",
)  # fmt: skip
"""Actions for which IAM knows no resources."""


def every(name: str) -> list[tuple[str, dict[str, Any]]]:
    return [(role, statement) for role in ROLES for statement in statements(name, role)]


@pytest.mark.parametrize("name", NAMES)
def test_no_wildcard_where_a_resource_exists(name: str) -> None:
    for role, statement in every(name):
        assert not [action for action in listed(statement["Action"]) if "*" in action], (role, statement)
        if "*" in listed(statement["Resource"]):
            assert all(action.startswith(NO_RESOURCES) for action in listed(statement["Action"])), (role, statement)


@pytest.mark.parametrize("name", NAMES)
def test_access_points_are_named_by_their_arn(name: str) -> None:
    """An alias written as arn:aws:s3:::ALIAS is not recognised in policies."""
    for role, statement in every(name):
        text = json.dumps(statement)
        assert ":s3:::" not in text and "s3alias" not in text, (role, statement)
        if "SourceArn" not in text and "OutputArn" not in text:
            continue
        about_objects = "/object/" in text
        for action in listed(statement["Action"]):
            assert action.startswith("s3:"), (role, statement)
            assert (action in ON_THE_PLACE) != about_objects, (role, statement)


@pytest.mark.parametrize("name", NAMES)
def test_place_parameters_take_nothing_but_access_point_arns(name: str) -> None:
    from tests.unit.deploy.templates import rendered

    good = "arn:aws:s3:eu-west-1:123456789012:accesspoint/records"
    bad = (
        "arn:aws:s3:::bucket",
        "records-abc123-ext-s3alias",
        "*",
        "arn:aws:s3:eu-west-1:123456789012:accesspoint/*",
        good + "/object/a",
    )
    for parameter in {"SourceArn", "OutputArn"} & set(rendered(name).parameters):
        pattern = rendered(name).parameters[parameter]["AllowedPattern"]
        assert re.search(pattern, good)
        assert not [text for text in bad if re.search(pattern, text)]


@pytest.mark.parametrize("name", NAMES)
def test_only_functions_that_write_outputs_may_write_them(name: str) -> None:
    for statement in statements(name, "DiscoverRole"):
        if references(statement["Resource"]) & {"SourceArn", "OutputArn"}:
            assert set(listed(statement["Action"])) <= {"s3:ListBucket", "s3:GetObject"}


@pytest.mark.parametrize("name", NAMES)
def test_secrets_are_named_by_arn(name: str) -> None:
    for role, statement in every(name):
        if "secretsmanager:GetSecretValue" in listed(statement["Action"]):
            assert references(statement["Resource"]) <= {"OntapSecretArn", "KeySecretArn"}, role
            assert references(statement["Resource"])


@pytest.mark.parametrize("name", NAMES)
def test_a_sealed_use_case_may_open_its_state_in_every_function(name: str) -> None:
    allowed = [
        role
        for role in ROLES[:3]
        if any("KeySecretArn" in references(statement["Resource"]) for statement in statements(name, role))
    ]
    assert allowed == (list(ROLES[:3]) if catalog.load(name).seal else [])


@pytest.mark.parametrize("name", NAMES)
def test_the_footprint_is_granted_to_process_and_nothing_more(name: str) -> None:
    """Besides its logs and the state, process may do what its footprint says."""
    case = catalog.load(name)
    chosen = params.parse(case, [], GIVEN.get(name, {}))
    given = {action for grant in case.footprint.grants if grant.when(chosen) for action in grant.actions}
    found = {action for statement in statements(name, "ProcessRole") for action in listed(statement["Action"])}
    own = {"s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "kms:Decrypt"}
    own |= {"kms:GenerateDataKey", "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments"}
    own |= {"xray:PutTelemetryRecords", "secretsmanager:GetSecretValue"}
    assert given <= found
    assert {action for action in found - given - own if not action.startswith("ec2:")} == set()


MODEL = "arn:aws:rekognition:eu-west-1:123456789012:project/parts/version/v3/1700000000000"


@pytest.mark.parametrize(
    ("given", "granted"),
    [
        ({}, {}),
        ({"labels": "no"}, {}),
        ({"labels": "yes"}, {"rekognition:DetectLabels": "*"}),
        ({"model": MODEL}, {"rekognition:DetectCustomLabels": MODEL}),
    ],
)
def test_what_a_parameter_needs_is_granted_with_it_to_process_alone(
    given: dict[str, str], granted: dict[str, str]
) -> None:
    template = render(catalog.load("manufacturing-analytics"), given).template
    for role in ("DiscoverRole", "ProcessRole", "SummariseRole"):
        policies = template["Resources"][role]["Properties"]["Policies"]
        rows = [row for policy in policies for row in policy.get("PolicyDocument", {}).get("Statement", ())]
        found = {
            action: listed(row["Resource"])
            for row in rows
            if "Action" in row
            for action in listed(row["Action"])
            if action.startswith("rekognition:")
        }
        wanted = {action: [resource] for action, resource in granted.items()} if role == "ProcessRole" else {}
        assert found == wanted


@pytest.mark.parametrize(
    ("given", "granted"),
    [
        ({}, set()),
        ({"slate": "any", "moderation": "no"}, set()),
        ({"burnin": "forbidden"}, {"rekognition:DetectText"}),
        ({"moderation": "yes"}, {"rekognition:DetectModerationLabels"}),
        (
            {"submit": "yes"},
            {
                "deadline:CreateJob",
                "deadline:GetJob",
                "deadline:GetSessionAction",
                "deadline:ListSteps",
                "deadline:ListTasks",
                "deadline:SearchJobs",
                "logs:GetLogEvents",
            },
        ),
    ],
)
def test_what_parameters_do_not_call_for_is_not_granted(given: dict[str, str], granted: set[str]) -> None:
    made = render(catalog.load("media-vfx"), given).template["Resources"]
    for role in ROLES[:3]:
        actions = set(re.findall(r"(?:rekognition:|deadline:|logs:Get)\w+", json.dumps(made[role])))
        assert actions == (granted if role == "ProcessRole" else set())


@pytest.mark.parametrize("name", NAMES)
def test_code_cannot_use_the_network_interfaces_of_lambda(name: str) -> None:
    for role in ROLES[:3]:
        allowed = {a for s in statements(name, role) if s["Effect"] == "Allow" for a in listed(s["Action"])}
        denied = {a for s in statements(name, role) if s["Effect"] == "Deny" for a in listed(s["Action"])}
        assert {action for action in allowed if action.startswith("ec2:")} == denied


@pytest.mark.parametrize("name", NAMES)
def test_roles_are_assumed_by_one_service_of_this_account(name: str) -> None:
    for role in ROLES:
        (trust,) = resources(name)[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        service = trust["Principal"]["Service"]
        assert service in ("lambda.amazonaws.com", "states.amazonaws.com", "scheduler.amazonaws.com")
        if service != "lambda.amazonaws.com":
            assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
