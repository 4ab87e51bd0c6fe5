"""Reading through broken connections: every byte once, of one version of the object."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fsxap.errors import ItemError, NotFound, ServiceError, Unavailable
from fsxap.providers.aws.access_point import S3Store
from fsxap.retry import Retry
from tests.unit.providers.aws.conftest import Origin, Reply, Request

BODY = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(32_000))


class Objects:
    """One object behind Range; `cuts` are the lengths after which the next bodies break off, `shorts`
    those of the next ranges that end well but too early."""

    def __init__(self, body: bytes) -> None:
        self.body, self.etag = body, '"one"'
        self.cuts: list[int] = []
        self.shorts: list[int] = []
        self.reset = False
        self.ranged = True
        self.headers: dict[str, str] = {}

    def __call__(self, request: Request) -> Reply:
        headers = {"ETag": self.etag, "Last-Modified": "Thu, 01 Jan 2026 08:30:00 GMT", **self.headers}
        cut = self.cuts.pop(0) if self.cuts else None
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if not match or not self.ranged:
            return Reply(200, self.body, headers, cut, cut is not None and self.reset)
        first, last = int(match[1]), int(match[2] or len(self.body) - 1)
        if first >= len(self.body):
            return Reply(416, b"<Error><Code>InvalidRange</Code><Message>no</Message></Error>")
        part = self.body[first : last + 1]
        whole = len(part)
        part = part[: self.shorts.pop(0)] if self.shorts else part
        headers["Content-Range"] = f"bytes {first}-{first + whole - 1}/{len(self.body)}"
        return Reply(206, part, headers, cut, cut is not None and self.reset)


@pytest.fixture
def objects(origin: Origin) -> Objects:
    objects = Objects(BODY)
    origin.answer = objects
    return objects


@pytest.fixture
def store(client: Any) -> S3Store:
    return S3Store(client, "x-abc-ext-s3alias", retry=Retry(attempts=3, base=0))


def ranges(origin: Origin) -> list[str]:
    return [request.headers.get("range", "") for request in origin.requests]


@pytest.mark.parametrize("reset", [False, True])
def test_a_body_that_breaks_off_is_continued(origin: Origin, objects: Objects, store: S3Store, reset: bool) -> None:
    objects.cuts, objects.reset = [600_000, 300_000], reset
    assert store.read("a") == BODY
    seen = ranges(origin)
    assert seen[0] == "bytes=0-"
    assert all(re.fullmatch(r"bytes=\d+-", each) for each in seen[1:])
    if not reset:
        assert seen == ["bytes=0-", "bytes=600000-", "bytes=900000-"]


def test_a_stream_is_continued_where_it_broke(origin: Origin, objects: Objects, store: S3Store) -> None:
    objects.cuts = [100_000, 0, 100_000]
    with store.open("a") as stream:
        pieces = list(iter(lambda: stream.read(70_001), b""))
    assert b"".join(pieces) == BODY
    assert ranges(origin) == ["bytes=0-", "bytes=100000-", "bytes=100000-", "bytes=200000-"]


def test_a_range_is_continued_within_itself(origin: Origin, objects: Objects, store: S3Store) -> None:
    objects.cuts = [40]
    assert store.read("a", 1000, 100) == BODY[1000:1100]
    assert ranges(origin) == ["bytes=1000-1099", "bytes=1040-1099"]


def test_a_range_that_ends_early_without_a_word_is_continued(origin: Origin, objects: Objects, store: S3Store) -> None:
    objects.shorts = [40, 0]
    assert store.read("a", 1000, 100) == BODY[1000:1100]
    assert ranges(origin) == ["bytes=1000-1099", "bytes=1040-1099", "bytes=1040-1099"]


def test_a_whole_object_with_too_small_a_length_is_continued(origin: Origin, objects: Objects, store: S3Store) -> None:
    objects.shorts = [600_000]
    assert store.read("a") == BODY
    assert ranges(origin) == ["bytes=0-", "bytes=600000-"]


def test_an_empty_object_is_read_with_one_request(origin: Origin, objects: Objects, store: S3Store) -> None:
    objects.body = b""
    assert store.read("a") == b""
    assert len(origin.requests) == 1


def test_an_answer_without_a_length_is_refused(origin: Origin, store: S3Store) -> None:
    chunked = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    origin.answer = lambda _: Reply(200, b"1\r\nx\r\n0\r\n\r\n", chunked)
    with pytest.raises(ServiceError) as caught:
        store.read("a")
    assert caught.value.code == "no-length"


def test_a_body_that_never_ends_well_is_an_error(objects: Objects, store: S3Store) -> None:
    objects.cuts = [1000] + [0] * 10
    with pytest.raises(Unavailable) as caught:
        store.read("a")
    assert (caught.value.code, caught.value.retryable) == ("cut-off", True)


@pytest.mark.parametrize("change", [{"etag": '"two"'}, {"body": BODY + b"!"}])
def test_two_versions_are_never_mixed(objects: Objects, store: S3Store, change: dict[str, Any]) -> None:
    objects.cuts = [1 << 19]
    with store.open("a") as stream:
        stream.read(10)
        for name, value in change.items():
            setattr(objects, name, value)
        with pytest.raises(ItemError) as caught:
            stream.read()
    assert caught.value.code == "changed"


def test_gone_while_reading(origin: Origin, objects: Objects, store: S3Store) -> None:
    objects.cuts = [1 << 19]
    with store.open("a") as stream:
        stream.read(10)
        origin.answer = lambda _: Reply(404, b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>")
        with pytest.raises(NotFound):
            stream.read()


def test_shorter_while_reading(objects: Objects, store: S3Store) -> None:
    objects.cuts = [1 << 19]
    with store.open("a") as stream:
        stream.read(10)
        objects.body = b"short"
        with pytest.raises(ItemError) as caught:
            stream.read()
    assert caught.value.code == "range"


def test_a_service_without_ranges_is_noticed(objects: Objects, store: S3Store) -> None:
    objects.ranged = False
    assert store.read("a", 0, 10) == BODY[:10]
    with pytest.raises(ServiceError) as caught:
        store.read("a", 5, 10)
    assert caught.value.code == "no-ranges"


def test_a_wrong_range_is_noticed(origin: Origin, objects: Objects, store: S3Store) -> None:
    objects.headers["Content-Range"] = "bytes 0-9/*"
    objects.ranged = False
    with pytest.raises(ServiceError) as caught:
        store.read("a", 5, 10)
    assert caught.value.code == "no-ranges"


def test_a_checksum_that_does_not_fit_is_an_error_not_a_retry(origin: Origin, objects: Objects, store: S3Store) -> None:
    objects.headers["x-amz-checksum-crc32"] = "AAAAAA=="
    with pytest.raises(ItemError) as caught:
        store.read("a")
    assert caught.value.code == "corrupted"
    assert len(origin.requests) == 1


def test_reading_all_takes_one_request(origin: Origin, objects: Objects, store: S3Store) -> None:
    for number in range(3):
        assert store.read("a") == BODY
        assert len(origin.requests) == number + 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    moves=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 3000)), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 2000), max_size=2),
)
def test_seeking_reads_like_memory(
    objects: Objects, store: S3Store, moves: list[tuple[int, int]], cuts: list[int]
) -> None:
    objects.body, objects.cuts = BODY[:4096], list(cuts)
    memory = io.BytesIO(objects.body)
    with store.open("a") as stream:
        for position, size in moves:
            assert stream.seek(position) == memory.seek(position)
            assert stream.read(size) == memory.read(size)
            assert stream.tell() == memory.tell()
        assert stream.seek(-10, io.SEEK_END) == memory.seek(-10, io.SEEK_END)
        assert stream.read() == memory.read()


def test_archives_can_be_read_in_place(origin: Origin, objects: Objects, store: S3Store) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("big", BODY)
        archive.writestr("small", b"small")
    objects.body = packed.getvalue()
    with store.open("a.zip") as stream, zipfile.ZipFile(stream) as archive:
        assert archive.read("small") == b"small"


def test_no_sleep_is_lost_on_a_clean_read(objects: Objects, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waited"))
    assert S3Store(client, "bucket").read("a", 5, 5) == BODY[5:10]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
@example(key="a/../../b")
@example(key="./a/.")
@example(key="//a//")
@example(key="%2e%2e/%00")
@example(key="a b+c;d?e#f&g")
@example(key="e\u0301/\u65e5\u672c\u8a9e/\U0001f600...")
def test_the_key_asked_for_is_the_key_given(origin: Origin, objects: Objects, store: S3Store, key: str) -> None:
    """Nothing between here and the service tidies the path up, so what is listed can be read."""
    objects.body = b"1"
    assert store.read(key) == b"1"
    path = origin.requests[-1].path
    assert urlsplit(path).query == urlsplit(path).fragment == ""
    assert unquote(path) == f"/x-abc-ext-s3alias/{key}"
