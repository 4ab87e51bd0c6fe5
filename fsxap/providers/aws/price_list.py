"""Reads current prices from AWS's Price List API, for the units whose usage types are known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from fsxap.errors import ServiceError
from fsxap.providers.aws.errors import translated

REGION = "us-east-1"
"""One of the few regions that have the API; it answers for all."""
GIB, TIB = 2**30, 2**40


@dataclass(frozen=True, slots=True)
class Product:
    """`usage` is how the usage type ends, after the region's prefix; one unit of the list is `per` of ours."""

    unit: str
    code: str
    usage: str
    per: int = 1


PRODUCTS = (
    Product("lambda_requests", "AWSLambda", "Request-ARM"),
    Product("lambda_gb_ms", "AWSLambda", "Lambda-GB-Second-ARM", 1000),
    Product("sfn_transitions", "AmazonStates", "StateTransition"),
    Product("s3_put_requests", "AmazonS3", "Requests-Tier1"),
    Product("s3_get_requests", "AmazonS3", "Requests-Tier2"),
    Product("athena_bytes", "AmazonAthena", "DataScannedInTB", TIB),
    Product("endpoint_hours", "AmazonVPC", "VpcEndpoint-Hours"),
    Product("endpoint_bytes", "AmazonVPC", "VpcEndpoint-Bytes", GIB),
    Product("kms_requests", "awskms", "KMS-Requests"),
    Product("kms_keys", "awskms", "KMS-Keys"),
    Product("log_bytes", "AmazonCloudWatch", "DataProcessing-Bytes", GIB),
    Product("log_byte_months", "AmazonCloudWatch", "TimedStorage-ByteHrs", GIB),
    Product("alarm_metrics", "AmazonCloudWatch", "CW:AlarmMonitorUsage"),
    Product("custom_metrics", "AmazonCloudWatch", "CW:MetricMonitorUsage"),
    Product("metric_requests", "AmazonCloudWatch", "CW:Requests"),
    Product("secrets", "AWSSecretsManager", "AWSSecretsManager-Secrets"),
    Product("secret_requests", "AWSSecretsManager", "AWSSecretsManagerAPIRequest"),
)
UNITS = frozenset(product.unit for product in PRODUCTS)


@dataclass(frozen=True, slots=True)
class Figure:
    """USD for `per` of `unit`: the first tier that is not free."""

    unit: str
    usd: str
    per: int
    dated: str
    source: str


def read_prices(client: Any, region: str) -> tuple[list[Figure], list[str]]:
    """Figures of a region, and which units the list has none or no single one for. ServiceError when it is refused."""
    found: list[Figure] = []
    missing: list[str] = []
    for product in PRODUCTS:
        figures = {(usd, dated, usage) for usd, dated, usage in _figures(client, product, region)}
        amounts = {usd for usd, _, _ in figures}
        if len(amounts) == 1:
            usd, dated, usage = max(figures, key=lambda each: each[1])
            found.append(
                Figure(product.unit, format(usd, "f"), product.per, dated, f"Price List API, {product.code} {usage}")
            )
        else:
            why = f"{len(amounts)} different prices" if amounts else "no price"
            missing.append(f"{product.unit}: {why} for {product.usage} of {product.code} in {region}")
    return found, missing


def _figures(client: Any, product: Product, region: str) -> Iterator[tuple[Decimal, str, str]]:
    request: dict[str, Any] = {
        "ServiceCode": product.code,
        "FormatVersion": "aws_v1",
        "Filters": [
            {"Type": "TERM_MATCH", "Field": "regionCode", "Value": region},
            {"Type": "CONTAINS", "Field": "usagetype", "Value": product.usage},
        ],
    }
    with translated(f"reading prices of {product.code} in {region}"):
        for page in client.get_paginator("get_products").paginate(**request):
            for text in page.get("PriceList", ()):
                offer = _offer(text)
                usage = str(offer.get("product", {}).get("attributes", {}).get("usagetype", ""))
                if usage == product.usage or usage.endswith(f"-{product.usage}"):
                    yield from ((usd, dated, usage) for usd, dated in _first_paid(offer))


def _offer(text: str) -> Mapping[str, Any]:
    try:
        offer: Mapping[str, Any] = json.loads(text)
    except ValueError as error:
        raise ServiceError("the Price List API answered what is no price list", code="unexpected-answer") from error
    return offer


def _first_paid(offer: Mapping[str, Any]) -> Iterator[tuple[Decimal, str]]:
    """The price of the lowest tier that costs anything, of each on-demand term."""
    for term in offer.get("terms", {}).get("OnDemand", {}).values():
        tiers = []
        for tier in term.get("priceDimensions", {}).values():
            try:
                usd, start = Decimal(tier["pricePerUnit"]["USD"]), Decimal(tier.get("beginRange", "0"))
            except (KeyError, InvalidOperation) as error:
                raise ServiceError("a price in the price list is no amount in USD", code="unexpected-answer") from error
            if usd > 0:
                tiers.append((start, usd))
        if tiers:
            yield min(tiers)[1], str(term.get("effectiveDate", ""))[:10]
