"""Writing an object whole or not at all: one request up to 64 MiB, parts above, and no parts left behind."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from fsxap.errors import FsxapError, ItemError
from fsxap.providers.aws.errors import translated

PART = 64 << 20
"""Bytes in one request, and held in memory. 10,000 parts of it are more than an object may have."""

LARGEST = 50 << 30
"""Bytes in an object of an FSx access point. The service notices only after all of them were sent."""

PATIENCE = 1800
"""Seconds to wait while parts are put together; 50 GiB were measured at nine minutes."""

_EVENT = "request-created.s3.CompleteMultipartUpload"


def upload(client: Any, bucket: str, key: str, body: bytes | BinaryIO, where: str) -> None:
    """Send `body` from where it stands. ItemError when it is larger than an object may be."""
    stream: BinaryIO = io.BytesIO(body) if isinstance(body, bytes) else body
    if (_remaining(stream) or 0) > LARGEST:
        raise _too_large(where)
    first = _exactly(stream, PART)
    more = stream.read(1)
    if more:
        _in_parts(client, {"Bucket": bucket, "Key": key}, _chunks(first, more, stream), where)
        return
    # No If-None-Match here or anywhere: access points answer 501 to conditional writes.
    with translated(f"writing {where}"):
        client.put_object(Bucket=bucket, Key=key, Body=first)


def _in_parts(client: Any, target: dict[str, str], chunks: Iterator[bytes], where: str) -> None:
    client.meta.events.register(_EVENT, _be_patient, unique_id="fsxap-patience")
    with translated(f"writing {where}"):
        started = {**target, "UploadId": client.create_multipart_upload(**target)["UploadId"]}
    try:
        parts, total = [], 0
        for number, chunk in enumerate(chunks, 1):
            total += len(chunk)
            if total > LARGEST:
                raise _too_large(where)
            with translated(f"writing part {number} of {where}"):
                answer = client.upload_part(**started, PartNumber=number, Body=chunk)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        _complete(client, started, parts, total, where)
    except BaseException as error:
        _abort(client, started, where, error)
        raise


def _complete(client: Any, started: dict[str, str], parts: list[dict[str, Any]], total: int, where: str) -> None:
    try:
        with translated(f"writing {where}"):
            client.complete_multipart_upload(**started, MultipartUpload={"Parts": parts})
    except FsxapError as error:
        # When the answer was lost, botocore asks again, and the upload is already gone because it succeeded.
        if error.code != "no-such-upload":
            raise
        with translated(f"writing {where}"):
            found = client.head_object(Bucket=started["Bucket"], Key=started["Key"])
        if found["ContentLength"] != total or not found["ETag"].strip('"').endswith(f"-{len(parts)}"):
            raise


def _abort(client: Any, started: dict[str, str], where: str, cause: BaseException) -> None:
    try:
        with translated(f"taking back the parts of {where}"):
            client.abort_multipart_upload(**started)
    except FsxapError as error:
        if error.code == "no-such-upload":
            return
        left = f"parts of upload {started['UploadId']} are left: aws s3api abort-multipart-upload removes them"
        if isinstance(cause, FsxapError):
            cause.hint = f"{cause.hint}; {left}" if cause.hint else left
        cause.add_note(f"{left} ({error.message})")


def _be_patient(request: Any, **_: Any) -> None:
    # Older botocore has no time-out per request and waits as long as the client does.
    request.context["read_timeout"] = PATIENCE


def _chunks(first: bytes, more: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield first
    chunk = more + _exactly(stream, PART - len(more))
    while chunk:
        yield chunk
        chunk = _exactly(stream, PART)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    """`size` bytes, fewer only at the end: one read of a pipe or a socket may give less."""
    data = stream.read(size)
    if len(data) == size or not data:
        return data
    pieces, held = [data], len(data)
    while held < size and (data := stream.read(size - held)):
        pieces.append(data)
        held += len(data)
    return b"".join(pieces)


def _remaining(stream: BinaryIO) -> int | None:
    if not stream.seekable():
        return None
    here = stream.tell()
    size = stream.seek(0, io.SEEK_END) - here
    stream.seek(here)
    return size


def _too_large(where: str) -> ItemError:
    return ItemError(
        f"writing {where}: it is larger than {LARGEST >> 30} GiB, the most an access point on FSx takes",
        code="too-large",
        hint="write it in several objects, or over NFS or SMB",
    )
