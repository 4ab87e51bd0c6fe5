"""Whole or absent: one request or parts, and what happens when either breaks."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fsxap.errors import FsxapError, ItemError, NotFound, Unavailable
from fsxap.providers.aws import upload
from fsxap.providers.aws.access_point import S3Store
from tests.unit.providers.aws.conftest import Origin, Reply, Request

ALIAS = "x-abc-ext-s3alias"
NO_UPLOAD = b"<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>"
BROKEN = b"<Error><Code>InternalError</Code><Message>oops</Message></Error>"


class Bucket:
    """Enough of S3 for uploads; `fail` decides which steps break."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[int, bytes] = {}
        self.open: set[str] = set()
        self.fail: dict[str, Reply] = {}
        self.steps: list[str] = []

    def __call__(self, request: Request) -> Reply:
        url = urlsplit(request.path)
        query = parse_qs(url.query, keep_blank_values=True)
        key = url.path.split("/", 2)[2]
        step = self.step(request.method, query)
        self.steps.append(step)
        if step in self.fail:
            return self.fail[step]
        if step == "create":
            self.open.add("u1")
            return Reply(body=b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
        if step.startswith("part"):
            self.parts[int(step[4:])] = request.body
            return Reply(headers={"ETag": f'"{step}"'})
        if step == "complete":
            if "u1" not in self.open:
                return Reply(404, NO_UPLOAD)
            self.open.discard("u1")
            numbers = [int(each) for each in re.findall(rb"<PartNumber>(\d+)<", request.body)]
            self.objects[key] = b"".join(self.parts[number] for number in numbers)
            return Reply(body=b"<CompleteMultipartUploadResult><ETag>x-1</ETag></CompleteMultipartUploadResult>")
        if step == "abort":
            self.open.discard("u1")
            return Reply(204)
        if step == "put":
            self.objects[key] = request.body
            return Reply(headers={"ETag": '"one"'})
        body = self.objects[key]
        return Reply(
            body=body, headers={"ETag": f'"x-{len(self.parts)}"', "Last-Modified": "Thu, 01 Jan 2026 08:30:00 GMT"}
        )

    @staticmethod
    def step(method: str, query: dict[str, list[str]]) -> str:
        if method == "POST":
            return "create" if "uploads" in query else "complete"
        if method == "PUT":
            return f"part{query['partNumber'][0]}" if "partNumber" in query else "put"
        return "abort" if method == "DELETE" else "head"


@pytest.fixture
def bucket(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    bucket = Bucket()
    origin.answer = bucket
    monkeypatch.setattr(upload, "PART", 10)
    return bucket


@pytest.fixture
def store(client: Any) -> S3Store:
    return S3Store(client, ALIAS, "out")


class Pipe(io.RawIOBase):
    """Gives at most three bytes at a time and cannot be rewound."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken, self.left = self.left[: min(3, size)], self.left[min(3, size) :]
        return taken


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_small_bodies_take_one_request(bucket: Bucket, store: S3Store, size: int) -> None:
    body = bytes(range(size))
    for given in (body, io.BytesIO(body), Pipe(body)):
        bucket.steps.clear()
        assert store.put("a", given) == f"s3://{ALIAS}/out/a"  # type: ignore[arg-type]
        assert bucket.objects == {"out/a": body}
        assert bucket.steps == ["put"]


@pytest.mark.parametrize(("size", "parts"), [(11, 2), (20, 2), (21, 3), (35, 4)])
def test_large_bodies_go_in_parts(bucket: Bucket, store: S3Store, size: int, parts: int) -> None:
    body = bytes(range(size))
    for given in (body, io.BytesIO(body), Pipe(body)):
        bucket.steps.clear()
        store.put("a", given)  # type: ignore[arg-type]
        assert bucket.objects == {"out/a": body}
        assert bucket.steps == ["create", *(f"part{number + 1}" for number in range(parts)), "complete"]


def test_a_stream_is_sent_from_where_it_stands(bucket: Bucket, store: S3Store) -> None:
    stream = io.BytesIO(b"head and body")
    stream.seek(9)
    store.put("a", stream)
    assert bucket.objects["out/a"] == b"body"


def test_no_conditional_headers(origin: Origin, bucket: Bucket, store: S3Store) -> None:
    store.put("a", b"1")
    assert not {"if-none-match", "if-match"} & set(origin.requests[0].headers)


@pytest.mark.parametrize("step", ["part1", "part2", "complete"])
def test_parts_are_never_left_behind(bucket: Bucket, store: S3Store, step: str) -> None:
    bucket.fail[step] = Reply(500, BROKEN)
    with pytest.raises(Unavailable):
        store.put("a", bytes(25))
    assert bucket.steps[-1] == "abort"
    assert not bucket.open
    assert not bucket.objects


def test_a_source_that_breaks_takes_its_parts_along(bucket: Bucket, store: S3Store) -> None:
    class Broken(Pipe):
        def read(self, size: int = -1) -> bytes:
            if len(self.left) < 10:
                raise RuntimeError("the source broke")
            return super().read(size)

    with pytest.raises(RuntimeError, match="source broke"):
        store.put("a", Broken(bytes(30)))  # type: ignore[arg-type]
    assert bucket.steps[-1] == "abort"
    assert not bucket.objects


def test_parts_that_cannot_be_taken_back_are_said(bucket: Bucket, store: S3Store) -> None:
    bucket.fail = {"part2": Reply(500, BROKEN), "abort": Reply(403, BROKEN)}
    with pytest.raises(FsxapError) as caught:
        store.put("a", bytes(25))
    assert "u1" in caught.value.hint
    assert "abort-multipart-upload" in caught.value.hint


@pytest.mark.parametrize("intact", [True, False])
def test_an_upload_that_finished_unheard_counts_when_it_is_there(
    origin: Origin, bucket: Bucket, store: S3Store, intact: bool
) -> None:
    """The first answer is lost, and when botocore asks again the upload is gone."""

    def lossy(request: Request) -> Reply:
        reply = bucket(request)
        if bucket.steps[-1] == "complete" and bucket.steps.count("complete") == 1:
            if not intact:
                bucket.objects["out/a"] = b"somebody else's"
            return Reply(500, BROKEN)
        return reply

    origin.answer = lossy
    if intact:
        store.put("a", bytes(25))
        assert bucket.steps[-1] == "head"
        assert bucket.objects["out/a"] == bytes(25)
        return
    with pytest.raises(FsxapError) as caught:
        store.put("a", bytes(25))
    assert caught.value.code == "no-such-upload"


def test_putting_parts_together_may_take_long(bucket: Bucket, store: S3Store, client: Any) -> None:
    waits: dict[str, Any] = {}

    def note(event_name: str, request: Any, **_: Any) -> None:
        waits[event_name.rpartition(".")[2]] = getattr(request, "context", {"read_timeout": "unknown"}).get(
            "read_timeout"
        )

    client.meta.events.register("before-send.s3.*", note)
    try:
        store.put("a", bytes(15))
    finally:
        client.meta.events.unregister("before-send.s3.*", note)
    if waits["UploadPart"] == "unknown":
        pytest.skip("this botocore has no time-outs per request")
    assert waits == {
        "CreateMultipartUpload": None,
        "UploadPart": None,
        "CompleteMultipartUpload": upload.PATIENCE,
    }


def test_what_is_too_large_is_not_sent(bucket: Bucket, store: S3Store, tmp_path: Path) -> None:
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as stream:
        stream.truncate(upload.LARGEST + 1)
    with sparse.open("rb") as stream, pytest.raises(ItemError) as caught:
        store.put("a", stream)
    assert caught.value.code == "too-large"
    assert bucket.steps == []


def test_a_pipe_that_grows_too_large_is_taken_back(
    bucket: Bucket, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "LARGEST", 24)
    with pytest.raises(ItemError) as caught:
        store.put("a", Pipe(bytes(25)))  # type: ignore[arg-type]
    assert caught.value.code == "too-large"
    assert bucket.steps == ["create", "part1", "part2", "abort"]


def test_the_service_refusing_a_size_is_an_item_error(bucket: Bucket, store: S3Store) -> None:
    refused = (
        b"<Error><Code>EntityTooLarge</Code><Message>too large</Message><MaxSizeAllowed>5</MaxSizeAllowed></Error>"
    )
    bucket.fail["put"] = Reply(400, refused)
    with pytest.raises(ItemError) as caught:
        store.put("a", b"1")
    assert (caught.value.code, "5 GiB" in caught.value.hint) == ("too-large", True)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("../a", "unsafe-key"),
        ("/a", "unsafe-key"),
        ("a//b", "unsafe-key"),
        ("a/", "unsafe-key"),
        ("", "unsafe-key"),
        ("a\0b", "unsafe-key"),
        ("\ud800", "unsafe-key"),
        ("k" * 1021, "name-too-long"),
        ("\u65e5" * 341, "name-too-long"),
    ],
)
def test_refused_keys_never_reach_the_service(bucket: Bucket, store: S3Store, key: str, code: str) -> None:
    with pytest.raises(ItemError) as caught:
        store.put(key, b"1")
    assert caught.value.code == code
    assert bucket.steps == []


def test_the_longest_key(bucket: Bucket, store: S3Store) -> None:
    store.put("k" * 1020, b"1")
    assert list(bucket.objects) == ["out/" + "k" * 1020]


def test_deleting_what_is_not_there_is_no_error(origin: Origin, store: S3Store) -> None:
    origin.answer = lambda _: Reply(404, b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>")
    store.delete("a")
    with pytest.raises(NotFound):
        store.head("a")
