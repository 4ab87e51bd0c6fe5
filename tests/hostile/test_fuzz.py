"""Our own readers of outside bytes either answer or refuse: never another exception, never without end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsxap.cli.listing import manifest_items
from fsxap.documents import Reading
from fsxap.engine.settings import read_file, resolve
from fsxap.errors import FsxapError
from fsxap.providers.local import dpx, exr, frames
from fsxap.providers.local.sidecar import describe
from fsxap.providers.ontap import answers, decode
from fsxap.usecases.healthcare_dicom import profile
from fsxap.usecases.healthcare_dicom.classify import classify
from fsxap.usecases.healthcare_dicom.parse import Malformed, read
from fsxap.usecases.manufacturing_analytics.sniff import sniff
from tests.hostile import bodies
from tests.unit.providers.documents.made import pdf

PIXELS = 1 << 20
START = {
    "dicom": bodies.dicom(*bodies.slice_elements(8, 8, bodies.element(0x7FE0, 0x10, "OB", bytes(64)))),
    "nested": bodies.nested_dicom(3),
    "dpx": bodies.dpx(16, 16, 4096),
    "exr": bodies.exr(0, 0, 7, 7, bytes(64)),
    "tiff": bodies.grey_tiff(8, 8, data=bytes(64)),
    "png": bodies.png(8, 8, 8, 0, b"x"),
    "jpeg": bodies.jpeg(8, 8),
    "pdf": pdf(""),
}
REFUSED = (FsxapError, Malformed)


def changed(body: bytes) -> st.SearchStrategy[bytes]:
    """The body with some stretches replaced, and perhaps cut short."""
    spots = st.lists(st.tuples(st.integers(0, len(body) - 1), st.binary(min_size=1, max_size=8)), max_size=6)

    def make(changes: list[tuple[int, bytes]], end: int) -> bytes:
        made = bytearray(body)
        for at, new in changes:
            made[at : at + len(new)] = new
        return bytes(made[:end])

    return st.builds(make, spots, st.integers(0, len(body) + 8))


def dicom(body: bytes) -> object:
    return classify(read(body, profile.tables().dictionary))


def frame(body: bytes) -> object:
    return frames.LocalFrames().read(body, "a.tga", most_pixels=PIXELS)


def document(body: bytes) -> object:
    from fsxap.providers.local.documents import pdf as files
    from fsxap.providers.local.documents import pictures

    if body[:4] == b"%PDF":
        with files.opened(body, "a.pdf") as opened:
            return len(opened)
    with pictures.opened(body, "a.tif", Reading()) as picture:
        return pictures.count(picture, "a.tif", Reading())


READERS: tuple[tuple[str, Callable[[bytes], object]], ...] = (
    ("dicom", dicom),
    ("nested", dicom),
    ("dpx", lambda body: dpx.read(body, PIXELS)),
    ("exr", lambda body: exr.read(body, PIXELS)),
    *((kind, frame) for kind in ("dpx", "exr", "tiff", "png", "jpeg")),
    *((kind, document) for kind in ("pdf", "tiff", "png", "jpeg")),
)


@pytest.mark.parametrize(("kind", "reader"), READERS, ids=lambda each: each if isinstance(each, str) else each.__name__)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_binary_readers(kind: str, reader: Callable[[bytes], object], data: st.DataObject) -> None:
    body = data.draw(changed(START[kind]) | st.binary(max_size=300))
    try:
        reader(body)
    except REFUSED:
        return


CELLS = st.text(st.sampled_from("0123456789.,;:-/ \t\n\r\"'|=@+\0éT"), max_size=400) | st.text(max_size=200)


@given(text=CELLS)
def test_sniffing(text: str) -> None:
    try:
        sniff(text, "UTC", ())
    except FsxapError:
        return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


WORDS = (*decode.RIGHTS, "acls", "user", "path", "inode", "mode_bits")


@given(value=JSON, keys=st.lists(st.sampled_from(WORDS)))
def test_descriptors_of_ontap(value: Any, keys: list[str]) -> None:
    said = dict.fromkeys(keys, value) | {"acls": [value, {"user": value, "rights": value}], "control_flags": value}
    try:
        with decode.readable("it"):
            decode.descriptor(said, "/a")
    except FsxapError:
        return


@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_answers_of_ontap(body: bytes) -> None:
    answers.refusal(500, body, "it")
    try:
        assert isinstance(answers.parse(body, "it"), dict)
    except FsxapError:
        return


@given(text=st.text(st.sampled_from("ab01:-?&*!|>{}[],#'\"% \n\t\0"), max_size=200) | st.text(max_size=100))
def test_settings(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        resolve({}, {}, [("any.yaml", read_file(path))])
    except FsxapError:
        return


DEEP = b"[" * 100_000
LAUGHS = b"a0: &a0 [x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)
)


@pytest.mark.parametrize(
    "body", [DEEP, b"{" * 100_000, LAUGHS, LAUGHS + b"workers: *a11\n"], ids=["[", "{", "aliases", "value"]
)
def test_what_is_deep_or_swells_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "any.yaml"
    path.write_bytes(body)
    with pytest.raises(FsxapError):
        read_file(path)
    with pytest.raises(FsxapError):
        describe(body, tmp_path)
    with pytest.raises(FsxapError):
        answers.parse(body, "it")
    with pytest.raises(FsxapError):
        list(manifest_items(str(path))())


@given(line=st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_manifests(tmp_path_factory: pytest.TempPathFactory, line: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(line)
    try:
        assert all(isinstance(each.key, str) for each in manifest_items(str(path))())
    except FsxapError:
        return
