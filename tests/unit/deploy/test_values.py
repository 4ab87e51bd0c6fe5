"""Values of parameters: where they come from, and that what CloudFormation would refuse is refused here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fsxap.deploy import values
from fsxap.deploy.render import render
from fsxap.engine import catalog, settings
from fsxap.errors import ConfigurationError, FsxapError, UsageError
from tests.unit.deploy.templates import rendered

ARN = "arn:aws:s3:eu-west-1:123456789012:accesspoint/records"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf"
CODE = {"CodeBucket": "code-bucket", "CodeKey": "fsxap/a.zip"}
DICOM = {**CODE, "SourceArn": ARN, "KeySecretArn": SECRET}


def told(**given: str) -> dict[str, str]:
    return values.from_settings(settings.resolve(given, {}, []), values.unresolved)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"source": f"{ARN}/object/scans/2026"}, {"SourceArn": ARN, "SourcePrefix": "scans/2026/"}),
        ({"to": ARN}, {"OutputArn": ARN, "OutputPrefix": ""}),
        ({"ontap": "https://10.0.0.5/"}, {"OntapEndpoint": "10.0.0.5"}),
        ({"ontap_ca": "./ca.pem"}, {"OntapCa": "/var/task/ontap-ca.pem"}),
        ({"volume": "vol1,vol2"}, {"Volume": "vol1,vol2"}),
        ({"accept_cross_region": "yes"}, {"AcceptCrossRegion": "true"}),
        ({"budget": "2.50"}, {"RunBudget": "2.50"}),
        ({}, {}),
    ],
)
def test_settings_become_parameters(given: dict[str, str], expected: dict[str, str]) -> None:
    assert told(**given) == expected


@pytest.mark.parametrize("source", ["./folder", "records-abc123-ext-s3alias"])
def test_places_that_no_policy_can_name_are_refused(source: str) -> None:
    with pytest.raises(UsageError):
        told(source=source)


@pytest.mark.parametrize(
    ("model", "foundation"),
    [
        ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("apac.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("us-gov.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("meta.llama3-2-1b-instruct-v1:0", "meta.llama3-2-1b-instruct-v1:0"),
        ("jp.amazon.nova-2-lite-v1:0", "amazon.nova-2-lite-v1:0"),
        ("zai.glm-4.6", "zai.glm-4.6"),
    ],
)
def test_the_model_behind_an_inference_profile_is_allowed_too(model: str, foundation: str) -> None:
    found = values.settle(
        rendered("legal-compliance"), "s", {"BedrockModel": model}, {}, known=rendered("legal-compliance").required
    )
    assert (found["BedrockModel"], found["BedrockFoundationModel"]) == (model, foundation)


def test_the_command_line_goes_before_the_settings() -> None:
    found = values.settle(rendered("healthcare-dicom"), "s", {**DICOM, "Workers": "4"}, {"Workers": "6"})
    assert found["Workers"] == "6"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("Workers", "many", "not a number"),
        ("Workers", "0", "between"),
        ("ToleratedFailurePercentage", "101", "between"),
        ("AlarmProfile", "LOUD", "none of OFF"),
        ("SourceArn", "arn:aws:s3:::bucket", "right form"),
        ("ScheduleExpression", "every day", "right form"),
        ("SourcePrefix", "no/slash", "right form"),
        ("LogRetentionDays", "2", "none of"),
        ("Wrokers", "4", "no parameter 'Wrokers'"),
    ],
)
def test_what_cloudformation_would_refuse_is_refused_first(name: str, value: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        values.settle(rendered("healthcare-dicom"), "s", DICOM, {name: value})
    assert refused.value.hint


def test_everything_that_lacks_is_told_at_once() -> None:
    with pytest.raises(UsageError) as refused:
        values.settle(rendered("legal-compliance"), "s", CODE, {})
    assert "OntapEndpoint, OntapSecretArn, Svm" in refused.value.message
    assert "Storage virtual machine" in refused.value.hint


def test_a_stack_has_values_already() -> None:
    assert values.settle(rendered("healthcare-dicom"), "s", CODE, {}, known=["SourceArn", "KeySecretArn"]) == CODE


def test_two_stacks_do_not_share_a_database() -> None:
    required = rendered("legal-compliance").required
    found = [values.settle(rendered("legal-compliance"), name, {}, known=required) for name in ("Audit-a", "Audit-b")]
    assert [each["AthenaDatabase"] for each in found] == ["audit_a", "audit_b"]


def test_an_update_keeps_the_database_that_was_chosen() -> None:
    known = [*rendered("legal-compliance").required, "AthenaDatabase"]
    assert "AthenaDatabase" not in values.settle(rendered("legal-compliance"), "Audit-a", {}, known=known)


@pytest.mark.parametrize(
    "text",
    [
        "Svm: svm1\nRouteTableIds: [rtb-1, rtb-2]\nWorkers: 4\nEnableTracing: true\n",
        json.dumps({"Svm": "svm1", "RouteTableIds": ["rtb-1", "rtb-2"], "Workers": 4, "EnableTracing": True}),
        json.dumps(
            [
                {"ParameterKey": "Svm", "ParameterValue": "svm1"},
                {"ParameterKey": "RouteTableIds", "ParameterValue": "rtb-1,rtb-2"},
                {"ParameterKey": "Workers", "ParameterValue": "4"},
                {"ParameterKey": "EnableTracing", "ParameterValue": "true"},
            ]
        ),
    ],
)
def test_a_file_of_parameters_has_three_forms(text: str, tmp_path: Path) -> None:
    (tmp_path / "p").write_text(text)
    found = values.read_pairs(["Svm=svm2"], str(tmp_path / "p"))
    assert found == {"Svm": "svm2", "RouteTableIds": "rtb-1,rtb-2", "Workers": "4", "EnableTracing": "true"}


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text", "a: [", "\0"])
def test_a_file_that_holds_no_parameters_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "p").write_text(text)
    with pytest.raises(ConfigurationError):
        values.read_pairs([], str(tmp_path / "p"))


def test_parameters_of_the_use_case_are_checked_as_run_uc_does() -> None:
    case = catalog.load("legal-compliance")
    assert values.split(case, {"files": "yes", "Svm": "s"}) == ({"Svm": "s"}, {"files": "yes"})
    with pytest.raises(FsxapError, match="depth"):
        values.split(case, {"depth": "deep"})
    with pytest.raises(UsageError, match="flies"):
        values.split(case, {"flies": "yes"})


def test_the_key_of_a_sealed_use_case_is_the_secrets_arn() -> None:
    assert values.split(catalog.load("healthcare-dicom"), {"key": SECRET}) == ({"KeySecretArn": SECRET}, {})
    with pytest.raises(UsageError, match="right form"):
        values.settle(rendered("healthcare-dicom"), "s", DICOM, {"KeySecretArn": "file:/root/key"})


@pytest.mark.parametrize("name", ["1a", "a_b", "a" * 61, "a b", "-a"])
def test_names_that_resources_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        values.stack_name(catalog.load("healthcare-dicom"), name)


def test_every_default_fits_its_own_rule() -> None:
    for case in catalog.names():
        defaults = {
            name: str(about["Default"]) for name, about in rendered(case).parameters.items() if "Default" in about
        }
        found = values.settle(rendered(case), "fsxap-test", {}, defaults, known=rendered(case).required)
        assert found.keys() == defaults.keys()


def test_a_stack_that_renders_is_bound_to_one_queue_of_one_farm() -> None:
    case, place = catalog.load("media-vfx"), {"FarmId": "farm-" + "0" * 32, "QueueId": "queue-" + "1" * 32}
    given = {"submit": "yes", "farm": place["FarmId"], "queue": place["QueueId"]}
    assert values.split(case, given) == (place, {"submit": "yes"})
    known = {**CODE, "SourceArn": ARN}
    assert place.items() <= values.settle(render(case, {"submit": "yes"}), "s", known, place).items()
    for wrong in ({}, {**place, "FarmId": "farm-*"}, {**place, "QueueId": ""}):
        with pytest.raises(UsageError, match=r"FarmId|QueueId"):
            values.settle(render(case, {"submit": "yes"}), "s", known, wrong)
    assert values.settle(render(case, {}), "s", known, {"FarmId": ""})["FarmId"] == ""


def test_where_documents_may_go_is_the_stacks_to_say() -> None:
    given = {"textract_region": "eu-west-1", "accept_cross_region": "yes", "features": "text"}
    stack = {"TextractRegion": "eu-west-1", "AcceptCrossRegion": "true"}
    assert values.split(catalog.load("idp"), given) == (stack, {"features": "text"})
    assert stack.keys() <= rendered("idp").parameters.keys()
    with pytest.raises(UsageError, match="accept_cross_region"):
        values.split(catalog.load("idp"), {"accept_cross_region": "perhaps"})
