"""An S3 endpoint that lies in its listings: the command says so and ends, or counts what it was told."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.program import Done, Program
from tests.hostile.bodies import laughs
from tests.unit.providers.aws.conftest import Origin, Reply, Request
from tests.unit.providers.aws.test_aws_pages import HTML, SLOW_DOWN, entry, page

ENTITY = b'?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><List'
LIES = {
    "more keys than there are": (page(entry("a.csv"), count=9), 254, "incomplete-listing"),
    "fewer": (page(entry("a.csv"), entry("b.csv"), count=1), 254, "incomplete-listing"),
    "a circle": (page(token="same"), 254, "paging-loop"),
    "out of order, in a circle": (page(entry("b.csv"), entry("a.csv"), token="same"), 254, "paging-loop"),
    "a negative size": (page(entry("a.csv", size=-1)), 254, "malformed-listing"),
    "no date": (page(entry("a.csv").replace("2026-01-02T03:04:05.000Z", "soon")), 254, "malformed-listing"),
    "a portal": (HTML, 253, "not-s3"),
    "nothing": (b"", 253, "not-s3"),
    "no XML": (b"\0\1\2", 254, "service-unavailable"),
    "a bomb": (laughs(), 254, "service-unavailable"),
    "a file": (
        page(entry("a.csv")).replace(b"?><List", ENTITY).replace(b">a.csv<", b">&e;<"), 254, "service-unavailable",
    ),
    "an error, and 200": (SLOW_DOWN, 254, "slow-down"),
    "an end that is none": (
        page(entry("a.csv"), token="x").replace(b"<IsTruncated>true", b"<IsTruncated>false"), 254, "incomplete-listing",
    ),
    "no word of an end": (
        page(entry("a.csv")).replace(b"<IsTruncated>false</IsTruncated>", b""), 254, "incomplete-listing",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    made = Origin()
    yield made
    made.close()


def asked(origin: Origin, here: Path, *arguments: str) -> Done:
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "eu-west-1"}
    return Program(here)(*arguments, **keys, AWS_ENDPOINT_URL=origin.url, AWS_MAX_ATTEMPTS="1", timeout=60)


@pytest.mark.parametrize("lie", LIES)
def test_discover(origin: Origin, tmp_path: Path, lie: str) -> None:
    body, code, error = LIES[lie]
    origin.answer = lambda _: Reply(body=body)
    done = asked(origin, tmp_path, "discover", "s3://bucket")
    # A place without order is refused here, and sorted by a run.
    assert (done.code, done.error["code"]) in {(code, error), (254, "unordered-listing")}, done.err
    assert (done.error["code"] == "unordered-listing") == lie.startswith("out of order")
    assert not done.of("summary")


@pytest.mark.parametrize(
    "lie", ["more keys than there are", "out of order, in a circle", "a negative size", "a portal"]
)
def test_a_run(origin: Origin, tmp_path: Path, lie: str) -> None:
    body, code, error = LIES[lie]
    origin.answer = lambda _: Reply(body=body)
    done = asked(origin, tmp_path, "run-uc", "manufacturing-analytics", "-s", "s3://bucket", "--to", "out")
    assert (done.code, done.error["code"]) == (code, error), done.err
    assert not done.of("result")


def answers(body: bytes, request: Request) -> Reply:
    return Reply(body=body) if "list-type" in request.path else Reply(404)


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        (("k" * 5000 + ".csv",), 1),
        (("../outside.csv", "/etc/x.csv", "a//b.csv"), 3),
        (("b.csv", "a.csv"), 2),
        (("a.csv", "a.csv"), 1),
    ],
    ids=["longer than any key", "that leave the place", "out of order", "twice"],
)
def test_keys_are_counted(origin: Origin, tmp_path: Path, keys: tuple[str, ...], seen: int) -> None:
    origin.answer = partial(answers, page(*map(entry, keys)))
    done = asked(origin, tmp_path, "run-uc", "manufacturing-analytics", "-s", "s3://bucket", "--to", "out")
    assert done.code in (0, 1), done.err
    coverage = done.summary["coverage"]
    assert (coverage["seen"], coverage["ok"], coverage["missing"]) == (seen, 0, 0)
    assert "internal" not in done.summary["failures"]
    assert {path.name for path in tmp_path.iterdir()} <= {"state", "home", "out"}
