"""The program against S3, answered by moto's server: alias-named bucket, exact keys, clear errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import moto_server
from tests.e2e.program import Done, Program

ALIAS = "demo-abc123-ext-s3alias"
KEYS = [
    "a b.txt",
    "a+b.txt",
    "dir/100%.txt",
    "dir/q?.txt",
    "dir/#.txt",
    "dir/日本語 😀.pdf",
    "dir/trailing.",
    "e\u0301.txt",
    "z" * 1000,
]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server.serving() as url:
        moto_server.bucket(url, ALIAS, {f"root/{key}": key.encode() for key in KEYS})
        yield url


def run(fsxap: Program, endpoint: str, *arguments: str, **environ: str) -> Done:
    return fsxap(*arguments, "--endpoint-url", endpoint, **(moto_server.ENVIRON | environ))


@pytest.mark.parametrize("location", [f"s3://{ALIAS}/root", f"{ALIAS}/root/", f"s3://{ALIAS}/root/"])
def test_keys_are_exact_and_in_order(fsxap: Program, endpoint: str, location: str) -> None:
    done = run(fsxap, endpoint, "discover", location)
    assert done.code == 0, done.err
    assert [record["key"] for record in done.of("item")] == sorted(KEYS)
    assert all(record["size"] == len(record["key"].encode()) for record in done.of("item"))


def test_filters_and_count(fsxap: Program, endpoint: str) -> None:
    done = run(fsxap, endpoint, "discover", f"s3://{ALIAS}", "--prefix", "root/dir/", "--include", "*.PDF", "--count")
    assert done.summary["data"]["items"] == 1


def test_errors_name_what_and_what_next(fsxap: Program, endpoint: str) -> None:
    done = run(fsxap, endpoint, "discover", "s3://no-such-bucket-here")
    assert (done.code, done.error["exit"]) == (254, 254)
    assert "no-such-bucket-here" in done.error["message"]
    done = fsxap(
        "discover", f"s3://{ALIAS}", "--endpoint-url", "http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1", **moto_server.ENVIRON
    )
    assert done.code == 253
    done = fsxap("discover", f"s3://{ALIAS}", "--endpoint-url", endpoint, AWS_REGION="eu-west-1")
    assert (done.code, done.error["code"]) == (253, "no-credentials")
    done = fsxap("discover", f"s3://{ALIAS}", "--endpoint-url", endpoint, "--profile", "nobody", AWS_REGION="eu-west-1")
    assert done.code == 253
    assert "nobody" in done.error["message"]


def test_state_may_live_in_a_bucket(fsxap: Program, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Lambda handler with its state in S3 reaches the same coverage."""
    from tests.usecases.drivers import by_lambda

    for name, value in moto_server.ENVIRON.items():
        monkeypatch.setenv(name, value)
    data = fsxap.here / "data"
    for number in range(20):
        (data / f"d{number}").mkdir(parents=True)
    client = moto_server.client(endpoint, "s3")

    def read(location: str) -> list[bytes]:
        key = location.removeprefix(f"s3://{ALIAS}/")
        return client.get_object(Bucket=ALIAS, Key=key)["Body"].read().splitlines()

    environ = {"FSXAP_SOURCE": str(data), "FSXAP_ENDPOINT_URL": endpoint, "FSXAP_REGION": "eu-west-1"}
    answers = by_lambda("legal-compliance", f"s3://{ALIAS}/state", environ, read)
    assert answers["ended"]["coverage"]["ok"] == 21
    again = by_lambda("legal-compliance", f"s3://{ALIAS}/state", environ, read)
    assert again["ended"]["coverage"]["unchanged"] == 21
