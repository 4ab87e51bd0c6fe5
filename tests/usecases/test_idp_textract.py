"""idp on an access point, read by Textract: a run that dies while a job is under way does not pay for two."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.program import Program
from tests.unit.deploy.textract_endpoint import serving, textract
from tests.unit.providers.aws.test_aws_documents import picture

ALIAS = "inbox-abc123-ext-s3alias"


@pytest.fixture
def s3() -> Iterator[tuple[str, Any]]:
    """moto's server with an alias-named bucket and a state bucket: its URL and a client."""
    import botocore.session
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = botocore.session.get_session().create_client(
        "s3", region_name="eu-west-1", endpoint_url=url, aws_access_key_id="t", aws_secret_access_key="t"
    )
    for bucket in (ALIAS, "staged"):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield url, client
    server.stop()


def test_a_run_killed_while_a_job_is_under_way_starts_no_second_one(tmp_path: Path, s3: tuple[str, Any]) -> None:
    url, client = s3
    client.put_object(Bucket=ALIAS, Key="two.tif", Body=picture("TIFF", pages=2))
    service = textract(client, "staged", "textract", slow=1_000_000)
    program = Program(tmp_path)
    with serving(service) as endpoint:
        told = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_TEXTRACT": endpoint,
            "AWS_ENDPOINT_URL_COMPREHEND": endpoint,
            "AWS_ACCESS_KEY_ID": "t",
            "AWS_SECRET_ACCESS_KEY": "t",
            "AWS_REGION": "eu-west-1",
            "FSXAP_STATE_BUCKET": "s3://staged",
        }
        command = ("run-uc", "idp", "-s", f"s3://{ALIAS}", "--to", tmp_path / "out")
        first = program.start(*command, **told)
        for _ in range(600):
            if service.called("Get") or first.poll() is not None:
                break
            time.sleep(0.1)
        first.kill()
        first.communicate()
        assert service.called("Get") and len(service.jobs) == 1
        service.slow = 0
        done = program(*command, **told)
    assert done.code == 0, done.err
    (result,) = done.of("result")
    assert result["data"]["fields"]["total"]["value"] == "12.00"
    assert service.called("Start") == len(service.jobs) == 1
    assert (tmp_path / "out" / "two.tif.json").is_file()
    assert client.list_objects_v2(Bucket="staged", Prefix="textract/documents/").get("Contents", []) == []
