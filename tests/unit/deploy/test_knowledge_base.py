"""The knowledge base's template: what it names exists, what it declares is used, roles, and its machine run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fsxap.deploy import targets, values
from fsxap.deploy.render import render
from fsxap.engine import settings
from fsxap.errors import UsageError
from tests.unit.deploy.templates import (
    conditions,
    listed,
    machine,
    nodes,
    of_type,
    references,
    rendered,
    resources,
    statements,
    states,
)

NAME = "knowledge-base"
ARN = "arn:aws:s3:eu-west-1:123456789012:accesspoint/records"
ALIAS = "records-abc123-ext-s3alias"


def test_rendering_twice_gives_equal_bytes() -> None:
    assert render(targets.find("kb"), {}).text == rendered(NAME).text


def test_cfn_lint_finds_nothing() -> None:
    from cfnlint.api import lint

    assert [str(match) for match in lint(rendered(NAME).text, regions=["ap-northeast-1"])] == []


def test_every_reference_resolves_and_every_parameter_is_used() -> None:
    template = rendered(NAME).template
    found = references([template["Resources"], template["Conditions"]])
    known = {*template["Parameters"], *template["Resources"]}
    assert {each for each in found if not each.startswith("AWS::")} <= known
    assert references(template["Outputs"]) <= set(template["Resources"])
    assert set(template["Parameters"]) <= found | references(template["Rules"])
    used = conditions([template["Resources"], template["Conditions"]])
    assert used == set(template["Conditions"])
    assert len(rendered(NAME).body.encode()) <= 51_200


def test_roles_name_what_they_may_touch() -> None:
    """* only where a service knows no resources; objects and lists by the access point's ARN."""
    for role in ("KnowledgeBaseRole", "StateMachineRole", "ScheduleRole"):
        for row in statements(NAME, role):
            wide = [each for each in listed(row["Resource"]) if each == "*"]
            assert not wide or row["Sid"] == "LogDelivery"
            assert not any("*" in action for action in listed(row["Action"]))
    reads = {row["Sid"]: row["Resource"] for row in statements(NAME, "KnowledgeBaseRole")}
    assert reads["List"] == [{"Ref": "SourceArn"}]
    assert reads["Read"] == [{"Fn::Sub": "${SourceArn}/object/${SourcePrefix}*"}]
    actions = {action for row in statements(NAME, "KnowledgeBaseRole") for action in listed(row["Action"])}
    assert not {action for action in actions if action.startswith("s3:")} - {"s3:ListBucket", "s3:GetObject"}
    (trust,) = resources(NAME)["KnowledgeBaseRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert set(trust["Condition"]) == {"StringEquals", "ArnLike"}


def test_policies_of_a_collection_are_json_for_one_collection() -> None:
    found = [*of_type(NAME, "AWS::OpenSearchServerless::SecurityPolicy").values()]
    found += of_type(NAME, "AWS::OpenSearchServerless::AccessPolicy").values()
    assert {about["Type"] for about in found} == {"encryption", "network", "data"}
    for about in found:
        text, own = about["Policy"]["Fn::Sub"]
        json.loads(text)
        assert "${Name}" in text and set(own) == {"Name"}
        assert not any(node == "*" for node in nodes(json.loads(text)))


@pytest.mark.parametrize("kind", ["AWS::S3Vectors::Index", "AWS::OpenSearchServerless::Index"])
def test_vectors_of_another_size_are_another_index(kind: str) -> None:
    (about,) = of_type(NAME, kind).values()
    assert about["IndexName"] == {"Fn::Sub": "passages-${Dimensions}"}


def test_what_passages_say_is_not_filterable_metadata() -> None:
    (about,) = of_type(NAME, "AWS::S3Vectors::Index").values()
    assert set(about["MetadataConfiguration"]["NonFilterableMetadataKeys"]) == {
        "AMAZON_BEDROCK_TEXT",
        "AMAZON_BEDROCK_METADATA",
    }


def test_hourly_billing_is_a_choice() -> None:
    assert rendered(NAME).parameters["VectorStore"]["Default"] == "S3_VECTORS"
    hourly = [about for about in resources(NAME).values() if about["Type"].startswith("AWS::OpenSearchServerless")]
    assert hourly and all(about["Condition"] == "OnCollection" for about in hourly)


def test_logs_are_encrypted_and_end() -> None:
    for about in of_type(NAME, "AWS::Logs::LogGroup").values():
        assert "KmsKeyId" in about and about["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_alias_and_arn_come_from_the_source() -> None:
    told = values.from_settings(settings.resolve({"source": f"{ALIAS}/in"}, {}, []), lambda _alias: ARN)
    chosen = values.settle(rendered(NAME), "s", told, {})
    assert chosen == {"SourceArn": ARN, "SourceAlias": ALIAS, "SourcePrefix": "in/"}
    with pytest.raises(UsageError, match="does not have the right form"):
        values.settle(rendered(NAME), "s", told | {"SourceAlias": "plain-bucket"}, {})


COUNTS = {
    "NumberOfDocumentsScanned": 10,
    "NumberOfNewDocumentsIndexed": 4,
    "NumberOfModifiedDocumentsIndexed": 2,
    "NumberOfDocumentsDeleted": 1,
    "NumberOfDocumentsFailed": 0,
}


def refusal() -> Exception:
    """As boto3 makes it: a class of the error's name."""
    from botocore.exceptions import ClientError

    about: Any = {"Error": {"Code": "ConflictException", "Message": "busy"}}
    about["ResponseMetadata"] = {"HTTPStatusCode": 409, "RequestId": "r"}
    found: Exception = type("ConflictException", (ClientError,), {})(about, "StartIngestionJob")
    return found


class Bedrock:
    """Answers as Step Functions sees them, capitalised; requests are checked against Bedrock's own model. `statuses`
    come in turn."""

    def __init__(self, statuses: list[str], **counts: int) -> None:
        self.statuses, self.counts = statuses, COUNTS | counts
        self.published: list[dict[str, Any]] = []
        self.busy = False

    def client(self, *, service_name: str, **_: Any) -> Any:
        return self

    def start_ingestion_job(self, **given: Any) -> dict[str, Any]:
        checked("StartIngestionJob", given)
        if self.busy:
            raise refusal()
        return {"IngestionJob": {"IngestionJobId": "JOB0000001", "Status": "STARTING"}}

    def get_ingestion_job(self, **given: Any) -> dict[str, Any]:
        checked("GetIngestionJob", given)
        status = self.statuses[0] if len(self.statuses) == 1 else self.statuses.pop(0)
        job: dict[str, Any] = {"IngestionJobId": "JOB0000001", "Status": status}
        if status == "COMPLETE":
            job |= {"Statistics": self.counts, "FailureReasons": ["secret.pdf cannot be read"]}
        return {"IngestionJob": job}

    def publish(self, **given: Any) -> dict[str, Any]:
        self.published.append(given)
        return {"MessageId": "1"}


def checked(operation: str, given: Mapping[str, Any]) -> None:
    """Step Functions writes with a capital what Bedrock's model writes without."""
    import botocore.session

    shape = botocore.session.get_session().get_service_model("bedrock-agent").operation_model(operation).input_shape
    plain = {f"{name[:1].lower()}{name[1:]}" for name in given}
    assert set(shape.required_members) <= plain <= set(shape.members)


def test_counts_are_those_of_bedrocks_model() -> None:
    import botocore.session

    model = botocore.session.get_session().get_service_model("bedrock-agent")
    known = model.shape_for("IngestionJobStatistics").members
    assert {f"{name[:1].lower()}{name[1:]}" for name in COUNTS} <= set(known)
    assert {"COMPLETE", "FAILED", "STOPPED"} <= set(model.shape_for("IngestionJobStatus").enum)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Bedrock], Mapping[str, Any]]:
    """The machine as deployed, but for the seconds it waits, run by moto's interpreter."""
    import botocore.session
    from moto import mock_aws
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk as sdk
    from moto.stepfunctions.parser.asl.utils import boto_client

    # As Step Functions names the errors of this service.
    monkeypatch.setitem(sdk._SERVICE_ERROR_NAMES, "bedrockagent", "BedrockAgent")
    definition = machine(NAME)
    definition["States"]["Wait"]["Seconds"] = 1
    for _, state in states(definition):
        for retry in state.get("Retry", ()):
            retry["IntervalSeconds"] = 1

    def go(bedrock: Bedrock) -> Mapping[str, Any]:
        monkeypatch.setattr(boto_client, "boto3", bedrock)
        with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
            client = botocore.session.get_session().create_client(
                "stepfunctions", region_name="eu-west-1", aws_access_key_id="t", aws_secret_access_key="t"
            )
            text = json.dumps(definition)
            role = "arn:aws:iam::123456789012:role/r"
            arn = client.create_state_machine(name="kb", definition=text, roleArn=role)["stateMachineArn"]
            execution = client.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
            for _ in range(600):
                about: Mapping[str, Any] = client.describe_execution(executionArn=execution)
                if about["status"] != "RUNNING":
                    return about
                time.sleep(0.05)
            raise AssertionError("still running")

    return go


@pytest.mark.parametrize("failed", [0, 3])
def test_a_run_counts_and_tells(run: Callable[[Bedrock], Mapping[str, Any]], failed: int) -> None:
    bedrock = Bedrock(["STARTING", "COMPLETE"], NumberOfDocumentsFailed=failed)
    about = run(bedrock)
    assert about["status"] == "SUCCEEDED", about
    output = json.loads(about["output"])
    assert output["coverage"] == {"seen": 10, "ok": 6, "vanished": 1, "failed": failed}
    (notice,) = bedrock.published
    assert f"{failed} of 10 documents failed" in notice["Subject"] and "6 read anew" in notice["Message"]
    assert "secret" not in json.dumps([output, notice])


def test_nothing_new_is_no_news(run: Callable[[Bedrock], Mapping[str, Any]]) -> None:
    bedrock = Bedrock(["COMPLETE"], **{name: 0 for name in COUNTS if name != "NumberOfDocumentsScanned"})
    assert run(bedrock)["status"] == "SUCCEEDED" and not bedrock.published


@pytest.mark.parametrize("status", ["FAILED", "STOPPED"])
def test_a_job_that_does_not_end_well_is_a_failed_run(run: Callable[[Bedrock], Mapping[str, Any]], status: str) -> None:
    assert run(Bedrock([status]))["status"] == "FAILED"


def test_two_jobs_do_not_overlap(run: Callable[[Bedrock], Mapping[str, Any]]) -> None:
    bedrock = Bedrock(["COMPLETE"])
    bedrock.busy = True
    about = run(bedrock)
    assert about["status"] == "SUCCEEDED" and "skipped" in json.loads(about["output"]) and not bedrock.published
