"""A run as the state machine drives it, with batches that die: coverage is exact, and the next run does the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fsxap.engine.lambda_handler import handle
from fsxap.engine.sealed import Seal
from fsxap.errors import UsageError
from fsxap.model import Item, Result, dumps
from tests.usecases.drivers import Context

FILES, BATCH = 1000, 10
CASE = "healthcare-dicom"


def run(environ: dict[str, str], dead: set[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Discover's and summarise's answers; batches whose number is in `dead` never answer."""
    found = handle({"stage": "discover", "use_case": CASE}, Context(), environ)
    lines = (Path(environ["FSXAP_STATE_BUCKET"]) / found["key"]).read_bytes().splitlines()
    about = {"stage": "process", "use_case": CASE, "run": found["run"]}
    for number, start in enumerate(range(0, len(lines), BATCH)):
        if number not in dead:
            items = [json.loads(line) for line in lines[start : start + BATCH]]
            answer = handle({"Items": items, "BatchInput": about}, Context(f"request-{number}"), environ)
            assert answer["complete"]
    return found, handle({"stage": "summarise", "use_case": CASE, "run": found["run"]}, Context(), environ)


def world(tmp_path: Path, files: int) -> dict[str, str]:
    """The environment of functions over a folder of files that are no pictures."""
    source = tmp_path / "source"
    source.mkdir()
    for number in range(files):
        (source / f"{number:05d}").write_bytes(b"no picture")
    key = tmp_path / "key"
    key.write_text("a key of one site, kept in a safe place\n")
    key.chmod(0o600)
    return {
        "FSXAP_SOURCE": str(source),
        "FSXAP_TO": str(tmp_path / "out"),
        "FSXAP_STATE_BUCKET": str(tmp_path / "state"),
        "FSXAP_PARAM_KEY": f"file:{key}",
    }


def test_what_a_dead_batch_left_is_missing_and_is_all_that_the_next_run_does(tmp_path: Path) -> None:
    environ = world(tmp_path, FILES)
    found, ended = run(environ, dead={17})
    assert found["counts"]["todo"] == FILES
    assert Path(ended["report"]).read_text().lower().startswith("<!doctype html>")
    assert Path(ended["markdown"]).read_text().startswith("# ")
    assert {Path(ended[each]).name for each in ("report", "markdown")} == {"report.html", "report.md"}
    coverage = ended["coverage"]
    assert (coverage["missing"], coverage["failed"], coverage["skipped"]) == (BATCH, 0, FILES - BATCH)
    found, ended = run(environ, dead=set())
    assert found["counts"]["todo"] == BATCH
    assert ended["coverage"]["missing"] == 0
    assert ended["coverage"]["unchanged"] == FILES - BATCH
    found, ended = run(environ, dead=set())
    assert (found["counts"]["todo"], ended["coverage"]["unchanged"]) == (0, FILES)


TIMED_OUT = {
    "errorMessage": "2026-01-02T03:04:05Z 1 Task timed out after 900.00 seconds",
    "errorType": "Sandbox.Timedout",
}


@pytest.mark.parametrize(
    ("error", "cause", "told"),
    [
        (
            "Sandbox.Timedout",
            json.dumps(TIMED_OUT),
            "Sandbox.Timedout: 2026-01-02T03:04:05Z 1 Task timed out after 900.00 seconds",
        ),
        (
            "Runtime.ExitError",
            '{"errorMessage": "Runtime exited with error: signal: killed"}',
            "Runtime.ExitError: Runtime exited with error: signal: killed",
        ),
        ("NoProgress", "An invocation used its whole time", "NoProgress: An invocation used its whole time"),
        (None, None, "unknown error: no cause given"),
    ],
)
def test_items_of_a_batch_that_died_keep_their_key_and_its_cause(
    error: str | None, cause: str | None, told: str, tmp_path: Path
) -> None:
    """As the map's ResultWriter tells of them; one of the items had been done before the function was killed."""
    environ = world(tmp_path, 4)
    state = Path(environ["FSXAP_STATE_BUCKET"])
    found = handle({"stage": "discover", "use_case": CASE}, Context(), environ)
    lines = [json.loads(line) for line in (state / found["key"]).read_bytes().splitlines()]
    about = {"stage": "process", "use_case": CASE, "run": found["run"]}
    handle({"Items": lines[:2], "BatchInput": about}, Context("request-1"), environ)
    died = {"Status": "FAILED", "Input": json.dumps({"Items": lines[1:], "BatchInput": about})}
    died |= {"Error": error, "Cause": cause} if error else {}
    write(state / "map/1/FAILED_0.json", [died])
    write(state / "map/1/manifest.json", {"ResultFiles": {"FAILED": [{"Key": "map/1/FAILED_0.json"}], "SUCCEEDED": []}})
    event = {"stage": "summarise", "use_case": CASE, "run": found["run"], "results": "map/1/manifest.json"}
    ended = handle(event, Context(), environ)
    assert {name: number for name, number in ended["coverage"].items() if number} == {
        "seen": 4,
        "skipped": 2,
        "failed": 2,
    }
    seal = Seal(b"a key of one site, kept in a safe place")
    kept = [json.loads(seal.open(line)) for line in next(state.rglob("results/died*")).read_bytes().splitlines()]
    assert {row["error"]["message"] for row in kept if row["item"]["key"] in ("00002", "00003")} == {told}
    assert "batch-died" in Path(ended["markdown"]).read_text()
    _, ended = run(environ, dead=set())
    assert (ended["coverage"]["unchanged"], ended["coverage"]["skipped"]) == (2, 2)


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def processed(environ: dict[str, str], run: str, items: list[Any]) -> dict[str, Any]:
    about = {"stage": "process", "use_case": CASE, "run": run}
    return handle({"Items": items, "BatchInput": about}, Context("again"), environ)


def ledger(environ: dict[str, str]) -> bytes:
    (found,) = Path(environ["FSXAP_STATE_BUCKET"]).glob("*/*/ledger")
    return found.read_bytes()


def test_an_execution_that_is_redriven_after_another_finished_its_run_changes_nothing(tmp_path: Path) -> None:
    """It repeats its dead batch and its summary, with the run that it was given; what came later stays."""
    environ = world(tmp_path, 30)
    found = handle({"stage": "discover", "use_case": CASE}, Context(), environ)
    lines = (Path(environ["FSXAP_STATE_BUCKET"]) / found["key"]).read_bytes().splitlines()
    left = [json.loads(line) for line in lines[:BATCH]]
    for start in range(BATCH, 30, BATCH):
        processed(environ, found["run"], [json.loads(line) for line in lines[start : start + BATCH]])
    # The first execution has failed here; the next goes on with its run, and one more finds new files.
    again, ended = run(environ, dead=set())
    assert again["run"] == found["run"] and ended["coverage"]["missing"] == 0
    (tmp_path / "source" / "new").write_bytes(b"no picture")
    later, _ = run(environ, dead=set())
    assert later["run"] != found["run"]
    before = ledger(environ)
    assert processed(environ, found["run"], left)["complete"]
    repeated = handle({"stage": "summarise", "use_case": CASE, "run": found["run"]}, Context(), environ)
    assert {**repeated, "lag": 0} == {**ended, "lag": 0}
    assert ledger(environ) == before
    assert run(environ, dead=set())[0]["counts"]["todo"] == 0


def test_a_dead_batch_of_a_run_that_is_over_is_the_next_runs(tmp_path: Path) -> None:
    environ = world(tmp_path, 20)
    found, ended = run(environ, dead={1})
    lines = (Path(environ["FSXAP_STATE_BUCKET"]) / found["key"]).read_bytes().splitlines()
    answer = processed(environ, found["run"], [json.loads(line) for line in lines[BATCH:]])
    assert (answer["complete"], answer["done"], answer["of"]) == (True, 0, BATCH)
    found, ended = run(environ, dead=set())
    assert (found["counts"]["todo"], ended["coverage"]["unchanged"], ended["coverage"]["missing"]) == (BATCH, BATCH, 0)


def test_a_run_that_other_settings_replaced_is_not_summarised(tmp_path: Path) -> None:
    """What it had done is in the ledger by then; a report of half of it would be none."""
    environ = world(tmp_path, 3)
    found = handle({"stage": "discover", "use_case": CASE}, Context(), environ)
    later = environ | {"FSXAP_TO": str(tmp_path / "elsewhere")}
    assert handle({"stage": "discover", "use_case": CASE}, Context(), later)["run"] != found["run"]
    with pytest.raises(UsageError, match="replaced by one with other settings"):
        handle({"stage": "summarise", "use_case": CASE, "run": found["run"]}, Context(), later)


def test_a_budget_is_the_estimate_of_what_is_still_to_do(tmp_path: Path) -> None:
    """50 USD for 1,000 pages of forms: four documents are 0.20, as `run-uc --budget` counts them."""
    source = tmp_path / "source"
    source.mkdir()
    for number in range(4):
        (source / f"{number}.pdf").write_bytes(b"no document")
    environ = {
        "FSXAP_SOURCE": str(source), "FSXAP_TO": str(tmp_path / "out"), "FSXAP_STATE_BUCKET": str(tmp_path / "state"),
        "AWS_REGION": "us-east-1", "FSXAP_PARAM_FEATURES": "forms", "FSXAP_ENGINE_DOCUMENTS": "aws",
        "FSXAP_ENGINE_ENTITIES": "local",
    }  # fmt: skip

    def asked(budget: str) -> dict[str, Any]:
        answer = handle({"stage": "discover", "use_case": "idp"}, Context(), environ | {"FSXAP_BUDGET": budget})
        found: dict[str, Any] = answer["budget"]
        return found

    assert asked("") == {"within": True, "usd": "", "limit": ""}
    assert asked("0.20") == {"within": True, "usd": "0.200000", "limit": "0.200000"}
    assert asked("0.19")["within"] is False
    assert asked("0")["within"] is False
    with pytest.raises(UsageError):
        asked("much")
    # What a batch has done is not to be paid again.
    done = json.loads(next((tmp_path / "state").rglob("manifest.jsonl")).read_bytes().splitlines()[0])
    run = next((tmp_path / "state").rglob("manifest.jsonl")).parent
    (run / "results").mkdir(exist_ok=True)
    (run / "results" / "a.jsonl").write_text(dumps(Result(Item(done["key"]), "ok").record()) + "\n")
    assert asked("0.19") == {"within": True, "usd": "0.150000", "limit": "0.190000"}


def test_an_engine_for_one_capability_comes_from_the_environment(tmp_path: Path) -> None:
    """As --engine gives it on a command line: an audit's SQL goes to Athena although its source is no bucket."""
    from fsxap.engine import catalog
    from fsxap.engine.cancel import Cancel
    from fsxap.engine.lambda_handler import Function
    from tests.unit.deploy.templates import resources

    variables = resources("legal-compliance")["ProcessFunction"]["Properties"]["Environment"]["Variables"]
    chosen = {name: value for name, value in variables.items() if name.startswith("FSXAP_ENGINE_")}
    environ = {"FSXAP_STATE_BUCKET": str(tmp_path), "FSXAP_ONTAP": "10.0.0.5", **chosen}
    plan = Function(catalog.load("legal-compliance"), environ, Cancel(), tmp_path).kit("").plan()
    assert plan == {"ontap": "rest", "sql": "aws", "narrator": "aws"}
