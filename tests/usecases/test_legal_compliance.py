from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.program import Program
from tests.usecases.drivers import Context, by_lambda, rows


def sample(tmp_path: Path) -> Path:
    from fsxap.emulator.sample import write_sample

    folder = tmp_path / "volume"
    write_sample(folder)
    return folder


def test_the_command_line_and_lambda_give_equal_rows(tmp_path: Path) -> None:
    volume = sample(tmp_path)
    done = Program(tmp_path)("run-uc", "legal-compliance", "-s", volume, "-P", "files=yes")
    assert done.code == 1, "the sample holds a path that cannot be audited"
    environ = {"FSXAP_SOURCE": str(volume), "FSXAP_PARAM_FILES": "yes"}
    answers = by_lambda("legal-compliance", str(tmp_path / "lambda"), environ)
    assert rows(tmp_path / "lambda") == rows(tmp_path / "state")
    assert answers["ended"]["coverage"] == done.summary["coverage"]
    assert answers["ended"]["findings"] == done.summary["findings"]
    assert Path(answers["ended"]["report"]).is_file()


def test_states_carry_references_and_counts_only(tmp_path: Path) -> None:
    volume = sample(tmp_path)
    answers = by_lambda("legal-compliance", str(tmp_path / "lambda"), {"FSXAP_SOURCE": str(volume)})
    text = json.dumps(answers)
    assert "payroll" not in text.lower()
    assert len(text) < 10_000


def test_a_batch_that_runs_out_of_time_says_so_and_is_finished_by_the_next(tmp_path: Path) -> None:
    from fsxap.engine.lambda_handler import handle

    volume = sample(tmp_path)
    environ = {"FSXAP_SOURCE": str(volume), "FSXAP_STATE_BUCKET": str(tmp_path / "lambda")}
    begun = handle({"stage": "discover", "use_case": "uc1"}, Context(), environ)
    items = [json.loads(line) for line in Path(begun["manifest"]).read_bytes().splitlines()]
    event = {"Items": items, "BatchInput": {"stage": "process", "use_case": "uc1", "run": begun["run"]}}
    late = handle(event, Context("late", milliseconds=5_000), environ)
    assert (late["complete"], late["done"]) == (False, 0)
    assert handle(event, Context("in-time"), environ)["complete"]
    again = handle(event, Context("repeated"), environ)
    assert again["complete"]
    assert len(list((tmp_path / "lambda").rglob("results/*/repeated.jsonl"))) == 1
    written = next((tmp_path / "lambda").rglob("results/*/repeated.jsonl")).read_text().splitlines()
    assert all(json.loads(line)["status"] == "failed" for line in written)
    ended = handle({"stage": "summarise", "use_case": "uc1", "run": begun["run"]}, Context(), environ)
    assert ended["coverage"]["missing"] == 0
