"""Which AI engines a kit connects to, without a call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fsxap.engine import locations
from fsxap.engine.cancel import Cancel
from fsxap.engine.catalog import load
from fsxap.engine.kit import Kit
from fsxap.engine.settings import resolve
from fsxap.errors import ConfigurationError

KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def kit(region: str, source: str = "s3://bucket/x", **flags: Any) -> Kit:
        environ = KEYS | {"AWS_REGION": region}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return Kit(
            load("healthcare-dicom"),
            resolve(flags, environ, []),
            {},
            run="r",
            source=locations.parse(source),
            to=None,
            cancel=Cancel(),
            progress=None,  # type: ignore[arg-type]
            scratch=tmp_path,
        )

    return kit


def test_a_folder_s_text_stays_here(connect: Any) -> None:
    kit = connect("us-east-1", "./folder")
    assert kit.phi_text is None and kit.plan() == {"text_in_image": "local", "phi_text": "local"}


def test_a_bucket_s_text_goes_to_the_service_in_its_region(connect: Any) -> None:
    kit = connect("eu-west-1")
    assert kit.phi_text._client.meta.region_name == "eu-west-1"
    assert kit.phi_text is kit.phi_text and kit.used() == {}


def test_a_region_without_the_service_needs_a_word_of_the_user(connect: Any) -> None:
    with pytest.raises(ConfigurationError, match="does not exist in ap-northeast-1"):
        _ = connect("ap-northeast-1", engines="aws").phi_text
    with pytest.raises(ConfigurationError, match="would be sent"):
        _ = connect("ap-northeast-1", comprehend_medical_region="us-east-1").phi_text
    kit = connect("ap-northeast-1", comprehend_medical_region="us-east-1", accept_cross_region=True)
    assert kit.phi_text._client.meta.region_name == "us-east-1"


def test_a_region_without_the_service_does_without_it_unless_asked(connect: Any) -> None:
    assert connect("ap-northeast-1").phi_text is None


def test_pictures_are_read_by_both_engines_on_aws_and_by_one_here(connect: Any) -> None:
    pytest.importorskip("rapidocr")
    assert connect("us-east-1", "./folder").text_in_image.engine.count(" + ") == 0
    assert connect("us-east-1").text_in_image.engine.endswith(" + rekognition DetectText")


def test_frames_are_read_by_one_engine_and_moderated_on_aws_alone(connect: Any) -> None:
    pytest.importorskip("rapidocr")
    assert connect("us-east-1", "./folder").text_on_frames.engine.startswith("rapidocr")
    assert connect("us-east-1", "./folder").moderation is None
    assert connect("us-east-1").text_on_frames.engine == "rekognition DetectText"
    assert connect("us-east-1", "./folder", engines="aws").moderation.engine == "rekognition DetectModerationLabels"
