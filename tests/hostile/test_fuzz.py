"""Our own readers of outside bytes either answer or refuse: never another exception, never without end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.parsers import ResponseParserError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fsxap.cli.listing import manifest_items
from fsxap.documents import Reading
from fsxap.engine import catalog, journal, params, publish, runs
from fsxap.engine.settings import read_file, resolve
from fsxap.engine.state import DiskState
from fsxap.errors import FsxapError
from fsxap.patterns.sftp import users
from fsxap.providers.aws import pages
from fsxap.providers.local import dpx, exr, frames
from fsxap.providers.local.sidecar import describe
from fsxap.providers.ontap import answers, decode
from fsxap.usecases.healthcare_dicom import profile
from fsxap.usecases.healthcare_dicom.classify import classify
from fsxap.usecases.healthcare_dicom.parse import Malformed, read
from fsxap.usecases.idp import einvoice
from fsxap.usecases.manufacturing_analytics.sniff import sniff
from tests.hostile import bodies
from tests.unit.providers.aws.test_aws_pages import entry, page
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
    assert isinstance(answers.parse(body), dict | None)


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
    assert answers.parse(body) is None
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


def tree() -> Callable[[bytes], dict[str, Any]]:
    """botocore's own reading of a page."""
    import botocore.parsers
    import botocore.session

    model = botocore.session.Session().get_service_model("s3").operation_model("ListObjectsV2")
    parser = botocore.parsers.create_parser("rest-xml")
    return lambda body: parser.parse({"status_code": 200, "headers": {}, "body": body}, model.output_shape)


SPOTS = (
    "a",
    "<Key>",
    "</Key>",
    "<Size>",
    "&amp;",
    "&#97;",
    "%41",
    "%ff",
    "+",
    "<!--x-->",
    "<Contents>",
    "-1",
    "]]>",
    "2026",
)


@settings(max_examples=150)
@given(data=st.data())
def test_pages_read_fast_say_what_botocore_says(data: st.DataObject) -> None:
    """Or are left to it. A time is kept as it was written, so one that is no time is only refused by botocore."""
    text = page(*(entry(key) for key in data.draw(st.lists(st.text("ab/+% é", min_size=1), min_size=1, max_size=3))))
    for spot in data.draw(st.lists(st.tuples(st.integers(0, len(text)), st.sampled_from(SPOTS)), max_size=3)):
        text = text[: spot[0]] + spot[1].encode() + text[spot[0] + data.draw(st.integers(0, 6)) :]
    if (read := pages._read(text)) is None:
        return
    rows, rest = read
    try:
        said = TREE(text)
        TREE(rest.encode())
    except ResponseParserError:
        # Then botocore refuses what it is left, or what is broken is nothing that is asked about.
        return
    except ValueError as error:
        assert "timestamp" in str(error)
        return
    slow = [pages._row(each, encoded=said["EncodingType"] == "url") for each in said["Contents"]]
    assert [(key, etag, size) for key, _, etag, size in rows] == [(key, etag, size) for key, _, etag, size in slow]


TREE = tree()
KEYS = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
FIELDS = st.sampled_from(("name", "home", "keys", "access", "users"))


@given(
    rows=st.lists(
        JSON | st.dictionaries(FIELDS, JSON | st.just([KEYS]) | st.sampled_from(("acme", "a/b", "../x"))), max_size=3
    )
)
def test_users_of_sftp(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "users.yaml"
    path.write_text(json.dumps({"users": rows}))
    try:
        for user in users.read(str(path)):
            assert ".." not in user.home.split("/")
            assert not user.home.startswith("/")
    except FsxapError:
        return


@given(case=st.sampled_from(catalog.names()), given_=st.lists(st.text(max_size=30), max_size=3), data=st.data())
def test_parameters(case: str, given_: list[str], data: st.DataObject) -> None:
    use_case = catalog.load(case)
    names = [param.name for param in use_case.params]
    configured = data.draw(st.dictionaries(st.sampled_from(names) | st.text(max_size=9), JSON, max_size=3))
    try:
        params.parse(use_case, given_, configured)
    except FsxapError:
        return


INVOICES = (
    b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'><ID>1</ID>"
    b"<IssueDate>2026-01-02</IssueDate>"
    b"<DocumentCurrencyCode>EUR</DocumentCurrencyCode><LegalMonetaryTotal><PayableAmount currencyID='EUR'>10.00"
    b"</PayableAmount></LegalMonetaryTotal><InvoiceLine><InvoicedQuantity>1</InvoicedQuantity></InvoiceLine></Invoice>",
    b"<CrossIndustryInvoice><ExchangedDocument><ID>1</ID><IssueDateTime><DateTimeString format='102'>20260102"
    b"</DateTimeString></IssueDateTime></ExchangedDocument><SupplyChainTradeTransaction/></CrossIndustryInvoice>",
)


@settings(max_examples=150)
@given(data=st.data())
def test_invoices_in_xml(data: st.DataObject) -> None:
    try:
        einvoice.read(data.draw(changed(data.draw(st.sampled_from(INVOICES)))))
    except FsxapError:
        return


RUN = runs.Run("r", runs.Job("f", "s", "d", {}), "2026-01-02T03:04:05Z")
ROW = {"item": {"key": "a"}, "status": "ok", "findings": []}


WORDS_OF_STATE = ("item", "status", "findings", "data", "error", "format", "run", "rows", "columns", "severity")


@settings(max_examples=150)
@example(line={"format": 1})
@given(line=st.dictionaries(st.sampled_from(WORDS_OF_STATE), JSON) | JSON)
def test_state_read_back(tmp_path_factory: pytest.TempPathFactory, line: Any) -> None:
    state = DiskState(tmp_path_factory.getbasetemp() / "state")
    text = json.dumps(ROW | line if isinstance(line, dict) else line).encode() + b"\n"
    for name in ("f/current.json", *map(RUN.file, ("results/a.jsonl", "run.json", "findings.jsonl", "sections.jsonl"))):
        with state.writer(name) as stream:
            stream.write(text)
    for read_back in (
        lambda: list(journal.outcomes(state, RUN.folder, state.root)),
        lambda: runs.newest(state, "f"),
        lambda: runs.load(state, RUN.job.folder, RUN.id),
        lambda: list(publish.findings(state, RUN)),
        lambda: publish.sections(state, RUN),
    ):
        try:
            read_back()
        except FsxapError:
            continue
