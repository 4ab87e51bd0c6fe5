from __future__ import annotations

import io
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from fsxap.acl.site import S3AccessPoint
from fsxap.errors import AccessDenied, ConfigurationError, NotFound
from fsxap.providers.aws import probes
from tests.unit.providers.aws_wire import Refusal, client

ARN = "arn:aws:s3:eu-west-1:123456789012:accesspoint/data"


def s3(**config: Any) -> Any:
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    return session.create_client("s3", region_name="eu-west-1", config=Config(signature_version="s3v4", **config))


@pytest.mark.parametrize(
    ("bucket", "host"),
    [
        ("data-abc-ext-s3alias", "data-abc-ext-s3alias.s3.eu-west-1.amazonaws.com"),
        (ARN, "data-123456789012.s3-accesspoint.eu-west-1.amazonaws.com"),
    ],
)
def test_the_host_is_the_one_requests_go_to(bucket: str, host: str) -> None:
    assert probes.host_of(s3(s3={"addressing_style": "virtual"}), bucket) == (host, 443)


def test_an_alias_belongs_to_the_longest_name_that_fits() -> None:
    points = [S3AccessPoint("data", arn=ARN), S3AccessPoint("data-new"), S3AccessPoint("dat")]
    assert probes.attached(points, "data-abc123-ext-s3alias") == points[0]
    assert probes.attached(points, "data-new-abc123-ext-s3alias") == points[1]
    assert probes.attached(points, ARN) == points[0]
    assert probes.attached(points, "data-bucket") is None


class Objects:
    """GetObject of keys that are whole, empty, refused or away."""

    def get_object(self, *, Key: str, **_: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        if Key == "whole":
            return {"Body": io.BytesIO(b"x"), "ContentRange": "bytes 0-0/4711"}
        code = {"empty": "InvalidRange", "refused": "AccessDenied"}.get(Key, "NoSuchKey")
        raise ClientError({"Error": {"Code": code, "Message": "x"}}, "GetObject")


def test_one_byte_tells_the_size() -> None:
    assert probes.first_byte(Objects(), "b", "whole") == 4711
    assert probes.first_byte(Objects(), "b", "empty") == 0
    with pytest.raises(AccessDenied) as refused:
        probes.first_byte(Objects(), "b", "refused")
    assert probes.layer(refused.value) == "IAM or file-system identity"
    with pytest.raises(NotFound):
        probes.first_byte(Objects(), "b", "away")


def test_models_and_profiles() -> None:
    summary = {
        "inferenceProfileName": "EU Nova Lite",
        "inferenceProfileArn": "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0",
        "inferenceProfileId": "eu.amazon.nova-lite-v1:0",
        "models": [{"modelArn": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }

    def answer(operation: str, _params: dict[str, Any]) -> dict[str, Any]:
        if operation == "GetInferenceProfile":
            return summary
        raise Refusal("ResourceNotFoundException", "no such model", 404)

    bedrock = client("bedrock", answer)
    assert probes.model(bedrock, "eu.amazon.nova-lite-v1:0") == "EU Nova Lite is ACTIVE"
    with pytest.raises(NotFound):
        probes.model(bedrock, "amazon.nova-lite-v1:0")


class Network:
    """DescribeVpcEndpoints, a page at a time."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    def get_paginator(self, _operation: str) -> Network:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"VpcEndpoints": page} for page in self.pages]


def test_a_gateway_endpoint_needs_a_route_table() -> None:
    gateway = {"VpcEndpointId": "vpce-1", "VpcEndpointType": "Gateway", "RouteTableIds": ["rtb-1"]}
    assert probes.s3_endpoints(Network([], [gateway]), "vpc-1", "eu-west-1") == "vpce-1 (Gateway)"
    for pages, code in (([[]], "no-endpoint"), ([[gateway | {"RouteTableIds": []}]], "no-route-table")):
        with pytest.raises(ConfigurationError) as refused:
            probes.s3_endpoints(Network(*pages), "vpc-1", "eu-west-1")
        assert refused.value.code == code
