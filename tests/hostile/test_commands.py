"""Hostile names and bodies before the other commands: each ends with an answer or a clear refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.program import Done, Program
from tests.hostile.bodies import ORDERS
from tests.hostile.names import STRANGE
from tests.hostile.test_runs import LIGHT, everything

LIES = (
    '"text"',
    "[]",
    "{}",
    '{"format":1}',
    '{"severity":"worst","rule":1,"message":[],"where":{}}',
    "[" * 9999,
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Strange names over plain text, and every light body under its own name."""
    place = tmp_path_factory.mktemp("hostile")
    for name in STRANGE:
        path = place / "in" / f"{name}.txt".replace("/", "\u2215")
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"The notice period is three months. {ORDERS}\n")
    for name, make in LIGHT.items():
        path = place / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(make())
    return place


def asked(here: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> Done:
    before = everything(here / "in")
    done = Program(here)(*arguments, timeout=300)
    assert done.code in codes, done.err[-2000:]
    for text in (done.out, done.err):
        assert "\x1b" not in text
        assert "Traceback" not in text
    assert everything(here / "in") == before
    assert not (here / "pwned").exists()
    assert {path.name for path in here.iterdir()} <= {"in", "state", "home", "report.html", "out"}
    return done


def test_discover(here: Path) -> None:
    done = asked(here, "discover", "in", codes=(0, 1))
    made = [path for path in (here / "in").rglob("*") if path.is_file()]
    assert len(done.of("item")) + done.err.count("not-utf8") >= len(made) - 1


def test_scan_acl_and_its_report(here: Path) -> None:
    done = asked(here, "scan-acl", "-s", "in", "--files", "--emit", "all", "--report", "report.html", codes=(0, 1))
    assert done.summary["coverage"]["missing"] == 0
    page = (here / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert asked(here, "report", "--format", "md", "-o", "-").out.startswith("# ")
    assert asked(here, "report", "--format", "csv", "-o", "-").out


@pytest.mark.parametrize("use_case", ["idp", "healthcare-dicom", "manufacturing-analytics", "media-vfx"])
def test_cost(here: Path, use_case: str) -> None:
    done = asked(here, "cost", use_case, "-s", "in")
    assert done.of("estimate")


def test_ask(here: Path) -> None:
    done = asked(here, "ask", "What is the notice period?", "-s", "in", codes=(0, 1))
    (answer,) = done.of("answer")
    assert answer["generator"]
    assert "three months" in " ".join(each["text"] for each in done.of("passage"))


def test_a_report_of_results_that_were_changed(tmp_path: Path) -> None:
    """Whoever may write the state may write anything there; the command says so and ends."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("time,value\n2026-01-01T00:00:00Z,1\n")
    fsxap = Program(tmp_path)
    assert fsxap("run-uc", "manufacturing-analytics", "-s", "in", "--to", "out").code == 0
    (run,) = (tmp_path / "state").rglob("runs/*/")
    for name in ("summary.json", "run.json", "findings.jsonl", "sections.jsonl"):
        kept = (run / name).read_bytes()
        for lie in LIES:
            (run / name).write_text(lie + "\n")
            done = fsxap("report", "-o", "-", "--format", "md")
            assert done.code == 253, (name, lie, done.err)
            assert done.error["code"] in ("state-damaged", "state-format"), done.error
        (run / name).write_bytes(kept)
    assert json.loads((run / "summary.json").read_text())["type"] == "summary"
    assert fsxap("report", "-o", "-", "--format", "md").code == 0
