"""What is checked before a plan, on recorded shapes of FSx, EC2 and Secrets Manager."""

from __future__ import annotations

from typing import Any

import pytest

from fsxap.deploy import preflight
from fsxap.errors import ConfigurationError
from tests.unit.deploy.cloud import MOMENT, REGION, Cloud, Refusal

ARN = f"arn:aws:s3:{REGION}:123456789012:accesspoint/records"
ALIAS = "records-abc123-ext-s3alias"
SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:key-AbCdEf"
POINTS = "fsx.DescribeS3AccessPointAttachments"
NETWORK = {"VpcId": "vpc-1", "RouteTableIds": "rtb-1,rtb-2", "EnableS3GatewayEndpoint": "true"}


def point(name: str = "records", lifecycle: str = "AVAILABLE", vpc: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {"ResourceARN": ARN.replace("records", name), "Alias": ALIAS.replace("records", name)}
    if vpc:
        made["VpcConfiguration"] = {"VpcId": vpc}
    return {"Name": name, "Lifecycle": lifecycle, "CreationTime": MOMENT, "S3AccessPoint": made}


def fsx(*points: dict[str, Any]) -> Cloud:
    """Each access point on a page of its own."""

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        place = int(params.get("NextToken", "0"))
        more = {"NextToken": str(place + 1)} if place + 1 < len(points) else {}
        return {"S3AccessPointAttachments": list(points[place : place + 1]), **more}

    return Cloud({POINTS: answer})


def checked(cloud: Cloud, values: dict[str, str], *, exists: bool = False) -> list[tuple[str, str]]:
    found = list(preflight.checks(cloud.client, values, REGION, exists=exists))
    assert all(record["hint"] for record in found if record["status"] == "fail")
    return [(record["status"], record["detail"]) for record in found]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([point("other"), point()], ("pass", "available, of Internet origin")),
        ([point("other")], ("fail", "FSx knows no such access point")),
        ([point(lifecycle="MISCONFIGURED")], ("fail", "it is MISCONFIGURED")),
        ([point(vpc="vpc-0123456789abcdef0")], ("fail", "its origin is a VPC")),
    ],
)
def test_access_points(points: list[dict[str, Any]], expected: tuple[str, str]) -> None:
    assert checked(fsx(*points), {"SourceArn": ARN}) == [expected]


def test_an_access_point_of_another_region_is_refused_without_asking() -> None:
    cloud = fsx()
    assert checked(cloud, {"SourceArn": ARN.replace(REGION, "us-east-1")}) == [("fail", "it is not in eu-west-1")]
    assert cloud.calls == []


def test_what_may_not_be_asked_is_a_warning() -> None:
    def refuse(_: Any) -> dict[str, Any]:
        raise Refusal("AccessDeniedException", "no", 403)

    ((status, detail),) = checked(Cloud({POINTS: refuse}), {"SourceArn": ARN})
    assert status == "warn" and detail.startswith("not checked")


def test_an_alias_is_found_on_any_page() -> None:
    cloud = fsx(point("first"), point("second"), point())
    assert preflight.arn_of_alias(cloud.client)(ALIAS) == ARN
    with pytest.raises(ConfigurationError, match="unknown"):
        preflight.arn_of_alias(cloud.client)("unknown-abc-ext-s3alias")


@pytest.mark.parametrize(
    ("about", "status"), [({"ARN": SECRET}, "pass"), ({"ARN": SECRET, "DeletedDate": MOMENT}, "fail")]
)
def test_secrets(about: dict[str, Any], status: str) -> None:
    cloud = Cloud({"secretsmanager.DescribeSecret": lambda _: about})
    assert [each for each, _ in checked(cloud, {"KeySecretArn": SECRET})] == [status]
    assert "secretsmanager.GetSecretValue" not in cloud.operations


@pytest.mark.parametrize(
    ("endpoints", "wanted", "status"),
    [
        ([], "true", "pass"),
        ([{"RouteTableIds": ["rtb-2"]}], "true", "fail"),
        ([{"RouteTableIds": ["rtb-9"]}], "true", "pass"),
        ([{"RouteTableIds": ["rtb-2"]}], "false", "pass"),
        ([], "false", "fail"),
    ],
)
def test_one_s3_gateway_endpoint_for_a_route_table(endpoints: list[dict[str, Any]], wanted: str, status: str) -> None:
    cloud = Cloud({"ec2.DescribeVpcEndpoints": lambda _: {"VpcEndpoints": endpoints}})
    assert [each for each, _ in checked(cloud, NETWORK | {"EnableS3GatewayEndpoint": wanted})] == [status]


def test_a_stack_that_is_there_keeps_its_endpoint() -> None:
    assert checked(Cloud(), NETWORK, exists=True) == []


def test_the_prefix_list_of_the_region() -> None:
    cloud = Cloud({"ec2.DescribeManagedPrefixLists": lambda _: {"PrefixLists": [{"PrefixListId": "pl-6da54004"}]}})
    assert preflight.prefix_list(cloud.client, REGION) == "pl-6da54004"
    (asked,) = cloud.asked("ec2.DescribeManagedPrefixLists")
    assert asked["Filters"] == [{"Name": "prefix-list-name", "Values": ["com.amazonaws.eu-west-1.s3"]}]


@pytest.mark.parametrize(
    ("service", "region", "status"),
    [
        ("comprehendmedical", "us-east-1", "pass"),
        ("comprehendmedical", "eu-central-1", "warn"),
        ("textract", "ap-northeast-1", "warn"),
        ("s3vectors", "eu-west-1", "skip"),
    ],
)
def test_services_of_the_region_are_told_and_never_refused(service: str, region: str, status: str) -> None:
    (record,) = preflight.services({service: region})
    assert (record["layer"], record["check"], record["status"]) == ("services", service, status)
    assert region in record["detail"]
    assert bool(record["hint"]) == (status != "pass")
