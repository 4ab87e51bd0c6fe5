from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

pytest.importorskip("OpenEXR")

from fsxap.usecases.media_vfx.sample import BLACK, CUT, MISSING, png, write_sample
from tests import moto_server
from tests.e2e.program import Done, Program
from tests.usecases.drivers import by_lambda, rows, same

GOOD, BAD = "shots/shot010/beauty.####.png", "shots/shot020/beauty.####.png"
SAMPLE = "#usda 1.0\n( doc = 'width=64 height=36' )\n"


def run(here: Path, *more: str | Path) -> Done:
    return Program(here)("run-uc", "media-vfx", "-s", here / "source", "--to", here / "out", *more)


def results(done: Done) -> dict[str, dict[str, object]]:
    return {record["item"]["key"]: record for record in done.of("result") if record["status"] != "unchanged"}


def test_the_command_line_and_lambda_give_equal_rows(tmp_path: Path) -> None:
    write_sample(tmp_path / "source")
    done = run(tmp_path)
    assert done.code == 0, done.err
    environ = {"FSXAP_SOURCE": str(tmp_path / "source"), "FSXAP_TO": str(tmp_path / "out")}
    answers = by_lambda("media-vfx", str(tmp_path / "lambda"), environ)
    assert rows(tmp_path / "lambda") == rows(tmp_path / "state") != {}
    assert answers["ended"]["coverage"] == done.summary["coverage"]


def test_an_access_point_gives_the_same_rows(tmp_path: Path) -> None:
    """moto answers for S3; the outputs go to the same bucket and are not taken for input."""
    bucket, source = "frames-abc123-ext-s3alias", tmp_path / "source"
    write_sample(source)
    local = results(run(tmp_path))
    with moto_server.serving() as url:
        s3 = moto_server.bucket(url, bucket, moto_server.files(source))
        where = ("-s", f"s3://{bucket}", "--to", f"s3://{bucket}", "--endpoint-url", url)
        done = Program(tmp_path)("run-uc", "media-vfx", *where, **moto_server.ENVIRON)
        again = Program(tmp_path)("run-uc", "media-vfx", *where, **moto_server.ENVIRON)
        copied = s3.get_object(Bucket=bucket, Key="_fsxap/media-vfx/shots/shot010/beauty.0001.png")["Body"].read()
    assert done.code == 0, done.err
    same(results(done), local)
    assert copied == (tmp_path / "source" / "shots/shot010/beauty.0001.png").read_bytes()
    assert again.summary["coverage"]["unchanged"] == again.summary["coverage"]["seen"] == 4


def test_decisions_and_what_is_written(tmp_path: Path) -> None:
    write_sample(tmp_path / "source")
    report = tmp_path / "report.html"
    done = run(tmp_path, "--report", report)
    found = results(done)
    assert {key: record["data"]["decision"] for key, record in found.items()} == {
        GOOD: "approved",
        BAD: "rejected",
        "shots/shot010/comp.nk": "rejected",
        "shots/shot020/comp.nk": "rejected",
    }
    frames = {each["rule"]: each["evidence"]["frames"] for each in found[BAD]["findings"]}
    assert frames == {"frame-missing": [MISSING], "frame-black": [BLACK], "frame-truncated": [CUT]}
    manifest = json.loads((tmp_path / "out" / f"{GOOD}.manifest.json").read_bytes())
    for each in manifest["files"]:
        copied = (tmp_path / "out" / each["key"]).read_bytes()
        assert sha256(copied).hexdigest() == each["sha256"]
        assert copied == (tmp_path / "source" / each["key"]).read_bytes()
    assert not list((tmp_path / "out").glob("shots/shot020/*"))
    review = tmp_path / "out" / "_review" / BAD
    assert {path.name for path in review.iterdir()} == {"sheet.png", "contact-sheet.html", "render-again"}
    values = json.loads((review / "render-again" / "parameter_values.json").read_bytes())["parameterValues"]
    assert {"name": "Frames", "value": f"{MISSING},{BLACK},{CUT}"} in values
    page = report.read_text(encoding="utf-8")
    assert "data:image/png;base64," in page and "Contact sheets" in page


def test_only_what_changed_is_judged_again_and_what_no_longer_holds_is_taken_back(tmp_path: Path) -> None:
    write_sample(tmp_path / "source")
    run(tmp_path)
    assert run(tmp_path).summary["coverage"]["unchanged"] == 4
    shot = tmp_path / "source" / "shots" / "shot010"
    (shot / "beauty.0005.png").write_bytes(png(5, dark=True))
    done = run(tmp_path)
    assert list(results(done)) == [GOOD]
    assert not list((tmp_path / "out" / "shots" / "shot010").glob("*.png*"))
    for number in (MISSING, BLACK, CUT):
        (tmp_path / "source" / "shots" / "shot020" / f"beauty.{number:04d}.png").write_bytes(png(number))
    assert results(run(tmp_path))[BAD]["data"]["decision"] == "approved"


def test_specification_and_allowed_black(tmp_path: Path) -> None:
    write_sample(tmp_path / "source")
    spec = tmp_path / "spec.yaml"
    spec.write_text("resolution: 160x90\nchannels: RGB\ndepth: 8\nframes: 1-25\n")
    found = results(run(tmp_path, "-P", f"spec={spec}", "-P", f"allow_black={BLACK}"))
    frames = {each["rule"]: each["evidence"]["frames"] for each in found[BAD]["findings"]}
    assert frames == {"frame-missing": [MISSING, 25], "frame-truncated": [CUT]}
    assert [each["rule"] for each in found[GOOD]["findings"]] == ["frame-missing"]
    spec.write_text("resolution: [1920, 1080]\n")
    found = results(run(tmp_path, "-P", f"spec={spec}"))
    assert "frame-resolution" in {each["rule"] for each in found[GOOD]["findings"]}
    spec.write_text("resolution: wide\n")
    done = run(tmp_path, "-P", f"spec={spec}", "--output", "jsonl")
    assert done.code == 2 and "resolution" in done.error["message"]


def test_hostile_names_are_text(tmp_path: Path) -> None:
    place = tmp_path / "source" / "<img src=x onerror=alert(1)>"
    place.mkdir(parents=True)
    for number in range(1, 6):
        (place / f"a\n[red].{number:04d}.png").write_bytes(png(number, dark=number == 3))
    report = tmp_path / "report.html"
    done = run(tmp_path, "--report", report)
    assert done.code == 0, done.err
    assert "<img src=x" not in report.read_text(encoding="utf-8")
    (sheet,) = (tmp_path / "out").rglob("contact-sheet.html")
    assert "<img src=x" not in sheet.read_text(encoding="utf-8")


def test_a_manifest_of_frames_is_told_that_items_are_sequences(tmp_path: Path) -> None:
    write_sample(tmp_path / "source")
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text(json.dumps({"type": "item", "key": "shots/shot010/beauty.0001.png", "version": "1"}) + "\n")
    (record,) = results(run(tmp_path, "--items", manifest)).values()
    assert record["status"] == "skipped" and "sequences" in record["data"]["reason"]


def test_a_scene_is_rendered_judged_and_mended(tmp_path: Path) -> None:
    pytest.importorskip("openjd.sessions")
    scene = tmp_path / "source" / "shot" / "ball.usda"
    scene.parent.mkdir(parents=True)
    scene.write_text(SAMPLE)
    flags = ("-P", "submit=yes", "-P", "template=sample", "-P", "frames=1-5", "-P", "scene=shot/ball.usda")
    first = results(run(tmp_path, *flags))["shot/ball.usda"]
    assert first["data"]["decision"] == "approved" and first["data"]["jobs"][0]["tasks"] == 5
    pattern = "shot/renders/ball/ball.####.exr"
    assert results(run(tmp_path, *flags))[pattern]["data"]["decision"] == "approved"
    (tmp_path / "source" / pattern.replace("####", "0003")).write_bytes(b"")
    mended = results(run(tmp_path, *flags))[pattern]["data"]
    assert mended["decision"] == "approved"
    assert [(job["parameters"]["Frames"], job["tasks"]) for job in mended["jobs"]] == [("3", 1)]


def test_without_its_extra_the_demo_leaves_it_out_and_a_run_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "OpenEXR.py").write_text("raise ImportError('not installed')\n")
    there = {"PYTHONPATH": str(tmp_path / "packages")}
    done = Program(tmp_path)("demo", "media-vfx", **there)
    assert done.code == 0, done.err
    assert "media-vfx is left out" in done.err
    write_sample(tmp_path / "source")
    done = Program(tmp_path)("run-uc", "media-vfx", "-s", "source", "--to", "out", "--output", "jsonl", **there)
    assert done.code == 253 and "fsxap[media]" in done.error["hint"]
