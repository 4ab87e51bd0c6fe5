"""Which engines a kit reads documents with, without a call."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from fsxap.engine import locations, reading
from fsxap.engine.cancel import Cancel
from fsxap.engine.kit import Kit
from fsxap.engine.settings import resolve
from fsxap.engine.types import UseCase
from fsxap.errors import ConfigurationError, MissingExtra
from fsxap.model import Item, Result

pytest.importorskip("pypdfium2")

CASE = UseCase("case", "Case", lambda item, _kit: Result(item, "ok"), engines=("documents", "entities"))


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def kit(region: str, source: str = "s3://bucket/x", bucket: str = "", **params: Any) -> Kit:
        environ = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": region}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        flags = {"state_bucket": bucket} if bucket else {}
        return Kit(
            CASE,
            resolve(flags, environ, []),
            params,
            run="r",
            source=locations.parse(source),
            to=None,
            cancel=Cancel(),
            progress=None,  # type: ignore[arg-type]
            scratch=tmp_path,
        )

    return kit


def test_a_folder_s_documents_stay_here(connect: Any) -> None:
    kit = connect("us-east-1", "./folder")
    assert kit.documents.engine.startswith("pypdfium2") and kit.entities is None
    assert CASE.process(Item("a"), kit).status == "ok" and kit.used() == {}


def test_a_bucket_s_documents_are_read_by_textract_in_its_region(connect: Any) -> None:
    kit = connect("eu-west-1")
    client = kit.documents._textract._client
    assert kit.documents.engine.startswith("textract, pypdfium2")
    assert client.meta.region_name == kit.entities._client.meta.region_name == "eu-west-1"
    assert client.meta.config.retries["total_max_attempts"] == 1


def test_jobs_live_in_the_state_bucket(connect: Any) -> None:
    jobs = connect("eu-west-1", bucket="s3://state/fsxap/").documents._textract._jobs
    assert jobs.stage.location == jobs.jobs.store.location == "s3://state/fsxap/textract/"


def test_another_region_needs_a_word_of_the_user(connect: Any) -> None:
    with pytest.raises(ConfigurationError, match="does not exist in eu-north-1"):
        _ = connect("eu-north-1").documents
    with pytest.raises(ConfigurationError, match="would be sent"):
        _ = connect("eu-north-1", textract_region="eu-west-1").entities
    kit = connect("eu-north-1", textract_region="eu-west-1", accept_cross_region=True)
    assert kit.documents._textract._client.meta.region_name == "eu-west-1"


def test_without_ocr_only_textract_reads_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("fsxap.providers.local.documents.recognition.version", absent)
    with pytest.raises(MissingExtra) as missing:
        reading.embedded(lambda: None)
    assert "fsxap[ocr]" in missing.value.hint
