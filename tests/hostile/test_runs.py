"""Runs over hostile files and names: every one has its outcome, the run goes on, nothing is written elsewhere."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from tests.e2e.program import Done, Program
from tests.hostile.bodies import MADE
from tests.hostile.names import ESCAPING, STRANGE

HEAVY = ("1GB", "twice", "huge-picture", "million", "10k-by-10k", "9k-by-9k", "64MB", "100k-pages", "own-successor")
"""Measured by benchmarks/hostile.py; too slow for every day."""
LIGHT = {name: make for name, make in MADE.items() if not any(word in name for word in HEAVY)}
CASES = {
    "healthcare-dicom": ("dicom/",),
    "idp": ("pdf/", "tiff/", "png/", "jpeg/", "xml/", "other/"),
    "manufacturing-analytics": ("csv/", "png/", "tiff/"),
    "media-vfx": ("exr/", "dpx/", "tga/", "png/", "tiff/"),
}


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def run(tmp_path: Path, use_case: str, *arguments: str | Path) -> Done:
    done = Program(tmp_path)("run-uc", use_case, "-s", "in", "--to", "out", *arguments, timeout=300)
    assert done.code in (0, 1), done.err
    coverage = done.summary["coverage"]
    assert coverage["missing"] == 0
    assert not done.summary["failures"].get("internal"), done.out
    assert "Traceback" not in done.err
    return done


@pytest.mark.parametrize("use_case", CASES)
def test_bodies(tmp_path: Path, use_case: str) -> None:
    kinds = CASES[use_case]
    for name, make in LIGHT.items():
        if name.startswith(kinds):
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make())
    before = everything(tmp_path / "in")
    done = run(tmp_path, use_case, "--report", "report.html")
    for row in done.of("result"):
        assert row["status"] in ("ok", "skipped", "failed")
        assert row["status"] != "failed" or row["error"]["message"]
    assert everything(tmp_path / "in") == before
    assert {path.name for path in tmp_path.iterdir()} <= {"in", "out", "state", "home", "report.html"}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize(("use_case", "suffix"), [
    ("healthcare-dicom", ".dcm"), ("idp", ".pdf"), ("manufacturing-analytics", ".csv"), ("media-vfx", ".png"),
])  # fmt: skip
def test_names_of_files(tmp_path: Path, use_case: str, suffix: str) -> None:
    (tmp_path / "in").mkdir()
    for name in STRANGE:
        (tmp_path / "in" / f"{name}{suffix}".replace("/", "\u2215")).write_bytes(b"nothing of the kind")
    # A file system may take two of them for one.
    made = len(list((tmp_path / "in").iterdir()))
    done = run(tmp_path, use_case, "--report", "report.html")
    assert done.summary["coverage"]["seen"] >= (made if use_case != "media-vfx" else 1)
    assert all(unicodedata.category(each) != "Cc" or each == "\n" for each in done.err)
    assert "\x1b" not in done.out
    assert "\x1b" not in (page := (tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "<script>alert" not in page
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("use_case", ["healthcare-dicom", "idp", "manufacturing-analytics"])
def test_keys_that_leave_the_root(tmp_path: Path, use_case: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "outside.csv").write_text("a,b\n1,2\n")
    suffix = {"idp": ".pdf", "healthcare-dicom": ".dcm"}.get(use_case, ".csv")
    manifest = tmp_path / "manifest.jsonl"
    keys = sorted({key + suffix for key in ESCAPING})
    manifest.write_text("".join(json.dumps({"type": "item", "key": key, "size": 9}) + "\n" for key in keys))
    before = everything(tmp_path)
    done = run(tmp_path, use_case, "--items", manifest)
    assert done.summary["coverage"]["ok"] == 0
    assert done.summary["coverage"]["seen"] == len(keys)
    new = everything(tmp_path) - before
    assert {name.split("/")[0] for name in new} <= {"out", "state", "home"}
    assert (tmp_path / "outside.csv").read_text() == "a,b\n1,2\n"
