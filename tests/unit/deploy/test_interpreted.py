"""The state machine in an interpreter: it ends as its parts do, and each green end has its red twin."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fsxap.engine.lambda_handler import handle
from tests.unit.deploy.interpreter import Services, interpreter
from tests.unit.deploy.test_execution import world
from tests.usecases.drivers import Context

NAME = "legal-compliance"
COVERAGE = {"seen": 3, "ok": 2, "unchanged": 0, "skipped": 0, "vanished": 0, "failed": 0, "missing": 1}
FREE = {"within": True, "usd": "", "limit": ""}
PLACES = {"report": "s3://b/report.html", "markdown": "s3://b/report.md", "lag": 60}


class Functions:
    """Answers as the handler gives them. `passes` are a batch's answers, one for each time it is asked."""

    def __init__(self, todo: int = 3, passes: tuple[tuple[bool, int], ...] = ((True, 1),), broken: str = "",
                 budget: dict[str, Any] = FREE) -> None:  # fmt: skip
        self.todo, self.passes, self.broken, self.budget = todo, passes, broken, budget
        self.dead: set[str] = set()
        self.stages: Counter[str] = Counter()
        self.batches: Counter[str] = Counter()

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        about = event.get("BatchInput", event)
        self.stages[about["stage"]] += 1
        if about["stage"] == self.broken:
            raise ValueError("as planned")
        if about["stage"] == "discover":
            found = {"run": "r", "use_case": NAME, "manifest": "s3://b/k", "key": "k", "counts": {"todo": self.todo}}
            return found | {"budget": self.budget}
        assert about["run"] == "r"
        if about["stage"] == "process":
            (item,) = event["Items"]
            if item["key"] in self.dead:
                raise TimeoutError("killed")
            complete, done = self.passes[self.batches[item["key"]]]
            self.batches[item["key"]] += 1
            return {"run": "r", "complete": complete, "done": done, "of": 1, "ok": done}
        return {"run": "r", "coverage": COVERAGE, "findings": {"high": 1}, **PLACES}


def services(functions: Functions, **more: Any) -> Services:
    lines = [json.dumps({"key": str(n), "type": "item"}) for n in range(functions.todo)]
    return Services(functions, lambda _key: "\n".join(lines).encode(), **more)


def run(
    monkeypatch: pytest.MonkeyPatch, made: Services, name: str = NAME, **parameters: object
) -> tuple[str, dict[str, Any]]:
    """In batches of one, unless the stack's parameters say otherwise."""
    with interpreter(monkeypatch, made, **{"BatchSize": 1, **parameters}) as execute:
        about = execute(name)
    return about["status"], json.loads(about["output"]) if about.get("output") else dict(about)


def test_a_run_ends_with_its_summary_measured_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions()
    made = services(functions)
    status, output = run(monkeypatch, made)
    assert status == "SUCCEEDED", output
    assert output == {"run": "r", "coverage": COVERAGE, "findings": {"high": 1}, **PLACES}
    assert functions.stages == {"discover": 1, "process": 3, "summarise": 1}
    (metrics,) = made.measured
    assert {row["MetricName"]: row["Value"] for row in metrics["MetricData"]} == {
        "Seen": 3, "Ok": 2, "Unchanged": 0, "Failed": 0, "Missing": 1, "Lag": 60,
    }  # fmt: skip
    (notice,) = made.published
    told = notice["Message"]
    assert json.loads(told) == output if isinstance(told, str) else told == output


def test_nothing_to_do_starts_no_map(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(todo=0)
    assert run(monkeypatch, services(functions))[0] == "SUCCEEDED"
    assert functions.stages == {"discover": 1, "summarise": 1}


def test_over_its_budget_a_run_stops_before_the_map_and_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(budget={"within": False, "usd": "12.00", "limit": "10.00"})
    made = services(functions)
    status, about = run(monkeypatch, made)
    assert (status, about["error"]) == ("FAILED", "OverBudget")
    assert functions.stages == {"discover": 1}
    (notice,) = made.published
    told = json.loads(notice["Message"]) if isinstance(notice["Message"], str) else notice["Message"]
    assert told["budget"] == {"within": False, "usd": "12.00", "limit": "10.00"}
    assert "over budget" in notice["Subject"]


def test_a_batch_that_ran_out_of_time_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(todo=1, passes=((False, 0), (False, 1), (True, 2)))
    assert run(monkeypatch, services(functions))[0] == "SUCCEEDED"
    assert functions.stages["process"] == 3


def test_a_batch_that_does_not_get_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(todo=1, passes=((False, 1), (False, 1), (True, 1)))
    status, about = run(monkeypatch, services(functions))
    assert (status, about["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert functions.stages == {"discover": 1, "process": 2}


def test_a_redriven_execution_does_what_was_left_with_the_run_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(todo=10)
    functions.dead = {"3", "7"}
    made = services(functions)
    with interpreter(monkeypatch, made, BatchSize=1, MaxConcurrency=1, ToleratedFailurePercentage=15) as execute:
        failed = execute(NAME)
        assert (failed["status"], failed["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
        assert [item["key"] for (item,) in made.written[0].pending] == ["8", "9"]
        functions.dead = set()
        about = execute(NAME, redriven=True)
    assert about["status"] == "SUCCEEDED", about
    assert functions.stages["discover"] == 1
    assert functions.batches == {**dict.fromkeys("01245689", 1), **dict.fromkeys("37", 1)}
    assert len(made.published) == 1


def test_a_redriven_execution_repeats_a_summary_that_failed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(broken="summarise")
    made = services(functions)
    with interpreter(monkeypatch, made, BatchSize=1) as execute:
        assert execute(NAME)["status"] == "FAILED"
        functions.broken = ""
        assert execute(NAME, redriven=True)["status"] == "SUCCEEDED"
    assert functions.stages == {"discover": 1, "process": 3, "summarise": 2}


@pytest.mark.parametrize("stage", ["discover", "summarise"])
def test_a_function_that_fails_fails_the_run_and_nothing_is_told_of_it_as_finished(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = Functions(broken=stage)
    made = services(functions)
    status, about = run(monkeypatch, made)
    assert (status, about["error"]) == ("FAILED", "ValueError")
    assert "as planned" in about["cause"]
    assert functions.stages[stage] == 1, "what a handler raises was retried inside it"
    assert (made.published, made.measured) == ([], [])


@pytest.mark.parametrize(
    ("running", "works"),
    [
        (["me"], True),
        ([], True),
        (["later", "me"], True),
        (["me", "earlier"], False),
        (["later", "me", "earlier"], False),
    ],
)
def test_the_oldest_of_the_running_executions_works(
    running: list[str], works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = Functions(todo=0)
    status, output = run(monkeypatch, services(functions, running=running))
    assert status == "SUCCEEDED"
    assert bool(functions.stages) == works
    assert ("skipped" in output) != works


def test_the_handler_itself_and_a_batch_that_dies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Sealed manifest lines pass through the map as they are; the next execution does what the dead batch left."""
    environ = world(tmp_path, 6)
    state = Path(environ["FSXAP_STATE_BUCKET"])
    asked: list[dict[str, Any]] = []

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        asked.append(event)
        if "Items" in event and len([each for each in asked if "Items" in each]) == dies:
            raise TimeoutError("killed")
        return handle(event, Context(f"request-{len(asked)}"), environ)

    def covered() -> dict[str, int]:
        asked.clear()
        made = Services(invoke, lambda key: (state / key).read_bytes())
        status, output = run(monkeypatch, made, "healthcare-dicom", ToleratedFailurePercentage=20)
        assert status == "SUCCEEDED", output
        assert all(set(item) == {"sealed"} for event in asked for item in event.get("Items", ()))
        return {name: number for name, number in output["coverage"].items() if number}

    dies = 3
    assert covered() == {"seen": 6, "skipped": 5, "missing": 1}
    dies = 0
    assert covered() == {"seen": 6, "skipped": 1, "unchanged": 5}
