"""The bucket that functions get their code from, and the zip in it."""

from __future__ import annotations

import json
from typing import Any

from fsxap.deploy.package import Package
from fsxap.errors import AccessDenied, FsxapError
from fsxap.providers.aws.errors import translated


def bucket_name(account: str, region: str) -> str:
    """The bucket of our own, where none is named."""
    return f"fsxap-code-{account}-{region}"


def ensure_bucket(client: Any, bucket: str, account: str, region: str) -> bool:
    """Make the bucket where there is none; whether it was made. One of another account is never written to."""
    from botocore.exceptions import ClientError

    try:
        with translated(f"looking for bucket {bucket}"):
            client.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
        return False
    except FsxapError as error:
        cause = error.__cause__
        if not isinstance(cause, ClientError) or cause.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            if isinstance(error, AccessDenied):
                error.hint = f"the bucket is another account's, or s3:ListBucket on it is not allowed to {account}"
            raise
    # The only region that must not be named.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with translated(f"making bucket {bucket}"):
        client.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced", **place)
        client.get_waiter("bucket_exists").wait(Bucket=bucket)
        client.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        client.put_bucket_policy(
            Bucket=bucket, Policy=json.dumps(_tls_only(f"arn:{client.meta.partition}:s3:::{bucket}"))
        )
    return True


def _tls_only(arn: str) -> dict[str, Any]:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    return {"Version": "2012-10-17", "Statement": [{**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}


def upload(client: Any, bucket: str, package: Package, account: str) -> bool:
    """Put the zip where it is not yet; whether it was put. Its key says what is in it."""
    from botocore.exceptions import ClientError

    owned = {"Bucket": bucket, "Key": package.key, "ExpectedBucketOwner": account}
    try:
        with translated(f"looking for s3://{bucket}/{package.key}"):
            client.head_object(**owned)
        return False
    except FsxapError as error:
        cause = error.__cause__
        if not isinstance(cause, ClientError) or cause.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
    with package.path.open("rb") as body, translated(f"uploading s3://{bucket}/{package.key}"):
        client.put_object(**owned, Body=body, ChecksumAlgorithm="SHA256")
    return True


def empty(client: Any, bucket: str, account: str) -> int:
    """Delete every version of every object, which is what keeps CloudFormation from deleting a bucket; how many."""
    number = 0
    with translated(f"emptying bucket {bucket}"):
        pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, ExpectedBucketOwner=account)
        for page in pages:
            rows = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            objects = [{"Key": row["Key"], "VersionId": row["VersionId"]} for row in rows]
            if objects:
                answer = client.delete_objects(
                    Bucket=bucket, Delete={"Objects": objects, "Quiet": True}, ExpectedBucketOwner=account
                )
                if answer.get("Errors"):
                    first = answer["Errors"][0]
                    raise AccessDenied(f"emptying bucket {bucket}: {first.get('Message')} ({first.get('Code')})")
            number += len(objects)
    return number
