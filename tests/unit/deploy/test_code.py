"""The bucket for code and the state bucket's end, against moto (layer c: state of S3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fsxap.deploy import code
from fsxap.deploy.package import Package
from fsxap.errors import AccessDenied
from tests.unit.deploy.cloud import Cloud, Refusal

ACCOUNT, REGION, BUCKET = "123456789012", "eu-west-1", "fsxap-code-123456789012-eu-west-1"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    import botocore.session
    from moto import mock_aws

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield botocore.session.get_session().create_client("s3", region_name=REGION)


def zipped(tmp_path: Path) -> Package:
    path = tmp_path / "a.zip"
    path.write_bytes(b"zip")
    return Package(path, "d", "fsxap/a.zip", 3, path)


def test_the_bucket_is_made_once_private_and_by_tls_only(s3: Any) -> None:
    assert code.bucket_name(ACCOUNT, REGION) == BUCKET
    assert code.ensure_bucket(s3, BUCKET, ACCOUNT, REGION)
    assert not code.ensure_bucket(s3, BUCKET, ACCOUNT, REGION)
    blocks = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(blocks.values()) == {True}
    (deny,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_bucket_of_another_account_is_not_written_to(tmp_path: Path) -> None:
    """Its name can be guessed, so somebody may have taken it: S3 is told whose bucket is meant, and refuses."""

    def refuse(_: Any) -> dict[str, Any]:
        raise Refusal("403", "Forbidden", 403)

    cloud = Cloud({"s3.HeadBucket": refuse, "s3.HeadObject": refuse})
    with pytest.raises(AccessDenied, match=BUCKET) as refused:
        code.ensure_bucket(cloud.client("s3"), BUCKET, ACCOUNT, REGION)
    assert "another account" in refused.value.hint
    with pytest.raises(AccessDenied):
        code.upload(cloud.client("s3"), BUCKET, zipped(tmp_path), ACCOUNT)
    assert {params["ExpectedBucketOwner"] for _, params in cloud.calls} == {ACCOUNT}


def test_code_is_uploaded_once(s3: Any, tmp_path: Path) -> None:
    # moto does not read conditions, so a policy that denies what is not TLS would deny everything.
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert code.upload(s3, BUCKET, zipped(tmp_path), ACCOUNT)
    assert not code.upload(s3, BUCKET, zipped(tmp_path), ACCOUNT)
    assert s3.get_object(Bucket=BUCKET, Key="fsxap/a.zip")["Body"].read() == b"zip"


def test_a_versioned_bucket_is_emptied_of_every_version(s3: Any) -> None:
    s3.create_bucket(Bucket="state", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="state", VersioningConfiguration={"Status": "Enabled"})
    for number in range(3):
        s3.put_object(Bucket="state", Key="ledger", Body=str(number).encode())
    s3.delete_object(Bucket="state", Key="ledger")
    assert code.empty(s3, "state", ACCOUNT) == 4
    s3.delete_bucket(Bucket="state")
