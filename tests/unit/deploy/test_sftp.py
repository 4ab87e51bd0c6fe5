"""The SFTP server's template: what it names exists, whose entry makes what, and what each role may touch."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fsxap.deploy import targets
from fsxap.deploy.render import Rendered, render
from tests.unit.deploy.permissions import NAMED, OTHER, SOURCE, allowed, filled
from tests.unit.deploy.templates import conditions, listed, nodes, references
from tests.unit.patterns.sftp.people import KEY, row, write
from tests.unit.patterns.sftp.people import OTHER as SECOND

BANK = row(name="bank@example.com", home="partners/bank (in & out)", keys=[KEY, SECOND], access="read")


@cache
def template(folder: Path) -> Rendered:
    return render(targets.find("sftp"), {"users": write(folder, row(), BANK)})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return template(tmp_path_factory.mktemp("users"))


def of_type(made: Rendered, kind: str) -> dict[str, Any]:
    found = made.template["Resources"].items()
    return {name: about["Properties"] for name, about in found if about["Type"] == kind}


def person(made: Rendered, name: str) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
    """Logical id, user and role of a name."""
    (found,) = [each for each, about in of_type(made, "AWS::Transfer::User").items() if about["UserName"] == name]
    users, roles = of_type(made, "AWS::Transfer::User"), of_type(made, "AWS::IAM::Role")
    return found, users[found], roles[users[found]["Role"]["Fn::GetAtt"][0]]


def rules(made: Rendered, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = filled(person(made, name)[2]["Policies"][0]["PolicyDocument"]["Statement"], False)
    return found


def test_rendering_twice_gives_equal_bytes(tmp_path: Path, made: Rendered) -> None:
    assert render(targets.find("transfer"), {"users": write(tmp_path, row(), BANK)}).text == made.text


def test_cfn_lint_finds_nothing(made: Rendered) -> None:
    from cfnlint.api import lint

    assert [str(match) for match in lint(made.text, regions=["ap-northeast-1"])] == []


def test_every_reference_resolves_and_every_parameter_is_used(made: Rendered) -> None:
    found = references([made.template["Resources"], made.template["Conditions"]])
    known = {*made.template["Parameters"], *made.template["Resources"]}
    assert {each for each in found if not each.startswith("AWS::")} <= known
    assert references(made.template["Outputs"]) <= set(made.template["Resources"]) | {"AWS::Region", "AWS::URLSuffix"}
    assert set(made.template["Parameters"]) <= found
    assert conditions([made.template["Resources"], made.template["Conditions"]]) == set(made.template["Conditions"])


def test_the_server_says_what_it_is(made: Rendered) -> None:
    (server,) = of_type(made, "AWS::Transfer::Server").values()
    assert server["IdentityProviderType"] == "SERVICE_MANAGED" and server["Protocols"] == ["SFTP"]
    assert re.fullmatch(r"TransferSecurityPolicy-20\d\d-\d\d", server["SecurityPolicyName"])
    assert server["EndpointType"] == {"Fn::If": ["InVpc", "VPC", "PUBLIC"]}
    assert made.parameters["EndpointVpcId"]["Default"] == ""
    (logs,) = of_type(made, "AWS::Logs::LogGroup").values()
    assert server["StructuredLogDestinations"] == [{"Fn::GetAtt": ["TransferLogs", "Arn"]}]
    assert "KmsKeyId" in logs and logs["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_each_user_has_a_home_keys_and_a_role_of_their_own(made: Rendered) -> None:
    _, acme, role = person(made, "acme")
    assert acme["SshPublicKeys"] == [KEY] and acme["HomeDirectoryType"] == "LOGICAL"
    (place,) = filled(acme["HomeDirectoryMappings"], False)
    assert place == {"Entry": "/", "Target": "/records-abc123-ext-s3alias/scans/partners/acme"}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    by = filled(trust["Condition"], False)
    user = f"arn:aws:transfer:eu-west-1:{NAMED['AWS::AccountId']}:user/s-0123456789abcdef0/acme"
    assert by == {"StringEquals": {"aws:SourceAccount": "123456789012"}, "ArnEquals": {"aws:SourceArn": user}}
    assert person(made, "bank@example.com")[1]["SshPublicKeys"] == [KEY, SECOND]
    assert len(of_type(made, "AWS::IAM::Role")) == len(of_type(made, "AWS::Transfer::User")) == 2


def test_roles_name_what_they_may_touch(made: Rendered) -> None:
    for role in of_type(made, "AWS::IAM::Role").values():
        for rule in role["Policies"][0]["PolicyDocument"]["Statement"]:
            assert not any("*" in action for action in listed(rule["Action"])) and "*" not in listed(rule["Resource"])
    assert "s3:::" not in made.text, "policies by alias authorize nothing"


HOME = f"{SOURCE}/object/scans/partners/acme"
LISTED = {"s3:prefix": "scans/partners/acme/"}
ALLOWED = [
    *((f"s3:{action}Object", f"{HOME}/2026/invoice.pdf", {}) for action in ("Get", "Put", "Delete")),
    ("s3:AbortMultipartUpload", f"{HOME}/a", {}),
    ("s3:ListBucket", SOURCE, LISTED),
    ("s3:ListBucket", SOURCE, {"s3:prefix": "scans/partners/acme/2026/"}),
]
DENIED = [
    *((f"s3:{action}Object", f"{SOURCE}/object/scans/partners/acme2/x", {}) for action in ("Get", "Put", "Delete")),
    ("s3:GetObject", f"{SOURCE}/object/scans/partners/bank (in & out)/x", {}),
    ("s3:GetObject", f"{SOURCE}/object/partners/acme/x", {}),
    ("s3:PutObject", f"{SOURCE}/object/scans/x", {}),
    ("s3:GetObject", f"{OTHER}/object/scans/partners/acme/x", {}),
    ("s3:GetObject", "arn:aws:s3:::records-abc123-ext-s3alias/scans/partners/acme/x", {}),
    ("s3:ListBucket", SOURCE, {}),
    ("s3:ListBucket", SOURCE, {"s3:prefix": ""}),
    ("s3:ListBucket", SOURCE, {"s3:prefix": "scans/partners/"}),
    ("s3:ListBucket", SOURCE, {"s3:prefix": "scans/partners/acme2/"}),
    # A prefix without its slash lists the neighbours whose names begin with it.
    ("s3:ListBucket", SOURCE, {"s3:prefix": "scans/partners/acme"}),
    ("s3:ListBucket", OTHER, LISTED),
    ("s3:PutObjectTagging", f"{HOME}/a", {}),
    ("s3:PutAccessPointPolicy", SOURCE, {}),
]


@pytest.mark.parametrize(("action", "resource", "context"), ALLOWED)
def test_what_a_user_may(made: Rendered, action: str, resource: str, context: dict[str, str]) -> None:
    assert allowed(rules(made, "acme"), action, resource, context)


@pytest.mark.parametrize(("action", "resource", "context"), DENIED)
def test_what_a_user_may_not(made: Rendered, action: str, resource: str, context: dict[str, str]) -> None:
    assert not allowed(rules(made, "acme"), action, resource, context)


def test_reading_is_only_reading(made: Rendered) -> None:
    found = rules(made, "bank@example.com")
    mine = f"{SOURCE}/object/scans/partners/bank (in & out)/a"
    assert allowed(found, "s3:GetObject", mine, {})
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"):
        assert not allowed(found, action, mine, {})


def without_condition(found: list[dict[str, Any]]) -> None:
    found[0].pop("Condition")


def without_slash(found: list[dict[str, Any]]) -> None:
    found[1]["Resource"] = [found[1]["Resource"][0].removesuffix("/*") + "*"]
    found[0]["Condition"]["StringLike"]["s3:prefix"] = ["scans/partners/acme*"]


def any_access_point(found: list[dict[str, Any]]) -> None:
    for rule in found:
        rule["Resource"] = ["*"]


def every_action(found: list[dict[str, Any]]) -> None:
    found[1]["Action"] = ["s3:*"]


@pytest.mark.parametrize("spoil", [without_condition, without_slash, any_access_point, every_action])
def test_a_spoiled_role_is_found_out(made: Rendered, spoil: Any) -> None:
    found = copy.deepcopy(rules(made, "acme"))
    spoil(found)
    assert any(allowed(found, *call) for call in DENIED)


def test_nobody_is_touched_by_another_users_entry(tmp_path: Path, made: Rendered) -> None:
    alone = render(targets.find("sftp"), {"users": write(tmp_path, BANK)})
    for name, about in made.template["Resources"].items():
        if not any("acme" in str(node) for node in nodes([name, about])):
            assert alone.template["Resources"][name] == about
    names = [f"a.{'b' * each}" for each in range(1, 4)] + ["ab.b", "a.bb-", "a-b_b"]
    many = render(targets.find("sftp"), {"users": write(tmp_path, *(row(name=name, home=name) for name in names))})
    assert len(of_type(many, "AWS::Transfer::User")) == len(names)
