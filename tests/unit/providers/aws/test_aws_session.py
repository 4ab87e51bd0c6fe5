"""Profile, region, credentials and clients: who wins, and what is said when something is missing."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.utils import parse_timestamp

from fsxap import __version__
from fsxap.errors import ConfigurationError, FsxapError
from fsxap.providers.aws.access_point import S3Store
from fsxap.providers.aws.session import Aws, read_timestamp
from fsxap.retry import Retry
from tests.unit.providers.aws.conftest import Origin, Reply, give_keys

CONFIG = """
[default]
region = eu-west-1
[profile work]
region = ap-northeast-1
aws_access_key_id = AKIDWORK
aws_secret_access_key = secret
[profile sso]
region = ap-northeast-1
sso_session = company
sso_account_id = 123456789012
sso_role_name = reader
[sso-session company]
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
[profile half]
region = us-east-1
aws_access_key_id = AKIDHALF
[profile bare]
"""


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config"
    path.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return path


@pytest.mark.parametrize(
    ("flag", "environment", "profile", "region"),
    [
        ("us-west-2", {"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "work", "us-west-2"),
        ("", {"AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "b"}, "work", "us-east-2"),
        ("", {"AWS_DEFAULT_REGION": "us-east-2"}, "work", "us-east-2"),
        ("", {}, "work", "ap-northeast-1"),
        ("", {"AWS_PROFILE": "work"}, "", "ap-northeast-1"),
        ("", {}, "", "eu-west-1"),
    ],
)
def test_region(
    monkeypatch: pytest.MonkeyPatch, flag: str, environment: dict[str, str], profile: str, region: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Aws(profile=profile, region=flag).region == region


def test_no_region_is_said() -> None:
    with pytest.raises(ConfigurationError) as caught:
        _ = Aws(profile="bare").region
    assert caught.value.code == "no-region"
    assert "bare" in caught.value.message
    assert "--region" in caught.value.hint


def test_unknown_profile_names_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "wrok")
    with pytest.raises(ConfigurationError) as caught:
        Aws().client("s3")
    assert caught.value.code == "no-profile"
    assert "wrok" in caught.value.message
    assert "work" in caught.value.hint


def test_no_credentials_names_the_profile_and_the_command() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Aws(profile="bare", region="us-east-1").client("s3")
    assert caught.value.code == "no-credentials"
    assert "bare" in caught.value.message
    assert "aws sso login --profile bare" in caught.value.hint


def test_expired_sso_says_which_login() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Aws(profile="sso").client("s3")
    assert caught.value.code == "expired-login"
    assert caught.value.hint == "aws sso login --profile sso"


def test_half_a_pair_of_keys_is_said() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Aws(profile="half").client("s3")
    assert caught.value.code == "bad-credentials"
    assert "half" in caught.value.message


def test_a_broken_configuration_file_is_said(config: Path) -> None:
    config.write_text("[profile x\nregion")
    with pytest.raises(ConfigurationError) as caught:
        Aws().client("s3")
    assert caught.value.code == "bad-aws-config"


def test_keys_in_the_environment_win_over_aws_profile_but_not_over_a_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    give_keys(monkeypatch)
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert Aws().session.get_credentials().access_key == "AKIDEXAMPLE"
    assert Aws(profile="work").session.get_credentials().access_key == "AKIDWORK"


def test_client_settings() -> None:
    aws = Aws(profile="work", retry=Retry(attempts=7, mode="adaptive"))
    config = aws.client("s3").meta.config
    assert (config.connect_timeout, config.read_timeout) == (10, 60)
    assert config.retries["total_max_attempts"] == 7
    assert config.retries["mode"] == "adaptive"
    assert f"fsxap/{__version__}" in config.user_agent
    assert config.s3["us_east_1_regional_endpoint"] == "regional"
    assert "addressing_style" not in config.s3


def test_attempts_of_the_environment_count() -> None:
    environ = {"AWS_MAX_ATTEMPTS": "2", "AWS_RETRY_MODE": "legacy"}
    retries = Aws(profile="work", environ=environ).client("s3").meta.config.retries
    assert (retries["total_max_attempts"], retries["mode"]) == (2, "legacy")


def url_of(client: Any, bucket: str) -> str:
    """Where a request would go."""
    seen: list[str] = []

    class Stop(Exception):
        pass

    def stop(request: Any, **_: Any) -> None:
        seen.append(request.url)
        raise Stop

    client.meta.events.register("before-sign.s3.GetObject", stop)
    with pytest.raises(Stop):
        client.get_object(Bucket=bucket, Key="k")
    client.meta.events.unregister("before-sign.s3.GetObject", stop)
    return seen[0]


ALIAS = "my-ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-ext-s3alias"
ARN = "arn:aws:s3:ap-northeast-1:123456789012:accesspoint/my-ap"


@pytest.mark.parametrize(
    ("region", "endpoint", "environment", "bucket", "url"),
    [
        ("ap-northeast-1", "", {}, ALIAS, f"https://{ALIAS}.s3.ap-northeast-1.amazonaws.com/k"),
        ("us-east-1", "", {}, ALIAS, f"https://{ALIAS}.s3.us-east-1.amazonaws.com/k"),
        ("ap-northeast-1", "", {}, ARN, "https://my-ap-123456789012.s3-accesspoint.ap-northeast-1.amazonaws.com/k"),
        ("us-east-1", "", {}, ARN, "https://my-ap-123456789012.s3-accesspoint.ap-northeast-1.amazonaws.com/k"),
        ("us-east-1", "http://localhost:4566", {}, ALIAS, f"http://localhost:4566/{ALIAS}/k"),
        ("us-east-1", "", {"AWS_ENDPOINT_URL": "http://localhost:1"}, ALIAS, f"http://localhost:1/{ALIAS}/k"),
        ("us-east-1", "", {"AWS_ENDPOINT_URL_S3": "http://localhost:2"}, ALIAS, f"http://localhost:2/{ALIAS}/k"),
        (
            "us-east-1",
            "http://localhost:3",
            {"AWS_ENDPOINT_URL_S3": "http://localhost:2"},
            ALIAS,
            f"http://localhost:3/{ALIAS}/k",
        ),
        (
            "us-gov-west-1",
            "",
            {},
            ARN.replace("aws:s3:ap-northeast-1", "aws-us-gov:s3:us-gov-west-1"),
            "https://my-ap-123456789012.s3-accesspoint.us-gov-west-1.amazonaws.com/k",
        ),
    ],
)
def test_where_requests_go(
    monkeypatch: pytest.MonkeyPatch, region: str, endpoint: str, environment: dict[str, str], bucket: str, url: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert url_of(Aws(profile="work", region=region, endpoint_url=endpoint).client("s3"), bucket) == url


def test_clients_are_made_once_from_any_thread() -> None:
    aws = Aws(profile="work")
    made: list[Any] = []
    threads = [threading.Thread(target=lambda: made.append(aws.client("s3"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len({id(client) for client in made}) == 1
    assert aws.client("s3", read_timeout=5) is not made[0]
    assert aws.client("s3", region="us-east-2").meta.region_name == "us-east-2"
    assert aws.client("s3", region="") is made[0]


def test_nobody_listening_is_unreachable(origin: Origin) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        client = Aws(profile="work", endpoint_url=url, retry=Retry(attempts=1)).client("s3")
        with pytest.raises(FsxapError) as caught:
            list(S3Store(client, ALIAS).list())
    assert (caught.value.code, caught.value.exit) == ("unreachable", 253)


def test_a_ca_bundle_that_is_not_there(origin: Origin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    url = origin.url.replace("http:", "https:")
    client = Aws(profile="work", endpoint_url=url, retry=Retry(attempts=1)).client("s3")
    with pytest.raises(FsxapError) as caught:
        list(S3Store(client, ALIAS).list())
    assert (caught.value.code, caught.value.exit) == ("certificate", 253)
    assert "not there" in caught.value.hint


def test_plain_http_behind_https_is_a_certificate_matter(origin: Origin) -> None:
    origin.answer = lambda _: Reply(200)
    url = origin.url.replace("http:", "https:")
    client = Aws(profile="work", endpoint_url=url, retry=Retry(attempts=1)).client("s3")
    with pytest.raises(FsxapError) as caught:
        list(S3Store(client, ALIAS).list())
    assert (caught.value.code, caught.value.exit) == ("certificate", 253)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.678Z",
        "2026-01-02T03:04:05+09:00",
        "Thu, 02 Jan 2026 03:04:05 GMT",
        "20260102T030405Z",
        1_767_323_045,
        1_767_323_045.5,
    ],
)
def test_times_are_read_as_botocore_reads_them(text: Any) -> None:
    assert read_timestamp(text) == parse_timestamp(text)


def test_times_are_in_utc() -> None:
    assert read_timestamp("2026-01-02T03:04:05Z") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_words_that_are_no_time_are_refused() -> None:
    with pytest.raises(ValueError, match="xxxx"):
        read_timestamp("xxxx-xx-xxTxx:xx:xxZ")
