from __future__ import annotations

from pathlib import Path

import pytest

from fsxap.engine import locations
from fsxap.engine.settings import resolve
from fsxap.engine.stores import connect_aws, open_store, output_location

KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "eu-west-1"}


@pytest.mark.parametrize(
    ("flags", "environ", "endpoint"),
    [
        ({}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        (
            {},
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:2"},
            "http://127.0.0.1:2",
        ),
        ({"endpoint_url": "http://127.0.0.1:3"}, {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:2"}, "http://127.0.0.1:3"),
        ({}, {"FSXAP_ENDPOINT_URL": "http://127.0.0.1:4"}, "http://127.0.0.1:4"),
    ],
)
def test_endpoints(
    flags: dict[str, str], environ: dict[str, str], endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (KEYS | environ).items():
        monkeypatch.setenv(name, value)
    client = connect_aws(resolve(flags, KEYS | environ, [])).client("s3")
    assert client.meta.endpoint_url == endpoint
    assert client.meta.region_name == "eu-west-1"


def test_keys_in_the_environment_go_before_a_profile_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "credentials"
    config.write_text("[p]\naws_access_key_id = profile\naws_secret_access_key = s\n")
    environ = KEYS | {"AWS_PROFILE": "p", "AWS_SHARED_CREDENTIALS_FILE": str(config)}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert connect_aws(resolve({}, environ, [])).session.get_credentials().access_key == "x"
    assert connect_aws(resolve({"profile": "p"}, environ, [])).session.get_credentials().access_key == "profile"


def test_the_location_picks_the_store(tmp_path: Path) -> None:
    store = open_store(locations.parse(str(tmp_path)), lambda: pytest.fail("a folder needs no AWS"))
    assert store.location == str(tmp_path)


@pytest.mark.parametrize(
    ("source", "to", "where"),
    [
        ("/data", "/out", "/out"),
        ("/data", "/data", "/data/_fsxap/idp"),
        ("/data", "/data/results", "/data/results/_fsxap/idp"),
        ("/data", "s3://bucket/x", "s3://bucket/x/"),
        ("s3://bucket/x", "s3://bucket/x/y", "s3://bucket/x/y/_fsxap/idp/"),
        ("s3://bucket/x", "s3://bucket/z", "s3://bucket/z/"),
    ],
)
def test_outputs_inside_the_source_go_where_discovery_never_looks(source: str, to: str, where: str) -> None:
    assert output_location(locations.parse(source), to, "idp").url == where
