"""moto's server on loopback, its clients and its buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REGION = "eu-west-1"
ENVIRON = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}


@contextmanager
def serving() -> Iterator[str]:
    """Its URL. Servers of one process share what was made in any of them."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


def client(url: str, service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().create_client(
        service, region_name=REGION, endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test"
    )


def bucket(url: str, name: str, objects: Mapping[str, bytes] | None = None) -> Any:
    """Makes one that holds these objects; a client of S3."""
    s3 = client(url, "s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key, body in (objects or {}).items():
        s3.put_object(Bucket=name, Key=key, Body=body)
    return s3


def files(folder: Path) -> dict[str, bytes]:
    """By their path below it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
