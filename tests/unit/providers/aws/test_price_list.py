from __future__ import annotations

import json
from typing import Any

import pytest

from fsxap.costs.pricing import Prices
from fsxap.errors import AccessDenied, ServiceError
from fsxap.providers.aws import price_list
from tests.unit.providers.aws_wire import Refusal, client


def offer(usage: str, *tiers: tuple[str, str]) -> str:
    """One product as the API writes it: text in a list."""
    dimensions = {
        f"x.{at}": {"beginRange": start, "endRange": "Inf", "unit": "x", "pricePerUnit": {"USD": usd}}
        for at, (start, usd) in enumerate(tiers)
    }
    terms = {"OnDemand": {"x": {"effectiveDate": "2026-10-01T00:00:00Z", "priceDimensions": dimensions}}}
    return json.dumps({"product": {"attributes": {"usagetype": usage}}, "terms": terms})


class Shop:
    """Answers by service code and usage type, two pages each."""

    def __init__(self, offers: dict[str, list[str]]) -> None:
        self.offers = offers
        self.asked: list[dict[str, Any]] = []

    def __call__(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        assert operation == "GetProducts"
        self.asked.append(params)
        (wanted,) = (each["Value"] for each in params["Filters"] if each["Field"] == "usagetype")
        found = [text for text in self.offers.get(params["ServiceCode"], []) if wanted in text]
        if "NextToken" in params:
            return {"FormatVersion": "aws_v1", "PriceList": found[1:]}
        return {"FormatVersion": "aws_v1", "PriceList": found[:1], "NextToken": "more"}


def test_the_first_paid_tier_counts_whatever_the_region_prefix() -> None:
    shop = Shop(
        {
            "AWSLambda": [offer("APN1-Lambda-GB-Second-ARM", ("0", "0.0000133334"), ("6e9", "0.0000120001"))],
            "AmazonVPC": [
                offer("APN1-VpcEndpoint-Hours-Extra", ("0", "9")),
                offer("APN1-VpcEndpoint-Hours", ("0", "0.0140000000")),
            ],
            "awskms": [offer("ap-northeast-1-KMS-Requests", ("0", "0"), ("20000", "0.000003"))],
        }
    )
    found, missing = price_list.read_prices(client("pricing", shop), "ap-northeast-1")
    assert {(each.unit, each.usd, each.per, each.dated) for each in found} == {
        ("lambda_gb_ms", "0.0000133334", 1000, "2026-10-01"),
        ("endpoint_hours", "0.0140000000", 1, "2026-10-01"),
        ("kms_requests", "0.000003", 1, "2026-10-01"),
    }
    assert len(missing) == len(price_list.PRODUCTS) - 3
    assert {each["Value"] for asked in shop.asked for each in asked["Filters"] if each["Field"] == "regionCode"} == {
        "ap-northeast-1"
    }


def test_two_prices_are_none() -> None:
    shop = Shop(
        {"AmazonStates": [offer("USE1-StateTransition", ("0", "1")), offer("USE1-StateTransition", ("0", "2"))]}
    )
    found, missing = price_list.read_prices(client("pricing", shop), "us-east-1")
    assert not found
    assert "sfn_transitions: 2 different prices for StateTransition of AmazonStates in us-east-1" in missing


def test_refusals_and_nonsense_are_errors() -> None:
    def denied(_operation: str, _params: dict[str, Any]) -> dict[str, Any]:
        raise Refusal("AccessDeniedException", "not authorized to perform: pricing:GetProducts")

    with pytest.raises(AccessDenied):
        price_list.read_prices(client("pricing", denied), "us-east-1")
    nonsense = Shop({"AmazonStates": ["{StateTransition"]})
    with pytest.raises(ServiceError, match="no price list"):
        price_list.read_prices(client("pricing", nonsense), "us-east-1")
    dear = Shop({"AmazonStates": [offer("USE1-StateTransition", ("0", "dear"))]})
    with pytest.raises(ServiceError, match="no amount"):
        price_list.read_prices(client("pricing", dear), "us-east-1")


def test_every_unit_looked_up_is_one_that_is_known() -> None:
    assert {row["unit"] for row in Prices.bundled().rows} >= price_list.UNITS
