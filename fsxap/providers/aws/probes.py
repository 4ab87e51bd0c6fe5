"""Small questions to AWS that change nothing and cost nothing worth naming: one request each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fsxap.acl.site import S3AccessPoint
from fsxap.errors import ConfigurationError
from fsxap.providers.aws.errors import recognise, translated

ALIAS_END = "-ext-s3alias"
PROFILES = ("global", "us", "eu", "apac", "jp", "au", "ca", "us-gov")
"""What an inference profile's id begins with."""


def host_of(s3: Any, bucket: str) -> tuple[str, int]:
    """Host and port that requests for this bucket, alias or ARN go to; nothing is sent."""
    with translated(f"finding the host of {bucket}"):
        url = urlsplit(s3.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket}))
    return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


def caller(sts: Any) -> str:
    """The ARN AWS knows the credentials by."""
    with translated("asking AWS who this is"):
        return str(sts.get_caller_identity()["Arn"])


def head_bucket(s3: Any, bucket: str) -> None:
    """Tells of IAM only: it passes whatever the volume refuses, so it is no sign of health."""
    with translated(f"seeing {bucket}"):
        s3.head_bucket(Bucket=bucket)


def first_key(s3: Any, bucket: str, prefix: str) -> str:
    """One key of a listing, empty where there is none."""
    with translated(f"listing s3://{bucket}/{prefix}"):
        answer = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    return next((str(row["Key"]) for row in answer.get("Contents", ())), "")


def first_byte(s3: Any, bucket: str, key: str) -> int:
    """Reads one byte and returns the object's size; HEAD would hide the reason of a refusal."""
    from botocore.exceptions import ClientError

    with translated(f"reading s3://{bucket}/{key}"):
        try:
            answer = s3.get_object(Bucket=bucket, Key=key, Range="bytes=0-0")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "InvalidRange":
                # The object is there and empty.
                return 0
            raise
        with answer["Body"] as body:
            body.read()
        return int(str(answer.get("ContentRange", "/1")).rpartition("/")[2])


def attached(points: Sequence[S3AccessPoint], bucket: str) -> S3AccessPoint | None:
    """The access point an ARN or alias names. An alias begins with the name, so the longest name that fits counts."""
    fits = [
        point
        for point in points
        if point.arn == bucket or (bucket.endswith(ALIAS_END) and bucket.startswith(f"{point.name}-"))
    ]
    return max(fits, key=lambda point: len(point.name), default=None)


def s3_endpoints(ec2: Any, vpc: str, region: str) -> str:
    """The endpoints by which the VPC reaches S3. ConfigurationError where there is none that can work."""
    wanted = [
        {"Name": "vpc-id", "Values": [vpc]},
        {"Name": "service-name", "Values": [f"com.amazonaws.{region}.s3"]},
    ]
    with translated(f"listing endpoints of {vpc}"):
        pages = ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=wanted)
        found = [one for page in pages for one in page["VpcEndpoints"]]
    if not found:
        raise ConfigurationError(
            f"{vpc} has no endpoint for S3", code="no-endpoint", hint="make a gateway endpoint with its route tables"
        )
    if not any(one["VpcEndpointType"] != "Gateway" or one.get("RouteTableIds") for one in found):
        raise ConfigurationError(
            f"the gateway endpoint of {vpc} is in no route table",
            code="no-route-table",
            hint="add the route tables of the subnets that use it; without them requests get no answer",
        )
    return ", ".join(f"{one['VpcEndpointId']} ({one['VpcEndpointType']})" for one in found)


def model(bedrock: Any, name: str) -> str:
    """That the region has the model or inference profile."""
    with translated(f"looking for the model {name}"):
        if name.split(".")[0] in PROFILES or name.startswith("arn:"):
            found = bedrock.get_inference_profile(inferenceProfileIdentifier=name)
            return f"{found['inferenceProfileName']} is {found['status']}"
        details = bedrock.get_foundation_model(modelIdentifier=name)["modelDetails"]
        return f"{details['modelId']} is {details.get('modelLifecycle', {}).get('status', 'known')}"


def layer(error: BaseException) -> str:
    """Where the table of failures says to look; empty for what it does not know."""
    cause = error.__cause__
    known = recognise(cause) if isinstance(cause, Exception) else None
    return known.layer if known else ""
