"""Objects asked for as botocore would: signed alike, trusted alike, and by botocore itself in all that is unusual."""

from __future__ import annotations

import hashlib
import hmac
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsxap.emulator.certificate import Authority
from fsxap.errors import FsxapError
from fsxap.providers.aws import objects
from fsxap.providers.aws.access_point import S3Store
from fsxap.providers.aws.learnt import Learnt
from fsxap.providers.aws.session import Aws
from fsxap.retry import Retry
from tests.unit.providers.aws.conftest import Origin, Reply, Request, give_keys

BODY = bytes(range(256)) * 40
SECRET, TOKEN = "secret", "token/with+signs="


def whole(_: Request) -> Reply:
    end = len(BODY) - 1
    return Reply(206, BODY, {"ETag": '"1"', "Content-Range": f"bytes 0-{end}/{len(BODY)}"})


@pytest.fixture
def learnt(origin: Origin, client: Any) -> S3Store:
    """A store that has read once, through botocore."""
    origin.answer = whole
    store = S3Store(client, "x-abc-ext-s3alias", retry=Retry(attempts=3, base=0))
    assert store.read("first") == BODY
    origin.requests.clear()
    return store


def is_direct(request: Request) -> bool:
    """botocore numbers each request; ours has nothing to number."""
    return "amz-sdk-invocation-id" not in request.headers


def is_signed(request: Request, secret: str = SECRET) -> bool:
    """By AWS's description of Signature Version 4, with nothing of botocore's."""
    algorithm, _, rest = request.headers["authorization"].partition(" ")
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    key, scope = fields["Credential"].split("/", 1)
    path, _, query = request.path.partition("?")
    names = fields["SignedHeaders"].split(";")
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in names)
    parts = (request.method, path, query, headers, fields["SignedHeaders"], request.headers["x-amz-content-sha256"])
    text = "\n".join((algorithm, request.headers["x-amz-date"], scope, sha256("\n".join(parts))))
    signing = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    assert key
    assert {"host", "range", "x-amz-content-sha256", "x-amz-date"} <= set(names)
    return hmac.new(signing, text.encode(), "sha256").hexdigest() == fields["Signature"]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def s3_client(url: str, credentials: Any = None, **config: Any) -> Any:
    session = botocore.session.Session()
    if credentials:
        session._credentials = credentials
    else:
        session.set_credentials("AKIDEXAMPLE", SECRET, TOKEN)
    settings = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, **config)
    return session.create_client("s3", region_name="eu-west-1", endpoint_url=url, config=settings)


@pytest.fixture(scope="module")
def with_token(_origin: Origin) -> Any:
    return s3_client(_origin.url)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    start=st.integers(0, 10**12),
    length=st.integers(1, 10**9) | st.none(),
)
def test_requests_and_signatures_are_botocores(
    origin: Origin, with_token: Any, key: str, start: int, length: int | None
) -> None:
    part = f"bytes={start}-" + ("" if length is None else str(start + length - 1))
    origin.answer = whole
    opener = objects.Objects(with_token, "bucket", ca_bundle="", most=4)
    for _ in range(2):
        body = opener.open(key, part, "").body
        while body.readinto(memoryview(bytearray(1 << 16))):
            pass
    theirs, ours = origin.requests[-2:]
    assert (is_direct(theirs), is_direct(ours)) == (False, True)
    assert (ours.method, ours.path) == (theirs.method, theirs.path)
    own = {"amz-sdk-invocation-id", "amz-sdk-request", "x-amz-date", "authorization", "connection"}
    assert {name: value for name, value in theirs.headers.items() if name not in own} == {
        name: value for name, value in ours.headers.items() if name not in own
    }
    assert ours.headers["x-amz-security-token"] == TOKEN
    assert is_signed(theirs)
    assert is_signed(ours)


@pytest.mark.parametrize(
    ("bucket", "config", "base"),
    [
        ("x-ext-s3alias", {}, "https://x-ext-s3alias.s3.eu-west-1.amazonaws.com/"),
        ("with.dots", {}, "https://s3.eu-west-1.amazonaws.com/with.dots/"),
        ("b" * 9, {"use_dualstack_endpoint": True}, "https://bbbbbbbbb.s3.dualstack.eu-west-1.amazonaws.com/"),
        ("b" * 9, {"use_fips_endpoint": True}, "https://bbbbbbbbb.s3-fips.eu-west-1.amazonaws.com/"),
        (
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/name",
            {},
            "https://name-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/",
        ),
        (
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/name",
            {"use_fips_endpoint": True},
            "https://name-123456789012.s3-accesspoint-fips.eu-west-1.amazonaws.com/",
        ),
        ("b" * 9, {"proxies": {"https": "http://proxy:3128"}}, None),
        ("b" * 9, {"client_cert": "client.pem"}, None),
    ],
)
def test_where_botocore_asks_we_ask_or_not_at_all(bucket: str, config: dict[str, Any], base: str | None) -> None:
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", SECRET)
    client = session.create_client("s3", region_name="eu-west-1", config=Config(**config))

    class Raw(io.BytesIO):
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield self.read()

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 206, {"content-length": "2", "content-range": "bytes 0-1/2"}, Raw(b"ab"))

    client.meta.events.register("before-send.s3.GetObject", answer)
    opener = objects.Objects(client, bucket, ca_bundle="", most=4)
    opener.open("a/ü b", "bytes=0-", "")
    assert (opener._way.base if opener._way else None) == base
    assert not opener._learning


def test_a_proxy_of_the_environment_is_botocores(
    origin: Origin, with_token: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Learnt(f"{origin.url}/bucket/a", {}, {}, None)
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "")
    assert objects.way_to(with_token, seen, "a", "") is None
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert objects.way_to(with_token, seen, "a", "") is not None
    assert objects.way_to(with_token, seen, "other", "") is None


ERROR = b"<Error><Code>%s</Code><Message>no</Message></Error>"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(404, ERROR % b"NoSuchKey"), "not-found"),
        (Reply(403, ERROR % b"AccessDenied"), "access-denied"),
        (Reply(400, ERROR % b"ExpiredToken"), "expired-token"),
        (Reply(416, ERROR % b"InvalidRange"), None),
    ],
)
def test_what_is_no_object_is_told_by_botocore(origin: Origin, learnt: S3Store, reply: Reply, code: str | None) -> None:
    origin.answer = lambda _: reply
    if code is None:
        assert learnt.read("a") == b""
    else:
        with pytest.raises(FsxapError) as caught:
            learnt.read("a")
        assert caught.value.code == code
    assert is_direct(origin.requests[0])
    assert not is_direct(origin.requests[1])


def test_credentials_never_follow_a_redirect(origin: Origin, learnt: S3Store) -> None:
    other = Origin()
    try:
        moved = Reply(307, ERROR % b"TemporaryRedirect", {"Location": f"{other.url}/x-abc-ext-s3alias/a"})
        # botocore asks for the bucket's region then.
        origin.answer = lambda request: moved if request.method == "GET" else Reply(404)
        with pytest.raises(FsxapError):
            learnt.read("a")
        assert is_direct(origin.requests[0])
        assert other.requests == []
    finally:
        other.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-checksum-crc32": "AAAAAA=="},
        {"Transfer-Encoding": "chunked", "Content-Length": ""},
        {"Content-Length": "-1"},
    ],
    ids=["checksum", "chunked", "length"],
)
def test_what_needs_more_than_copying_is_botocores_from_then_on(
    origin: Origin, learnt: S3Store, headers: dict[str, str]
) -> None:
    def answer(request: Request) -> Reply:
        found = whole(request)
        return Reply(206, found.body, found.headers | headers) if is_direct(request) else found

    origin.answer = answer
    assert learnt.read("a") == learnt.read("b") == BODY
    assert [is_direct(request) for request in origin.requests] == [True, False, False]


def test_a_wrong_checksum_is_noticed(origin: Origin, learnt: S3Store) -> None:
    origin.answer = lambda request: Reply(206, BODY, whole(request).headers | {"x-amz-checksum-crc32": "AAAAAA=="})
    with pytest.raises(FsxapError) as caught:
        learnt.read("a")
    assert caught.value.code == "corrupted"


def test_a_connection_that_breaks_is_botocores_for_a_while(
    origin: Origin, learnt: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    clock = SimpleNamespace(monotonic=lambda: now, perf_counter=time.perf_counter)
    monkeypatch.setattr(objects, "time", clock)
    # No status line of HTTP's.
    origin.answer = lambda request: Reply(0, b"", {}, 0) if is_direct(request) else whole(request)
    assert learnt.read("a") == learnt.read("b") == BODY
    now += objects.REST
    origin.answer = whole
    assert learnt.read("c") == BODY
    assert [is_direct(request) for request in origin.requests] == [True, False, False, True]


def test_connections_are_kept_and_given_up_with_what_was_left_unread(origin: Origin, learnt: S3Store) -> None:
    for _ in range(3):
        assert learnt.read("a") == BODY
    way = learnt._objects._way
    assert way is not None
    assert len(way.connections._idle) == 1
    with learnt.open("a") as stream:
        stream.read(1)
        stream.seek(0)
        assert len(way.connections._idle) == 1, "its body was small enough to be read ahead"
    opened = learnt._objects.open("a", "bytes=0-", "")
    assert not way.connections._idle
    opened.body.close()
    assert not way.connections._idle
    assert opened.body.readinto(memoryview(bytearray(1))) == 0


def test_a_large_first_object_is_asked_for_again(origin: Origin, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "LARGE", len(BODY))
    origin.answer = whole
    assert S3Store(client, "x-abc-ext-s3alias").read("first") == BODY
    assert [is_direct(request) for request in origin.requests] == [False, True]


def test_credentials_are_renewed_before_they_expire(origin: Origin) -> None:
    made = 0

    def renewed() -> dict[str, str]:
        nonlocal made
        made += 1
        # So near that botocore renews them for every request.
        until = datetime.now(UTC) + timedelta(seconds=60)
        return {"access_key": f"AKID{made}", "secret_key": SECRET, "token": TOKEN, "expiry_time": until.isoformat()}

    origin.answer = whole
    credentials = RefreshableCredentials.create_from_metadata(renewed(), renewed, "test")
    store = S3Store(s3_client(origin.url, credentials), "bucket")
    for _ in range(3):
        assert store.read("a") == BODY
    used = [
        request.headers["authorization"].partition("Credential=")[2].partition("/")[0] for request in origin.requests
    ]
    assert used == ["AKID2", "AKID3", "AKID4"]
    assert [is_direct(request) for request in origin.requests] == [False, True, True]
    assert all(is_signed(request) for request in origin.requests)


@pytest.mark.parametrize("trusted", [True, False])
def test_only_what_the_client_trusts_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool) -> None:
    authority = Authority(tmp_path / "ca.pem")
    origin = Origin(authority.context())
    origin.answer = whole
    give_keys(monkeypatch)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.ca_file))
    aws = Aws(region="us-east-1", endpoint_url=origin.url)
    try:
        assert aws.ca_bundle == str(authority.ca_file)
        store = S3Store(aws.client("s3"), "bucket", ca_bundle=aws.ca_bundle if trusted else "")
        assert store.read("a") == store.read("b") == BODY
        assert [is_direct(request) for request in origin.requests] == [False, trusted]
    finally:
        aws.close()
        origin.close()


def test_a_place_that_says_slow_down_is_asked_by_fewer(origin: Origin, learnt: S3Store) -> None:
    refusals = [503, 503]

    def answer(request: Request) -> Reply:
        return Reply(refusals.pop(), ERROR % b"SlowDown") if refusals else whole(request)

    origin.answer = answer
    before = learnt._objects.gate.limit
    assert learnt.read("a") == BODY
    assert learnt._objects.gate.limit == before // 2
    assert [is_direct(request) for request in origin.requests] == [True, False, False]
