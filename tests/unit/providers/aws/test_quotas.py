"""Quotas as Service Quotas lists them: found by the words of their names, whatever stands beside them."""

from __future__ import annotations

from typing import Any

import pytest

from fsxap.errors import AccessDenied, ConfigurationError
from fsxap.providers.aws import quotas
from fsxap.providers.aws.quotas import Wanted
from tests.unit.providers.aws_wire import Refusal, client

TEXTRACT = {
    "Transactions per second per account for synchronous operations: DetectDocumentText": 25.0,
    "Transactions per second per account for AnalyzeDocument": 10.0,
    "Maximum number of adapters": 10.0,
}
BEDROCK = {
    "On-demand model inference tokens per minute for Amazon Nova Lite": 0.0,
    "Cross-region model inference tokens per minute for Amazon Nova Lite": 4_000_000.0,
    "Cross-region model inference requests per minute for Amazon Nova Lite": 2_000.0,
    "On-demand model inference tokens per minute for Amazon Nova Pro": 0.0,
}


def service(rows: dict[str, float], asked: list[dict[str, Any]] | None = None) -> Any:
    """A quota a page."""

    def answer(operation: str, params: dict[str, Any]) -> dict[str, Any]:
        assert operation == "ListServiceQuotas"
        if asked is not None:
            asked.append(params)
        place = int(params.get("NextToken", "0"))
        names = list(rows)
        more = {"NextToken": str(place + 1)} if place + 1 < len(names) else {}
        return {"Quotas": [{"QuotaName": name, "Value": rows[name]} for name in names[place : place + 1]], **more}

    return client("service-quotas", answer)


def test_rates_are_found_on_every_page() -> None:
    asked: list[dict[str, Any]] = []
    said = quotas.applied(service(TEXTRACT, asked), quotas.RATES["textract"])
    assert "DetectDocumentText: 25" in said and "AnalyzeDocument: 10" in said and "adapters" not in said
    assert len(asked) == 3
    assert asked[0]["ServiceCode"] == "textract"


def test_what_is_called_but_not_listed_is_unknown() -> None:
    with pytest.raises(ConfigurationError) as unknown:
        quotas.applied(service({"Maximum number of adapters": 10.0}), quotas.RATES["textract"])
    assert unknown.value.code == "quota-unknown"


def test_a_quota_of_nothing_is_no_quota() -> None:
    pro = quotas.wanted((), "amazon.nova-pro-v1:0")["bedrock-runtime"]
    with pytest.raises(ConfigurationError) as nothing:
        quotas.applied(service(BEDROCK), pro)
    assert nothing.value.code == "no-quota"
    assert "Nova Pro" in nothing.value.message


def test_a_profile_has_the_quotas_of_many_regions() -> None:
    lite = quotas.wanted((), "eu.amazon.nova-lite-v1:0")["bedrock-runtime"]
    said = quotas.applied(service(BEDROCK), lite)
    assert "4e+06" not in said
    assert said.count("Cross-region") == 2 and "On-demand" not in said


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("amazon.nova-lite-v1:0", ("on-demand", "nova", "lite")),
        ("zai.glm-4.6", ("on-demand", "glm")),
        ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", ("claude", "haiku")),
        ("arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-pro-v1:0", ("nova", "pro")),
    ],
)
def test_models_by_the_words_of_their_family(model: str, words: tuple[str, ...]) -> None:
    assert all(set(words) < set(names) for names in quotas.wanted((), model)["bedrock-runtime"].names)


def test_every_pipeline_has_a_state_machine() -> None:
    assert set(quotas.wanted(("textract", "glue"))) == {"stepfunctions", "textract"}
    assert quotas.wanted(())["stepfunctions"] == Wanted("states", (("map", "run"), ("open", "executions")))


def test_who_may_not_ask_is_told() -> None:
    def answer(_operation: str, _params: dict[str, Any]) -> dict[str, Any]:
        raise Refusal("AccessDeniedException", "not authorized to perform: servicequotas:ListServiceQuotas", 400)

    with pytest.raises(AccessDenied):
        quotas.applied(client("service-quotas", answer), quotas.RATES["textract"])


def test_concurrency() -> None:
    def answer(_operation: str, _params: dict[str, Any]) -> dict[str, Any]:
        return {"AccountLimit": {"ConcurrentExecutions": 1000}}

    assert quotas.concurrency(client("lambda", answer)) == "1000 Lambda functions at a time"
