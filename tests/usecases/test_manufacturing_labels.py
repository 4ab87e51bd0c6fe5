"""Custom Labels on AWS's wire: the command line and Lambda ask the model and give equal rows."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.program import Done, Program
from tests.unit.deploy.json_endpoint import listening
from tests.unit.providers.aws_wire import Refusal
from tests.usecases.drivers import by_lambda, rows

np = pytest.importorskip("numpy")
cv2 = pytest.importorskip("cv2")

MODEL = "arn:aws:rekognition:us-east-1:123456789012:project/brackets/version/v3/1700000000000"
LABELS = {
    60: [("scratch", 93.0, {"Left": 0.25, "Top": 0.25, "Width": 0.5, "Height": 0.125}), ("good", 40.0, None)],
    90: [("good", 97.0, None)],
    120: [("good", 75.0, None), ("scratch", 35.0, None)],
    150: [],
}
"""What the model says of a picture, by its brightness."""
DECISIONS = {"bad.png": "fail", "good.bmp": "pass", "doubtful.jpg": "review", "unknown.png": "review"}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "plant" / "line-1" / "bracket"
    folder.mkdir(parents=True)
    stripes = np.tile(np.array([-20, 20], np.int16), (100, 50))
    for name, level in zip(DECISIONS, LABELS, strict=True):
        cv2.imwrite(str(folder / name), (stripes + level).astype(np.uint8))
    return tmp_path / "plant"


@pytest.fixture
def service() -> Iterator[tuple[dict[str, str], Counter[str]]]:
    asked: Counter[str] = Counter()

    def answer(name: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        asked[operation] += 1
        assert name == "RekognitionService"
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(params["Image"]["Bytes"]), np.uint8), 0)
        if operation == "DetectLabels":
            return {"Labels": [{"Name": "Machine", "Confidence": 99.0}], "LabelModelVersion": "3.0"}
        if params["ProjectVersionArn"] != MODEL:
            raise Refusal("ResourceNotReadyException", "the model is stopped")
        found = LABELS[min(LABELS, key=lambda level: abs(level - picture.mean()))]
        return {
            "CustomLabels": [
                {"Name": name, "Confidence": sure} | ({"Geometry": {"BoundingBox": box}} if box else {})
                for name, sure, box in found
                if sure >= params["MinConfidence"]
            ]
        }

    with listening(answer) as url:
        told = {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_REGION": "us-east-1"}
        yield told | {"AWS_ENDPOINT_URL_REKOGNITION": url}, asked


def run(tmp_path: Path, environ: dict[str, str], *more: str) -> Done:
    where = ("-s", tmp_path / "plant", "--to", tmp_path / "out")
    return Program(tmp_path)("run-uc", "manufacturing-analytics", *where, *more, **environ)


def decisions(done: Done) -> dict[str, str]:
    return {Path(r["item"]["key"]).name: r["data"]["decision"] for r in done.of("result")}


def test_a_model_judges_and_lambda_gives_the_same_rows(
    pictures: Path, service: tuple[dict[str, str], Counter[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ, asked = service
    done = run(tmp_path, environ, "-P", f"model={MODEL}", "-P", "good=good")
    assert done.code == 0, done.err
    assert decisions(done) == DECISIONS
    assert asked == {"DetectCustomLabels": 4}
    found = {Path(r["item"]["key"]).name: r for r in done.of("result")}
    assert found["bad.png"]["data"]["boxes"] == [[25, 25, 50, 12, 0.93]]
    assert found["bad.png"]["data"]["engine"].startswith("rekognition DetectCustomLabels brackets/v3, opencv")
    assert found["bad.png"]["usage"]["custom_labels_images"] == 1
    assert "none of the good labels" in found["unknown.png"]["findings"][0]["message"]
    assert (tmp_path / "out" / "inspection" / "line-1" / "bracket" / "bad.png.png").is_file()
    assert done.summary["data"]["yield"] == 0.25

    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    told = {"FSXAP_SOURCE": str(pictures), "FSXAP_TO": str(tmp_path / "out")}
    told |= {"FSXAP_PARAM_MODEL": MODEL, "FSXAP_PARAM_GOOD": "good"}
    answers = by_lambda("manufacturing-analytics", str(tmp_path / "lambda"), environ | told)
    assert rows(tmp_path / "lambda") == rows(tmp_path / "state") != {}
    assert answers["ended"]["findings"] == done.summary["findings"]


def test_a_model_that_does_not_run_stops_the_run_with_the_command_that_starts_it(
    pictures: Path, service: tuple[dict[str, str], Counter[str]], tmp_path: Path
) -> None:
    environ, _ = service
    stopped = MODEL.replace("v3", "v4")
    done = run(tmp_path, environ, "-P", f"model={stopped}")
    assert done.code == 254
    assert f"start-project-version --project-version-arn {stopped}" in " ".join(done.err.split())
    assert not done.of("result")


def test_general_labels_are_told_and_never_judge(
    pictures: Path, service: tuple[dict[str, str], Counter[str]], tmp_path: Path
) -> None:
    environ, asked = service
    done = run(tmp_path, environ, "-P", "labels=yes")
    assert set(decisions(done).values()) == {"not-judged"}
    assert [r["data"]["labels"] for r in done.of("result")] == [[{"name": "Machine", "confidence": 0.99}]] * 4
    assert asked == {"DetectLabels": 4}
    assert done.of("summary")[0]["usage"]["rekognition_images"] == 4


def test_labels_are_asked_of_nobody_unless_wanted(
    pictures: Path, service: tuple[dict[str, str], Counter[str]], tmp_path: Path
) -> None:
    environ, asked = service
    assert run(tmp_path, environ).code == 0
    done = run(tmp_path, environ, "-P", f"model={MODEL}", "--engine", "labels=local")
    assert done.code == 2 and not asked


def test_a_model_of_another_region_is_not_sent_pictures_unasked(
    pictures: Path, service: tuple[dict[str, str], Counter[str]], tmp_path: Path
) -> None:
    environ, asked = service
    done = run(tmp_path, environ | {"AWS_REGION": "eu-west-1"}, "-P", f"model={MODEL}")
    assert done.code == 253 and "accept_cross_region" in done.err and not asked
